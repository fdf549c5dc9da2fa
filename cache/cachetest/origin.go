package cachetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Stream says what an Origin offers. Zero fields mean the defaults.
type Stream struct {
	Segments  int           // of the film, or in the window when Live; 6
	Duration  time.Duration // of a segment; 2 s
	Size      int           // bytes of a segment; 64 KiB
	Rungs     []Rung        // one of 1 Mb/s, 720 lines
	Audio     []string      // languages of separate audio; none: it is in the segments
	Subtitles []string      // languages of WebVTT renditions
	FMP4      bool          // with an init section
	Encrypted bool          // an EXT-X-KEY at the beginning
	Ranges    bool          // one file, segments are byte ranges without offset
	Live      bool          // no end; Advance moves the window
	Anonymous bool          // no ETag and no Last-Modified
	Chunked   bool          // no Content-Length
}

// Rung is one variant, under /<Name>/list.m3u8.
type Rung struct {
	Name      string
	Bandwidth int
	Height    int
}

// Origin is a service that makes a Stream.
type Origin struct {
	s Stream

	mu     sync.Mutex
	first  int // media sequence number of the window
	epoch  int // changes every byte and validator
	faults []*Fault
	got    []Got
}

// Got is one request that an Origin saw.
type Got struct {
	Method, Path, Query, Range, IfRange, IfNoneMatch, Cookie, AcceptEncoding string
}

// NewOrigin makes a service.
func NewOrigin(s Stream) *Origin {
	if s.Segments == 0 {
		s.Segments = 6
	}
	if s.Duration == 0 {
		s.Duration = 2 * time.Second
	}
	if s.Size == 0 {
		s.Size = 64 << 10
	}
	if len(s.Rungs) == 0 {
		s.Rungs = []Rung{{Name: "v", Bandwidth: 1_000_000, Height: 720}}
	}
	return &Origin{s: s}
}

// Advance moves a live window by n segments.
func (o *Origin) Advance(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.first += n
}

// Change replaces the content of everything, with new validators.
func (o *Origin) Change() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.epoch++
}

// Got is every request so far.
func (o *Origin) Got() []Got {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]Got(nil), o.got...)
}

// Count is how many requests there were for a path.
func (o *Origin) Count(p string) int {
	n := 0
	for _, g := range o.Got() {
		if g.Path == p {
			n++
		}
	}
	return n
}

// Body is what is served under a path; nil when nothing is.
func (o *Origin) Body(p string) []byte {
	o.mu.Lock()
	first, epoch := o.first, o.epoch
	o.mu.Unlock()
	name := path.Base(p)
	switch {
	case p == "/master.m3u8":
		return o.master()
	case name == "list.m3u8":
		return o.list(path.Dir(p), first)
	case strings.HasSuffix(name, ".vtt"):
		return o.captions(p)
	case strings.HasSuffix(name, ".key"):
		return []byte("0123456789abcdef")
	case strings.HasSuffix(name, ".mp4"):
		return filler(p, epoch, 1000)
	case name == "all.ts":
		return filler(p, epoch, o.s.Size*o.s.Segments)
	case strings.HasPrefix(name, "seg"):
		return filler(p, epoch, o.s.Size)
	}
	return nil
}

// filler makes bytes that look like MPEG-TS packets.
func filler(name string, epoch, size int) []byte {
	h := fnv.New64a()
	fmt.Fprint(h, name, epoch)
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	b := make([]byte, 0, size+8)
	for len(b) < size {
		b = binary.BigEndian.AppendUint64(b, r.Uint64())
	}
	for i := 0; i < size; i += 188 {
		b[i] = 0x47
	}
	return b[:size]
}

