package main

import (
	"time"

	"usher/cache/serve"
	"usher/internal/box"
)

// follow tells the origin where the player is, so that it reads the right part
// of the film ahead.
func (a *appliance) follow(h box.Playhead) {
	a.origin.Playhead(h.Session, serve.Playhead{Position: h.Position, At: h.At, Rate: h.Rate})
}

// originHolds passes on how far a film is at hand.
func (a *appliance) originHolds(tag uint64, until time.Duration) {
	a.daemon.Tell(box.OriginHolds{Session: tag, Until: until})
}
