package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// keys makes the keys of a maker of boxes, and the root that its boxes hold.
func (l *lab) keys(ctx context.Context) error {
	dir := l.at("maker")
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
		return err
	}
	tool := l.at("bin", "usher-release")
	var list []step
	for _, key := range []string{"r1", "r2", "r3", "t1", "t2", "t3", "o"} {
		list = append(list, step{dir, []string{tool, "key", key}})
	}
	list = append(list,
		step{dir, []string{tool, "root", "-repo", "repo", "-root", "r1.pub,r2.pub,r3.pub", "-releases", "t1.pub,t2.pub,t3.pub", "-online", "o.pub"}},
		step{dir, []string{tool, "sign", "-key", "r1,r3", "repo/staged/root.json"}},
		step{"", []string{"sh", "-c", "cat " + l.at("web.pem") + " >>" + filepath.Join(l.root, "etc/ssl/certs/ca-certificates.crt")}},
	)
	return steps(ctx, list...)
}

// releases makes a repository for each release, with the same keys: a box finds
// there what its case wants it to find.
func (l *lab) releases(ctx context.Context) error {
	say("signing releases")
	if err := errors.Join(os.RemoveAll(l.at("repos")), os.MkdirAll(l.at("repos"), 0o755)); err != nil {
		return err
	}
	versions := []string{first, good, next}
	for _, b := range l.broken() {
		versions = append(versions, b.version)
	}
	for _, v := range versions {
		if err := l.release(ctx, v, l.at("images", v)); err != nil {
			return err
		}
	}
	return nil
}

// release makes the repository of one.
func (l *lab) release(ctx context.Context, version, image string) error {
	tool, maker, repo := l.at("bin", "usher-release"), l.at("maker"), l.at("repos", version)
	from := filepath.Join(maker, "repo")
	if version == next { // a box that has seen good's list believes only a newer one
		from = l.at("repos", good)
	}
	return steps(ctx,
		step{"", []string{"cp", "-a", from, repo}},
		step{maker, []string{tool, "build", "-repo", repo, "-image", image, "-version", version, "-board", "lantern-one", "-counter", map[bool]string{true: "1", false: "2"}[version == first], "-percent", "100"}},
		step{maker, []string{tool, "sign", "-key", "t1,t3", filepath.Join(repo, "staged", "targets.json")}},
		step{maker, []string{tool, "publish", "-repo", repo, "-key", "o"}},
	)
}

// web serves a repository, whose bytes it counts, and a service.
type web struct {
	served atomic.Int64 // bytes of files
	socket string
	server *http.Server

	mu    sync.Mutex
	films http.Handler // the service
	files http.Handler // the repository
	at    int64        // when so many bytes were served …
	then  chan struct{}
	last  time.Time
}

func serve(socket string, show tls.Certificate) (*web, error) {
	_ = os.Remove(socket) // of a run that was killed
	l, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	w := &web{socket: socket}
	w.server = &http.Server{Handler: w, ReadHeaderTimeout: time.Minute, ErrorLog: quiet()}
	go func() { // it ends with close
		_ = w.server.Serve(tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{show}, MinVersion: tls.VersionTLS13}))
	}()
	return w, nil
}

// quiet is for what servers say when guests lose their power.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func (w *web) close() { _ = w.server.Close() }

// house has the service answer for its name.
func (w *web) house(films http.Handler) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.films = films
}

// offer has the repository of a version served from now on.
func (w *web) offer(dir string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.files = http.FileServer(http.Dir(dir))
	w.served.Store(0)
	w.at, w.then = 0, nil
}

// when gives a channel that is closed when n bytes were served.
func (w *web) when(n int64) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at, w.then = n, make(chan struct{})
	return w.then
}

// ended is when the last byte was served.
func (w *web) ended() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

func (w *web) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	films, files := w.films, w.files
	w.mu.Unlock()
	if r.Host == service && films != nil {
		films.ServeHTTP(rw, r)
		return
	}
	if files == nil || r.Host != updates {
		http.Error(rw, "nothing is offered", http.StatusNotFound)
		return
	}
	files.ServeHTTP(&counted{rw, w}, r)
}

// counted is an answer whose bytes are counted.
type counted struct {
	http.ResponseWriter
	web *web
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	total := c.web.served.Add(int64(n))
	c.web.mu.Lock()
	defer c.web.mu.Unlock()
	c.web.last = time.Now()
	if c.web.then != nil && total >= c.web.at {
		close(c.web.then)
		c.web.then = nil
	}
	return n, err
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
