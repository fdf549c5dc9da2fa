package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"usher/internal/ui/endpoint"
)

// callTime is how long one call may take; look-ups in the daemon end before.
const callTime = 20 * time.Second

// api is the version of the daemon's API that this command is made for.
const api = "1.1"

// client is a session with the daemon. It is used by one goroutine.
type client struct {
	ws       *websocket.Conn
	server   string // version of the daemon
	lastID   int
	patience time.Duration // for one call
	waiting  []event       // that came while an answer was waited for
}

// event is a change of a topic.
type event struct {
	Topic string          `json:"topic"`
	Epoch string          `json:"epoch"`
	Seq   uint64          `json:"seq"`
	State json.RawMessage `json:"state,omitempty"`
	After uint64          `json:"after,omitempty"`
	Patch json.RawMessage `json:"patch,omitempty"` // members to set, null for those to take away
	Event json.RawMessage `json:"event,omitempty"`
}

// remoteError is the error object of an answer.
type remoteError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    struct {
		Key          string `json:"key"`
		Text         string `json:"text"`
		Hint         string `json:"hint"`
		RetryAfterMS int64  `json:"retryAfterMs"`
	} `json:"data"`
}

// The daemon's codes that have an exit code of their own.
const (
	codeRefused   = 1
	codeNotFound  = 2
	codeForbidden = 4
	codeLimit     = 5
	codeTimeout   = 6
	codeParams    = -32602
)

func (e *remoteError) Error() string { return e.Message }

func (e *remoteError) failure() *failure {
	f := &failure{code: exitFailed, key: e.Data.Key, text: e.Message, hint: e.Data.Hint}
	switch e.Code {
	case codeRefused, codeForbidden:
		f.code = exitRefused
		if notPaired(f.key) {
			f.code = exitNotPaired
		}
	case codeTimeout:
		f.code = exitTimeout
	case codeParams:
		f.code = exitUsage
	}
	return f
}

// connect opens a session with the first daemon that answers.
func (a *app) connect(ctx context.Context) (*client, error) {
	var last error
	tried := endpoint.Candidates(a.opt.socket)
	for _, path := range tried {
		c, err := dial(ctx, path)
		if err == nil {
			return c, nil
		}
		last = err
	}
	return nil, &failure{
		code: exitUnreachable, key: "daemon_unreachable",
		text: fmt.Sprintf("The daemon does not answer at %s: %v.", tried[len(tried)-1], root(last)),
		hint: "Start it: usherd -demo (or name its socket: usher -socket PATH …)",
	}
}

// root is the innermost error: "connection refused" rather than its wrapping.
func root(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}

func dial(ctx context.Context, path string) (*client, error) {
	d := websocket.Dialer{
		Subprotocols: []string{"usher.v1"}, HandshakeTimeout: 5 * time.Second,
		NetDialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", path)
		},
	}
	ws, res, err := d.DialContext(ctx, "ws://usher/rpc", nil)
	if res != nil {
		defer func() { _ = res.Body.Close() }() // the answer to the handshake, not the connection
	}
	if err != nil {
		if res != nil && res.StatusCode != http.StatusSwitchingProtocols {
			return nil, fmt.Errorf("connect to %s: answered %s", path, res.Status)
		}
		return nil, fmt.Errorf("connect to %s: %w", path, err)
	}
	c := &client{ws: ws, patience: callTime}
	var hello struct {
		Server struct{ Version string }
	}
	who := map[string]string{"name": "usher-cli", "version": version}
	if err := c.call(ctx, "session.hello", map[string]any{"api": api, "client": who}, &hello); err != nil {
		c.close()
		return nil, err
	}
	c.server = hello.Server.Version
	return c, nil
}

func (c *client) close() { _ = c.ws.Close() }

// message is a frame from the daemon: an answer or an event.
type message struct {
	ID     json.RawMessage `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *remoteError    `json:"error"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

// call makes a call and waits for its answer. A call that came too soon after
// others is made again when the daemon says so.
func (c *client) call(ctx context.Context, method string, params, result any) error {
	for try := 0; ; try++ {
		err := c.callOnce(ctx, method, params, result)
		var e *remoteError
		if !errors.As(err, &e) || e.Code != codeLimit || e.Data.RetryAfterMS == 0 || try == 20 {
			return err
		}
		select {
		case <-time.After(time.Duration(e.Data.RetryAfterMS) * time.Millisecond):
		case <-ctx.Done():
			return gone(ctx, ctx.Err())
		}
	}
}

func (c *client) callOnce(ctx context.Context, method string, params, result any) error {
	ctx, cancel := context.WithTimeout(ctx, c.patience)
	defer cancel()
	c.lastID++
	request := map[string]any{"jsonrpc": "2.0", "id": c.lastID, "method": method}
	if params != nil {
		request["params"] = params
	}
	if err := c.ws.WriteJSON(request); err != nil {
		return gone(ctx, err)
	}
	for {
		m, err := c.read(ctx)
		if err != nil {
			return err
		}
		switch {
		case m.Method != "":
			if err := c.keep(m); err != nil {
				return err
			}
		case string(m.ID) != fmt.Sprint(c.lastID): // of a call given up
		case m.Error != nil:
			return m.Error
		case result == nil:
			return nil
		default:
			return decode(m.Result, result)
		}
	}
}

func (c *client) keep(m message) error {
	var e event
	if m.Method != "topic.event" {
		return nil
	}
	if err := decode(m.Params, &e); err != nil {
		return err
	}
	c.waiting = append(c.waiting, e)
	return nil
}

// next waits for an event.
func (c *client) next(ctx context.Context) (event, error) {
	for len(c.waiting) == 0 {
		m, err := c.read(ctx)
		if err != nil {
			return event{}, err
		}
		if err := c.keep(m); err != nil {
			return event{}, err
		}
	}
	e := c.waiting[0]
	c.waiting = c.waiting[1:]
	return e, nil
}

func (c *client) read(ctx context.Context) (message, error) {
	// Reading does not see the context; its deadline does.
	stop := context.AfterFunc(ctx, func() { _ = c.ws.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	var m message
	if err := c.ws.ReadJSON(&m); err != nil {
		return m, gone(ctx, err)
	}
	return m, nil
}

func decode(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	return nil
}

// gone says why the connection ended: the person, the time, or the daemon.
func gone(ctx context.Context, err error) error {
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return &failure{code: exitTimeout, key: "timeout", text: "The daemon did not answer in time.", hint: "Try again; if it stays so, run: usher doctor"}
	case ctx.Err() != nil:
		return &failure{code: exitFailed, key: "interrupted", text: "Interrupted.", hint: "What was asked for may still happen; see: usher status"}
	}
	return &failure{code: exitUnreachable, key: "daemon_gone", text: fmt.Sprintf("The daemon went away: %v.", root(err)), hint: "See whether it is running: usher status"}
}
