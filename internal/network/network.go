package network

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"usher/internal/box"
)

// Secret is a passphrase; it does not print, and is nothing in JSON.
type Secret string

// String hides it.
func (Secret) String() string { return "[passphrase]" }

// GoString hides it.
func (Secret) GoString() string { return "[passphrase]" }

// MarshalText hides it.
func (Secret) MarshalText() ([]byte, error) { return []byte("[passphrase]"), nil }

// Status is how a radio stands, and who has it.
type Status struct {
	box.NetworkRadio
	Manager string // such as NetworkManager
	Adapter string // such as wlan0
}

// Join is a network to be on.
type Join struct {
	Name       string
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
	opt    Options
	orders chan box.Effect
	wake   chan struct{}
	radio  chan struct{} // a token for who wants something of the radio

	mu      sync.Mutex
	running map[uint64]context.CancelFunc // by the number of the effect
	secrets map[uint64]kept
	last    uint64 // ticket

	telling sync.Mutex // one report at a time
	told    box.NetworkReport
}

type kept struct {
	secret Secret
	at     time.Time
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
		opt: o, orders: make(chan box.Effect, 16), wake: make(chan struct{}, 1), radio: make(chan struct{}, 1),
		running: map[uint64]context.CancelFunc{}, secrets: map[uint64]kept{},
	}
}

// mostSecrets is how many passphrases wait at most; the oldest goes first.
const mostSecrets = 4

// Keep takes a passphrase, and gives the ticket for it; an empty one needs none,
// and gets 0.
func (n *Network) Keep(s Secret) (ticket uint64) {
	if s == "" {
		return 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last++
	n.secrets[n.last] = kept{s, time.Now()}
	delete(n.secrets, n.last-mostSecrets)
	return n.last
}

// Drop forgets a passphrase that nobody will fetch.
func (n *Network) Drop(ticket uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.secrets, ticket)
}

// fetch gives a passphrase out, once.
func (n *Network) fetch(ticket uint64) Secret {
	n.mu.Lock()
	defer n.mu.Unlock()
	k := n.secrets[ticket]
	delete(n.secrets, ticket)
	if time.Since(k.at) > n.opt.Times.Secret {
		return ""
	}
	return k.secret
}

// Wake has the line looked at now: something about it may be another way.
func (n *Network) Wake() {
	select {
	case n.wake <- struct{}{}:
	default: // it will be
	}
}

// Do takes an effect of the core about the network; others are nothing to it.
func (n *Network) Do(f box.Effect) {
	if c, ok := f.(box.CancelNetwork); ok {
		n.mu.Lock()
		defer n.mu.Unlock()
		if cancel := n.running[c.Session]; cancel != nil {
			cancel()
		}
		return
	}
	select {
	case n.orders <- f:
	default:
		n.opt.Logger.Warn("Order dropped: the network's edge does not read")
	}
}

// Run carries out what is wanted and watches the line until ctx ends.
func (n *Network) Run(ctx context.Context) error {
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { n.watch(ctx) })
	for {
		select {
		case <-ctx.Done():
			return nil
		case f := <-n.orders:
			n.obey(ctx, &work, f)
		}
	}
}

// obey begins an order. It can be taken back from now on.
func (n *Network) obey(ctx context.Context, work *sync.WaitGroup, f box.Effect) {
	switch f := f.(type) {
	case box.LookForNetworks:
		n.begin(ctx, work, f.Session, n.opt.Times.Look, func(ctx context.Context) box.Event { return n.look(ctx, f) })
	case box.JoinNetwork:
		n.begin(ctx, work, f.Session, n.opt.Times.Join, func(ctx context.Context) box.Event {
			return n.answer(f.Session, n.join(ctx, f))
		})
	case box.ForgetNetwork:
		n.begin(ctx, work, f.Session, n.opt.Times.Join, func(ctx context.Context) box.Event {
			err := n.opt.Radio.Forget(ctx, f.Name)
			n.report(ctx, true)
			return n.answer(f.Session, err)
		})
	}
}

// begin runs an order when the one before has let go of the radio, and tells
// its answer, unless it was taken back.
func (n *Network) begin(ctx context.Context, work *sync.WaitGroup, session uint64, most time.Duration, do func(context.Context) box.Event) {
	own, cancel := context.WithCancel(ctx)
	n.mu.Lock()
	n.running[session] = cancel
	n.mu.Unlock()
	work.Go(func() {
		defer func() {
			n.mu.Lock()
			delete(n.running, session)
			n.mu.Unlock()
			cancel()
		}()
		select {
		case n.radio <- struct{}{}:
		case <-own.Done():
			return
		}
		defer func() { <-n.radio }()
		limited, end := context.WithTimeout(own, most)
		defer end()
		if e := do(limited); own.Err() == nil {
			n.opt.Tell(e)
		}
	})
}

func (n *Network) answer(session uint64, err error) box.Event {
	p := problemOf(err)
	if p != nil {
		n.opt.Logger.Info("Network not joined, or not forgotten", "code", p.Code)
	}
	return box.NetworkAnswered{Session: session, Problem: p}
}

func (n *Network) look(ctx context.Context, f box.LookForNetworks) box.Event {
	seen, err := n.opt.Radio.List(ctx)
	n.Wake() // how well the present one is heard is known anew
	return box.NetworkLooked{Session: f.Session, Seen: seen, Problem: problemOf(err)}
}

// join puts the box on a network, waits for an address there, and reports how
// far that gets before it ends.
func (n *Network) join(ctx context.Context, f box.JoinNetwork) error {
	err := n.opt.Radio.Join(ctx, Join{Name: f.Name, Passphrase: n.fetch(f.Ticket), Hidden: f.Hidden})
	if err == nil {
		err = n.addressed(ctx)
	}
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
