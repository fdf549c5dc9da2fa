package network

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"usher/internal/box"
)

// Status is how a radio stands, and who has it.
type Status struct {
	box.NetworkRadio
	Manager string // such as NetworkManager
	Adapter string // such as wlan0
}

// Join is a network to be on.
type Join struct {
	Name       string // its octets, which need not be text
	Passphrase Secret // "": it is open, or known
	Hidden     bool
}

// Radio is the box's Wi-Fi. Its methods block until ctx ends at the latest, and
// may be called from any goroutine. An error that is a *box.Problem is shown to
// people as it is.
type Radio interface {
	Status(ctx context.Context) (Status, error)
	// List looks around. The networks come in the order in which they are shown.
	List(ctx context.Context) ([]box.NetworkSeen, error)
	// Join ends when the box is on the network, or is refused.
	Join(ctx context.Context, j Join) error
	// Forget takes the octets of a name.
	Forget(ctx context.Context, name string) error
}

// Line is what the box's traffic goes over.
type Line struct {
	Link     box.NetLink
	Address  string // "" none yet
	Hardware string
}

// Options are the parts of a Network. Line and Tell are required.
type Options struct {
	Radio Radio       // nil: nothing sees to Wi-Fi
	Line  func() Line // must not block for long
	// Reach finds out how far the line gets; it blocks until ctx ends at the
	// latest. nil: that is not known.
	Reach     func(ctx context.Context) box.NetReach
	Paid      func() bool // whether the line is paid for by the byte; must not block; nil: never
	Tell      func(box.Event)
	Simulated bool
	Logger    *slog.Logger
	Times     Times
}

// Times are how long and how often. Zero values are the usual.
type Times struct {
	Unconnected time.Duration // between two looks at the line while there is none; 3 s
	Cut         time.Duration // and while it leads nowhere; 10 s
	Calm        time.Duration // and otherwise; 30 s
	Ask         time.Duration // for the radio to say how it stands, and for Reach; 8 s
	Look        time.Duration // for a look around; 20 s
	Join        time.Duration // for a network to let the box in; 75 s
	Address     time.Duration // and then to give it an address; 25 s
	Secret      time.Duration // for which a passphrase waits; 1 min
}

func (t Times) usual() Times {
	for _, d := range []struct {
		of    *time.Duration
		usual time.Duration
	}{
		{&t.Unconnected, 3 * time.Second},
		{&t.Cut, 10 * time.Second},
		{&t.Calm, 30 * time.Second},
		{&t.Ask, 8 * time.Second},
		{&t.Look, 20 * time.Second},
		{&t.Join, 75 * time.Second},
		{&t.Address, 25 * time.Second},
		{&t.Secret, time.Minute},
	} {
		if *d.of == 0 {
			*d.of = d.usual
		}
	}
	return t
}

// Network is what its package says.
type Network struct {
	opt       Options
	more      chan struct{} // a token: there are orders
	wake      chan struct{}
	reporting chan struct{} // a token for who finds out how the network stands

	mu      sync.Mutex
	waiting []*order          // in the order in which they came
	live    map[uint64]*order // by session: neither answered nor taken back
	secrets map[uint64]kept   // by ticket
	waiters map[uint64]*waiter
	last    uint64 // ticket

	telling sync.Mutex // what is told is told in order
	told    box.NetworkReport
}

// New makes a Network.
func New(o Options) *Network {
	if o.Reach == nil {
		o.Reach = func(context.Context) box.NetReach { return box.ReachUnknown }
	}
	if o.Paid == nil {
		o.Paid = func() bool { return false }
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	o.Times = o.Times.usual()
	return &Network{
		opt: o, more: make(chan struct{}, 1), wake: make(chan struct{}, 1), reporting: make(chan struct{}, 1),
		live: map[uint64]*order{}, secrets: map[uint64]kept{}, waiters: map[uint64]*waiter{},
	}
}

// Wake has the line looked at now: something about it may be another way.
func (n *Network) Wake() { put(n.wake) }

// put leaves a token where there is none.
func put(token chan<- struct{}) {
	select {
	case token <- struct{}{}:
	default:
	}
}

// Run carries out what is wanted, one thing at a time, and watches the line
// until ctx ends.
func (n *Network) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { n.watch(ctx) })
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-n.more:
			n.carryOutAll(ctx)
		}
	}
}
