package network

import (
	"context"
	"errors"
	"slices"
	"time"

	"usher/internal/box"
)

// order is something that the core wants of the radio, from Do until it is
// answered or taken back.
//
//	     Do               Run             answered
//	─────────▶ waiting ─────────▶ running ─────────▶ told to the core
//	   │          │                  │
//	   │          └── CancelNetwork ─┴──────────────▶ nothing is told
//	   └── too many wait ──────────────────────────▶ refused
//
// live has it while it is on the way; who takes it out of there decides what
// becomes of it, so there is one end.
type order struct {
	session   uint64
	ticket    uint64
	looks     bool          // the answer is a NetworkLooked
	most      time.Duration // that it may take
	do        func(context.Context) ([]box.NetworkSeen, error)
	stop      context.CancelFunc // of what runs; nil: it waits
	withdrawn bool               // who waited for it has gone
}

func (o *order) answer(seen []box.NetworkSeen, p *box.Problem) box.Event {
	if o.looks {
		return box.NetworkLooked{Session: o.session, Seen: seen, Problem: p}
	}
	return box.NetworkAnswered{Session: o.session, Problem: p}
}

// order is what an effect wants; nil: nothing of the radio.
func (n *Network) order(f box.Effect) *order {
	switch f := f.(type) {
	case box.LookForNetworks:
		return &order{session: f.Session, looks: true, most: n.opt.Times.Look, do: n.look}
	case box.JoinNetwork:
		return &order{session: f.Session, ticket: f.Ticket, most: n.opt.Times.Join, do: func(ctx context.Context) ([]box.NetworkSeen, error) {
			return nil, n.join(ctx, f)
		}}
	case box.ForgetNetwork:
		return &order{session: f.Session, ticket: f.Ticket, most: n.opt.Times.Join, do: func(ctx context.Context) ([]box.NetworkSeen, error) {
			return nil, n.forget(ctx, f)
		}}
	}
	return nil
}

// mostWaiting is how many orders wait at most. The core wants one thing at a
// time and takes back what it wants no more, so more than one or two wait only
// while something is wrong.
const mostWaiting = 16

// Do takes an effect of the core about the network; others are nothing to it.
// What it cannot take is refused: the core is to be told that answer. An order
// can be taken back from the moment at which Do has it.
func (n *Network) Do(f box.Effect) (refused box.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if c, ok := f.(box.CancelNetwork); ok {
		n.takeBack(c.Session)
		return nil
	}
	o := n.order(f)
	switch {
	case o == nil:
		return nil
	case n.opt.Radio == nil:
		return n.refuse(o, "wifi_none")
	case len(n.waiting) >= mostWaiting:
		return n.refuse(o, "wifi_busy")
	}
	if w := n.waiters[o.ticket]; w != nil && w.gone {
		o.withdrawn = true
	}
	n.live[o.session] = o
	n.waiting = append(n.waiting, o)
	put(n.more)
	return nil
}

// refuse is the answer to an order that is not taken; n.mu is held.
func (n *Network) refuse(o *order, code string) box.Event {
	n.opt.Logger.Warn("Network order refused", "code", code)
	n.end(o.ticket, Problem(code))
	return o.answer(nil, Problem(code))
}

// takeBack ends an order that is on the way: one that waits never begins, and
// nothing is told of one that runs; n.mu is held.
func (n *Network) takeBack(session uint64) {
	o := n.live[session]
	if o == nil {
		return // it was answered
	}
	delete(n.live, session)
	n.waiting = slices.DeleteFunc(n.waiting, func(w *order) bool { return w == o })
	if o.stop != nil {
		o.stop()
	}
	n.end(o.ticket, Problem("wifi_cancelled"))
}

// carryOutAll carries out what waits, until ctx ends.
func (n *Network) carryOutAll(ctx context.Context) {
	for ctx.Err() == nil {
		own, o := n.begin(ctx)
		if o == nil {
			return
		}
		n.carryOut(own, o)
	}
}

// begin takes the order that waits longest, and says for how long it may run;
// nil: none waits.
func (n *Network) begin(ctx context.Context) (context.Context, *order) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.waiting) == 0 {
		return ctx, nil
	}
	o := n.waiting[0]
	n.waiting = n.waiting[1:]
	own, stop := context.WithTimeout(ctx, o.most)
	o.stop = stop
	if o.withdrawn {
		stop()
	}
	return own, o
}

// carryOut carries an order out and tells its answer, unless it was taken back
// or all is over. Of one that was taken back, what the radio has done by then
// stays done, and is reported by the watch.
func (n *Network) carryOut(ctx context.Context, o *order) {
	defer o.stop()
	var seen []box.NetworkSeen
	err := ctx.Err() // withdrawn before it began
	if err == nil {
		seen, err = o.do(ctx)
	}
	if ctx.Err() != nil {
		n.Wake()
	}
	p := problemOf(err)
	switch n.settle(o) {
	case takenBack:
		return
	case withdrawn:
		if p != nil {
			p = Problem("wifi_cancelled")
		}
		n.tell(o, seen, p)
	case answered:
		if !errors.Is(ctx.Err(), context.Canceled) { // Run ends
			n.tell(o, seen, p)
		}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.end(o.ticket, p) // after the core was told: who waited finds it there
}

func (n *Network) tell(o *order, seen []box.NetworkSeen, p *box.Problem) {
	if p != nil {
		n.opt.Logger.Info("Network order not carried out", "code", p.Code)
	}
	n.opt.Tell(o.answer(seen, p))
}

// ending is how an order ends.
type ending uint8

const (
	answered ending = iota
	withdrawn
	takenBack
)

// settle takes an order out of those that can be taken back.
func (n *Network) settle(o *order) ending {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.live[o.session] != o {
		return takenBack
	}
	delete(n.live, o.session)
	if o.withdrawn {
		return withdrawn
	}
	return answered
}

func (n *Network) look(ctx context.Context) ([]box.NetworkSeen, error) {
	seen, err := n.opt.Radio.List(ctx)
	n.Wake() // how well the present one is heard is known anew
	return seen, err
}

// join puts the box on a network, waits for an address there, and reports how
// far that gets before it ends.
func (n *Network) join(ctx context.Context, f box.JoinNetwork) error {
	name, _ := box.Octets(f.Name, f.SSID)
	err := n.opt.Radio.Join(ctx, Join{Name: name, Passphrase: n.fetch(f.Ticket), Hidden: f.Hidden})
	if err == nil {
		err = n.addressed(ctx)
	}
	n.report(ctx, true)
	return err
}

func (n *Network) forget(ctx context.Context, f box.ForgetNetwork) error {
	name, _ := box.Octets(f.Name, f.SSID)
	err := n.opt.Radio.Forget(ctx, name)
	n.report(ctx, true)
	return err
}

// addressed waits until the line has an address. With a cable as well it is not
// known which of both is meant: then there is one already.
func (n *Network) addressed(ctx context.Context) error {
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(n.opt.Times.Address)
	defer late.Stop()
	for {
		if l := n.opt.Line(); l.Link != box.LinkNone && l.Address != "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-late.C:
			return Problem("wifi_address")
		case <-tick.C:
		}
	}
}