func (o *Origin) master() []byte {
	var b bytes.Buffer
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:6\n")
	groups := ""
	for i, l := range o.s.Audio {
		groups = `,AUDIO="a"`
		fmt.Fprintf(&b, "#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=%q,LANGUAGE=%q,DEFAULT=%s,AUTOSELECT=YES,URI=\"audio-%s/list.m3u8\"\n",
			l, l, yes(i == 0), l)
	}
	if len(o.s.Subtitles) > 0 {
		groups += `,SUBTITLES="s"`
	}
	for _, l := range o.s.Subtitles {
		fmt.Fprintf(&b, "#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=%q,LANGUAGE=%q,URI=\"sub-%s/list.m3u8\"\n", l, l, l)
	}
	for _, r := range o.s.Rungs {
		fmt.Fprintf(&b, "#EXT-X-STREAM-INF:BANDWIDTH=%d,RESOLUTION=%dx%d%s\n%s/list.m3u8\n",
			r.Bandwidth, r.Height*16/9, r.Height, groups, r.Name)
	}
	return b.Bytes()
}

func yes(b bool) string {
	if b {
		return "YES"
	}
	return "NO"
}

func (o *Origin) list(dir string, first int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:%d\n",
		int((o.s.Duration+time.Second-1)/time.Second), first)
	sub := strings.HasPrefix(path.Base(dir), "sub-")
	if o.s.Encrypted && !sub {
		b.WriteString("#EXT-X-KEY:METHOD=AES-128,URI=\"../k.key\"\n")
	}
	if o.s.FMP4 && !sub {
		b.WriteString("#EXT-X-MAP:URI=\"init.mp4\"\n")
	}
	for i := first; i < first+o.s.Segments; i++ {
		fmt.Fprintf(&b, "#EXTINF:%.3f,\n", o.s.Duration.Seconds())
		switch {
		case sub:
			fmt.Fprintf(&b, "%d.vtt\n", i)
		case o.s.Ranges:
			fmt.Fprintf(&b, "#EXT-X-BYTERANGE:%d\nall.ts\n", o.s.Size)
		default:
			fmt.Fprintf(&b, "seg%d.ts\n", i)
		}
	}
	if !o.s.Live {
		b.WriteString("#EXT-X-ENDLIST\n")
	}
	return b.Bytes()
}

// captions has one cue for its segment, with times from the beginning.
func (o *Origin) captions(p string) []byte {
	n, _ := strconv.Atoi(strings.TrimSuffix(path.Base(p), ".vtt")) // 0 for other names
	at := time.Duration(n) * o.s.Duration
	clock := func(d time.Duration) string {
		return fmt.Sprintf("%02d:%02d.%03d", int(d.Minutes()), int(d.Seconds())%60, d.Milliseconds()%1000)
	}
	return fmt.Appendf(nil, "WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n\n%s --> %s\n%s %d\n",
		clock(at), clock(at+o.s.Duration), path.Base(path.Dir(p)), n)
}

// ServeHTTP implements http.Handler.
func (o *Origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.got = append(o.got, Got{
		r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("Range"), r.Header.Get("If-Range"),
		r.Header.Get("If-None-Match"), r.Header.Get("Cookie"), r.Header.Get("Accept-Encoding"),
	})
	epoch := o.epoch
	f := o.fault(r.URL.Path)
	o.mu.Unlock()
	body := o.Body(r.URL.Path)
	if body == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", mediaType(r.URL.Path))
	if !o.s.Anonymous && !strings.HasSuffix(r.URL.Path, ".m3u8") {
		w.Header().Set("ETag", fmt.Sprintf(`"%s-%d"`, path.Base(r.URL.Path), epoch))
	}
	if f != nil {
		w = f.apply(w, r)
	}
	if w == nil {
		return
	}
	if o.s.Chunked {
		w.WriteHeader(http.StatusOK)
		http.NewResponseController(w).Flush() // from here on chunks
		w.Write(body)                         // the reader may leave
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

func mediaType(p string) string {
	switch path.Ext(p) {
	case ".m3u8":
		return "application/vnd.apple.mpegurl"
	case ".ts":
		return "video/mp2t"
	case ".vtt":
		return "text/vtt"
	case ".mp4":
		return "video/mp4"
	}
	return "application/octet-stream"
}
