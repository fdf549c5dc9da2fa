package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// WebSocket close codes of the bridge, beside those of RFC 6455 section 7.4.1.
const (
	closeMessage = 4400 // not a text message
	closeHello   = 4401 // no valid session.hello in time
	closeSlow    = 4408 // the client did not keep up
	closeOut     = 4403 // a phone that was not let in, or is not for now
	closeGone    = 4410 // a phone that was removed
)

// closing is why the bridge ends a connection; it is told to the client.
type closing struct {
	code int
	text string // at most 123 bytes (RFC 6455 section 5.5)
}

func (c *closing) Error() string { return fmt.Sprintf("close %d: %s", c.code, c.text) }

// carrier is what a session speaks through: a WebSocket, or one whose messages are
// sealed.
type carrier interface {
	ReadMessage() (kind int, data []byte, err error)
	WriteMessage(kind int, data []byte) error
	WriteControl(kind int, data []byte, deadline time.Time) error
	SetReadDeadline(t time.Time) error
	SetWriteDeadline(t time.Time) error
	SetPongHandler(h func(string) error)
	NetConn() net.Conn
	Close() error
}

// job is a frame for the worker.
type job struct {
	frame   frame
	slot    *slot
	command bool
}

// session is one connection. Three goroutines serve it: the reader (the HTTP
// handler's), which also carries out commands; the worker, for look-ups that
// may block; and the writer. Each ends when the context does, and serve waits
// for them.
type session struct {
	ws     carrier
	place  admission
	role   role  // of the connection; session.hello may narrow it
	api    minor // of the API, pinned by session.hello
	peer   string
	bridge *Bridge
	calls  *dispatcher
	limits limits
	logger *slog.Logger

	out      *outbox
	jobs     chan job
	commands atomic.Int64 // command frames that wait for the worker
	working  *slot        // of the frame that the worker is at; worker only

	mu       sync.Mutex // guards the buckets
	keyTime  *bucket
	callTime *bucket
}

func (b *Bridge) newSession(ws carrier, place admission, r role, peer string, drop context.CancelCauseFunc) *session {
	lim := b.limits
	return &session{
		ws: ws, place: place, role: r, peer: peer, bridge: b, calls: b.calls, limits: lim,
		logger:   b.logger.With("role", r.name),
		out:      newOutbox(lim, func(cause error) { drop(cause) }),
		jobs:     make(chan job, lim.replies),
		keyTime:  newBucket(lim.keyRate, lim.keyBurst),
		callTime: newBucket(lim.callRate, lim.callBurst),
	}
}

// serve runs the connection until the client goes, breaks a rule, or the
// context of its place ends.
func (b *Bridge) serve(place admission, ws carrier, r role, peer string) {
	ctx, cancel := context.WithCancelCause(place.ctx)
	defer cancel(nil)
	c := b.newSession(ws, place, r, peer, cancel)
	// Reading and writing do not see the context; their deadlines do.
	stop := context.AfterFunc(ctx, func() {
		_ = ws.SetReadDeadline(time.Unix(1, 0))
		_ = ws.NetConn().SetWriteDeadline(time.Now().Add(lingerTime))
	})
	defer stop()

	var others sync.WaitGroup
	if err := c.greet(ctx); err != nil {
		cancel(err)
	} else {
		c.logger.Debug("Client connected")
		others.Go(func() { cancel(c.write(ctx)) })
		others.Go(func() { c.work(ctx) })
		cancel(c.read(ctx))
	}
	others.Wait()
	b.hub.leave(c.out)
	c.close(context.Cause(ctx))
}

// greet expects session.hello as the first frame, alone and in time.
func (c *session) greet(ctx context.Context) error {
	if err := c.ws.SetReadDeadline(time.Now().Add(c.limits.hello)); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	late := &closing{code: closeHello, text: "session.hello expected as the first frame within 2 s"}
	data, err := c.message()
	if err != nil {
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() && ctx.Err() == nil {
			return late
		}
		return err
	}
	f := parse(data, c.limits)
	hello := f.items[0].request
	if f.batch || f.items[0].fault != nil || hello.method != "session.hello" || hello.id == nil {
		return late
	}
	params, bad := c.calls.params(c.calls.methods["session.hello"], hello.params)
	var result json.RawMessage
	if bad == nil {
		result, bad = c.welcome(params)
	}
	if err := c.send(reply(hello.id, result, bad)); err != nil {
		return err
	}
	if bad != nil {
		return &closing{code: closeHello, text: bad.Data.Key}
	}
	return c.extend(ctx)
}

