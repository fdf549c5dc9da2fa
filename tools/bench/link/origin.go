package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// segmentLasts is the length of the film's segments.
const segmentLasts = 4 * time.Second

// origin is a server of the film behind a link of its own. Any name of a
// stream is the film: "tongues…" in CMAF, every other in MPEG-TS. What is not a
// stream goes on to the service behind it, where there is one.
type origin struct {
	title   string // folder that make-title.sh made
	base    string // http://127.0.0.1:PORT
	link    *link
	server  *http.Server
	service http.Handler // nil: none

	mu      sync.Mutex
	fetches []*fetch
}

// fetch is one request for a part of the film.
type fetch struct {
	stream, rung string // rung "sound" is the sound that is apart
	segment      int    // -1: a playlist, or a header of CMAF
	bytes        int64  // that went over the link
	size         int64  // of the whole file
	began, ended time.Time
}

// openOrigin listens at a free port, through a link that follows a trace.
func openOrigin(title string, t *trace) (*origin, error) {
	inner, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // ends with close
	if err != nil {
		return nil, fmt.Errorf("open the origin: %w", err)
	}
	o := &origin{title: title, base: "http://" + inner.Addr().String(), link: newLink(t)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /streams/{stream}/{file...}", o.serveStream)
	mux.HandleFunc("/", o.serveRest)
	o.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = o.server.Serve(o.link.listener(inner)) }() // until close
	return o, nil
}

func (o *origin) close() { _ = o.server.Close() }

// master is the address of the film under a name.
func (o *origin) master(stream string) string { return o.base + "/streams/" + stream + "/master.m3u8" }

// behind puts a service behind the origin.
func (o *origin) behind(service string) error {
	to, err := url.Parse(service)
	if err != nil {
		return fmt.Errorf("address of the service: %w", err)
	}
	o.service = &httputil.ReverseProxy{
		Rewrite:        func(r *httputil.ProxyRequest) { r.SetURL(to); r.SetXForwarded() },
		ModifyResponse: moreTitles,
		ErrorLog:       log.New(io.Discard, "", 0), // a client that leaves is no news
	}
	return nil
}

func (o *origin) serveRest(w http.ResponseWriter, r *http.Request) {
	if o.service == nil {
		http.NotFound(w, r)
		return
	}
	o.service.ServeHTTP(w, r)
}

func (o *origin) serveStream(w http.ResponseWriter, r *http.Request) {
	kind := "ts"
	if strings.HasPrefix(r.PathValue("stream"), "tongues") {
		kind = "cmaf"
	}
	name := path.Clean("/" + r.PathValue("file"))
	file, err := os.Open(filepath.Join(o.title, kind, name))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", mediaType(name))
	h.Set("Cache-Control", "public, max-age=86400")
	h.Set("ETag", fmt.Sprintf(`"%x-%x"`, info.ModTime().UnixNano(), info.Size()))
	h.Set("Access-Control-Allow-Origin", "*") // hls.js is on a page of another address
	f := o.note(r.PathValue("stream"), name, info.Size())
	http.ServeContent(&meter{w, o, f}, r, "", info.ModTime(), file)
	o.mu.Lock()
	f.ended = time.Now()
	o.mu.Unlock()
}

func mediaType(name string) string {
	switch path.Ext(name) {
	case ".m3u8":
		return "application/vnd.apple.mpegurl"
	case ".ts":
		return "video/mp2t"
	}
	return "video/mp4"
}

// note begins the account of a request.
func (o *origin) note(stream, name string, size int64) *fetch {
	f := &fetch{stream: stream, segment: -1, size: size, began: time.Now()}
	f.rung, name, _ = strings.Cut(strings.TrimPrefix(name, "/"), "/")
	if n, err := strconv.Atoi(strings.TrimSuffix(name, path.Ext(name))); err == nil {
		f.segment = n
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fetches = append(o.fetches, f)
	return f
}

// log is what was asked for since a time, and how far each got.
func (o *origin) log(since time.Time) []fetch {
	o.mu.Lock()
	defer o.mu.Unlock()
	var list []fetch
	for _, f := range o.fetches {
		if !f.began.Before(since) {
			list = append(list, *f)
		}
	}
	return slices.Clip(list)
}

// meter counts what goes over the link. It hides ReadFrom: sendfile would go
// past the link.
type meter struct {
	http.ResponseWriter
	origin *origin
	fetch  *fetch
}

func (m *meter) Write(p []byte) (int, error) {
	n, err := m.ResponseWriter.Write(p)
	m.origin.mu.Lock()
	m.fetch.bytes += int64(n)
	m.origin.mu.Unlock()
	return n, err
}
