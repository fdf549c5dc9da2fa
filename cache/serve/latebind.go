package serve

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math"
	"net/http"
	"strconv"
	"time"

	"usher/cache/hls"
)

const unbound = -1

// slot is one segment of a film as the player knows it.
type slot struct {
	f     *film
	i     int
	at    time.Duration
	takes time.Duration
	path  string

	// guarded by film.mu
	rung    int       // unbound while nothing was decided
	given   bool      // the player has all of it
	asked   bool      // the player asked for it, once at least: it may have the beginning
	better  bool      // it was fetched a second time, in a better rendition
	reading int       // requests being answered
	size    int64     // bytes, once read ahead
	began   time.Time // when it began to be read ahead
	tryNot  time.Time // it is not read ahead before
}

func (sl *slot) number() string { return strconv.Itoa(sl.i) }

// owner implements target.
func (f *film) owner() *session { return f.s }

// owner implements target.
func (sl *slot) owner() *session { return sl.f.s }

// serve implements target: it writes the list of slots.
func (f *film) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	base := f.rungs[f.start]
	f.mu.Unlock()
	text := f.text(base.doc, base.list)
	h := w.Header()
	h.Set("Content-Type", "application/vnd.apple.mpegurl")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Usher", "hit; written here")
	etag := fmt.Sprintf(`"%08x-%x"`, crc32.ChecksumIEEE(text), len(text))
	h.Set("ETag", etag)
	serveBytes(w, r, text, etag)
}

// text is the media playlist of the slots: a film with an end (RFC 8216 section
// 4.3.3.5). Init section and keys are those of one rendition, because the
// others were made to fit or left out.
func (f *film) text(d *doc, p *hls.Playlist) []byte {
	var b bytes.Buffer
	target := p.Target
	for _, seg := range p.Segments {
		target = max(target, seg.Duration)
	}
	first := p.Segments[f.first]
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:%d\n#EXT-X-TARGETDURATION:%d\n#EXT-X-MEDIA-SEQUENCE:%d\n#EXT-X-DISCONTINUITY-SEQUENCE:%d\n#EXT-X-PLAYLIST-TYPE:VOD\n",
		max(p.Version, 6), int(math.Round(target.Seconds())), first.MSN, first.Discontinuity)
	was := hls.Segment{KeySet: -1, Map: -1, Discontinuity: first.Discontinuity}
	for i := f.first; i < len(p.Segments); i++ {
		seg := p.Segments[i]
		if seg.Discontinuity != was.Discontinuity {
			b.WriteString("#EXT-X-DISCONTINUITY\n")
		}
		if seg.KeySet != was.KeySet {
			f.writeKeys(&b, d, p, seg)
		}
		if seg.Map != was.Map && seg.Map >= 0 {
			fmt.Fprintf(&b, "#EXT-X-MAP:URI=\"%s\"%s\n", f.pathOf(d, p, p.MapRef(seg.Map)), byteRangeAttr(p.Maps[seg.Map].Range))
		}
		if seg.Gap {
			b.WriteString("#EXT-X-GAP\n")
		}
		fmt.Fprintf(&b, "#EXTINF:%.6f,\n%s\n", seg.Duration.Seconds(), f.slots[i].path)
		was = seg
	}
	b.WriteString("#EXT-X-ENDLIST\n")
	return b.Bytes()
}

func byteRangeAttr(r hls.Range) string {
	if r.Length == 0 {
		return ""
	}
	return fmt.Sprintf(",BYTERANGE=\"%d@%d\"", r.Length, r.Offset)
}

// pathOf is the loopback address of a reference, or what the playlist says
// where it is none of ours.
func (f *film) pathOf(d *doc, p *hls.Playlist, r hls.Ref) string {
	raw, err := r.URL()
	if err != nil || !hasHTTP(raw) {
		return r.Raw()
	}
	return d.objectOf(p, r, raw).path
}

// writeKeys writes the keys in force from a segment on.
func (f *film) writeKeys(b *bytes.Buffer, d *doc, p *hls.Playlist, seg hls.Segment) {
	if seg.KeySet < 0 {
		b.WriteString("#EXT-X-KEY:METHOD=NONE\n")
		return
	}
	for _, k := range p.KeySets[seg.KeySet] {
		key := p.Keys[k]
		fmt.Fprintf(b, "#EXT-X-KEY:METHOD=%s", key.Method)
		if ref, ok := p.KeyRef(k); ok {
			fmt.Fprintf(b, ",URI=\"%s\"", f.pathOf(d, p, ref))
		}
		if key.IV != "" {
			fmt.Fprintf(b, ",IV=%s", key.IV)
		}
		if key.KeyFormat != "" && key.KeyFormat != "identity" {
			fmt.Fprintf(b, ",KEYFORMAT=%q", key.KeyFormat)
		}
		b.WriteByte('\n')
	}
}

// serve implements target.
func (sl *slot) serve(w http.ResponseWriter, r *http.Request) {
	pc, ok := sl.f.claim(r.Context(), sl)
	if !ok {
		refuse(w, &Trouble{Code: HTTPStatus, Status: http.StatusNotFound, Where: redact(sl.f.rungs[sl.f.start].doc.address())})
		return
	}
	defer sl.f.release(sl)
	pc.serve(w, r, func() { sl.f.delivered(sl, pc.rung) })
}
