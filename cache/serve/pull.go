package serve

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"usher/cache"
	"usher/cache/hls"
)

// maxSkip is how much of a file is read and thrown away when a service does
// not know ranges.
const maxSkip = 64 << 20

const copyBuffer = 32 << 10

// pull fetches one object, or one range of a file, into a fill. It goes on
// after interruptions until the object is complete, the service says no, or
// it was away for longer than Options.Hold.
type pull struct {
	s     *session
	url   string
	from  source
	class cache.Class
	rng   hls.Range     // Length 0: the whole
	wait  time.Duration // for the first byte
	key   cache.Key
	fill  *cache.Fill

	described bool
	meta      cache.Meta
	coded     bool // the body is decoded: ranges of it cannot be asked for
	renewed   bool // the URL had expired and another was found

	ahead  bool        // begun to be there in time
	wanted atomic.Bool // by a player, although it was begun to be there in time
	loses  atomic.Bool // what came, when it is interrupted
}

// low says that nobody waits for it.
func (p *pull) low() bool { return p.rank() > rankDemand }

func (p *pull) rank() rank {
	switch {
	case p.wanted.Load():
		return rankDemand
	case p.s.low:
		return rankGuess
	case p.ahead:
		return rankAhead
	}
	return rankDemand
}

// keeps says that the next request goes on where this one is interrupted.
func (p *pull) keeps() bool { return p.rng.Length > 0 || !p.loses.Load() }

func (p *pull) run() {
	defer p.s.g.ended(p)
	p.s.pulls.Add(1)
	defer p.s.pulls.Add(-1)
	ctx, cancel := context.WithCancelCause(p.s.ctx)
	defer cancel(nil)
	p.fill.OnAbandon(func() { cancel(cache.ErrAbandoned) })
	if err := p.persist(ctx); err != nil {
		p.fill.Abort(err)
		return
	}
	// Commit fails only when the length is wrong, which persist excludes, and
	// readers learn of it from the fill.
	if err := p.fill.Commit(); err != nil {
		p.s.log.Warn("Object not kept", "url", redact(p.url), "error", err)
	}
}

func (p *pull) persist(ctx context.Context) error {
	wait, progress := backoff{first: p.s.g.o.Retry}, time.Now()
	p.url = p.s.current(ctx, p.from, p.url)
	for {
		before := p.fill.Have()
		err := p.once(ctx)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, cache.ErrTooLarge), errors.Is(err, cache.ErrLong):
			return err
		}
		if p.fill.Have() > before {
			wait.tries, progress = 0, time.Now()
		}
		if errors.Is(err, errYield) {
			continue
		}
		t := asTrouble(p.url, err)
		if t.expired() && p.renew(ctx) {
			continue
		}
		if !t.Passing() || time.Since(progress) > p.s.g.o.Hold || wait.tries+1 >= openTries && !p.s.isOpened() {
			if !p.low() { // else the player will see for itself
				p.s.tell(t)
			}
			return t
		}
		if wait.tries > 0 { // one hiccup is nobody's business
			p.detour(ctx)
			p.s.tell(t)
		}
		if err := sleep(ctx, max(wait.next(), t.retryAfter)); err != nil {
			return err
		}
	}
}

// renew looks for the successor of an expired URL, once.
func (p *pull) renew(ctx context.Context) bool {
	if p.renewed {
		return false
	}
	p.renewed = true
	raw, ok := p.from.renew(ctx, p.url)
	if ok {
		p.url = raw
	}
	return ok
}

// once makes one request for what is missing.
func (p *pull) once(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	have := p.fill.Have()
	r, err := p.s.request(ctx, http.MethodGet, p.url)
	if err != nil {
		return err
	}
	r.Header.Set("Accept-Encoding", "identity") // media is compressed already; lengths and ranges stay true
	if p.class == cache.Subtitle && p.rng.Length == 0 {
		r.Header.Set("Accept-Encoding", codings)
	}
	p.askRange(r, have)
	steady := p.wait != hintTimeout // what is in the making comes when it comes
	turn := &turn{rank: p.rank, media: steady, measures: steady && !p.s.meter.paced(), keeps: p.keeps, yield: func() { cancel(errYield) }}
	resp, err := p.s.do(r, cancel, p.wait, turn)
	if err != nil {
		return orCause(ctx, err)
	}
	defer resp.Body.Close()
	if t := failure(resp, p.url); t != nil {
		p.s.g.budget.strain(r.URL.Host, t)
		return t
	}
	idle := time.AfterFunc(idleTimeout, func() { cancel(errIdle) })
	defer idle.Stop()
	if err := p.receive(resp, have, watched{resp.Body, idle, turn.flow}); err != nil {
		return orCause(ctx, err)
	}
	return nil
}

// askRange asks for a window of a file, or for the rest of an object when a
// strong validator can show that it is the same (RFC 9110 section 13.1.5).
func (p *pull) askRange(r *http.Request, have int64) {
	if p.rng.Length > 0 {
		setRange(r, p.rng, have)
		return
	}
	if have > 0 && !p.coded && strings.HasPrefix(p.meta.ETag, `"`) {
		setRange(r, hls.Range{}, have)
		r.Header.Set("If-Range", p.meta.ETag)
	}
}

// setRange asks for rng from have on; of the whole object when rng is empty.
func setRange(r *http.Request, rng hls.Range, have int64) {
	switch {
	case rng.Length > 0:
		r.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", rng.Offset+have, rng.Offset+rng.Length-1))
	case have > 0:
		r.Header.Set("Range", "bytes="+strconv.FormatInt(have, 10)+"-")
	}
}

