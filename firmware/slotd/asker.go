//go:build linux

package slotd

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"time"

	"usher/firmware"
	"usher/firmware/image"
)

// Why a call ends early.
var (
	errGone = errors.New("the caller has gone")
	errNone = errors.New("the caller could not get it")
)

// asker asks the caller of a write for what it takes. It is a Place and a
// firmware.Source that nobody has to believe. The goroutine that hears ends
// with close.
type asker struct {
	c       *net.UnixConn
	stop    context.CancelCauseFunc
	pending chan wanted
	answers chan answer
	heard   chan struct{} // closed when the caller is not heard any more
	never   bool          // the caller has nothing at hand
}

// wanted is what was asked for: into is filled, or limit bytes are the most.
type wanted struct {
	limit int64
	into  []byte
}

type answer struct {
	data []byte
	err  error
}

func newAsker(c *net.UnixConn, stop context.CancelCauseFunc) *asker {
	a := &asker{c: c, stop: stop, pending: make(chan wanted, 1), answers: make(chan answer, 1), heard: make(chan struct{})}
	go func() {
		defer close(a.heard)
		a.stop(a.hear())
	}()
	return a
}

// close ends the hearing. The connection can still be written to.
func (a *asker) close() {
	_ = a.c.SetReadDeadline(time.Now()) // what is being read then ends
	<-a.heard
}

// hear takes answers until the caller goes away, which is seen also while
// nothing is asked.
func (a *asker) hear() error {
	for {
		kind, length, err := readHead(a.c)
		if err != nil {
			return errGone
		}
		var w wanted
		select {
		case w = <-a.pending:
		default:
			return fmt.Errorf("%w: an answer to nothing", errFrame)
		}
		got, err := a.take(kind, length, w)
		if err != nil {
			return err
		}
		a.answers <- got
	}
}

// take reads one answer.
func (a *asker) take(kind byte, length int64, w wanted) (answer, error) {
	switch {
	case kind == frameMissing && length == 0:
		return answer{err: fs.ErrNotExist}, nil
	case kind == frameFailed && length == 0:
		return answer{err: errNone}, nil
	case kind != frameData || length > w.limit || w.into != nil && length != int64(len(w.into)):
		return answer{}, fmt.Errorf("%w: an answer of %d bytes", errFrame, length)
	}
	if w.into != nil {
		_, err := io.ReadFull(a.c, w.into)
		return answer{data: w.into}, err
	}
	var b bytes.Buffer // grows with what comes, not with what was announced
	if _, err := io.CopyN(&b, a.c, length); err != nil {
		return answer{}, errGone
	}
	return answer{data: b.Bytes()}, nil
}

// ask waits for an answer.
func (a *asker) ask(ctx context.Context, q ask, into []byte) ([]byte, error) {
	select {
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case a.pending <- wanted{q.Length, into}:
	}
	if err := a.send(frameAsk, q); err != nil {
		return nil, err
	}
	select {
	case got := <-a.answers:
		return got.data, got.err
	case <-ctx.Done():
		<-a.stopped() // into is not written to any more
		return nil, context.Cause(ctx)
	}
}

// stopped has the hearing end.
func (a *asker) stopped() <-chan struct{} {
	_ = a.c.SetReadDeadline(time.Now())
	return a.heard
}

func (a *asker) send(kind byte, words any) error {
	if err := a.c.SetWriteDeadline(time.Now().Add(sendTime)); err != nil {
		return err
	}
	if err := sendWords(a.c, kind, words); err != nil {
		return fmt.Errorf("%w: %w", errGone, err)
	}
	return nil
}

// progress tells how far writing is. A caller that does not take it is missed
// at the next ask.
func (a *asker) progress(p firmware.Progress) { _ = a.send(frameProgress, p) }

// Metadata implements trust.Place.
func (a *asker) Metadata(ctx context.Context, name string, limit int64) ([]byte, error) {
	return a.ask(ctx, ask{What: askMetadata, Name: name, Length: limit}, nil)
}

// Description implements Place.
func (a *asker) Description(ctx context.Context, name string, f image.File) ([]byte, error) {
	return a.ask(ctx, ask{What: askDescription, Name: name, Sum: f.Sum, Length: f.Length}, nil)
}

// Chunk implements firmware.Source.
func (a *asker) Chunk(ctx context.Context, i int, into []byte) error {
	_, err := a.ask(ctx, ask{What: askChunk, Chunk: i, Length: int64(len(into))}, into)
	return err
}

// Hints implements firmware.Hinter.
func (a *asker) Hints(ctx context.Context) firmware.Hints {
	data, err := a.ask(ctx, ask{What: askHints, Length: maxHints}, nil)
	const size = len(firmware.Hint{})
	if err != nil || len(data) < 4 || (len(data)-4)%size != 0 {
		return firmware.Hints{}
	}
	h := firmware.Hints{Length: int(binary.BigEndian.Uint32(data))}
	for rest := data[4:]; len(rest) > 0; rest = rest[size:] {
		h.Sums = append(h.Sums, firmware.Hint(rest))
	}
	return h
}

// Early implements firmware.Early. A caller that has nothing at hand is asked
// once.
func (a *asker) Early(ctx context.Context, i int, into []byte) (filled, later bool) {
	if a.never {
		return false, false
	}
	_, err := a.ask(ctx, ask{What: askEarly, Chunk: i, Length: int64(len(into))}, into)
	later = errors.Is(err, fs.ErrNotExist)
	a.never = err != nil && !later
	return err == nil, later
}
