package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"sync"
	"time"

	"usher/cache/hls"
)

const (
	staleFresh   = 2 * time.Second  // before the service is asked again in an outage
	liveNotFound = 10 * time.Second // a live playlist may be missing for so long
	openTries    = 3
)

// doc is one playlist of a session: how it was last, and who reads it now.
type doc struct {
	s     *session
	from  source
	path  string // on the loopback
	role  role
	vars  map[string]string // of the multivariant playlist
	twins *twins            // nil: there is no other place for it

	mu      sync.Mutex
	url     string // as its parent named it; redirects are followed each time
	renewed time.Time
	moved   time.Time // to a twin
	epoch   int       // how often a live stream began again
	cut     cut
	cur     *version
	flights map[string]*flight   // by delivery directives
	failed  map[string]refusal   // by delivery directives
	issued  map[string]time.Time // live: when an object was last named
	clock   liveClock
	began   bool // live: the player read a segment
}

// cut is what a playlist is reduced to.
type cut struct {
	pin  *hls.Selection // multivariant: only this
	from time.Duration  // media: from the segment that contains this
	// live: by media sequence number; last 0 is all that follow
	first, last uint64
}

// version is one state of a playlist.
type version struct {
	from  *answer
	raw   *hls.Playlist // as it came
	list  *hls.Playlist // pinned or trimmed
	text  []byte        // what the player gets
	etag  string
	until time.Time // fresh so long
	at    time.Time // when it was asked for
}

// revalidating says that a film's playlist may be used while it is asked for
// again (RFC 5861 section 3).
func (v *version) revalidating(now time.Time) bool {
	return !v.raw.Live() && now.Before(v.until.Add(v.from.fresh.revalidating))
}

// flight is one fetch that any number of readers wait for.
type flight struct {
	done    chan struct{}
	cancel  context.CancelCauseFunc
	began   time.Time
	waiters int
	v       *version
	how     string
	err     error

	directives string
}

// get gives the playlist, fresh. directives are those of a blocking reload
// (see directives), or "".
func (d *doc) get(ctx context.Context, directives string) (*version, string, error) {
	d.mu.Lock()
	if v := d.cur; directives != "" && v != nil && !v.raw.BlockReload {
		directives = "" // nobody offered it
	}
	v, how, err := d.known(directives, time.Now())
	if v != nil || err != nil {
		d.mu.Unlock()
		return v, how, err
	}
	f, err := d.join(directives)
	d.mu.Unlock()
	if err != nil {
		return nil, "", err
	}
	select {
	case <-f.done:
		return f.v, f.how, f.err
	case <-ctx.Done():
		d.leave(f)
		return nil, "", context.Cause(ctx)
	}
}

// known is what can be answered without asking. The caller holds mu.
func (d *doc) known(directives string, now time.Time) (*version, string, error) {
	if r, ok := d.failed[directives]; ok && now.Before(r.until) {
		return nil, "", r.t
	}
	v := d.cur
	switch {
	case v == nil:
		return nil, "", nil
	case directives != "":
		if v.has(directives, now) {
			return v, "hit; it is there", nil
		}
	case now.Before(v.until):
		return v, "hit; fresh", nil
	case v.revalidating(now):
		_, err := d.join("") // it goes on without us
		return v, "stale; revalidating", err
	}
	return nil, "", nil
}

// join finds or begins the flight. The caller holds mu.
func (d *doc) join(directives string) (*flight, error) {
	if f := d.flights[directives]; f != nil {
		f.waiters++
		return f, nil
	}
	ctx, cancel := context.WithCancelCause(d.s.ctx)
	f := &flight{done: make(chan struct{}), cancel: cancel, began: time.Now(), waiters: 1, directives: directives}
	if !d.s.start(func() { d.fly(ctx, f, directives) }) {
		cancel(nil)
		return nil, errClosed
	}
	d.flights[directives] = f
	return f, nil
}

func (d *doc) leave(f *flight) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f.waiters--; f.waiters > 0 {
		return
	}
	f.cancel(context.Canceled)
	if d.flights[f.directives] == f { // who comes now begins anew
		delete(d.flights, f.directives)
	}
}

