package cachetest

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"sync"
	"time"
)

// LowLatency is a service of one LL-HLS stream (rfc8216bis) with two
// renditions, under /a/list.m3u8 and /b/list.m3u8. Its clock is Publish: each
// call makes one part. It blocks reloads and hints until they can be answered.
type LowLatency struct {
	Parts  int  // of a segment; 4
	Size   int  // bytes of a part; 4 KiB
	Ranges bool // parts are byte ranges of their segment, and the hint is open-ended
	// Film gives the content of part n, and of the init section for -1, in
	// place of noise. Not with Ranges.
	Film func(n int) []byte

	mu     sync.Mutex
	made   int           // parts that are there
	change chan struct{} // closed by the next Publish
	got    []Got
}

const lowLatencyWindow = 3 // complete segments in the playlist

// Publish makes n parts.
func (l *LowLatency) Publish(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made += n
	if l.change != nil {
		close(l.change)
	}
	l.change = nil
}

// Got is every request so far.
func (l *LowLatency) Got() []Got {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Got(nil), l.got...)
}

// Asked is how many requests there were for a path with a query.
func (l *LowLatency) Asked(p, query string) int {
	n := 0
	for _, g := range l.Got() {
		if g.Path == p && g.Query == query {
			n++
		}
	}
	return n
}

// Part is the content of a part, counted from the beginning.
func (l *LowLatency) Part(rendition string, n int) []byte {
	if l.Film != nil {
		return l.Film(n)
	}
	return filler("/"+rendition+"/"+strconv.Itoa(n), 0, l.size())
}

func (l *LowLatency) size() int {
	if l.Size == 0 {
		return 4 << 10
	}
	return l.Size
}

func (l *LowLatency) parts() int {
	if l.Parts == 0 {
		return 4
	}
	return l.Parts
}

// until waits for n parts; false when the reader left.
func (l *LowLatency) until(r *http.Request, n int) bool {
	for {
		l.mu.Lock()
		if l.made >= n {
			l.mu.Unlock()
			return true
		}
		if l.change == nil {
			l.change = make(chan struct{})
		}
		next := l.change
		l.mu.Unlock()
		select {
		case <-next:
		case <-r.Context().Done():
			return false
		}
	}
}

// ServeHTTP implements http.Handler.
func (l *LowLatency) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	l.got = append(l.got, Got{Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery, Range: r.Header.Get("Range")})
	l.mu.Unlock()
	dir, name := path.Base(path.Dir(r.URL.Path)), path.Base(r.URL.Path)
	var seg, part int
	switch {
	case name == "list.m3u8":
		l.list(w, r, dir)
	case name == "init.mp4" && l.Film != nil:
		w.Write(l.Film(-1)) // the reader may leave, here and below
	case name == "init.mp4":
		w.Write(filler(r.URL.Path, 0, 700))
	case scan(name, "seg%d.part%d.m4s", &seg, &part):
		if l.until(r, seg*l.parts()+part+1) {
			w.Write(l.Part(dir, seg*l.parts()+part))
		}
	case scan(name, "seg%d.m4s", &seg):
		l.segment(w, r, dir, seg)
	default:
		http.NotFound(w, r)
	}
}

func scan(name, format string, into ...any) bool {
	n, err := fmt.Sscanf(name, format, into...)
	return err == nil && n == len(into)
}

// list answers a reload, after (_HLS_msn, _HLS_part) is there.
func (l *LowLatency) list(w http.ResponseWriter, r *http.Request, dir string) {
	q := r.URL.Query()
	if q.Has("_HLS_msn") {
		need, ok := l.wanted(q)
		if !ok {
			http.Error(w, "no such segment", http.StatusBadRequest)
			return
		}
		if !l.until(r, need) {
			return
		}
	}
	w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
	w.Write(l.text(dir, q.Get("_HLS_skip") != ""))
}

