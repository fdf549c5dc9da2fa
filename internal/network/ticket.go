package network

import (
	"context"
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

type kept struct {
	secret Secret
	at     time.Time
}

// waiter is somebody who waits for the end of what has his ticket.
type waiter struct {
	ended chan *box.Problem // holds one
	gone  bool
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
	return n.keep(s)
}

// keep gives a ticket, for a passphrase or for none; n.mu is held.
func (n *Network) keep(s Secret) (ticket uint64) {
	n.last++
	if s != "" {
		n.secrets[n.last] = kept{s, time.Now()}
	}
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

// Ask has the core asked for a network, and waits for what comes of it: so do
// those who do not watch. submit hands the core an event with a ticket, and says
// whether it was refused. When ctx ends before the end, what was asked for is
// withdrawn, and the core told so. An error that is a *box.Problem is shown to
// people as it is.
func (n *Network) Ask(ctx context.Context, s Secret, submit func(ticket uint64) *box.Problem) error {
	if _, err := n.Status(ctx); err != nil {
		return err
	}
	n.mu.Lock()
	ticket, w := n.keep(s), &waiter{ended: make(chan *box.Problem, 1)}
	n.waiters[ticket] = w
	n.mu.Unlock()
	if p := submit(ticket); p != nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.end(ticket, p)
		return p
	}
	select {
	case p := <-w.ended:
		if p != nil {
			return p
		}
		return nil
	case <-ctx.Done():
		n.withdraw(ticket)
		return ctx.Err()
	}
}

// withdraw takes back what has a ticket: on its way, or to come.
func (n *Network) withdraw(ticket uint64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if w := n.waiters[ticket]; w != nil {
		w.gone = true
	}
	for _, o := range n.live {
		if o.ticket == ticket {
			o.withdrawn = true
			if o.stop != nil {
				o.stop()
			}
		}
	}
}

// end tells whoever waits how what has a ticket ended, and forgets all that is
// kept under it; n.mu is held.
func (n *Network) end(ticket uint64, p *box.Problem) {
	delete(n.secrets, ticket)
	if w := n.waiters[ticket]; w != nil {
		w.ended <- p
		delete(n.waiters, ticket)
	}
}
