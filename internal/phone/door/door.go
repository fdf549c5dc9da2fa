// Package door is where phones come in: it listens on the box's addresses on the
// LAN while phones are wanted, and makes that known by mDNS.
//
// It guarantees that it listens on private addresses only (RFC 1918, RFC 3927,
// RFC 4193), each by itself and never on all, takes no connection from an address
// that is not private, and few from one address, follows the addresses of the box as they change, and is shut
// within a moment when phones are not wanted any more.
//
// Run blocks until its context ends, and waits for what it started.
package door

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"usher/internal/mdns"
)

// phones are who decides whether the door is open.
type phones interface {
	Wanted() bool
	Watch() <-chan struct{}
	Instance() string
	Listening(hosts []string, trouble string)
}

// Options are the parts of a Door. Phones and Handler are required.
type Options struct {
	Phones  phones
	Handler http.Handler
	Port    uint16
	// AnyPort takes a free port when Port is not: for a demo, beside a box.
	AnyPort bool
	// Addresses are the box's, the best in front; nil asks the machine for those
	// on the LAN.
	Addresses func() ([]netip.Addr, error)
	Server    func() *http.Server // one that serves nothing yet; nil: the package's own limits
	Quiet     bool                // no mDNS
	Logger    *slog.Logger        // nil: nothing is logged
}

// Door listens, or not. Make one with New and call Run once.
type Door struct {
	Options
	port      uint16
	server    *http.Server
	addresses []netip.Addr
	listening map[netip.Addr]net.Listener
	serving   sync.WaitGroup
	crowd     *crowd
	silence   context.CancelFunc // ends the announcement
	announced netip.AddrPort
}

// New makes a Door. It opens nothing.
func New(o Options) *Door {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Addresses == nil {
		o.Addresses = func() ([]netip.Addr, error) { return LAN(false) }
	}
	if o.Server == nil {
		o.Server = func() *http.Server {
			return &http.Server{ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 30 * time.Second, MaxHeaderBytes: 8 << 10}
		}
	}
	return &Door{Options: o, port: o.Port, listening: map[netip.Addr]net.Listener{}, crowd: newCrowd(), silence: func() {}}
}

// lookEvery is how often it is looked whether the box has other addresses.
const lookEvery = 5 * time.Second

// Run opens and shuts the door until ctx ends.
func (d *Door) Run(ctx context.Context) error {
	defer d.serving.Wait()
	defer d.shut()
	wake := d.Phones.Watch()
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		if d.Phones.Wanted() {
			d.open(ctx)
		} else {
			d.shut()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-look.C:
		}
	}
}

// shut stops listening. Connections that are WebSockets already are the bridge's.
func (d *Door) shut() {
	d.hush()
	if d.server != nil {
		_ = d.server.Close() // closes the listeners too
		d.server = nil
		d.Logger.Info("Phones cannot connect any more")
	}
	clear(d.listening)
	d.addresses = nil
	d.Phones.Listening(nil, "")
}

// open listens on the addresses that the box has now.
func (d *Door) open(ctx context.Context) {
	addresses, err := d.Addresses()
	if err != nil || len(addresses) == 0 {
		d.shut()
		d.Phones.Listening(nil, "network")
		return
	}
	if d.server != nil && slices.Equal(addresses, d.addresses) && len(d.listening) == len(addresses) {
		return
	}
	if d.server == nil {
		d.server = d.Server()
		d.server.Handler = d.Handler
	}
	d.drop(addresses)
	trouble := ""
	for _, a := range addresses {
		if err := d.listen(a); err != nil {
			d.Logger.Warn("Phones cannot connect", "address", a.String(), "error", err)
			trouble = "port"
		}
	}
	d.addresses = addresses
	d.tell(ctx, trouble)
}

// drop stops listening on addresses that the box no longer has.
func (d *Door) drop(now []netip.Addr) {
	for a, l := range d.listening {
		if !slices.Contains(now, a) {
			_ = l.Close()
			delete(d.listening, a)
		}
	}
}

func (d *Door) listen(a netip.Addr) error {
	if d.listening[a] != nil {
		return nil
	}
	l, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(a, d.port)))
	if err != nil && d.AnyPort && len(d.listening) == 0 {
		l, err = net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(a, 0)))
	}
	if err != nil {
		return err
	}
	d.port = portOf(l) // the same on every address
	d.listening[a] = l
	server := d.server
	d.serving.Go(func() { _ = server.Serve(near{l, d.crowd}) }) // ends with the listener or the server
	return nil
}

func portOf(l net.Listener) uint16 {
	p, err := netip.ParseAddrPort(l.Addr().String())
	if err != nil {
		return 0
	}
	return p.Port()
}

// tell says where phones reach the box, and on the network that it is there.
func (d *Door) tell(ctx context.Context, trouble string) {
	hosts := []string{}
	var best netip.Addr
	for _, a := range d.addresses {
		if d.listening[a] == nil {
			continue
		}
		hosts = append(hosts, hostOf(a.String(), d.port))
		if !best.IsValid() && a.Is4() && !a.IsLoopback() {
			best = a
		}
	}
	if best.IsValid() && !d.Quiet {
		hosts = append(hosts, hostOf(d.Phones.Instance()+".local", d.port))
		d.announce(ctx, netip.AddrPortFrom(best, d.port))
	} else {
		d.hush()
	}
	if len(hosts) > 0 {
		trouble = ""
		d.Logger.Info("Phones can connect", "hosts", hosts)
	}
	d.Phones.Listening(hosts, trouble)
}

// hostOf is what a browser sends as Host.
func hostOf(name string, port uint16) string {
	if port == 80 {
		return name
	}
	return net.JoinHostPort(name, strconv.Itoa(int(port)))
}

// hush ends the announcement.
func (d *Door) hush() {
	d.silence()
	d.silence, d.announced = func() {}, netip.AddrPort{}
}

// announce makes the box known. Without it phones find the box by its address.
func (d *Door) announce(ctx context.Context, at netip.AddrPort) {
	if d.announced == at {
		return
	}
	d.hush()
	ifi, err := interfaceOf(at.Addr())
	if err != nil {
		d.Logger.Debug("Not announced", "error", err)
		return
	}
	ctx, d.silence = context.WithCancel(ctx)
	d.announced = at
	s := mdns.Service{Instance: d.Phones.Instance(), Type: "_usher._tcp", Port: at.Port(), Address: at.Addr()}
	d.serving.Go(func() { d.keepOn(ctx, func() error { return mdns.Run(ctx, ifi, s) }) })
}

// announceAgain is how long it is waited after an announcement that failed: a
// network that is just coming up takes nothing yet, and a name that somebody else
// had may be free later.
const announceAgain = 30 * time.Second

// keepOn announces until ctx ends.
func (d *Door) keepOn(ctx context.Context, announce func() error) {
	for {
		err := announce()
		if ctx.Err() != nil {
			return
		}
		d.Logger.Info("Not announced", "error", err, "again", announceAgain)
		select {
		case <-ctx.Done():
			return
		case <-time.After(announceAgain):
		}
	}
}
