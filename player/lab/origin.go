//go:build linux

package lab

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// origin serves the streams, and spoils them on demand.
//
//	/a/… /b/…            the film, under two addresses
//	/cmaf/… /langs-…/…   the other streams
//	/broken/…            the film; from its fourth segment on there is nothing
//	/stall/…             the film; its sixth segment waits for release
//	/live/…              the film as a live stream that grows
//	/cc.vtt              captions
type origin struct {
	files http.Handler
	base  string

	mu    sync.Mutex
	begun time.Time // of the live stream
	hold  chan struct{}
	asked map[string]int // by path
}

// openOrigin serves dir on loopback until ctx ends; done is closed after that.
func openOrigin(ctx context.Context, dir string) (o *origin, done <-chan struct{}, err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, fmt.Errorf("open the lab's origin: %w", err)
	}
	o = &origin{files: http.FileServer(http.Dir(dir)), base: "http://" + l.Addr().String(), asked: map[string]int{}}
	s := &http.Server{Handler: o, ReadHeaderTimeout: 5 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	over := make(chan struct{})
	go func() {
		defer close(over)
		stop := context.AfterFunc(ctx, func() { _ = s.Close() })
		defer stop()
		_ = s.Serve(l) // ends with Close
	}()
	return o, over, nil
}

func (o *origin) url(path string) string { return o.base + path }

// asks is how often a path was fetched.
func (o *origin) asks(path string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked[path]
}

// beginLive starts the live stream anew.
func (o *origin) beginLive() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.begun = time.Now()
}

// holdBack makes /stall/ wait; release lets it go.
func (o *origin) holdBack() (release func()) {
	hold := make(chan struct{})
	o.mu.Lock()
	o.hold = hold
	o.mu.Unlock()
	return sync.OnceFunc(func() { close(hold) })
}

// ServeHTTP answers a player.
func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.asked[r.URL.Path]++
	hold := o.hold
	o.mu.Unlock()
	area, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch area {
	case "a", "b":
		r.URL.Path = "/film/" + rest
	case "broken":
		r.URL.Path = "/film/" + rest
		if number(rest) >= 3 {
			http.NotFound(w, r)
			return
		}
	case "stall":
		r.URL.Path = "/film/" + rest
		if number(rest) == 5 && hold != nil {
			select {
			case <-hold:
			case <-r.Context().Done():
				return
			}
		}
	case "live":
		if rest == "index.m3u8" {
			o.live(w)
			return
		}
		r.URL.Path = "/film/" + rest
	case "cc.vtt":
		_, _ = fmt.Fprint(w, "WEBVTT\n\n00:00.000 --> 00:15.000\nHello\n")
		return
	}
	o.files.ServeHTTP(w, r)
}

// live is a playlist that begins with three segments and grows.
func (o *origin) live(w http.ResponseWriter) {
	o.mu.Lock()
	n := min(3+int(time.Since(o.begun)/segmentLength), segments)
	o.mu.Unlock()
	w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
	_, _ = fmt.Fprintf(w, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n")
	for i := range n {
		_, _ = fmt.Fprintf(w, "#EXTINF:2.0,\ns%02d.ts\n", i)
	}
}

// number is the number of a segment, or -1.
func number(name string) int {
	m := regexp.MustCompile(`s(\d+)\.`).FindStringSubmatch(name)
	if m == nil {
		return -1
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return -1
	}
	return n
}
