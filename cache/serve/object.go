package serve

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"usher/cache"
	"usher/cache/hls"
)

// farAhead is how far behind a fill may be before a range is fetched by itself.
const farAhead = 1 << 20

// object is one URL of a session that is not a playlist. When playlists name
// byte ranges of it, each range is an object of its own in the cache, under
// one URL: a player relates implicit offsets to the URL.
type object struct {
	s     *session
	url   string
	name  string // the URL without what signs it
	loose bool   // name was found by guessing
	age   string // of a live stream that began again
	class cache.Class
	path  string // on the loopback
	from  source

	mu      sync.Mutex
	whole   bool
	windows map[hls.Range]bool
	hints   map[int64]bool // where preload hints without end begin
	hinted  bool           // it may still be in the making
	failed  refusal
	apart   bool // loose, but the content is another
}

// addHint is addWindow for EXT-X-PRELOAD-HINT.
func (o *object) addHint(r hls.Range) {
	o.mu.Lock()
	o.hinted = true
	if r.Length == 0 && r.Offset > 0 {
		if o.hints == nil {
			o.hints = map[int64]bool{}
		}
		o.hints[r.Offset] = true
		o.mu.Unlock()
		return
	}
	o.mu.Unlock()
	o.addWindow(r)
}

func (o *object) addWindow(r hls.Range) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.Length == 0 {
		o.whole = true
		return
	}
	if o.windows == nil {
		o.windows = map[hls.Range]bool{}
	}
	o.windows[r] = true
}

// window finds what a request is about: the whole (Length 0), or the range
// that contains what it asks for; ok is false for other parts of a file that
// is only known in ranges.
func (o *object) window(header string) (rng hls.Range, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	off, n, closed := absoluteRange(header)
	if closed && o.windows[hls.Range{Offset: off, Length: n}] {
		return hls.Range{Offset: off, Length: n}, true
	}
	if o.whole || len(o.windows) == 0 {
		return hls.Range{}, true
	}
	if !closed {
		return hls.Range{}, false
	}
	for w := range o.windows {
		if w.Offset <= off && off+n <= w.Offset+w.Length {
			return w, true
		}
	}
	return hls.Range{}, false
}

// key is the identity of the object, or of a range of it, in the cache.
func (o *object) key(rng hls.Range) cache.Key {
	return cache.KeyOf("object", o.s.req.Scope, o.name, rng.String())
}

// owner implements target.
func (o *object) owner() *session { return o.s }

// serve implements target.
func (o *object) serve(w http.ResponseWriter, r *http.Request) {
	if o.isHint(r.Header.Get("Range")) {
		o.pass(flushing{w}, r, "hint without end")
		return
	}
	rng, ok := o.window(r.Header.Get("Range"))
	switch {
	case !ok:
		o.pass(w, r, "no playlist names this range")
	case r.Method == http.MethodHead:
		o.head(w, r, rng)
	default:
		o.get(w, r, rng)
	}
}

func (o *object) get(w http.ResponseWriter, r *http.Request, rng hls.Range) {
	if t := o.refused(time.Now()); t != nil {
		refuse(w, t)
		return
	}
	o.asked()
	for {
		reader := o.open(r.Context(), rng)
		if reader == nil {
			refuse(w, errClosed)
			return
		}
		meta, err := reader.Wait(r.Context())
		if o.orphaned(err) {
			reader.Close()
			continue
		}
		o.answer(w, r, reader, meta, rng, err)
		return
	}
}

func (o *object) answer(w http.ResponseWriter, r *http.Request, b *cache.Reader, meta cache.Meta, rng hls.Range, err error) {
	defer b.Close()
	switch {
	case errors.Is(err, cache.ErrTooLarge):
		o.pass(w, r, "too large to keep")
	case err != nil:
		o.remember(err)
		refuse(w, err)
	default:
		o.respond(w, r, b, meta, rng)
	}
}

// orphaned says that a fetch ended because the session that began it did,
// which is no concern of this one.
func (o *object) orphaned(err error) bool { return errors.Is(err, errClosed) && o.s.ctx.Err() == nil }

// open gives a reader of the object and begins fetching it when needed; nil
// when the session has ended.
func (o *object) open(ctx context.Context, rng hls.Range) *cache.Reader {
	return o.openFor(ctx, rng, o.s.purpose)
}

// openFor is open with the purpose of what it may fetch.
func (o *object) openFor(ctx context.Context, rng hls.Range, purpose cache.Purpose) *cache.Reader {
	k := o.settle(ctx, rng)
	if o.outdated(ctx, k, rng) {
		if err := o.s.g.o.Store.Remove(k); err != nil {
			o.s.log.Warn("Outdated object not removed", "error", err)
		}
	}
	reader, fill := o.s.g.o.Store.AcquireFor(k, o.class, purpose)
	if fill == nil {
		if !o.s.low && purpose != cache.Ahead {
			o.s.g.want(k)
		}
		return reader
	}
	if o.class == cache.Secret {
		o.s.keep(k)
	}
	if !o.s.low && purpose != cache.Ahead {
		o.s.g.waits()
	}
	p := &pull{s: o.s, url: o.url, from: o.from, class: o.class, rng: rng, wait: o.patience(), key: k, fill: fill, ahead: purpose == cache.Ahead}
	if p.low() {
		o.s.g.begun(p)
	}
	if !o.s.start(p.run) {
		fill.Abort(errClosed)
		reader.Close()
		return nil
	}
	return reader
}

