package network

import (
	"context"
	"time"

	"usher/internal/box"
)

// watch reports the line until ctx ends: often while there is none, because
// somebody waits before the screen then.
func (n *Network) watch(ctx context.Context) {
	woken := true // the first look is at everything
	for {
		n.report(ctx, woken)
		next := time.NewTimer(n.pause())
		select {
		case <-ctx.Done():
			next.Stop()
			return
		case <-n.wake:
			woken = true
		case <-next.C:
			woken = false
		}
		next.Stop()
	}
}

// pause is until the next look.
func (n *Network) pause() time.Duration {
	n.telling.Lock()
	defer n.telling.Unlock()
	switch t := n.opt.Times; {
	case n.told.Link == box.LinkNone:
		return t.Unconnected
	case n.told.Reach == box.ReachInternet:
		return t.Calm
	default:
		return t.Cut
	}
}

// report tells the core how the network stands, where that is another way than
// told last. How far it gets takes longer to find out, and is told afterwards.
// Unless everything is wanted, a box with a cable does not ask its radio.
func (n *Network) report(ctx context.Context, everything bool) {
	n.telling.Lock()
	defer n.telling.Unlock()
	r := n.told
	line := n.opt.Line()
	other := line.Link != r.Link || line.Address != r.Address
	r.Link, r.Address, r.Hardware = line.Link, line.Address, line.Hardware
	r.Paid, r.Simulated = n.opt.Paid(), n.opt.Simulated
	if everything || other || line.Link != box.LinkCable {
		r.Radio = n.status(ctx)
	}
	if other {
		r.Reach = box.ReachUnknown
	}
	n.tell(ctx, r)
	switch {
	case line.Link == box.LinkNone:
		r.Reach = box.ReachUnknown
	case everything || other || r.Reach != box.ReachInternet:
		asked, end := context.WithTimeout(ctx, n.opt.Times.Ask)
		r.Reach = n.opt.Reach(asked)
		end()
	}
	n.tell(ctx, r)
}

func (n *Network) tell(ctx context.Context, r box.NetworkReport) {
	if r == n.told || ctx.Err() != nil {
		return
	}
	n.told = r
	n.opt.Tell(box.NetworkReported{Report: r})
}

// status is how the radio stands; without one, or where it does not say, there
// is none.
func (n *Network) status(ctx context.Context) box.NetworkRadio {
	if n.opt.Radio == nil {
		return box.NetworkRadio{State: box.RadioAbsent}
	}
	asked, end := context.WithTimeout(ctx, n.opt.Times.Ask)
	defer end()
	s, err := n.opt.Radio.Status(asked)
	if err != nil {
		return box.NetworkRadio{State: box.RadioAbsent}
	}
	return s.NetworkRadio
}
