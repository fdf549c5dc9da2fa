package e2e

import (
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// wire is the way from a phone to the box, which can be broken. The phone keeps
// the box's address: its browser is told that the wire is there.
type wire struct {
	listener net.Listener
	target   string

	mu    sync.Mutex
	turn  *sync.Cond
	dead  bool // nothing gets through, and nobody is told
	lives int  // how often it was revived: what was connected before stays stuck
	over  bool
	conns map[net.Conn]bool
}

// newWire lays a wire to a page of the box.
func newWire(t *testing.T, page string) *wire {
	t.Helper()
	at, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, target: at.Host, conns: map[net.Conn]bool{}}
	w.turn = sync.NewCond(&w.mu)
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { w.carry(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		w.end()
		all.Wait()
	})
	return w
}

// flag has a browser use the wire.
func (w *wire) flag() chromedp.ExecAllocatorOption {
	return chromedp.Flag("host-resolver-rules", "MAP "+w.target+" "+w.listener.Addr().String())
}

// carry takes one connection to the box.
func (w *wire) carry(phone net.Conn) {
	w.mu.Lock()
	life := w.lives
	w.conns[phone] = true
	w.mu.Unlock()
	w.wait(life)
	box, err := net.Dial("tcp", w.target)
	if err != nil {
		_ = phone.Close()
		return
	}
	w.mu.Lock()
	w.conns[box] = true
	w.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { w.copy(box, phone, life) })
	both.Go(func() { w.copy(phone, box, life) })
	both.Wait()
	w.mu.Lock()
	delete(w.conns, phone)
	delete(w.conns, box)
	w.mu.Unlock()
}

// copy carries one direction, as long as the wire is not dead.
func (w *wire) copy(to, from net.Conn, life int) {
	defer func() { _, _ = to.Close(), from.Close() }()
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		w.wait(life)
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *wire) wait(life int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.over && (w.dead || life < w.lives) {
		w.turn.Wait()
	}
}

// die lets nothing through any more.
func (w *wire) die() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = true
}

// revive lets new connections through. Those from before stay as they are: on a
// phone nobody says that they are lost.
func (w *wire) revive() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = false
	w.lives++
}

// end closes everything.
func (w *wire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
	w.turn.Broadcast()
	for c := range w.conns {
		_ = c.Close()
	}
}
