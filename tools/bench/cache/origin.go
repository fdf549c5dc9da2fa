package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// linkRate is the slow link of the filling tests, in bytes a second.
const linkRate = 2 << 20

// origin is the service behind one peer. Its objects are named by their size:
// /o/4194304/tag.ts (at once) and /s/4194304/tag.ts (over the slow link), and
// every byte of them can be foretold. /l/….m3u8 is a playlist of them.
type origin struct {
	base   string
	server *http.Server
	link   pacer

	mu   sync.Mutex
	seen map[string]*asked
}

// asked is what was asked of one object.
type asked struct {
	fetches int // GET requests
	bytes   int64
	ranges  []string
}

func newOrigin() (*origin, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start origin: %w", err)
	}
	o := &origin{base: "http://" + l.Addr().String(), seen: map[string]*asked{}, link: pacer{rate: linkRate}}
	o.server = &http.Server{Handler: o, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = o.server.Serve(l) }() // ends with close
	return o, nil
}

func (o *origin) port() string { return o.base[strings.LastIndexByte(o.base, ':')+1:] }

func (o *origin) close() { _ = o.server.Close() }

// about says what was asked of a path so far.
func (o *origin) about(path string) asked {
	o.mu.Lock()
	defer o.mu.Unlock()
	if a := o.seen[path]; a != nil {
		return *a
	}
	return asked{}
}

func (o *origin) note(path string, fetches int, bytes int64, span string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	a := o.seen[path]
	if a == nil {
		a = &asked{}
		o.seen[path] = a
	}
	a.fetches += fetches
	a.bytes += bytes
	if span != "" {
		a.ranges = append(a.ranges, span)
	}
}

// ServeHTTP implements http.Handler.
func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=86400, immutable")
	if names, ok := strings.CutPrefix(r.URL.Path, "/l/"); ok {
		o.playlist(w, strings.TrimSuffix(names, ".m3u8"))
		return
	}
	size, ok := sizeOf(r.URL.Path)
	if !ok { // a service document and the like: there is none
		http.NotFound(w, r)
		return
	}
	if r.Method == http.MethodGet {
		o.note(r.URL.Path, 1, 0, r.Header.Get("Range"))
	}
	w.Header().Set("Content-Type", "video/mp2t")
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, len(r.URL.Path)*1000003+int(size)))
	w.Header().Set("Last-Modified", "Mon, 02 Mar 2026 10:00:00 GMT")
	body := &film{size: size}
	if strings.HasPrefix(r.URL.Path, "/s/") {
		body.link, body.ctx = &o.link, r.Context()
	}
	http.ServeContent(counted{w, func(n int) { o.note(r.URL.Path, 0, int64(n), "") }}, r, "", time.Time{}, body)
}

// playlist names the objects of a path such as o-200000-a,o-200000-b.
func (o *origin) playlist(w http.ResponseWriter, names string) {
	w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
	fmt.Fprint(w, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n")
	for name := range strings.SplitSeq(names, ",") {
		fmt.Fprintf(w, "#EXTINF:4,\n%s%s\n", o.base, pathOf(name))
	}
	fmt.Fprint(w, "#EXT-X-ENDLIST\n")
}

// pathOf makes /o/200000/a.ts of o-200000-a.
func pathOf(name string) string {
	return "/" + strings.Replace(strings.Replace(name, "-", "/", 1), "-", "/", 1) + ".ts"
}

func sizeOf(path string) (int64, bool) {
	parts := strings.Split(path, "/")
	if len(parts) != 4 || parts[1] != "o" && parts[1] != "s" {
		return 0, false
	}
	n, err := strconv.ParseInt(parts[2], 10, 64)
	return n, err == nil && n > 0 && n <= 64<<20
}

// counted counts what is written.
type counted struct {
	http.ResponseWriter
	add func(int)
}

func (c counted) Write(p []byte) (int, error) {
	n, err := c.ResponseWriter.Write(p)
	c.add(n)
	return n, err //nolint:wrapcheck // it is that error
}

// film is the content of an object: byte i is a function of i.
type film struct {
	size, at int64
	link     *pacer // nil: as fast as it goes
	ctx      context.Context
}

// byteAt is byte i of every object. Its period is no power of two, so that a
// block in a wrong place is seen.
func byteAt(i int64) byte { return byte(i%251) ^ byte(i>>12) }

func (f *film) Read(p []byte) (int, error) {
	if f.at >= f.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), f.size-f.at))
	if f.link != nil {
		n = min(n, 8<<10)
		if err := f.link.wait(f.ctx, n); err != nil {
			return 0, err
		}
	}
	for i := range n {
		p[i] = byteAt(f.at + int64(i))
	}
	f.at += int64(n)
	return n, nil
}

func (f *film) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += f.size
	}
	f.at = offset
	return offset, nil
}

// pacer is one link that all its users share.
type pacer struct {
	rate int64 // bytes a second
	mu   sync.Mutex
	next time.Time
}

// wait waits until n bytes more are through.
func (p *pacer) wait(ctx context.Context, n int) error {
	p.mu.Lock()
	now := time.Now()
	if p.next.Before(now) {
		p.next = now
	}
	p.next = p.next.Add(time.Duration(int64(n) * int64(time.Second) / p.rate))
	until := p.next.Sub(now)
	p.mu.Unlock()
	select {
	case <-time.After(until):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
