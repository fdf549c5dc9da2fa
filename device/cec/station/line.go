package station

import (
	"context"
	"time"

	"usher/device/cec"
	"usher/device/cec/playback"
)

// line is a bus that runs. The zero line is none: CEC is off.
type line struct {
	bus  cec.Bus
	stop context.CancelFunc
	done chan error
}

// dial starts a bus, unless CEC is off. It outlives ctx until hangUp, so that
// the last frames go out.
func (s *Station) dial(ctx context.Context) *line {
	if s.settings.Mode == playback.ModeOff {
		return &line{}
	}
	own, stop := context.WithCancel(context.WithoutCancel(ctx))
	l := &line{bus: s.open(s.settings.claim()), stop: stop, done: make(chan error, 1)}
	go func() { l.done <- l.bus.Run(own) }()
	return l
}

func (l *line) events() <-chan cec.BusEvent {
	if l.bus == nil {
		return nil
	}
	return l.bus.Events()
}

func (l *line) transmit(o cec.Outgoing) {
	if l.bus != nil {
		l.bus.Transmit(o)
	}
}

// wait is the end of a bus that ended by itself.
func (l *line) wait() error {
	l.stop()
	return <-l.done
}

// hangUp says good-bye, gives the frames a moment, and stops the bus.
func (s *Station) hangUp(ctx context.Context) {
	if s.line.bus == nil {
		return
	}
	s.next(ctx, cec.Leave{})
	limit := time.NewTimer(goodbyeTime)
	defer limit.Stop()
	for open := true; open && s.state.Busy(); {
		select {
		case e, ok := <-s.line.events():
			if open = ok; ok {
				s.next(ctx, e)
			}
		case <-limit.C:
			open = false
		}
	}
	s.line.stop()
	for e := range s.line.events() { // until the bus has given back its address
		s.next(ctx, e)
	}
	if err := <-s.line.done; err != nil {
		s.log.Warn("CEC bus ended", "error", err)
	}
	s.next(ctx, cec.Detached{})
	s.line = &line{}
}
