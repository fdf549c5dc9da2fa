package daemon

import (
	"context"

	"usher/internal/box"
)

// Accounts are the box's accounts at services. What comes of a call arrives as
// box.PairingChanged. Calls may block, for a key or the network, until ctx
// ends; the loop does not wait for them, but a call waits for the one before,
// so that a code that was taken back is not asked for afterwards.
type Accounts interface {
	Begin(ctx context.Context, service string)
	Cancel(ctx context.Context, service string)
	Unpair(ctx context.Context, service string)
	// Read has what the service says read again, because the box is, or is not
	// any longer, paired with it.
	Read(ctx context.Context, service string, paired bool)
}

// doPairing hands an effect of pairing to its edge, beside the loop and in
// order.
func (d *Daemon) doPairing(f box.Effect) {
	if d.opt.Accounts == nil {
		return // without services that have accounts nothing asks for one
	}
	before, done, life := d.paired, make(chan struct{}), d.life
	d.paired = done
	d.work.Go(func() {
		defer close(done)
		if before != nil {
			<-before
		}
		tellAccounts(life, d.opt.Accounts, f)
	})
}

func tellAccounts(ctx context.Context, to Accounts, f box.Effect) {
	switch f := f.(type) {
	case box.BeginPairing:
		to.Begin(ctx, f.Service)
	case box.CancelPairing:
		to.Cancel(ctx, f.Service)
	case box.Unpair:
		to.Unpair(ctx, f.Service)
	case box.ReadService:
		to.Read(ctx, f.Service, f.Paired)
	}
}
