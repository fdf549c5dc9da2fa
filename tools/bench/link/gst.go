package main

import (
	"bufio"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

//go:embed gst.py
var gstScript []byte

// gst is a running GStreamer, in a small script of its own: none of its
// programs waits for an address.
type gst struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	url   string
	wg    sync.WaitGroup
	ready chan struct{}

	mu   sync.Mutex
	now  sight
	gone bool
}

func openGst(ctx context.Context, s *scene) (player, error) {
	script := filepath.Join(s.dir, "gst.py")
	if err := os.WriteFile(script, gstScript, 0o600); err != nil {
		return nil, fmt.Errorf("start GStreamer: %w", err)
	}
	g := &gst{cmd: exec.Command("/usr/bin/python3", script), url: s.origin.master(s.stream), ready: make(chan struct{})} //nolint:noctx // close ends it
	log, err := os.Create(filepath.Join(s.dir, "gst.log"))
	if err != nil {
		return nil, fmt.Errorf("start GStreamer: %w", err)
	}
	defer func() { _ = log.Close() }() // the process has its own
	g.cmd.Stderr, g.cmd.Env = log, plainEnv()
	g.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, err := g.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start GStreamer: %w", err)
	}
	if g.in, err = g.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start GStreamer: %w", err)
	}
	if err := g.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start GStreamer: %w", err)
	}
	g.wg.Go(func() { g.read(out) })
	select {
	case <-g.ready:
		if g.isGone() {
			g.close()
			return nil, errors.New("GStreamer does not start: python3-gst-1.0 and its plug-ins are needed")
		}
		return g, nil
	case <-time.After(patience):
		g.close()
		return nil, errors.New("GStreamer is not ready")
	case <-ctx.Done():
		g.close()
		return nil, ctx.Err()
	}
}

// read takes the script's lines. The first says that it is ready.
func (g *gst) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	if lines.Scan() {
		close(g.ready)
	} else {
		defer close(g.ready)
	}
	for lines.Scan() {
		var l struct {
			Place        float64
			First, Ended bool
			Height       int
		}
		if json.Unmarshal(lines.Bytes(), &l) == nil {
			g.saw(l.Place, l.First, l.Ended, l.Height)
		}
	}
	g.mu.Lock()
	g.gone = true
	g.mu.Unlock()
}

// saw notes a line. GStreamer shows a still picture while it fills its buffer;
// the film has begun when it moves.
func (g *gst) saw(place float64, first, ended bool, height int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if first && g.now.first.IsZero() {
		g.now.first = time.Now()
	}
	g.now.place, g.now.height, g.now.ended = time.Duration(place*float64(time.Second)), height, ended
}

func (g *gst) isGone() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.gone
}

func (g *gst) prepare(context.Context) error { return nil }

func (g *gst) begin(context.Context) error {
	if _, err := fmt.Fprintln(g.in, g.url); err != nil {
		return fmt.Errorf("tell GStreamer: %w", err)
	}
	return nil
}

func (g *gst) look() (sight, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gone {
		return g.now, errors.New("GStreamer is gone")
	}
	return g.now, nil
}

func (g *gst) close() {
	_ = syscall.Kill(-g.cmd.Process.Pid, syscall.SIGKILL)
	g.wg.Wait()
	_ = g.cmd.Wait() // killed
}
