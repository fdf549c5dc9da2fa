package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"
)

// mpv is a running mpv that waits for an address.
type mpv struct {
	p   *process
	ipc *mpvIPC
	url string
}

func openMPV(ctx context.Context, s *scene) (player, error) {
	return startMPV(ctx, s, s.origin.master(s.stream))
}

func startMPV(ctx context.Context, s *scene, url string) (*mpv, error) {
	socket := filepath.Join(s.dir, "mpv.sock")
	p, err := launch(s.dir, 0, nil, "mpv", "--no-config", "--idle=yes", "--load-scripts=no", "--ytdl=no", "--input-terminal=no",
		"--vo=null", "--ao=null", "--msg-color=no", "--input-ipc-server="+socket)
	if err != nil {
		return nil, err
	}
	ipc, err := dialMPV(ctx, socket)
	if err != nil {
		p.close()
		return nil, err
	}
	return &mpv{p, ipc, url}, nil
}

func (m *mpv) prepare(context.Context) error { return nil }

func (m *mpv) begin(context.Context) error {
	m.ipc.reset()
	return m.ipc.send("loadfile", m.url)
}

func (m *mpv) look() (sight, error) { return m.ipc.look() }

func (m *mpv) close() { m.ipc.close(); m.p.close() }

// mpvIPC watches a mpv through its JSON IPC: mpv itself says when a picture is
// shown and at which place it is.
type mpvIPC struct {
	conn net.Conn
	wg   sync.WaitGroup

	mu   sync.Mutex
	now  sight
	gone error
}

// dialMPV connects to mpv's socket as soon as there is one.
func dialMPV(ctx context.Context, socket string) (*mpvIPC, error) {
	m := &mpvIPC{}
	err := until(ctx, "connect to mpv", func() (err error) {
		m.conn, err = (&net.Dialer{}).DialContext(ctx, "unix", socket)
		return err
	})
	if err != nil {
		return nil, err
	}
	m.wg.Go(m.read)
	for i, name := range []string{"time-pos", "height"} {
		if err := m.send("observe_property", i+1, name); err != nil {
			m.close()
			return nil, err
		}
	}
	return m, nil
}

func (m *mpvIPC) send(command ...any) error {
	b, err := json.Marshal(map[string]any{"command": command})
	if err != nil {
		return fmt.Errorf("write to mpv: %w", err)
	}
	if _, err := m.conn.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("write to mpv: %w", err)
	}
	return nil
}

// reset forgets the film before.
func (m *mpvIPC) reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = sight{}
}

func (m *mpvIPC) read() {
	lines := bufio.NewScanner(m.conn)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct {
			Event, Name, Reason string
			Data                *float64
		}
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			m.event(e.Event, e.Name, e.Reason, e.Data)
		}
	}
	m.mu.Lock()
	m.gone = errors.New("mpv is gone")
	m.mu.Unlock()
}

func (m *mpvIPC) event(event, name, reason string, data *float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case event == "playback-restart" && m.now.first.IsZero():
		m.now.first = time.Now()
	case event == "end-file" && reason != "stop" && reason != "redirect":
		m.now.ended = true
	case event == "property-change" && name == "time-pos" && data != nil:
		m.now.place = time.Duration(*data * float64(time.Second))
	case event == "property-change" && name == "height" && data != nil:
		m.now.height = int(*data)
	}
}

func (m *mpvIPC) look() (sight, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now, m.gone
}

func (m *mpvIPC) close() {
	_ = m.conn.Close() // nothing is left to lose
	m.wg.Wait()
}