// fly fetches until it has the playlist or it makes no sense to go on.
func (d *doc) fly(ctx context.Context, f *flight, directives string) {
	defer f.cancel(nil)
	f.v, f.how, f.err = d.persist(ctx, directives)
	d.mu.Lock()
	if d.flights[directives] == f {
		delete(d.flights, directives)
	}
	switch {
	case f.err != nil:
		d.remember(directives, f.err)
	case directives == "" || d.cur == nil || f.v.raw.Newer(d.cur.raw):
		d.cur = f.v
	}
	d.mu.Unlock()
	if f.err == nil {
		d.sighted(f.v.raw, f.v.at)
	}
	close(f.done)
}

func (d *doc) persist(ctx context.Context, directives string) (*version, string, error) {
	began, wait := time.Now(), backoff{first: d.s.g.o.Retry}
	for {
		v, how, err := d.load(ctx, directives)
		if err == nil {
			d.s.tell(nil)
			return v, how, nil
		}
		if ctx.Err() != nil {
			return nil, "", context.Cause(ctx)
		}
		t := asTrouble(d.address(), err)
		if v := d.stale(directives); v != nil {
			d.s.tell(t)
			return v, "stale; " + t.short(), nil
		}
		if !d.again(t, time.Since(began), wait.tries) {
			d.giveUp(t)
			return nil, "", t
		}
		if wait.tries > 0 {
			d.failover(time.Now())
			d.giveUp(t)
		}
		if err := sleep(ctx, max(wait.next(), t.retryAfter)); err != nil {
			return nil, "", err
		}
	}
}

// giveUp tells of trouble once the player has begun; before that, Open's
// error says it.
func (d *doc) giveUp(t *Trouble) {
	if d.s.isOpened() {
		d.s.tell(t)
	}
}

// stale is the last playlist of a film, which cannot have changed. A live one
// is never answered from the past: FFmpeg ends after three reloads without
// news, so its request is held instead.
func (d *doc) stale(directives string) *version {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cur == nil || d.cur.raw.Live() || directives != "" || d.cur.from.fresh.mustRevalidate {
		return nil
	}
	v := *d.cur
	v.until = time.Now().Add(staleFresh)
	return &v
}

// again says whether to try once more.
func (d *doc) again(t *Trouble, spent time.Duration, tries int) bool {
	if !d.s.isOpened() {
		return t.Passing() && tries+1 < openTries
	}
	d.mu.Lock()
	known := d.cur != nil
	d.mu.Unlock()
	switch {
	case t.Passing():
		return spent < d.s.g.o.Hold
	case t.Code == NotPlaylist: // a captive portal, when it was a playlist before
		return known && spent < d.s.g.o.Hold
	case t.Status == http.StatusNotFound:
		return known && spent < liveNotFound
	}
	return false
}

// load fetches once.
func (d *doc) load(ctx context.Context, directives string) (v *version, how string, err error) {
	d.mu.Lock()
	cur, cut := d.cur, d.cut
	d.mu.Unlock()
	var old *answer
	if cur != nil && directives == "" && cur.from.asked == d.address() { // a twin's validators say nothing
		old = cur.from
	}
	a, err := d.fetch(ctx, directives, old)
	if err != nil {
		return nil, "", err
	}
	if cur != nil && (a.notModified || bytes.Equal(a.body, cur.from.body) && *a.final == *cur.from.final) {
		v := *cur
		v.from = cur.from.again(a)
		v.at = time.Now()
		v.until = listUntil(v.raw, a.fresh, v.at)
		v.from.until = v.until
		return &v, "hit; unchanged", nil
	}
	limits := d.s.g.o.Limits
	limits.Import = d.vars
	p, err := hls.Parse(a.body, a.final, limits)
	if err != nil {
		return nil, "", asTrouble(d.address(), err)
	}
	if cur != nil && p.Live() && p.MediaSequence < cur.raw.MediaSequence && directives == "" {
		d.restart()
	}
	v, err = d.render(&version{from: a, raw: p}, cut)
	return v, "fill; fetched", err
}

