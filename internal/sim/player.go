package sim

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"usher/player/playertest"
)

// Player is a player that fetches what it plays and shows nothing, on a bus of
// its own inside the process.
type Player struct {
	bus    *playertest.Bus
	player *playertest.Player
}

// NewPlayer allocates a player; Run puts it on its bus.
func NewPlayer(log *slog.Logger) *Player {
	bus := playertest.NewBus()
	return &Player{bus: bus, player: playertest.NewPlayer(playertest.Options{Dial: bus.Dial, Logger: log})}
}

// Name is the bus name of the player.
func (*Player) Name() string { return playertest.SimulatedName }

// LastCall is when a member of MPRIS's player was called last on the bus.
func (p *Player) LastCall(member string) time.Time { return p.player.LastCall(member) }

// Dial connects a driver to the bus.
func (p *Player) Dial(ctx context.Context) (io.ReadWriteCloser, error) { return p.bus.Dial(ctx) }

// Run plays until ctx ends.
func (p *Player) Run(ctx context.Context) error {
	err := p.player.Run(ctx)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Close ends the bus.
func (p *Player) Close() error {
	p.bus.Close()
	return nil
}
