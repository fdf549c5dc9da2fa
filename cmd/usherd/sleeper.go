package main

import (
	"usher/device/logind"
	"usher/internal/box"
	"usher/internal/service"
)

// sleeper keeps the sleep of the machine and the box in step. A demo leaves
// the machine that it runs on alone; its guard is nil.
type sleeper struct{ guard *logind.Guard }

func (a *appliance) openSleeper() error {
	a.sleeper = &sleeper{}
	if a.cfg.Demo {
		return nil
	}
	a.sleeper.guard = logind.New(logind.Options{Logger: a.part("logind"), Sleep: func(coming bool) {
		if coming {
			a.daemon.Tell(box.SleepComing{})
		} else {
			a.daemon.Tell(box.SleepOver{})
		}
	}})
	return nil
}

func (s *sleeper) inhibit(reason string) {
	if s.guard != nil {
		s.guard.Inhibit(reason)
	}
}

func (s *sleeper) allow() {
	if s.guard != nil {
		s.guard.Allow()
	}
}

func (s *sleeper) services() []service.Service {
	if s.guard == nil {
		return nil
	}
	return []service.Service{{Name: "logind", Run: s.guard.Run, Restart: service.OnError}}
}
