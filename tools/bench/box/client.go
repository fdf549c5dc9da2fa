package main

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

// client is a watcher with a remote: one session on the unix socket.
type client struct {
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

func (d *daemon) dial() (*client, error) {
	dialer := websocket.Dialer{
		Subprotocols: []string{"usher.v1"},
		NetDialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", d.socket)
		},
	}
	ws, _, err := dialer.Dial("ws://usher/rpc", nil)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	c := &client{ws: ws}
	if err := c.call("session.hello", map[string]any{"client": map[string]string{"name": "bench", "version": "1"}}); err != nil {
		return nil, err
	}
	return c, c.call("topic.subscribe", map[string]any{"topics": []string{"playback"}})
}

func (c *client) close() { _ = c.ws.Close() }

func (c *client) send(method string, params any) error {
	c.id++
	frame := map[string]any{"jsonrpc": "2.0", "id": c.id, "method": method}
	if params != nil {
		frame["params"] = params
	}
	return c.ws.WriteJSON(frame)
}

// call sends a request and waits for its answer.
func (c *client) call(method string, params any) error {
	_, err := c.ask(method, params)
	return err
}

func (c *client) ask(method string, params any) (json.RawMessage, error) {
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

func (c *client) read() (m message, err error) {
	if err := c.ws.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return m, err
	}
	return m, c.ws.ReadJSON(&m)
}

// timed sends a command and says how long it took until a watcher of topic
// playback saw the phase.
func (c *client) timed(method string, params any, phase string) (time.Duration, error) {
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

// untilPlayer waits until the player is connected.
func (c *client) untilPlayer() error {
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(120 * time.Millisecond) {
		result, err := c.ask("system.get", nil)
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