// patience is how long the first byte may take.
func (o *object) patience() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.hinted {
		return hintTimeout
	}
	return headerTimeout
}

// lasting says that the session may be older than what it fetched is good for:
// a link, but of what does not slide by.
func (o *object) lasting() bool {
	if o.from.list != nil {
		if _, live := o.from.list.live(); live {
			return false
		}
	}
	return o.s.quiet
}

// had says that something was stored in the time of the session. The clock may
// have been set since: what counts is how long ago both were.
func (s *session) had(stored, now time.Time) bool {
	began := now.Add(-now.Sub(s.began))
	return !stored.Before(began) && !stored.After(now)
}

// outdated asks the service about an object whose time is over. Within the
// session of a title a URL means one thing, and is not asked about again;
// links have no end, and ask.
func (o *object) outdated(ctx context.Context, k cache.Key, rng hls.Range) bool {
	reader := o.s.g.o.Store.Peek(k)
	if reader == nil {
		return false
	}
	defer reader.Close()
	if _, complete := reader.Have(); !complete {
		return false
	}
	meta, err := reader.Wait(ctx)
	if err != nil {
		return err != nil && ctx.Err() == nil
	}
	now := time.Now()
	if meta.Fresh(now) || o.s.had(meta.Stored, now) && !o.lasting() {
		return false
	}
	p := o.s.g.proofOf(k)
	if now.Before(p.until) {
		return false
	}
	if meta.ETag == "" && meta.LastModified == "" {
		return true
	}
	v, until := o.ask(ctx, meta, rng)
	if v == same {
		o.s.g.prove(k, proof{p.url, until})
	}
	return v == changed // an outage is no reason to throw it away
}

// respond sends a complete or filling object.
func (o *object) respond(w http.ResponseWriter, r *http.Request, b *cache.Reader, meta cache.Meta, win hls.Range) {
	h := w.Header()
	setHeaders(h, o, meta)
	h.Set("X-Usher", sourceName(b, meta))
	if unchanged(r, meta.ETag, meta.LastModified) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	header := r.Header.Get("Range")
	if !usesRange(r, meta) {
		header = ""
	}
	rng, total, ok := within(header, meta, win)
	if !ok {
		unsatisfiable(w, meta.Size)
		return
	}
	if have, complete := b.Have(); !complete && rng.present && rng.off > have+farAhead {
		o.pass(w, r, "far ahead of the fill")
		return
	}
	if meta.Size < 0 {
		w.WriteHeader(http.StatusOK) // chunked: the end is known when it comes
	} else {
		writeRangeHeader(w, rng, total, win.Offset)
	}
	o.send(w, r, b, rng, meta, win)
	if rng.n < 0 || rng.off+rng.n >= meta.Size {
		o.s.saw(o, win)
		o.s.sawLive(o)
	}
}

// within resolves a Range header against the object, or against the window of
// the file that the object is.
func within(header string, meta cache.Meta, win hls.Range) (rng byteRange, total int64, ok bool) {
	if win.Length == 0 {
		rng, ok = parseRange(header, meta.Size)
		return rng, meta.Size, ok
	}
	off, n, closed := absoluteRange(header)
	off -= win.Offset
	if !closed || off < 0 || off >= meta.Size {
		return byteRange{}, meta.Total, false
	}
	return byteRange{off: off, n: min(n, meta.Size-off), present: true}, meta.Total, true
}

// sourceName is for X-Usher. What is joined when all of it is there is a hit.
func sourceName(b *cache.Reader, m cache.Meta) string {
	have, complete := b.Have()
	switch {
	case b.From == cache.Hit, b.From == cache.Joined && (complete || have == m.Size):
		return "hit; kept"
	case b.From == cache.Joined:
		return "fill; joined"
	default:
		return "fill; first"
	}
}

func setHeaders(h http.Header, o *object, m cache.Meta) {
	h.Set("Content-Type", contentType(m.ContentType, o.path))
	h.Set("Accept-Ranges", "bytes")
	h.Set("Cache-Control", "no-cache")
	if m.ETag != "" {
		h.Set("ETag", m.ETag)
	}
	if m.LastModified != "" {
		h.Set("Last-Modified", m.LastModified)
	}
}

// head answers from what is known and begins no fill.
func (o *object) head(w http.ResponseWriter, r *http.Request, rng hls.Range) {
	b := o.s.g.o.Store.Peek(o.key(rng))
	if b == nil {
		o.pass(w, r, "not kept, HEAD")
		return
	}
	defer b.Close()
	meta, err := b.Wait(r.Context())
	if err != nil {
		refuse(w, err)
		return
	}
	setHeaders(w.Header(), o, meta)
	w.Header().Set("X-Usher", sourceName(b, meta))
	part, total, ok := within(r.Header.Get("Range"), meta, rng)
	switch {
	case !ok:
		unsatisfiable(w, meta.Size)
	case meta.Size < 0:
		w.WriteHeader(http.StatusOK)
	default:
		writeRangeHeader(w, part, total, rng.Offset)
	}
}

// keep remembers a decryption key's entry, to forget it with the session.
func (s *session) keep(k cache.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = append(s.keys, k)
}
