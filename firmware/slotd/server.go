//go:build linux

package slotd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"slices"
	"time"

	"usher/firmware"
)

const (
	callTime = 10 * time.Second // for a caller to say what it wants
	sendTime = time.Minute      // for a caller to take a frame
)

// Options are the parts of a Server. All are required but Running.
type Options struct {
	Slots firmware.Slots
	Judge Judge
	// Running is the slot that this system runs from, open for reading only: what
	// is in it need not be fetched. Callers get a descriptor of it. nil: none.
	Running *os.File
	// Allow are the users who are heard.
	Allow []uint32
	// Idle is how long nobody has to call until Run ends.
	Idle   time.Duration
	Logger *slog.Logger
}

// Server is the helper.
type Server struct{ o Options }

// New makes a Server; Run starts it.
func New(o Options) *Server { return &Server{o} }

// Run serves callers, one after the other, until ctx ends or nobody called for
// as long as Options.Idle. It closes nothing.
func (s *Server) Run(ctx context.Context, l *net.UnixListener) error {
	stop := context.AfterFunc(ctx, func() { _ = l.SetDeadline(time.Now()) }) // Accept then fails
	defer stop()
	for {
		if err := l.SetDeadline(time.Now().Add(s.o.Idle)); err != nil {
			return fmt.Errorf("wait for callers: %w", err)
		}
		if ctx.Err() != nil {
			return nil
		}
		c, err := l.AcceptUnix()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			return fmt.Errorf("wait for callers: %w", err)
		}
		if err := s.serve(ctx, c); err != nil {
			s.o.Logger.Warn("Call not answered", "err", err)
		}
	}
}

var errStranger = errors.New("neither the owner of the socket nor root")

// serve answers one call.
func (s *Server) serve(ctx context.Context, c *net.UnixConn) error {
	defer c.Close()
	user, err := peer(c)
	if err != nil {
		return err
	}
	if !slices.Contains(s.o.Allow, user) {
		return fmt.Errorf("user %d: %w", user, errStranger)
	}
	if err := c.SetReadDeadline(time.Now().Add(callTime)); err != nil {
		return err
	}
	var want call
	kind, length, err := readHead(c)
	if err == nil && kind != frameCall {
		err = errFrame
	}
	if err == nil {
		err = readWords(c, length, &want)
	}
	if err == nil {
		err = c.SetReadDeadline(time.Time{})
	}
	if err != nil {
		return fmt.Errorf("read call: %w", err)
	}
	return s.answer(ctx, c, want)
}

// answer carries a call out and says how that went.
func (s *Server) answer(ctx context.Context, c *net.UnixConn, want call) error {
	s.o.Logger.Debug("Called", "op", want.Op)
	var r result
	var err error
	switch want.Op {
	case opSlots:
		r, err = s.slots(ctx)
	case opWrite:
		err = s.write(ctx, c, want)
	case opActivate:
		err = s.o.Slots.Activate(ctx)
	case opGood:
		err = s.o.Slots.Good(ctx)
	case opBad:
		err = s.o.Slots.Bad(ctx, want.Reason)
	case opRunning:
		r, err = s.running()
	default:
		err = fmt.Errorf("%w: no operation %.32q", errFrame, want.Op)
	}
	s.note(want, err)
	if err != nil {
		r = failure(err)
	}
	if err := c.SetWriteDeadline(time.Now().Add(sendTime)); err != nil {
		return err
	}
	if err := sendWords(c, frameResult, r); err != nil {
		return fmt.Errorf("say how it went: %w", err)
	}
	if want.Op == opRunning && err == nil {
		return sendFile(c, s.o.Running)
	}
	return nil
}

// note logs what changed, and what did not go.
func (s *Server) note(want call, err error) {
	switch {
	case err != nil:
		s.o.Logger.Warn("Not done", "op", want.Op, "version", want.Version, "err", err)
	case want.Op != opSlots && want.Op != opRunning:
		s.o.Logger.Info("Done", "op", want.Op, "version", want.Version)
	}
}

// failure is an error as it goes over the line: its reason, and what is behind
// that in words.
func failure(err error) result {
	const most = 4 << 10
	r := result{}
	if e, ok := errors.AsType[*firmware.Error](err); ok {
		r.Reason, err = e.Reason, e.Err
	}
	if err != nil {
		text := err.Error()
		r.Error = text[:min(len(text), most)]
	}
	return r
}

func (s *Server) slots(ctx context.Context) (r result, err error) {
	list, err := s.o.Slots.Slots(ctx)
	if err != nil {
		return r, err
	}
	for _, x := range list {
		r.Slots = append(r.Slots, slotInfo{x, x.State})
	}
	r.Floor, err = s.o.Slots.Floor(ctx)
	return r, err
}

var errNoRunning = errors.New("the slot that runs is not to be read")

func (s *Server) running() (r result, err error) {
	if s.o.Running == nil {
		return r, errNoRunning
	}
	r.Size, err = s.o.Running.Seek(0, io.SeekEnd)
	return r, err
}

// write has a release judged and written.
func (s *Server) write(ctx context.Context, c *net.UnixConn, want call) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	a := newAsker(c, cancel)
	defer a.close()
	r, err := s.o.Judge.Release(ctx, want.Version, want.Image, a)
	if err != nil {
		return err
	}
	return s.o.Slots.Write(ctx, r, a, func(p firmware.Progress) { a.progress(p) })
}