// receive checks that the answer continues what is there, and copies it.
func (p *pull) receive(resp *http.Response, have int64, from watched) error {
	body, coded, err := decoded(resp, from)
	if err != nil {
		return err
	}
	b := bufio.NewReaderSize(body, copyBuffer)
	if isPage(resp, b) {
		return &Trouble{Code: NotMedia, Where: redact(p.url), Err: errPortal}
	}
	meta, skip, err := p.place(resp, have, coded)
	if err != nil {
		return err
	}
	if !p.described {
		p.meta, p.coded = meta, coded
		if err := p.fill.Describe(meta); err != nil {
			return err
		}
		p.described = true
		p.loses.Store(coded || !strings.HasPrefix(meta.ETag, `"`))
	}
	if err := p.skip(b, skip, have); err != nil {
		return err
	}
	return p.copy(b)
}

// place finds where the body of an answer belongs: skip bytes of it come
// before what is missing, of which the last `have` are there already.
func (p *pull) place(resp *http.Response, have int64, coded bool) (m cache.Meta, skip int64, err error) {
	m = p.metaOf(resp, coded)
	if p.described && !sameObject(p.meta, m) {
		return m, 0, &Trouble{Code: Changed, Where: redact(p.url)}
	}
	if resp.StatusCode == http.StatusOK {
		return p.placeWhole(m, have)
	}
	off, n, total, ok := contentRange(resp.Header.Get("Content-Range"))
	if !ok || off != p.rng.Offset+have {
		return m, 0, fmt.Errorf("content range %q does not fit", resp.Header.Get("Content-Range"))
	}
	m.Total = total
	m.Size = have + n
	if p.rng.Length == 0 {
		m.Size, m.Total = max(total, have+n), 0
	}
	if p.described && p.meta.Size >= 0 && m.Size != p.meta.Size {
		return m, 0, &Trouble{Code: Changed, Where: redact(p.url)}
	}
	return m, 0, nil
}

// placeWhole is for an answer that begins at the beginning of the file.
func (p *pull) placeWhole(m cache.Meta, have int64) (cache.Meta, int64, error) {
	if p.rng.Length == 0 {
		return m, have, nil
	}
	if p.rng.Offset > maxSkip {
		return m, 0, &Trouble{Code: TooLarge, Where: redact(p.url), Err: errors.New("the service does not know ranges")}
	}
	m.Total = max(m.Size, 0)
	if m.Size >= 0 {
		m.Size = min(p.rng.Length, max(m.Size-p.rng.Offset, 0))
	} else {
		m.Size = p.rng.Length
	}
	return m, p.rng.Offset + have, nil
}

func (p *pull) metaOf(resp *http.Response, coded bool) cache.Meta {
	now := time.Now()
	m := cache.Meta{
		Size: resp.ContentLength, ContentType: short(resp.Header, "Content-Type"), ETag: short(resp.Header, "ETag"),
		LastModified: short(resp.Header, "Last-Modified"), Stored: now,
	}
	if coded {
		m.Size, m.ETag = -1, "" // it names the coded bytes
	}
	f := readFreshness(resp.Header, now)
	if !f.said && p.from.list != nil {
		if _, live := p.from.list.live(); live { // names are used again: the next session asks
			f.until = now
		}
	}
	m.Expires, m.Volatile = f.until, f.noStore
	return m
}

// maxMeta is how long what is kept of a header may be, in bytes.
const maxMeta = 512

// short is a field of a header; "" when it is absurdly long.
func short(h http.Header, name string) string {
	if v := h.Get(name); len(v) <= maxMeta {
		return v
	}
	return ""
}

// sameObject compares the validators of two answers; missing ones prove
// nothing either way.
func sameObject(a, b cache.Meta) bool {
	if a.ETag != "" && b.ETag != "" {
		return a.ETag == b.ETag
	}
	return a.LastModified == b.LastModified || a.LastModified == "" || b.LastModified == ""
}

// skip reads over what comes before the missing part. The bytes that are there
// already must be the same.
func (p *pull) skip(b *bufio.Reader, skip, have int64) error {
	buf := make([]byte, min(skip, copyBuffer))
	compareFrom := skip - have
	for at := int64(0); at < skip; {
		if at < compareFrom {
			buf = buf[:min(compareFrom-at, copyBuffer, int64(cap(buf)))]
		} else {
			buf = buf[:min(skip-at, copyBuffer, int64(cap(buf)))]
		}
		n, err := io.ReadFull(b, buf)
		if err != nil {
			return fmt.Errorf("read what is there already: %w", err)
		}
		if at >= compareFrom && !p.fill.Equal(buf[:n], at-compareFrom) {
			return &Trouble{Code: Changed, Where: redact(p.url)}
		}
		at += int64(n)
	}
	return nil
}

// copy writes the body to the fill, up to the size that was announced. Coming
// to an early end is an error: the rest is asked for again.
func (p *pull) copy(b *bufio.Reader) error {
	buf := make([]byte, copyBuffer)
	for {
		if p.complete() {
			return nil
		}
		n, err := b.Read(p.limit(buf))
		if n > 0 {
			if _, err := p.fill.Write(buf[:n]); err != nil {
				return err
			}
			p.s.tell(nil)
		}
		switch {
		case err == io.EOF && (p.meta.Size < 0 || p.complete()):
			return nil
		case err == io.EOF:
			return fmt.Errorf("%d of %d bytes: %w", p.fill.Have(), p.meta.Size, io.ErrUnexpectedEOF)
		case err != nil:
			return err
		}
	}
}

func (p *pull) complete() bool { return p.meta.Size >= 0 && p.fill.Have() >= p.meta.Size }

func (p *pull) limit(buf []byte) []byte {
	if p.meta.Size < 0 {
		return buf
	}
	return buf[:min(int64(len(buf)), p.meta.Size-p.fill.Have())]
}
