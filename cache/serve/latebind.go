package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"net/http"
	"strconv"
	"time"

	"usher/cache"
	"usher/cache/fmp4"
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

// piece is what a slot is made of once its rendition is decided.
type piece struct {
	need
	rung     int
	from, to fmp4.Init // the rendition's init section, and the one the player has
	fmp4     bool
}

// serve implements target.
func (sl *slot) serve(w http.ResponseWriter, r *http.Request) {
	pc, ok := sl.f.claim(r.Context(), sl)
	if !ok {
		refuse(w, &Trouble{Code: HTTPStatus, Status: http.StatusNotFound, Where: redact(sl.f.rungs[sl.f.start].doc.address())})
		return
	}
	defer sl.f.release(sl)
	o := pc.o
	if r.Method == http.MethodHead {
		o.head(w, r, pc.rng)
		return
	}
	if t := o.refused(time.Now()); t != nil {
		refuse(w, t)
		return
	}
	for {
		b := o.open(r.Context(), pc.rng)
		if b == nil {
			refuse(w, errClosed)
			return
		}
		meta, err := b.Wait(r.Context())
		if o.orphaned(err) {
			b.Close()
			continue
		}
		sl.answer(w, r, b, meta, pc, err)
		return
	}
}

func (sl *slot) answer(w http.ResponseWriter, r *http.Request, b *cache.Reader, meta cache.Meta, pc piece, err error) {
	defer b.Close()
	switch {
	case errors.Is(err, cache.ErrTooLarge) && pc.rng.Length == 0:
		pc.o.pass(w, r, "too large to keep")
	case err != nil:
		pc.o.remember(err)
		refuse(w, err)
	default:
		sl.send(w, r, b, meta, pc)
	}
}

// send answers with the segment, its head changed where that is needed.
func (sl *slot) send(w http.ResponseWriter, r *http.Request, b *cache.Reader, meta cache.Meta, pc piece) {
	head, used, err := pc.head(r.Context(), b, meta.Size)
	if err != nil {
		refuse(w, asTrouble(pc.o.url, err))
		return
	}
	if len(head) > 0 {
		meta.ETag = "" // it names other bytes
	}
	size := meta.Size
	if size >= 0 {
		size += int64(len(head)) - used
	}
	setHeaders(w.Header(), pc.o, meta)
	w.Header().Set("X-Usher", sourceName(b, meta)+"; rung "+strconv.Itoa(pc.rung))
	rng, ok := parseRange(r.Header.Get("Range"), size)
	if !ok {
		unsatisfiable(w, size)
		return
	}
	if size < 0 {
		w.WriteHeader(http.StatusOK)
	} else {
		writeRangeHeader(w, rng, size, 0)
	}
	if err := sl.copy(w, r, b, meta, pc, head, used, rng); err != nil {
		panic(http.ErrAbortHandler)
	}
	if rng.n < 0 || rng.off+rng.n >= size {
		sl.f.delivered(sl, pc.rung)
	}
}

// copy writes the part of the head that is asked for, then the rest.
func (sl *slot) copy(w http.ResponseWriter, r *http.Request, b *cache.Reader, meta cache.Meta, pc piece, head []byte, used int64, rng byteRange) error {
	left := rng.n
	if rng.off < int64(len(head)) {
		part := head[rng.off:]
		if left >= 0 {
			part = part[:min(left, int64(len(part)))]
			left -= int64(len(part))
		}
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	rest := byteRange{off: used + max(rng.off-int64(len(head)), 0), n: left}
	if left == 0 {
		return nil
	}
	n, err := b.CopyRange(r.Context(), w, rest.off, rest.n)
	if pc.o.orphaned(err) {
		_, err = pc.o.sendRest(w, r, rest, n, meta, pc.rng)
	}
	return err
}

// maxHead is how much of a segment is read to find its first sample.
const maxHead = 1 << 20

// head is what stands for the first used bytes of the segment; nil for what
// stays as it is.
func (pc piece) head(ctx context.Context, b *cache.Reader, size int64) (head []byte, used int64, err error) {
	if !pc.fmp4 || pc.to.Same(pc.from) {
		return nil, 0, nil
	}
	for n := int64(4 << 10); ; n *= 4 {
		if size >= 0 {
			n = min(n, size)
		}
		var buf bytes.Buffer
		if _, err := b.Blob.CopyRange(ctx, &buf, 0, n); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, 0, err
		}
		out, used, err := fmp4.Splice(buf.Bytes(), pc.from, pc.to)
		if !errors.Is(err, fmp4.ErrShort) || int64(buf.Len()) < n || n == size || n >= maxHead {
			if err != nil {
				return nil, 0, &Trouble{Code: NotMedia, Where: redact(pc.o.url), Err: err}
			}
			return out, int64(used), nil
		}
	}
}
