// Package mdns makes one service of this machine known on the local network, by
// Multicast DNS (RFC 6762) and DNS-based Service Discovery (RFC 6763), over IPv4.
//
// It guarantees that it answers for its own names only, that a name which
// somebody else has already is not taken, that it says good-bye when it ends, and
// that it answers no more than once a second to all, and not at all to addresses
// beyond the local network: it cannot be made to flood anybody. What it sends has
// no more than the Service it is given.
//
// Run blocks until its context ends. It waits for the goroutines it starts.
package mdns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// Service is what is made known.
type Service struct {
	Instance string // one label, letters, digits and dashes; the name of the machine is Instance.local
	Type     string // such as _usher._tcp
	Port     uint16
	Address  netip.Addr // IPv4, of the interface
}

// ErrTaken says that another machine has the name.
var ErrTaken = errors.New("another machine on the network has this name")

// The times of RFC 6762.
const (
	probeEvery    = 250 * time.Millisecond // section 8.1
	probes        = 3
	announceEvery = time.Second // section 8.3
	announcements = 2
	answerEvery   = time.Second // section 6: at most one answer to all in a second
)

func group() *net.UDPAddr { return &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353} }

// Run makes the service known on an interface until ctx ends. The error is
// ErrTaken, or of the network.
func Run(ctx context.Context, ifi *net.Interface, s Service) error {
	n, err := newNames(s)
	if err != nil {
		return err
	}
	conn, err := net.ListenMulticastUDP("udp4", ifi, group())
	if err != nil {
		return fmt.Errorf("listen for mDNS on %s: %w", ifi.Name, err)
	}
	r := &responder{conn: conn, service: s, names: n, taken: make(chan struct{})}
	var reader sync.WaitGroup
	reader.Go(r.read)
	err = r.live(ctx)
	_ = conn.Close() // ends the reader
	reader.Wait()
	return err
}

// responder answers for one service.
type responder struct {
	conn    *net.UDPConn
	service Service
	names   names

	mu       sync.Mutex // guards what follows
	claimed  bool       // the names are ours
	answered time.Time  // to all
	once     sync.Once
	taken    chan struct{} // closed when somebody else has the name
}

// live probes, announces, waits for the end, and says good-bye.
func (r *responder) live(ctx context.Context) error {
	for range probes {
		if err := r.say(r.names.probe(r.service)); err != nil {
			return err
		}
		if err := r.wait(ctx, probeEvery); err != nil {
			return ended(err)
		}
	}
	r.mu.Lock()
	r.claimed = true
	r.mu.Unlock()
	for range announcements {
		if err := r.say(r.names.answer(r.service, reply{all: true})); err != nil {
			return err
		}
		if err := r.wait(ctx, announceEvery); err != nil {
			return ended(err)
		}
	}
	<-ctx.Done()
	return r.say(r.names.answer(r.service, reply{all: true, bye: true}))
}

// ended is nil for the end of the context, which is no error.
func ended(err error) error {
	if errors.Is(err, ErrTaken) {
		return err
	}
	return nil
}

func (r *responder) wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-r.taken:
		return ErrTaken
	case <-timer.C:
		return nil
	}
}

func (r *responder) say(packet []byte, err error) error {
	if err != nil {
		return fmt.Errorf("make mDNS message: %w", err)
	}
	if _, err := r.conn.WriteToUDP(packet, group()); err != nil {
		return fmt.Errorf("send mDNS message: %w", err)
	}
	return nil
}

// maxPacket is the longest message that is read (RFC 6762 section 17).
const maxPacket = 9000

// read answers until the connection is closed.
func (r *responder) read() {
	buffer := make([]byte, maxPacket)
	for {
		n, from, err := r.conn.ReadFromUDPAddrPort(buffer)
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue // such as an ICMP message for what was sent
		}
		if local(from.Addr()) {
			r.take(buffer[:n], from)
		}
	}
}

// local says whether an address may be on the link (RFC 6762 section 11).
func local(a netip.Addr) bool {
	a = a.Unmap()
	return a.IsPrivate() || a.IsLinkLocalUnicast() || a.IsLoopback()
}

// take looks at one message.
func (r *responder) take(packet []byte, from netip.AddrPort) {
	m, err := r.names.read(packet)
	if err != nil {
		return
	}
	r.mu.Lock()
	claimed := r.claimed
	r.mu.Unlock()
	switch {
	case m.response && !claimed && m.ours && from.Addr().Unmap() != r.service.Address:
		r.once.Do(func() { close(r.taken) })
	case m.response || !claimed || len(m.wanted) == 0:
	case from.Port() != 5353: // a plain resolver (section 6.7)
		r.direct(m, from)
	default:
		r.toAll(m)
	}
}

// direct answers one who asked, and knows nothing of mDNS.
func (r *responder) direct(m query, to netip.AddrPort) {
	packet, err := r.names.answer(r.service, reply{id: m.id, questions: m.questions, wanted: m.wanted, plain: true})
	if err == nil {
		_, _ = r.conn.WriteToUDPAddrPort(packet, to) // asked again if lost
	}
}

// toAll answers to the whole network, not too often.
func (r *responder) toAll(m query) {
	r.mu.Lock()
	soon := time.Since(r.answered) < answerEvery
	if !soon {
		r.answered = time.Now()
	}
	r.mu.Unlock()
	if !soon {
		_ = r.say(r.names.answer(r.service, reply{wanted: m.wanted})) // asked again if lost
	}
}

// names are the names of a service, ready for messages.
type names struct {
	list, kind, instance, host dnsmessage.Name // the services of a network, those of the type, this one, this machine
}

func newNames(s Service) (n names, err error) {
	if !s.Address.Is4() || s.Instance == "" || s.Port == 0 {
		return names{}, errors.New("make mDNS names: an instance, a port and an IPv4 address are required")
	}
	for _, x := range []struct {
		to   *dnsmessage.Name
		text string
	}{
		{&n.list, "_services._dns-sd._udp.local."},
		{&n.kind, s.Type + ".local."},
		{&n.instance, s.Instance + "." + s.Type + ".local."},
		{&n.host, s.Instance + ".local."},
	} {
		if *x.to, err = dnsmessage.NewName(x.text); err != nil {
			return names{}, fmt.Errorf("make mDNS name %q: %w", x.text, err)
		}
	}
	return n, nil
}

func (n names) all() []dnsmessage.Name {
	return []dnsmessage.Name{n.list, n.kind, n.instance, n.host}
}

// known is the name of ours that is meant, in any case of letters.
func (n names) known(name dnsmessage.Name) (dnsmessage.Name, bool) {
	all := n.all()
	i := slices.IndexFunc(all, func(x dnsmessage.Name) bool { return equalFold(x, name) })
	if i < 0 {
		return name, false
	}
	return all[i], true
}

// equalFold compares names as DNS does (RFC 4343): letters of ASCII have no case.
func equalFold(a, b dnsmessage.Name) bool {
	return strings.EqualFold(a.String(), b.String())
}
