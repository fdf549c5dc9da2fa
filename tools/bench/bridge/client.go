// Package bridge is a client of usherd's local API for the benches: one session
// on the unix socket, one request at a time.
//
// Calls block until their answer has come, at most 20 s. A client belongs to
// one goroutine.
package bridge

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"time"

	"github.com/gorilla/websocket"
)

// patience is how long anything may take before the bench gives up.
const patience = 20 * time.Second

// Client is a watcher with a remote: one session on the unix socket.
type Client struct {
	ws *websocket.Conn
	id int
}

// message is what the bridge sends: an answer or an event of a topic.
type message struct {
	ID     int             `json:"id"`
	Error  json.RawMessage `json:"error"`
	Result json.RawMessage `json:"result"`
	Params struct {
		Topic string          `json:"topic"`
		State json.RawMessage `json:"state"`
	} `json:"params"`
}

// Dial opens a session on the socket that watches the topic "playback".
func Dial(socket string) (*Client, error) {
	dialer := websocket.Dialer{
		Subprotocols: []string{"usher.v1"},
		NetDialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}
	ws, _, err := dialer.Dial("ws://usher/rpc", nil)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	c := &Client{ws: ws}
	if err := c.Call("session.hello", map[string]any{"client": map[string]string{"name": "bench", "version": "1"}}); err != nil {
		return nil, err
	}
	return c, c.Call("topic.subscribe", map[string]any{"topics": []string{"playback"}})
}

// Close ends the session.
func (c *Client) Close() { _ = c.ws.Close() }

func (c *Client) send(method string, params any) error {
	c.id++
	frame := map[string]any{"jsonrpc": "2.0", "id": c.id, "method": method}
	if params != nil {
		frame["params"] = params
	}
	return c.ws.WriteJSON(frame)
}

// Call sends a request and waits for its answer.
func (c *Client) Call(method string, params any) error {
	_, err := c.Ask(method, params)
	return err
}

// Ask is Call with the result.
func (c *Client) Ask(method string, params any) (json.RawMessage, error) {
	if err := c.send(method, params); err != nil {
		return nil, err
	}
	for {
		m, err := c.read()
		if err != nil {
			return nil, err
		}
		if m.ID == c.id {
			return m.Result, m.fault(method)
		}
	}
}

func (m message) fault(method string) error {
	if len(m.Error) > 0 {
		return fmt.Errorf("%s: %s", method, m.Error)
	}
	return nil
}

func (c *Client) read() (m message, err error) {
	if err := c.ws.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return m, err
	}
	return m, c.ws.ReadJSON(&m)
}

// Timed sends a command and says how long it took until a watcher of topic
// playback saw the phase.
func (c *Client) Timed(method string, params any, phase string) (time.Duration, error) {
	began := time.Now()
	if err := c.send(method, params); err != nil {
		return 0, err
	}
	for {
		m, err := c.read()
		if err != nil {
			return 0, fmt.Errorf("wait for %s: %w", phase, err)
		}
		if m.ID == c.id {
			if err := m.fault(method); err != nil {
				return 0, err
			}
		}
		if phaseOf(m.Params.State) == phase {
			return time.Since(began), nil
		}
	}
}

func phaseOf(state json.RawMessage) string {
	var s struct {
		Phase string `json:"phase"`
	}
	_ = json.Unmarshal(state, &s) // an event of another shape has no phase
	return s.Phase
}

// UntilPlayer waits until the player is connected.
func (c *Client) UntilPlayer() error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(120 * time.Millisecond) {
		result, err := c.Ask("system.get", nil)
		if err != nil {
			return err
		}
		var s struct {
			PlayerReady bool `json:"playerReady"`
		}
		if err := json.Unmarshal(result, &s); err != nil {
			return err
		}
		if s.PlayerReady {
			return nil
		}
	}
	return fmt.Errorf("no player within %v", patience)
}
