package main

import (
	"context"
	"sync"
	"time"

	"usher/device/remote"
	"usher/internal/box"
	"usher/internal/offer"
	"usher/player"
)

// stage runs the real core over a player that only counts.
type stage struct {
	shop    *shop
	info    player.Info
	events  chan box.Event
	changed chan struct{}
	keys    chan remote.Event

	mu    sync.Mutex
	state box.State

	// Of the goroutine of run:
	status player.Status
	media  player.Media
}

func newStage(s *shop, info player.Info) *stage {
	state := box.New("mock", true)
	state.Volume = 0.8
	return &stage{
		shop: s, info: info, state: state,
		events: make(chan box.Event, 64), changed: make(chan struct{}, 1), keys: make(chan remote.Event, 64),
	}
}

func (s *stage) View() box.View {
	s.mu.Lock()
	defer s.mu.Unlock()
	return box.Look(s.state)
}

func (s *stage) Changed() <-chan struct{}  { return s.changed }
func (s *stage) Keys() <-chan remote.Event { return s.keys }

// Submit refuses as the core does, and passes on the rest.
func (s *stage) Submit(e box.Event) *box.Problem {
	s.mu.Lock()
	p := box.Refuse(s.state, e)
	s.mu.Unlock()
	if p == nil {
		s.events <- e
	}
	return p
}

func (s *stage) run(ctx context.Context) error {
	s.next(box.PlayerChanged{Event: player.Ready{Info: s.info}})
	s.next(box.ProgressLoaded{Progress: s.shop.progress()})
	for _, v := range s.shop.Services() {
		s.next(box.ServiceSeen{Service: v})
	}
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case e := <-s.events:
			s.next(e)
		case now := <-tick.C:
			s.advance(now)
		}
	}
}

func (s *stage) next(e box.Event) {
	s.mu.Lock()
	state, effects := box.Next(s.state, time.Now(), e)
	s.state = state
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
	for _, fx := range effects {
		s.do(fx)
	}
}

// later delivers an event after a while, as an edge would.
func (s *stage) later(d time.Duration, e box.Event) {
	time.AfterFunc(d, func() { s.events <- e })
}

func (s *stage) do(fx box.Effect) {
	switch fx := fx.(type) {
	case box.ResolvePlayback:
		s.later(350*time.Millisecond, s.shop.resolve(fx))
	case box.OpenOrigin:
		t, _ := s.shop.find(fx.TitleID)
		s.later(250*time.Millisecond, box.OriginOpened{
			Session: fx.Session, URL: "http://127.0.0.1:8788/mock", Duration: t.Duration(), Live: fx.Live,
			Rendition: box.Rendition{Width: 1280, Height: 720, Bandwidth: 3_500_000},
		})
	case box.CommandPlayer:
		s.command(fx.Command)
	case box.EmitKey:
		s.keys <- fx.Key
	case box.SaveProgress, box.SetTimer, box.CloseOrigin:
		// nothing is stored, nothing times out, no origin is there
	}
}

func (s *stage) command(c player.Command) {
	now := time.Now()
	s.status.Position = s.status.PositionAt(now)
	s.status.At = now
	switch c.Op {
	case player.Open:
		s.media = c.Media
		s.status = player.Status{Session: c.Session, Phase: player.Playing, Position: c.Media.Start, At: now, Rate: 1, Volume: c.Media.Volume}
		if c.Media.Paused {
			s.status.Phase = player.Paused
		}
		s.later(400*time.Millisecond, box.PlayerChanged{Event: player.Changed{Status: s.status}})
		return
	case player.Play:
		s.status.Phase = player.Playing
	case player.Pause:
		s.status.Phase = player.Paused
	case player.Stop:
		s.status = player.Status{}
	case player.Seek:
		s.status.Position = c.Position
	case player.SetRate:
		s.status.Rate = c.Rate
	case player.SetVolume:
		s.status.Volume = c.Volume
	}
	s.later(30*time.Millisecond, box.PlayerChanged{Event: player.Changed{Status: s.status}})
}

// advance makes titles end, stall and break.
func (s *stage) advance(now time.Time) {
	if s.status.Session == 0 {
		return
	}
	at := s.status.PositionAt(now)
	s.mu.Lock()
	t := s.state.Title
	s.mu.Unlock()
	was := s.status.Phase
	switch {
	case t.Kind != offer.Live && at >= t.Duration():
		s.status.Phase = player.Ended
	case t.ID == slowID && was == player.Playing && at > 5*time.Second && at < 6*time.Second:
		s.status.Phase, s.status.Position, s.status.At = player.Buffering, at, now
	case t.ID == slowID && was == player.Buffering && now.Sub(s.status.At) > 6*time.Second:
		s.status.Phase, s.status.Position, s.status.At = player.Playing, 6*time.Second, now
	case t.ID == brokenID && was == player.Playing && at > 4*time.Second:
		s.status.Phase, s.status.Reason = player.Failed, player.ReasonStream
	}
	if s.status.Phase != was {
		s.next(box.PlayerChanged{Event: player.Changed{Status: s.status}})
	}
}
