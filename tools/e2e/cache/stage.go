package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// stage is the service and the daemon, in a folder of their own.
type stage struct {
	dir     string
	usher   string
	service *url.URL
	running []*exec.Cmd
}

func openStage(ctx context.Context, o options) (s *stage, err error) {
	s = &stage{usher: o.usher}
	if s.dir, err = os.MkdirTemp("", "e2e-cache-*"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := os.Mkdir(s.home(), 0o700); err != nil {
		return nil, err
	}
	if err := errors.Join(os.Chmod(s.home(), 0o777), os.Chmod(s.dir, 0o711)); err != nil { // VLC runs as nobody
		return nil, err
	}
	if o.streams == "" {
		return nil, errors.New("-streams is missing; make e2e-cache makes them")
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s.service = &url.URL{Scheme: "http", Host: address}
	if err := s.run(o.boxoffice, "-listen", address, "-streams", o.streams); err != nil {
		return nil, err
	}
	config := filepath.Join(s.dir, "usher.toml")
	text := fmt.Sprintf("[player]\nkind = \"simulated\"\n[[service]]\nid = \"house\"\nurl = %q\n", s.service.String())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	err = s.run(
		o.usherd, "-config", config, "-listen", "127.0.0.1:0", "-media", "127.0.0.1:0", "-socket", s.path("s"),
		"-state", s.path("state"), "-cache", s.path("cache"), "-ready-file", s.path("ready"),
	)
	if err != nil {
		return nil, err
	}
	return s, s.await(ctx)
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

// home is where players may write.
func (s *stage) home() string { return s.path("home") }

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// run starts a program of ours; its log is in the folder.
func (s *stage) run(program string, args ...string) error {
	log, err := os.Create(s.path(filepath.Base(program) + ".log"))
	if err != nil {
		return err
	}
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	err = errors.Join(cmd.Start(), log.Close())
	if err == nil {
		s.running = append(s.running, cmd)
	}
	return err
}

// await waits until service and daemon answer.
func (s *stage) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		_, err := get(ctx, s.service.String()+"/streams/carpet/master.m3u8")
		data, err2 := os.ReadFile(s.path("ready"))
		var at struct{ PID int }
		if err == nil && err2 == nil && json.Unmarshal(data, &at) == nil && at.PID != 0 {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			log, _ := os.ReadFile(s.path("usherd.log"))
			return fmt.Errorf("service or daemon did not start: %w: %s", errors.Join(err, err2), tail(string(log)))
		}
	}
}

// link asks for the loopback address.
func (s *stage) link(ctx context.Context, address string) (string, error) {
	cmd := exec.CommandContext(ctx, s.usher, "-socket", s.path("s"), "cache", "url", address)
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", fmt.Errorf("usher cache url: %s", tail(string(exit.Stderr)))
	}
	return strings.TrimSpace(string(out)), err
}

func (s *stage) close() error {
	for _, cmd := range s.running {
		_ = cmd.Process.Signal(syscall.SIGTERM)
	}
	for _, cmd := range s.running {
		late := time.AfterFunc(5*time.Second, func() { _ = cmd.Process.Kill() })
		_ = cmd.Wait() // it was told to end
		late.Stop()
	}
	return os.RemoveAll(s.dir)
}

// door is a way to the service that counts what passes.
type door struct {
	server *http.Server
	base   string
	mu     sync.Mutex
	s      seen
}

func (s *stage) openDoor() (*door, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	d := &door{base: "http://" + l.Addr().String()}
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(s.service) },
		FlushInterval: -1,
		ModifyResponse: func(resp *http.Response) error {
			if resp.StatusCode >= http.StatusBadRequest {
				d.mu.Lock()
				defer d.mu.Unlock()
				d.s.failures = append(d.s.failures, fmt.Sprintf("%s (%d)", resp.Request.URL.Path, resp.StatusCode))
			}
			return nil
		},
	}
	d.server = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.count(r)
		proxy.ServeHTTP(w, r)
	})}
	go func() { _ = d.server.Serve(l) }() // until close
	return d, nil
}

func (d *door) count(r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, ".m3u8") {
		d.s.playlists++
		return
	}
	d.s.media = append(d.s.media, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("Range")))
}

func (d *door) url(path string) string { return d.base + "/streams/" + path }

func (d *door) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.s = seen{}
}

func (d *door) seen() seen {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.s
}

func (d *door) close() { _ = d.server.Close() }
