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
	switch t, told := n.opt.Times, n.known(); {
	case told.Link == box.LinkNone:
		return t.Unconnected
	case told.Reach == box.ReachInternet:
		return t.Calm
	default:
		return t.Cut
	}
}

// report finds out how the network stands, and tells the core where that is
// another way than told last. How far it gets takes longer to find out, and is
// told afterwards. Unless everything is wanted, a box with a cable does not ask
// its radio. One report at a time: the others wait, or end with ctx.
func (n *Network) report(ctx context.Context, everything bool) {
	select {
	case n.reporting <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-n.reporting }()
	line, was := n.opt.Line(), n.known()
	other := line.Link != was.Link || line.Address != was.Address
	radio := was.Radio
	if everything || other || line.Link != box.LinkCable {
		radio = n.radio(ctx)
	}
	n.change(ctx, func(r *box.NetworkReport) {
		r.Link, r.Address, r.Hardware = line.Link, line.Address, line.Hardware
		r.Paid, r.Simulated, r.Radio = n.opt.Paid(), n.opt.Simulated, radio
		if other {
			r.Reach = box.ReachUnknown
		}
	})
	reach := n.known().Reach
	switch {
	case line.Link == box.LinkNone:
		reach = box.ReachUnknown
	case everything || other || reach != box.ReachInternet:
		asked, end := context.WithTimeout(ctx, n.opt.Times.Ask)
		reach = n.opt.Reach(asked)
		end()
	}
	n.change(ctx, func(r *box.NetworkReport) { r.Reach = reach })
}

// known is what was told last.
func (n *Network) known() box.NetworkReport {
	n.telling.Lock()
	defer n.telling.Unlock()
	return n.told
}

// change tells what is another way by f, where something is.
func (n *Network) change(ctx context.Context, f func(*box.NetworkReport)) {
	n.telling.Lock()
	defer n.telling.Unlock()
	r := n.told
	f(&r)
	if r == n.told || ctx.Err() != nil {
		return
	}
	n.told = r
	n.opt.Tell(box.NetworkReported{Report: r})
}

// radio is how the radio stands; without one, or where it does not say, there
// is none.
func (n *Network) radio(ctx context.Context) box.NetworkRadio {
	s, err := n.ask(ctx)
	if err != nil {
		return box.NetworkRadio{State: box.RadioAbsent}
	}
	return s.NetworkRadio
}

func (n *Network) ask(ctx context.Context) (Status, error) {
	if n.opt.Radio == nil {
		return Status{}, Problem("wifi_none")
	}
	asked, end := context.WithTimeout(ctx, n.opt.Times.Ask)
	defer end()
	return n.opt.Radio.Status(asked)
}

// Status asks the radio how it stands, and has the core know as well. It blocks
// until ctx ends at the latest.
func (n *Network) Status(ctx context.Context) (Status, error) {
	s, err := n.ask(ctx)
	if err == nil {
		n.change(ctx, func(r *box.NetworkReport) { r.Radio = s.NetworkRadio })
	}
	return s, err
}

// List has the radio look around for somebody who does not watch. It changes
// nothing, so the core does not know of it; it blocks until ctx ends at the
// latest.
func (n *Network) List(ctx context.Context) ([]box.NetworkSeen, error) {
	if n.opt.Radio == nil {
		return nil, Problem("wifi_none")
	}
	return n.opt.Radio.List(ctx)
}
