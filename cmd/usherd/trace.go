package main

import (
	"net/http"

	"usher/internal/service"
	"usher/internal/trace"
)

// openTracer makes traces of key presses when somebody wants them.
func (a *appliance) openTracer() error {
	if a.cfg.Bridge.Trace != "" {
		a.tracer = trace.New(trace.Options{Endpoint: a.cfg.Bridge.Trace, Version: version, Client: &http.Client{}, Logger: a.part("trace")})
	}
	return nil
}

func (a *appliance) traceServices() []service.Service {
	if a.tracer == nil {
		return nil
	}
	return []service.Service{{Name: "trace", Run: a.tracer.Run, Restart: service.OnError}}
}
