package phone

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// Options are the parts of Phones; Keeper is required.
type Options struct {
	Keeper  Keeper
	Allowed bool         // by the configuration of the box; else nothing can be switched on
	Logger  *slog.Logger // nil: nothing is logged
}

// Phones are the phones of a box.
type Phones struct {
	keeper  Keeper
	allowed bool
	logger  *slog.Logger
	pace    *bucket

	saving sync.Mutex // held while the disk is written, before mu

	mu       sync.Mutex // guards what follows
	kept     record
	window   *window
	ended    Ending // of the last window
	links    map[*Link]struct{}
	hosts    []string // at which phones reach the box, the best in front
	trouble  string
	watchers []chan struct{}
}

// Ending says how a window was closed.
type Ending string

// The endings.
const (
	EndedPaired    Ending = "paired"
	EndedExpired   Ending = "expired"
	EndedTries     Ending = "tries" // too many wrong codes
	EndedCancelled Ending = "cancelled"
)

// Errors that a person is told about.
var (
	ErrForbidden = errors.New("phones are not allowed on this box")
	ErrFull      = errors.New("there are as many phones as there may be")
	ErrUnknown   = errors.New("there is no such phone")
)

// Open reads which phones there are. An error is of the disk.
func Open(o Options) (*Phones, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	kept, err := read(o.Keeper)
	if err != nil {
		return nil, err
	}
	if kept.Instance == "" {
		kept.Instance = "usher-" + strings.ToLower(rand.Text()[:6])
	}
	kept.On = kept.On && len(kept.Phones) > 0 // a window does not outlive a restart
	return &Phones{
		keeper: o.Keeper, allowed: o.Allowed, logger: o.Logger, kept: kept, links: map[*Link]struct{}{},
		pace: &bucket{rate: 10, burst: 20, tokens: 20},
	}, nil
}

// Watch gives a channel that has a token after something changed; tokens are
// merged.
func (p *Phones) Watch() <-chan struct{} {
	c := make(chan struct{}, 1)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.watchers = append(p.watchers, c)
	return c
}

// changed tells those who watch. The caller holds mu.
func (p *Phones) changed() {
	for _, c := range p.watchers {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

// Wanted says whether the box is to listen for phones.
func (p *Phones) Wanted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wanted()
}

func (p *Phones) wanted() bool {
	return p.allowed && p.kept.On && (p.window != nil || len(p.kept.Phones) > 0)
}

// Instance is the name of the box on the network: it says nothing about it, and
// is another after a wipe.
func (p *Phones) Instance() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kept.Instance
}

// Listening says where phones reach the box (host:port, the best in front), or
// why they do not.
func (p *Phones) Listening(hosts []string, trouble string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.Equal(p.hosts, hosts) && p.trouble == trouble {
		return
	}
	p.hosts, p.trouble = slices.Clone(hosts), trouble
	p.changed()
}

// Hosts are the values of Host under which the box may be asked.
func (p *Phones) Hosts() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.hosts)
}

// change changes what is kept: on the disk first.
func (p *Phones) change(f func(*record) error) error {
	p.saving.Lock()
	defer p.saving.Unlock()
	p.mu.Lock()
	next := p.kept
	next.Phones = slices.Clone(next.Phones)
	p.mu.Unlock()
	if err := f(&next); err != nil {
		return err
	}
	if err := next.write(p.keeper); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = next
	p.changed()
	return nil
}

// Switch lets phones act as remotes, or none. Switching off drops those that are
// there; they may come again when it is switched on. Where there is no phone yet,
// switching on shows a code.
func (p *Phones) Switch(on bool) error {
	if on && !p.allowed {
		return ErrForbidden
	}
	if err := p.change(func(r *record) error { r.On = on; return nil }); err != nil {
		return err
	}
	if !on {
		p.close(EndedCancelled)
		p.drop(false, func(*Link) bool { return true })
		return nil
	}
	p.mu.Lock()
	empty := len(p.kept.Phones) == 0
	p.mu.Unlock()
	if empty {
		return p.Pair()
	}
	return nil
}

// Pair shows a new code, and lets phones in by it. It switches on as well.
func (p *Phones) Pair() error {
	if !p.allowed {
		return ErrForbidden
	}
	w, err := newWindow()
	if err != nil {
		return err
	}
	err = p.change(func(r *record) error {
		if len(r.Phones) >= Most {
			return ErrFull
		}
		r.On = true
		return nil
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.window, p.ended = w, ""
	p.changed()
	return nil
}

// Cancel takes the code away.
func (p *Phones) Cancel() { p.close(EndedCancelled) }

func (p *Phones) close(why Ending) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeWindow(why)
}

// closeWindow ends a window that is open. The caller holds mu.
func (p *Phones) closeWindow(why Ending) {
	if p.window == nil {
		return
	}
	p.window, p.ended = nil, why
	p.logger.Info("Phone window closed", "why", string(why))
	p.changed()
}

// Revoke removes a phone and drops its connections; "" is all phones.
func (p *Phones) Revoke(id string) error {
	err := p.change(func(r *record) error {
		if id != "" && r.find(id) < 0 {
			return ErrUnknown
		}
		r.Phones = slices.DeleteFunc(r.Phones, func(m member) bool { return id == "" || m.ID == id })
		return nil
	})
	if err != nil {
		return err
	}
	p.drop(true, func(l *Link) bool { return id == "" || l.id == id })
	p.logger.Info("Phone removed")
	return nil
}

// drop ends links. None of their frames is opened when it returns.
func (p *Phones) drop(removed bool, which func(*Link) bool) {
	p.mu.Lock()
	links := slices.Collect(maps.Keys(p.links))
	p.mu.Unlock()
	for _, l := range links {
		if which(l) {
			l.cut.Store(true)
			l.drop(removed)
		}
	}
}

// seen notes that a phone is here, and how it calls itself.
func (p *Phones) seen(id, name string) {
	name = plainName(name)
	now := time.Now()
	p.mu.Lock()
	i := p.kept.find(id)
	known := i >= 0 && (name == "" || p.kept.Phones[i].Name == name) && now.Sub(time.UnixMilli(p.kept.Phones[i].SeenMS)).Abs() < seenEvery
	p.mu.Unlock()
	if i < 0 || known {
		return
	}
	err := p.change(func(r *record) error {
		i := r.find(id)
		if i < 0 {
			return ErrUnknown // removed just now
		}
		r.Phones[i].SeenMS = now.UnixMilli()
		if name != "" {
			r.Phones[i].Name = name
		}
		return nil
	})
	if err != nil && !errors.Is(err, ErrUnknown) {
		p.logger.Warn("Phone not noted", "error", fmt.Sprint(err))
	}
}
