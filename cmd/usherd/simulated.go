package main

import (
	"usher/internal/service"
	"usher/internal/sim"
	"usher/player/mpris"
)

// openSimulated plays on a player that shows nothing and says so.
func (a *appliance) openSimulated() error {
	p := sim.NewPlayer(a.part("simulated"))
	a.later(p.Close)
	a.player.simulated = p
	a.drive(mpris.Options{Dial: p.Dial, Match: mpris.Match{Name: p.Name()}})
	a.player.services = append(a.player.services, service.Service{Name: "simulated", Run: p.Run})
	return nil
}
