// Package station runs the playback device of device/cec/playback over a
// cec.Bus: it owns the state in one goroutine, keeps the time, and logs every
// frame with its reason.
//
// Run blocks until its context ends, says good-bye on the bus (half a second
// at most) and waits for the bus to give back its address. Do and Configure
// never block. In mode "off" no bus is opened at all. It never sends a frame
// that playback did not decide on.
package station

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"usher/device/cec"
	"usher/device/cec/playback"
)

// Limits.
const (
	actLimit    = 256                    // acts waiting
	frameLimit  = 512                    // entries of the frame log
	goodbyeTime = 500 * time.Millisecond // for the last frames
)

// Open makes a bus that claims an address as claim says. It only allocates;
// the station runs it. It is called anew after each change of the claim.
type Open func(claim cec.Claim) cec.Bus

// Settings are the configuration of a station.
type Settings struct {
	playback.Config
	Name   string       // shown by the television: the brand of the box
	Vendor cec.VendorID // said on the bus; cec.NoVendor for none
}

// claim is what an adapter is told to say about this box.
func (s Settings) claim() cec.Claim {
	c := cec.Claim{Name: s.Name, Vendor: s.Vendor, Version: cec.Version20, Deck: s.Deck}
	if s.Version == 14 {
		c.Version = cec.Version14
	}
	return c
}

// Station is a cec.Television on a cec.Bus.
type Station struct {
	open    Open
	log     *slog.Logger
	reports chan cec.Report
	wake    chan struct{}

	mu     sync.Mutex
	acts   []any // cec.Act or Settings
	view   playback.View
	frames *cec.Log

	// Of Run's goroutine only.
	settings Settings
	state    playback.State
	line     *line
}

// New prepares a station; Run starts it.
func New(settings Settings, open Open, log *slog.Logger) *Station {
	s := &Station{
		open: open, log: log, settings: settings,
		reports: make(chan cec.Report, 64), wake: make(chan struct{}, 1),
		frames: cec.NewLog(frameLimit), state: playback.New(settings.Config),
	}
	s.view = playback.Look(s.state)
	return s
}

// Do takes an act. When 256 wait already, the oldest is dropped.
func (s *Station) Do(a cec.Act) { s.put(a) }

// Configure replaces the settings; see Settings and playback.Config.Check.
func (s *Station) Configure(settings Settings) { s.put(settings) }

func (s *Station) put(a any) {
	s.mu.Lock()
	s.acts = append(s.acts, a)
	dropped := len(s.acts) > actLimit
	if dropped {
		s.acts = s.acts[1:]
	}
	s.mu.Unlock()
	if dropped {
		s.log.Warn("Act for the television dropped", "waiting", actLimit)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Station) take() (any, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.acts) == 0 {
		return nil, false
	}
	a := s.acts[0]
	s.acts = s.acts[1:]
	return a, true
}

// Reports delivers what the daemon must know.
func (s *Station) Reports() <-chan cec.Report { return s.reports }

// View is what is known now.
func (s *Station) View() playback.View {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.view
}

// Frames are the newest frames and decisions, oldest first.
func (s *Station) Frames() []cec.Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.frames.Entries()
}

// Run is the station's goroutine.
func (s *Station) Run(ctx context.Context) error {
	defer close(s.reports)
	s.line = s.dial(ctx)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		setTimer(timer, s.state.Deadline())
		select {
		case <-ctx.Done():
			s.hangUp(ctx)
			return nil
		case <-s.wake:
			s.doAll(ctx)
		case e, ok := <-s.line.events():
			if !ok {
				return s.line.wait()
			}
			s.next(ctx, e)
		case <-timer.C:
			s.next(ctx, playback.Tick{})
		}
	}
}

// setTimer sets a timer to a time; far away when there is none.
func setTimer(timer *time.Timer, at time.Time) {
	if at.IsZero() {
		timer.Reset(time.Hour)
		return
	}
	timer.Reset(max(time.Until(at), 0))
}

func (s *Station) doAll(ctx context.Context) {
	for a, ok := s.take(); ok; a, ok = s.take() {
		if settings, change := a.(Settings); change {
			s.configure(ctx, settings)
			continue
		}
		s.next(ctx, a)
	}
}

// configure applies settings. A changed claim needs the adapter anew.
func (s *Station) configure(ctx context.Context, settings Settings) {
	was := s.settings
	s.settings = settings
	redial := was.claim() != settings.claim() || (was.Mode == playback.ModeOff) != (settings.Mode == playback.ModeOff)
	if redial {
		s.hangUp(ctx)
	}
	s.next(ctx, playback.Configure{Config: settings.Config})
	if redial {
		s.line = s.dial(ctx)
	}
}

// next takes one input through playback, and does what follows.
func (s *Station) next(ctx context.Context, in any) {
	now := time.Now()
	state, step := playback.Next(s.state, now, in)
	s.state = state
	s.record(now, in, step)
	for _, o := range step.Send {
		s.line.transmit(o)
	}
	for _, r := range step.Reports {
		select {
		case s.reports <- r:
		case <-ctx.Done():
		}
	}
}

// record keeps the frames, the decisions and the view.
func (s *Station) record(now time.Time, in any, step playback.Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch in := in.(type) {
	case cec.Received:
		s.frames.Add(cec.Entry{At: in.At, Frame: in.Frame})
	case cec.Sent:
		s.frames.Settle(in.ID, in.Result)
	}
	for _, o := range step.Send {
		s.frames.AddOut(now, o)
		s.log.Debug("CEC frame", "frame", o.Frame.String(), "rule", o.Why.Rule, "from", o.Why.From)
	}
	for _, n := range step.Notes {
		s.frames.Add(cec.Entry{At: now, Note: n.Text, Why: cec.Why{From: n.From}})
	}
	s.view = playback.Look(s.state)
}
