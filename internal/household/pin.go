package household

import (
	"context"
	"crypto/rand"
	"crypto/subtle"

	"golang.org/x/crypto/argon2"

	"usher/internal/box"
	"usher/internal/rights"
)

// hash is what is kept of a PIN: Argon2id (RFC 9106) with its cost, so that a
// later usherd can raise it. Four digits are few: what keeps them is that tries
// are counted, and this only makes a stolen disk slower to read.
type hash struct {
	Salt   []byte `json:"salt"`
	Sum    []byte `json:"sum"`
	Time   uint32 `json:"time"`
	Memory uint32 `json:"memory"` // KiB
}

// The cost of a PIN: 19 MiB and two passes (OWASP's least for Argon2id), some
// 100 ms on a small box.
const (
	hashTime   = 2
	hashMemory = 19 << 10
	hashMost   = 64 << 10 // KiB; a record that asks for more is not believed
)

func newHash(p rights.PIN, memory uint32) *hash {
	h := &hash{Salt: make([]byte, 16), Time: hashTime, Memory: memory}
	_, _ = rand.Read(h.Salt) // never fails (crypto/rand)
	h.Sum = h.reckon(p)
	return h
}

func (h *hash) reckon(p rights.PIN) []byte {
	return argon2.IDKey([]byte(p.Reveal()), h.Salt, h.Time, h.Memory, 1, 32)
}

func (h *hash) fits(p rights.PIN) bool {
	if h.Time < 1 || h.Time > 10 || h.Memory > hashMost || len(h.Sum) != 32 {
		return false
	}
	return subtle.ConstantTimeCompare(h.reckon(p), h.Sum) == 1
}

// verify says whether a PIN is that of a profile; nil is yes. A profile without
// a PIN takes any. One try at a time, counted before it is judged.
func (h *Household) verify(ctx context.Context, id string, p rights.PIN) error {
	select {
	case h.pins <- struct{}{}:
		defer func() { <-h.pins }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	want, err := h.begin(id, p)
	if err != nil || want == nil {
		return err
	}
	right := want.fits(p)
	h.mu.Lock()
	defer h.mu.Unlock()
	who := h.find(id)
	switch {
	case who == nil:
		return new(profileUnknown)
	case !right:
		if wait, locked := who.Tries.Locked(h.opt.Now()); locked {
			return &box.PINLocked{Wait: wait}
		}
		return new(pinWrong)
	}
	return h.count(who, who.Tries.Right())
}

// begin counts a try as a wrong one, and gives what it is judged by; nil when
// there is no PIN.
func (h *Household) begin(id string, p rights.PIN) (*hash, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	who := h.find(id)
	switch {
	case who == nil:
		return nil, new(profileUnknown)
	case who.Hash == nil:
		return nil, nil
	case p == "":
		return nil, new(pinNeeded)
	}
	now := h.opt.Now()
	if wait, locked := who.Tries.Locked(now); locked {
		return nil, &box.PINLocked{Wait: wait}
	}
	return who.Hash, h.count(who, who.Tries.Failed(now))
}

// count stores the tries of a profile. It needs the lock.
func (h *Household) count(who *person, t rights.Tries) error {
	if who.Tries == t {
		return nil
	}
	was := who.Tries
	who.Tries = t
	if err := h.store(h.all); err != nil {
		who.Tries = was
		return err
	}
	return nil
}

// authorize says whether a change of the household may be made with a PIN: it
// is the first profile's to give.
func (h *Household) authorize(ctx context.Context, p rights.PIN) error {
	return h.verify(ctx, box.FirstProfile, p)
}

// Verify says whether a PIN is that of who watches, before money is spent; nil
// is yes. A profile without a PIN is asked to set one.
func (h *Household) Verify(ctx context.Context, p rights.PIN) error {
	h.mu.Lock()
	id, who := h.current, h.find(h.current)
	h.mu.Unlock()
	switch {
	case who == nil:
		return new(profileUnknown)
	case who.Hash == nil:
		return new(pinUnset)
	}
	return h.verify(ctx, id, p)
}

// ForgetPIN takes a PIN away without asking for it, for who has the box's own
// command line. Where another profile may see less it has to be set again at
// once; so the new one is given with it.
func (h *Household) ForgetPIN(_ context.Context, id string, next rights.PIN) error {
	if next != "" && !next.Proper() {
		return new(pinImproper)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.edit(func(r *record) *box.Problem {
		i := r.index(id)
		if i < 0 {
			return new(profileUnknown)
		}
		r.Profiles[i].setPIN(next, h.cost)
		return nil
	})
}

// setPIN sets a PIN, or takes it away.
func (p *person) setPIN(next rights.PIN, cost uint32) {
	p.Hash, p.Tries = nil, rights.Tries{}
	if next != "" {
		p.Hash = newHash(next, cost)
	}
}
