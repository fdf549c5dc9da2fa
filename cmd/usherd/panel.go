package main

import (
	"strings"

	"usher/device"
	"usher/device/panel"
	"usher/internal/service"
)

// openPanel opens the front of the box; parts that are not there are told by
// the doctor.
func (a *appliance) openPanel() error {
	var specs []panel.Spec
	for _, part := range a.cfg.Panel.Parts {
		kind, rest, _ := strings.Cut(part, ":")
		spec := panel.Spec{Kind: kind, Name: rest}
		if strings.HasPrefix(kind, "tm") || kind == "gpio-led" {
			spec = panel.Spec{Kind: kind, Pins: strings.Split(rest, ",")}
		}
		specs = append(specs, spec)
	}
	if len(specs) > 0 {
		a.panel = panel.Open(specs, panel.Options{Logger: a.part("panel")})
	}
	return nil
}

// front is who is told what the front shows; nil without one.
func (a *appliance) front() func(device.Face) {
	if a.panel == nil {
		return nil
	}
	return a.panel.Show
}

func (a *appliance) panelServices() []service.Service {
	if a.panel == nil {
		return nil
	}
	return []service.Service{{Name: "panel", Run: a.panel.Run, Restart: service.OnError}}
}