// fetch asks the service, or takes what another session read a moment ago.
func (d *doc) fetch(ctx context.Context, directives string, old *answer) (*answer, error) {
	if seed := d.s.seeds[d.address()]; seed != nil && old == nil && directives == "" && !seed.fresh.noStore {
		if time.Now().Before(seed.until) {
			return seed, nil
		}
		return d.refresh(ctx, seed)
	}
	if d.s.clock.over(d.address(), time.Now()) {
		d.moveOn(ctx)
	}
	patience := d.patience(directives)
	a, err := d.s.fetchPlaylist(ctx, withQuery(d.address(), directives), old, patience)
	var t *Trouble
	if errors.As(err, &t) && t.expired() && d.moveOn(ctx) {
		a, err = d.s.fetchPlaylist(ctx, withQuery(d.address(), directives), old, patience)
	}
	return a, err
}

// refresh asks whether what another session read is still so.
func (d *doc) refresh(ctx context.Context, seed *answer) (*answer, error) {
	a, err := d.s.fetchPlaylist(ctx, d.address(), seed, d.patience(""))
	if err != nil || !a.notModified {
		return a, err
	}
	same := seed.again(a)
	same.asked, same.until = d.address(), time.Time{} // counted from now
	return same, nil
}

// render pins or trims and rewrites.
func (d *doc) render(v *version, c cut) (*version, error) {
	var err error
	v.list = v.raw
	switch {
	case v.raw.Kind == hls.Multivariant && c.pin != nil:
		v.list, err = v.raw.Pin(*c.pin)
	case v.raw.Kind == hls.Media && c.first > 0:
		v.list, err = v.raw.Window(c.first, c.last)
	case v.raw.Kind == hls.Media && c.from > 0:
		v.list, _, err = v.raw.Trim(c.from)
	}
	if err != nil {
		return nil, asTrouble(d.address(), err)
	}
	now := time.Now()
	v.at = now
	if v.text, err = d.rewrite(v.list, now); err != nil {
		return nil, err
	}
	v.etag = fmt.Sprintf(`"%08x-%x"`, crc32.ChecksumIEEE(v.text), len(v.text))
	if v.until = v.from.until; v.until.IsZero() {
		v.until = listUntil(v.raw, v.from.fresh, now)
		v.from.until = v.until
	}
	d.prune(v.raw, now)
	return v, nil
}

// rewrite gives every address in a list its place on the loopback.
func (d *doc) rewrite(list *hls.Playlist, now time.Time) ([]byte, error) {
	n, named := list.RefCount(), 0
	if n > maxTargets || d.s.full() {
		return nil, &Trouble{Code: TooLarge, Where: redact(d.address()), Err: fmt.Errorf("%d addresses", n)}
	}
	text := list.Rewrite(func(r hls.Ref) string {
		raw, err := r.URL()
		if named += len(raw); err != nil || !hasHTTP(raw) || named > maxNamed {
			return ""
		}
		return d.place(list, r, raw, now)
	})
	if named > maxNamed {
		return nil, &Trouble{Code: TooLarge, Where: redact(d.address()), Err: fmt.Errorf("addresses of more than %d bytes", maxNamed)}
	}
	return text, nil
}

// reduce applies a cut to what is there and what will come.
func (d *doc) reduce(c cut) error {
	d.mu.Lock()
	d.cut = c
	cur := d.cur
	d.mu.Unlock()
	if cur == nil {
		return nil
	}
	v, err := d.render(&version{from: cur.from, raw: cur.raw}, c)
	if err != nil {
		return err
	}
	d.mu.Lock()
	d.cur = v
	d.mu.Unlock()
	return nil
}

// owner implements target.
func (d *doc) owner() *session { return d.s }

// serve implements target.
func (d *doc) serve(w http.ResponseWriter, r *http.Request) {
	v, how, err := d.get(r.Context(), directives(r.URL))
	if err != nil {
		refuse(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/vnd.apple.mpegurl")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Usher", how)
	h.Set("ETag", v.etag)
	serveBytes(w, r, v.text, v.etag)
}
