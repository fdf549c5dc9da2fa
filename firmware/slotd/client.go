//go:build linux

package slotd

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"

	"usher/firmware"
	"usher/firmware/image"
)

const (
	answerTime = 30 * time.Second // for the helper to start and to answer what needs no network
	endTime    = time.Minute      // for a write that was stopped to say so: a chunk and a flush
)

// Client is the slots behind a helper. It implements firmware.Slots.
type Client struct {
	socket string
	place  Place
}

var _ firmware.Slots = (*Client)(nil)

// NewClient makes a Client of the helper at a socket. place is where the
// daemon has its metadata from; nil on one that only reads how slots stand.
func NewClient(socket string, place Place) *Client { return &Client{socket, place} }

// Can implements firmware.Slots.
func (*Client) Can() firmware.Can {
	return firmware.Can{Cancel: true, Resume: true, Delta: true, Throttle: true}
}

// Slots implements firmware.Slots.
func (c *Client) Slots(ctx context.Context) ([]firmware.SlotInfo, error) {
	r, err := c.twice(ctx, call{Op: opSlots})
	if err != nil {
		return nil, err
	}
	var list []firmware.SlotInfo
	for _, x := range r.Slots {
		x.SlotInfo.State = x.State
		list = append(list, x.SlotInfo)
	}
	return list, nil
}

// Floor implements firmware.Slots.
func (c *Client) Floor(ctx context.Context) (uint64, error) {
	r, err := c.twice(ctx, call{Op: opSlots})
	return r.Floor, err
}

// Activate implements firmware.Slots.
func (c *Client) Activate(ctx context.Context) error {
	_, err := c.twice(ctx, call{Op: opActivate})
	return err
}

// Good implements firmware.Slots.
func (c *Client) Good(ctx context.Context) error {
	_, err := c.twice(ctx, call{Op: opGood})
	return err
}

// Bad implements firmware.Slots.
func (c *Client) Bad(ctx context.Context, why firmware.Reason) error {
	_, err := c.twice(ctx, call{Op: opBad, Reason: why})
	return err
}

// Write implements firmware.Slots. A helper that dies meanwhile is
// firmware.Interrupted.
func (c *Client) Write(ctx context.Context, r firmware.Release, from firmware.Source, progress func(firmware.Progress)) error {
	if err := r.Check(); err != nil {
		return untrusted(err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	l, err := c.open(ctx, call{Op: opWrite, Version: r.Version, Image: r.Image()})
	if err != nil {
		return err
	}
	defer l.conn.Close()
	if err := l.conn.SetDeadline(time.Time{}); err != nil { // from here on it takes as long as it takes
		return err
	}
	// Shutting our side is how the helper is told to stop.
	stop := context.AfterFunc(ctx, func() {
		_ = l.conn.CloseWrite()
		_ = l.conn.SetReadDeadline(time.Now().Add(endTime))
	})
	defer stop()
	w := writing{l: l, place: c.place, release: r, from: from, progress: progress}
	err = w.run(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return context.Cause(ctx)
	case w.failed != nil:
		return w.failed
	case errors.Is(err, errLost):
		return &firmware.Error{Reason: firmware.Interrupted, Err: err}
	}
	return err
}

// Running opens the slot that this system runs from for reading, and gives its
// size in bytes. Somebody has to close it.
func (c *Client) Running(ctx context.Context) (*os.File, int64, error) {
	l, err := c.open(ctx, call{Op: opRunning})
	if err != nil {
		return nil, 0, err
	}
	defer l.conn.Close()
	r, err := l.end()
	if err != nil {
		return nil, 0, err
	}
	f, err := takeFile(l.conn, "the slot that runs")
	return f, r.Size, err
}

// errLost says that a helper went away without a result.
var errLost = errors.New("the helper of the slots went away")

// line is a connection with one call.
type line struct{ conn *net.UnixConn }

// open begins a call. That there is no helper has a reason that people are told.
func (c *Client) open(ctx context.Context, want call) (line, error) {
	limit, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(limit, "unix", c.socket)
	if err != nil {
		err = fmt.Errorf("call the helper of the slots (systemctl status usher-slots.socket): %w", err)
		return line{}, &firmware.Error{Reason: firmware.NoInstaller, Err: err}
	}
	l := line{conn.(*net.UnixConn)} //nolint:errcheck // of network unix
	err = l.conn.SetDeadline(time.Now().Add(answerTime))
	if err == nil {
		err = sendWords(l.conn, frameCall, want)
	}
	if err != nil {
		return line{}, errors.Join(fmt.Errorf("%w: %w", errLost, err), conn.Close())
	}
	return l, nil
}

// twice makes a call that does no harm when it is made twice, as it is when the
// helper died over the first.
func (c *Client) twice(ctx context.Context, want call) (r result, err error) {
	for range 2 {
		r, err = c.once(ctx, want)
		if !errors.Is(err, errLost) || ctx.Err() != nil {
			break
		}
	}
	return r, err
}

func (c *Client) once(ctx context.Context, want call) (result, error) {
	l, err := c.open(ctx, want)
	if err != nil {
		return result{}, err
	}
	defer l.conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = l.conn.SetDeadline(time.Now()) })
	defer stop()
	r, err := l.end()
	if err != nil && ctx.Err() != nil {
		return result{}, context.Cause(ctx)
	}
	return r, err
}

