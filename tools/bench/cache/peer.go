package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// peer is a cache to be measured.
type peer struct {
	name string
	what string // version and settings, for the report
	// prepare writes the configuration into p.dir and gives the command.
	prepare func(p *peer) ([]string, error)
	// list is set for caches that are asked for a playlist first: the address
	// of the playlist for a player.
	list func(ctx context.Context, p *peer, playlist string) (string, error)
	// keep is set for caches that can be told to keep a stream.
	keep func(ctx context.Context, p *peer, playlist string) error
	// await blocks until the started process can be asked; nil: until its port answers.
	await func(ctx context.Context, p *peer) error

	dir    string // its own
	port   string // where it listens
	origin *origin
	argv   []string
	cmd    *exec.Cmd
	ended  chan error
	client *http.Client
	broken error // why it is not measured
}

// freePort is a port that nobody listens on at present, below those that the
// kernel gives to clients (ip_local_port_range): the peer, also one that is
// started anew, must find it free.
func freePort() (string, error) {
	var last error
	for range 100 {
		port := strconv.Itoa(20000 + rand.IntN(10000))
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:"+port)
		if err == nil {
			return port, l.Close()
		}
		last = err
	}
	return "", fmt.Errorf("find a port: %w", last)
}

// open makes the peer's folder, origin and configuration, and starts it.
func (p *peer) open(ctx context.Context, dir string) (err error) {
	p.dir = filepath.Join(dir, strings.Map(safe, p.name))
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	if p.origin, err = newOrigin(); err != nil {
		return err
	}
	if p.port, err = freePort(); err != nil {
		return err
	}
	p.client = &http.Client{Transport: &http.Transport{DisableCompression: true, ReadBufferSize: 64 << 10, MaxIdleConnsPerHost: 16}}
	if p.argv, err = p.prepare(p); err != nil {
		return err
	}
	return p.start(ctx)
}

func safe(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}

// start starts the process and waits until it answers.
func (p *peer) start(ctx context.Context) error {
	output, err := os.OpenFile(filepath.Join(p.dir, "output.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("open a log: %w", err)
	}
	defer func() { _ = output.Close() }()
	cmd := exec.Command(p.argv[0], p.argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.dir, output, output
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	p.cmd = cmd
	p.ended = make(chan error, 1)
	go func(cmd *exec.Cmd, ended chan error) { ended <- cmd.Wait() }(p.cmd, p.ended)
	if p.await != nil {
		return p.await(ctx, p)
	}
	return p.answers(ctx)
}

// answers waits until the port takes connections.
func (p *peer) answers(ctx context.Context) error {
	return p.until(ctx, func() bool {
		c, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", "127.0.0.1:"+p.port)
		if err == nil {
			_ = c.Close()
		}
		return err == nil
	})
}

// until polls until something is so, for 20 s.
func (p *peer) until(ctx context.Context, so func() bool) error {
	for range 1000 {
		select {
		case err := <-p.ended:
			p.ended <- err
			return fmt.Errorf("ended at once (%v): %s", err, p.lastWords())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
		if so() {
			return nil
		}
	}
	return errors.New("does not answer within 20 s: " + p.lastWords())
}

// lastWords is the end of what the process printed.
func (p *peer) lastWords() string {
	data, _ := os.ReadFile(filepath.Join(p.dir, "output.log"))
	text := strings.Join(strings.Fields(string(data)), " ")
	return text[max(0, len(text)-200):]
}

// kill ends the process and all below it as a power cut would.
func (p *peer) kill() {
	if p.cmd == nil {
		return
	}
	p.client.CloseIdleConnections()
	end(p.cmd.Process.Pid, family(p.cmd.Process.Pid))
	<-p.ended
	p.cmd = nil
}

// restart starts it anew on what it left. Varnish does not start on a port that
// has connections in TIME_WAIT, which it closed itself: then on another port.
func (p *peer) restart(ctx context.Context) error {
	first := p.start(ctx)
	if first == nil || p.cmd == nil {
		return first
	}
	end(p.cmd.Process.Pid, family(p.cmd.Process.Pid))
	<-p.ended
	p.cmd = nil
	var err error
	if p.port, err = freePort(); err != nil {
		return err
	}
	if p.argv, err = p.prepare(p); err != nil {
		return err
	}
	return p.start(ctx)
}

// stop asks the process to end, and kills what is left of it.
func (p *peer) stop() {
	if p.cmd != nil {
		all := family(p.cmd.Process.Pid)
		_ = syscall.Kill(p.cmd.Process.Pid, syscall.SIGTERM)
		select {
		case err := <-p.ended:
			p.ended <- err
		case <-time.After(3 * time.Second):
		}
		end(p.cmd.Process.Pid, all)
		<-p.ended
		p.cmd = nil
	}
	if p.client != nil {
		p.client.CloseIdleConnections()
	}
	if p.origin != nil {
		p.origin.close()
	}
}

// end kills a group at once, since a master left for a moment starts new
// workers, and then those of the family that are in groups of their own.
func end(group int, all []stat) {
	_ = syscall.Kill(-group, syscall.SIGKILL)
	for _, s := range all {
		s.kill()
	}
	for range 100 { // until their ports are free
		if !slices.ContainsFunc(all, stat.lives) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// urls are the addresses of objects, named as pathOf wants, at the peer.
func (p *peer) urls(ctx context.Context, names ...string) ([]string, error) {
	if p.list == nil {
		out := []string{}
		for _, n := range names {
			out = append(out, "http://127.0.0.1:"+p.port+pathOf(n))
		}
		return out, nil
	}
	at, err := p.list(ctx, p, p.playlistOf(names...))
	if err != nil {
		return nil, err
	}
	body, err := p.get(ctx, at)
	if err != nil {
		return nil, err
	}
	out := []string{}
	lines := bufio.NewScanner(strings.NewReader(body))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#") || line == "":
		case strings.HasPrefix(line, "/"):
			out = append(out, at[:strings.Index(at[8:], "/")+8]+line)
		default:
			out = append(out, line)
		}
	}
	if len(out) != len(names) {
		return nil, fmt.Errorf("the playlist has %d of %d segments", len(out), len(names))
	}
	return out, nil
}

func (p *peer) playlistOf(names ...string) string {
	return p.origin.base + "/l/" + strings.Join(names, ",") + ".m3u8"
}

func (p *peer) get(ctx context.Context, url string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", fmt.Errorf("read the playlist: %w", err)
	}
	resp, err := p.client.Do(r)
	if err != nil {
		return "", fmt.Errorf("read the playlist: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil || resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("read the playlist: %s %v", resp.Status, err)
	}
	return string(data), nil
}

// write writes a file of the peer's folder.
func (p *peer) write(name, text string) (string, error) {
	at := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return "", fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.WriteFile(at, []byte(text), 0o644); err != nil {
		return "", fmt.Errorf("write %s: %w", name, err)
	}
	return at, nil
}