// message reads one text message.
func (c *session) message() ([]byte, error) {
	kind, data, err := c.ws.ReadMessage()
	switch {
	case errors.Is(err, websocket.ErrReadLimit):
		return nil, &closing{code: websocket.CloseMessageTooBig, text: "The message is too large"}
	case err != nil:
		return nil, fmt.Errorf("read from client: %w", err)
	case kind != websocket.TextMessage:
		return nil, &closing{code: closeMessage, text: "Only text messages are understood"}
	case !validText(data):
		return nil, &closing{code: websocket.CloseInvalidFramePayloadData, text: "The text is not UTF-8"}
	}
	return data, nil
}

// extend puts the end of the client's silence off.
func (c *session) extend(ctx context.Context) error {
	if err := c.ws.SetReadDeadline(time.Now().Add(c.limits.pong)); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	if ctx.Err() != nil { // the deadline set by the context's end may just have been overwritten
		return c.ws.SetReadDeadline(time.Unix(1, 0))
	}
	return nil
}

// read takes frames until the connection ends; it says why.
func (c *session) read(ctx context.Context) error {
	c.ws.SetPongHandler(func(string) error { return c.extend(ctx) })
	for {
		data, err := c.message()
		if err != nil {
			return err
		}
		if err := c.out.waitRoom(ctx); err != nil {
			return err
		}
		if err := c.extend(ctx); err != nil { // not before: the wait may be long
			return err
		}
		c.accept(ctx, parse(data, c.limits))
	}
}

// accept carries a frame of commands out, and leaves others to the worker.
// Commands wait too while the worker still has commands from before.
func (c *session) accept(ctx context.Context, f frame) {
	s := c.out.reserve()
	only, some := c.calls.kinds(f)
	if only && c.commands.Load() == 0 {
		c.out.reply(s, c.calls.answer(ctx, c, f))
		return
	}
	if some {
		c.commands.Add(1)
	}
	c.jobs <- job{frame: f, slot: s, command: some} // as long as the replies: never blocks
}

// work carries out what may block, in order.
func (c *session) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-c.jobs:
			c.working = j.slot
			c.out.reply(j.slot, c.calls.answer(ctx, c, j.frame))
			if j.command {
				c.commands.Add(-1)
			}
		}
	}
}

// write sends what is in the outbox, and pings. It ends with the context or
// when the client does not take a message in time.
func (c *session) write(ctx context.Context) error {
	ping := time.NewTicker(c.limits.ping)
	defer ping.Stop()
	for {
		for data := c.out.next(); data != nil && ctx.Err() == nil; data = c.out.next() {
			var err error
			c.bridge.step("client is written to", func() { err = c.send(data) }, "role", c.role.name)
			if err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-c.out.wake:
		case <-ping.C:
			if err := c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(c.limits.write)); err != nil {
				return fmt.Errorf("ping client: %w", err)
			}
		}
	}
}

func (c *session) send(data []byte) error {
	if err := c.ws.SetWriteDeadline(time.Now().Add(c.limits.write)); err != nil {
		return fmt.Errorf("set deadline: %w", err)
	}
	if err := c.ws.WriteMessage(websocket.TextMessage, data); err != nil {
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			return &closing{code: closeSlow, text: "The client did not keep up; connect again and resume"}
		}
		return fmt.Errorf("write to client: %w", err)
	}
	return nil
}

const (
	lingerTime  = 500 * time.Millisecond
	lingerBytes = 4 << 20
)

// close tells the client why, and closes. What the client still sends is read
// for a moment: with unread bytes the kernel resets the connection, and the
// client would lose the reason (RFC 9112 section 9.6 knows the same trouble).
func (c *session) close(cause error) {
	defer func() { _ = c.ws.Close() }()
	var why *closing
	if !errors.As(cause, &why) {
		c.logger.Debug("Client left", "cause", cause)
		return
	}
	if why.code != websocket.CloseGoingAway {
		c.bridge.counts.dropped.Add(1)
		c.logger.Info("Client dropped", "code", why.code, "cause", why.text)
	}
	end := time.Now().Add(lingerTime)
	// A message that is too big has mostly been answered: then this does nothing.
	_ = c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(why.code, why.text), end)
	_ = c.ws.NetConn().SetReadDeadline(end)
	_, _ = io.CopyN(io.Discard, c.ws.NetConn(), lingerBytes)
}

// take takes a token from the client's bucket for calls or for keys.
func (c *session) take(key bool) (wait time.Duration, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bridge.counts.calls.Add(1)
	if key {
		return c.keyTime.take(time.Now())
	}
	return c.callTime.take(time.Now())
}

func (c *session) denied() { c.bridge.counts.denied.Add(1) }
