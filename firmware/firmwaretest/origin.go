package firmwaretest

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Fault is what goes wrong with one answer. The zero value is nothing.
type Fault struct {
	Cut      int           // the connection breaks after so many bytes of the body; 0 never
	Stall    int           // after so many bytes nothing comes any more; 0 never
	Short    int           // the body ends so many bytes early, and cleanly
	Status   int           // instead of an answer
	After    int           // Retry-After of that, seconds
	Shift    int64         // the range that comes begins so many bytes too late, or says so
	Whole    bool          // ranges are ignored
	Tag      string        // the ETag, instead of the file's
	Portal   bool          // a page for people comes instead
	Redirect string        // to there instead
	Rate     int           // bytes per second; 0 is as fast as it goes
	Flip     int           // this byte of the body, from 1, is another one
	Wait     time.Duration // before anything comes
}

// Origin is a web server with faults. Set Files before it is used; the rest is
// safe for concurrent use.
type Origin struct {
	Files map[string][]byte // by path, with a slash in front

	mu       sync.Mutex
	fault    func(n int, r *http.Request) Fault
	requests []string
	sent     int64
	n        int
}

// Break has answers go wrong: f gives the fault of answer n, counted from 0
// from now. nil is none.
func (o *Origin) Break(f func(n int, r *http.Request) Fault) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fault, o.n = f, 0
}

// Requests are the paths that were asked for, with their ranges.
func (o *Origin) Requests() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string(nil), o.requests...)
}

// Sent is how many bytes of bodies went to the network, at least as many as
// have arrived.
func (o *Origin) Sent() int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sent
}

// ServeHTTP implements http.Handler.
func (o *Origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.requests = append(o.requests, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("Range")))
	var f Fault
	if o.fault != nil {
		f = o.fault(o.n, r)
	}
	o.n++
	o.mu.Unlock()
	if f.Wait > 0 {
		time.Sleep(f.Wait)
	}
	if f.instead(w) {
		return
	}
	data, ok := o.Files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	if f.Flip > 0 && f.Flip <= len(data) {
		data = bytes.Clone(data)
		data[f.Flip-1] ^= 1
	}
	if f.Whole {
		r.Header.Del("Range")
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("ETag", fmt.Sprintf("%q", fmt.Sprint(len(data))+f.Tag))
	http.ServeContent(&pipe{ResponseWriter: w, o: o, f: f, r: r}, r, "", time.Time{}, bytes.NewReader(data))
}

// instead sends what comes instead of a file.
func (f Fault) instead(w http.ResponseWriter) bool {
	switch {
	case f.Portal:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<html><title>Welcome to our hotel</title>Please sign in")
	case f.Redirect != "":
		w.Header().Set("Location", f.Redirect)
		w.WriteHeader(http.StatusFound)
	case f.Status != 0:
		if f.After > 0 {
			w.Header().Set("Retry-After", fmt.Sprint(f.After))
		}
		w.WriteHeader(f.Status)
	default:
		return false
	}
	return true
}

// pipe is the way of one body.
type pipe struct {
	http.ResponseWriter
	o    *Origin
	f    Fault
	r    *http.Request
	sent int
	left int64 // of a body that ends early; -1 is all
}

// WriteHeader puts the faults into the head.
func (p *pipe) WriteHeader(status int) {
	h := p.Header()
	var from, to, total, length int64
	p.left = -1
	if n, _ := fmt.Sscanf(h.Get("Content-Range"), "bytes %d-%d/%d", &from, &to, &total); n == 3 && p.f.Shift != 0 {
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from+p.f.Shift, to+p.f.Shift, total+p.f.Shift))
	}
	if n, _ := fmt.Sscan(h.Get("Content-Length"), &length); n == 1 && p.f.Short > 0 {
		p.left = max(length-int64(p.f.Short), 0)
		h.Set("Content-Length", fmt.Sprint(p.left))
	}
	p.ResponseWriter.WriteHeader(status)
}

// Write sends a bit at a time, as far as it goes.
func (p *pipe) Write(b []byte) (int, error) {
	whole := len(b)
	if p.left >= 0 {
		b = b[:min(int64(len(b)), p.left)]
		p.left -= int64(len(b))
	}
	for len(b) > 0 {
		n := min(len(b), p.step())
		if n == 0 {
			p.end()
		}
		p.o.count(n) // before the client can have them
		if _, err := p.ResponseWriter.Write(b[:n]); err != nil {
			return 0, err
		}
		b, p.sent = b[n:], p.sent+n
		if p.f.Rate > 0 {
			_ = http.NewResponseController(p.ResponseWriter).Flush() // the client's errors are its own
			time.Sleep(time.Duration(n) * time.Second / time.Duration(p.f.Rate))
		}
	}
	return whole, nil
}

// step is how much may be sent before the next look: 0 is no more.
func (p *pipe) step() int {
	n := 32 << 10
	for _, limit := range []int{p.f.Cut, p.f.Stall} {
		if limit > 0 {
			n = min(n, limit-p.sent)
		}
	}
	if p.f.Rate > 0 {
		n = min(n, max(p.f.Rate/20, 1))
	}
	return n
}

// end breaks the connection, or leaves it hanging.
func (p *pipe) end() {
	_ = http.NewResponseController(p.ResponseWriter).Flush() // what was sent arrives before the fault
	if p.f.Stall > 0 && p.sent >= p.f.Stall {
		<-p.r.Context().Done()
	}
	panic(http.ErrAbortHandler)
}

func (o *Origin) count(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent += int64(n)
}
