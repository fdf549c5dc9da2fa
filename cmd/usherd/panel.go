package main

import (
	"strings"

	"usher/device"
	"usher/device/panel"
	"usher/device/remote"
	"usher/internal/box"
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
	a.openButtons()
	return nil
}

// openButtons opens the buttons of the front; a key of theirs is a key of a
// remote.
func (a *appliance) openButtons() {
	var specs []panel.ButtonSpec
	for _, text := range a.cfg.Panel.Buttons {
		keys, rest, _ := strings.Cut(text, ":")
		short, long, _ := strings.Cut(keys, "/")
		pin, level, _ := strings.Cut(rest, ":")
		specs = append(specs, panel.ButtonSpec{Pin: pin, Key: remote.Key(short), Long: remote.Key(long), High: level == "high"})
	}
	if len(specs) > 0 {
		a.buttons = panel.OpenButtons(specs, panel.ButtonOptions{Logger: a.part("panel"), Emit: func(e remote.Event) {
			a.daemon.Tell(box.KeyPressed{Key: e, By: box.ByPanel})
		}})
	}
}

// front is who is told what the front shows; nil without one.
func (a *appliance) front() func(device.Face) {
	if a.panel == nil {
		return nil
	}
	return a.panel.Show
}

func (a *appliance) panelServices() (list []service.Service) {
	if a.panel != nil {
		list = append(list, service.Service{Name: "panel", Run: a.panel.Run, Restart: service.OnError})
	}
	if a.buttons != nil {
		list = append(list, service.Service{Name: "buttons", Run: a.buttons.Run, Restart: service.OnError})
	}
	return list
}

// frontParts are the parts of the front, buttons among them.
func (a *appliance) frontParts() (list []panel.Part) {
	if a.panel != nil {
		list = a.panel.Parts()
	}
	if a.buttons != nil {
		list = append(list, a.buttons.Parts()...)
	}
	return list
}