// end reads the result of a call that asks for nothing.
func (l line) end() (result, error) {
	kind, length, err := l.head()
	if err != nil {
		return result{}, err
	}
	if kind != frameResult {
		return result{}, errFrame
	}
	return l.result(length)
}

func (l line) head() (kind byte, length int64, err error) {
	if kind, length, err = readHead(l.conn); err != nil {
		err = fmt.Errorf("%w: %w", errLost, err)
	}
	return kind, length, err
}

// result reads how a call ended.
func (l line) result(length int64) (r result, err error) {
	if err := readWords(l.conn, length, &r); err != nil {
		return r, fmt.Errorf("%w: %w", errLost, err)
	}
	switch {
	case r.Reason != firmware.NoReason && r.Error == "":
		return r, &firmware.Error{Reason: r.Reason}
	case r.Reason != firmware.NoReason:
		return r, &firmware.Error{Reason: r.Reason, Err: errors.New(r.Error)}
	case r.Error != "":
		return r, errors.New(r.Error)
	}
	return r, nil
}

// writing is a Write under way, as the daemon sees it.
type writing struct {
	l        line
	place    Place
	release  firmware.Release
	from     firmware.Source
	progress func(firmware.Progress)
	failed   error // of the place or the source: that is why it did not go on
	buf      []byte
}

// run answers the helper until it has a result.
func (w *writing) run(ctx context.Context) error {
	for {
		kind, length, err := w.l.head()
		if err != nil {
			return err
		}
		switch kind {
		case frameResult:
			_, err := w.l.result(length)
			return err
		case frameProgress:
			err = w.tell(length)
		case frameAsk:
			err = w.answer(ctx, length)
		default:
			err = errFrame
		}
		if err != nil {
			return err
		}
	}
}

func (w *writing) tell(length int64) error {
	var p firmware.Progress
	if err := readWords(w.l.conn, length, &p); err != nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	if w.progress != nil {
		w.progress(p)
	}
	return nil
}

// answer gets what the helper asks for. That our side is shut is no error: the
// result is still to come.
func (w *writing) answer(ctx context.Context, length int64) error {
	var q ask
	if err := readWords(w.l.conn, length, &q); err != nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	if err := q.check(); err != nil {
		return err
	}
	data, err := w.get(ctx, q)
	kind := byte(frameData)
	switch {
	case errors.Is(err, errLater), err != nil && q.What == askMetadata && errors.Is(err, fs.ErrNotExist):
		kind, data = frameMissing, nil
	case errors.Is(err, errNever):
		kind, data = frameFailed, nil
	case err != nil:
		kind, data, w.failed = frameFailed, nil, err
	}
	if err := sendBytes(w.l.conn, kind, data); err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return nil
}

var errNoPlace = errors.New("nothing is known of where releases come from")

func (w *writing) get(ctx context.Context, q ask) ([]byte, error) {
	switch {
	case q.What == askChunk, q.What == askEarly:
		return w.chunk(ctx, q)
	case q.What == askHints:
		return w.hints(ctx)
	case w.place == nil:
		return nil, errNoPlace
	case q.What == askMetadata:
		return w.place.Metadata(ctx, q.Name, q.Length)
	}
	return w.place.Description(ctx, q.Name, image.File{Sum: q.Sum, Length: q.Length})
}

// chunk asks the source for no more than the release has.
func (w *writing) chunk(ctx context.Context, q ask) ([]byte, error) {
	if q.Chunk >= len(w.release.Chunks) || q.Length != int64(w.release.Length(q.Chunk)) {
		return nil, fmt.Errorf("%w: chunk %d of %d bytes", errFrame, q.Chunk, q.Length)
	}
	if w.buf == nil {
		w.buf = make([]byte, w.release.Chunk)
	}
	b := w.buf[:q.Length]
	if q.What == askChunk {
		return b, w.from.Chunk(ctx, q.Chunk, b)
	}
	early, ok := w.from.(firmware.Early)
	if !ok {
		return nil, errNever
	}
	filled, later := early.Early(ctx, q.Chunk, b)
	switch {
	case filled:
		return b, nil
	case later:
		return nil, errLater
	}
	return nil, errNever
}

// Why there is no chunk at hand, which is no failure.
var (
	errLater = errors.New("not yet")
	errNever = errors.New("nothing is at hand")
)

func (w *writing) hints(ctx context.Context) ([]byte, error) {
	from, ok := w.from.(firmware.Hinter)
	if !ok {
		return nil, errLater
	}
	h := from.Hints(ctx)
	if !h.Fit(w.release) {
		return nil, errLater
	}
	data := binary.BigEndian.AppendUint32(nil, uint32(h.Length))
	for _, sum := range h.Sums {
		data = append(data, sum[:]...)
	}
	return data, nil
}
