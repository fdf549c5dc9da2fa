package playertest

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/godbus/dbus/v5"
)

// Bus is a D-Bus message bus in this process. It knows names, owners and
// signals, which is what MPRIS needs; it has no policy and no activation.
type Bus struct {
	mu    sync.Mutex
	next  int
	peers map[string]*busPeer // by unique name
	names map[string]*busPeer // by well-known name
	wg    sync.WaitGroup
	ended bool
}

// busPeer is one connection. Its outgoing messages wait in a queue of its own,
// so that no peer can hold up another.
type busPeer struct {
	conn   net.Conn
	unique string
	out    chan *dbus.Message
	quit   chan struct{}
	once   sync.Once
}

// busQueue is how many messages may wait for a peer; a peer that lets more
// pile up is cut off.
const busQueue = 1024

// busName is the name of the bus itself.
const busName = "org.freedesktop.DBus"

// NewBus allocates a bus. It has no goroutine until someone dials.
func NewBus() *Bus { return &Bus{peers: map[string]*busPeer{}, names: map[string]*busPeer{}} }

// Dial connects a new peer; use the result with dbus.NewConn, Auth and Hello,
// or as mpris.Options.Dial.
func (b *Bus) Dial(context.Context) (io.ReadWriteCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return nil, fmt.Errorf("dial bus: %w", net.ErrClosed)
	}
	ours, theirs := net.Pipe()
	b.next++
	p := &busPeer{conn: ours, unique: fmt.Sprintf(":1.%d", b.next), out: make(chan *dbus.Message, busQueue), quit: make(chan struct{})}
	b.peers[p.unique] = p // here, so that Close and Cut miss nobody who has dialled
	b.wg.Go(func() { b.serve(p) })
	return theirs, nil
}

// Close cuts every connection off and waits for their goroutines.
func (b *Bus) Close() {
	b.mu.Lock()
	b.ended = true
	for _, p := range b.peers {
		p.cut()
	}
	b.mu.Unlock()
	b.wg.Wait()
}

// Cut closes all connections but takes new ones: what a restart of the bus
// looks like.
func (b *Bus) Cut() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range b.peers {
		p.cut()
	}
}

func (p *busPeer) cut() {
	p.once.Do(func() {
		close(p.quit)
		_ = p.conn.Close() // the reader sees it
	})
}

// serve is the life of one connection.
func (b *Bus) serve(p *busPeer) {
	in := bufio.NewReader(p.conn)
	defer b.leave(p)
	if err := authenticate(in, p.conn); err != nil {
		return
	}
	b.wg.Go(p.write)
	for {
		m, err := dbus.DecodeMessage(in)
		if err != nil {
			return
		}
		m.Headers[dbus.FieldSender] = dbus.MakeVariant(p.unique)
		b.route(p, m)
	}
}

// write sends what waits for the peer.
func (p *busPeer) write() {
	for {
		select {
		case <-p.quit:
			return
		case m := <-p.out:
			if err := m.EncodeTo(p.conn, binary.LittleEndian); err != nil {
				p.cut()
				return
			}
		}
	}
}

// authenticate is the server's side of the SASL profile of the D-Bus
// specification. A peer in the same process needs no proof of who it is.
func authenticate(in *bufio.Reader, out io.Writer) error {
	if _, err := in.ReadByte(); err != nil { // the nul byte
		return fmt.Errorf("authenticate: %w", err)
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return fmt.Errorf("authenticate: %w", err)
		}
		answer := ""
		switch word, rest, _ := strings.Cut(strings.TrimSpace(line), " "); {
		case word == "BEGIN":
			return nil
		case word == "AUTH" && rest == "":
			answer = "REJECTED EXTERNAL"
		case word == "AUTH", word == "DATA":
			answer = "OK 00000000000000000000000000000000"
		default:
			answer = "ERROR"
		}
		if _, err := io.WriteString(out, answer+"\r\n"); err != nil {
			return fmt.Errorf("authenticate: %w", err)
		}
	}
}

// leave forgets a peer and tells the others which names went with it.
func (b *Bus) leave(p *busPeer) {
	p.cut()
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.peers, p.unique)
	for name, owner := range b.names {
		if owner == p {
			delete(b.names, name)
			b.ownerChangedLocked(name, p.unique, "")
		}
	}
}

// route delivers a message: to the bus, to one peer, or to all of them.
func (b *Bus) route(from *busPeer, m *dbus.Message) {
	b.mu.Lock()
	defer b.mu.Unlock()
	to, _ := m.Headers[dbus.FieldDestination].Value().(string)
	switch {
	case to == busName:
		b.answerLocked(from, m)
	case to == "":
		for _, p := range b.peers {
			if p != from { // no one here listens to itself
				p.send(m)
			}
		}
	default:
		b.forwardLocked(from, to, m)
	}
}

func (b *Bus) forwardLocked(from *busPeer, to string, m *dbus.Message) {
	p := b.ownerLocked(to)
	if p == nil {
		from.send(errorReply(m, "org.freedesktop.DBus.Error.ServiceUnknown", "no such name: "+to))
		return
	}
	p.send(m)
}

func (b *Bus) ownerLocked(name string) *busPeer {
	if p, ok := b.peers[name]; ok {
		return p
	}
	return b.names[name]
}

// send queues m; a peer that does not read is cut off.
func (p *busPeer) send(m *dbus.Message) {
	select {
	case p.out <- m:
	default:
		p.cut()
	}
}