// wanted is how many parts must be there for a blocking reload.
func (l *LowLatency) wanted(q url.Values) (parts int, ok bool) {
	l.mu.Lock()
	last := l.made / l.parts()
	l.mu.Unlock()
	msn, err := strconv.Atoi(q.Get("_HLS_msn"))
	if err != nil || msn > last+2 {
		return 0, false
	}
	if !q.Has("_HLS_part") {
		return (msn + 1) * l.parts(), true
	}
	part, err := strconv.Atoi(q.Get("_HLS_part"))
	return msn*l.parts() + part + 1, err == nil
}

func (l *LowLatency) text(dir string, skip bool) []byte {
	l.mu.Lock()
	made := l.made
	l.mu.Unlock()
	var b bytes.Buffer
	last := made / l.parts() // of which made%parts parts are there
	first := max(last-lowLatencyWindow, 0)
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:4\n#EXT-X-PART-INF:PART-TARGET=1.0\n"+
		"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.0,CAN-SKIP-UNTIL=24.0\n"+
		"#EXT-X-MEDIA-SEQUENCE:%d\n#EXT-X-MAP:URI=\"init.mp4\"\n", first)
	if skip {
		fmt.Fprintf(&b, "#EXT-X-SKIP:SKIPPED-SEGMENTS=%d\n", last-first)
		first = last
	}
	for seg := first; seg <= last; seg++ {
		for p := 0; p < l.parts() && seg*l.parts()+p < made; p++ {
			fmt.Fprintf(&b, "#EXT-X-PART:DURATION=1.0,INDEPENDENT=YES,%s\n", l.partURI(seg, p))
		}
		if seg < last {
			fmt.Fprintf(&b, "#EXTINF:4.0,\nseg%d.m4s\n", seg)
		}
	}
	if l.Ranges {
		fmt.Fprintf(&b, "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"seg%d.m4s\",BYTERANGE-START=%d\n", last, made%l.parts()*l.size())
	} else {
		fmt.Fprintf(&b, "#EXT-X-PRELOAD-HINT:TYPE=PART,%s\n", l.partURI(last, made%l.parts()))
	}
	other := map[string]string{"a": "b", "b": "a"}[dir]
	fmt.Fprintf(&b, "#EXT-X-RENDITION-REPORT:URI=\"../%s/list.m3u8\",LAST-MSN=%d,LAST-PART=%d\n", other, last, made%l.parts())
	return b.Bytes()
}

func (l *LowLatency) partURI(seg, p int) string {
	if l.Ranges {
		return fmt.Sprintf("URI=\"seg%d.m4s\",BYTERANGE=\"%d@%d\"", seg, l.size(), p*l.size())
	}
	return fmt.Sprintf("URI=\"seg%d.part%d.m4s\"", seg, p)
}

// segment answers ranges of what is there; an open-ended one goes on to the
// end of the segment as its parts come (RFC 8673).
func (l *LowLatency) segment(w http.ResponseWriter, r *http.Request, dir string, seg int) {
	var whole []byte
	for p := range l.parts() {
		whole = append(whole, l.Part(dir, seg*l.parts()+p)...)
	}
	if r.Header.Get("Range") == "" {
		if l.until(r, (seg+1)*l.parts()) {
			w.Write(whole)
		}
		return
	}
	from := 0
	var end int64
	if !scan(r.Header.Get("Range"), "bytes=%d-%d", &from, &end) && scan(r.Header.Get("Range"), "bytes=%d-", &from) {
		end = 1<<53 - 1
	}
	if end < 1<<53-1 {
		if l.until(r, seg*l.parts()+int(min(end, int64(len(whole))-1))/l.size()+1) {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(whole))
		}
		return
	}
	w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/*", from, end))
	w.WriteHeader(http.StatusPartialContent)
	http.NewResponseController(w).Flush() // an error means that the reader left
	for p := from / l.size(); p < l.parts() && l.until(r, seg*l.parts()+p+1); p++ {
		w.Write(whole[max(p*l.size(), from) : (p+1)*l.size()])
		http.NewResponseController(w).Flush()
	}
}
