package serve

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"time"

	"usher/cache"
	"usher/cache/hls"
)

var errIdle = errors.New("no byte came for a while")

// request begins a request to the service with the session's own headers.
func (s *session) request(ctx context.Context, method, raw string) (*http.Request, error) {
	u, err := checkURL(raw)
	if err != nil {
		return nil, err
	}
	if err := allowed(u, s.private); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), nil)
	if err != nil {
		return nil, withoutURL(err)
	}
	r.Header.Set("User-Agent", s.g.o.UserAgent)
	return r, nil
}

// contextOf is the context of a request that is handed on, with the means to
// end it early.
func contextOf(r *http.Request) (context.Context, context.CancelCauseFunc) {
	return context.WithCancelCause(r.Context())
}

// failure is the trouble that a status means; nil for 200, 206 and 304.
func failure(resp *http.Response, where string) *Trouble {
	switch resp.StatusCode {
	case http.StatusOK, http.StatusPartialContent, http.StatusNotModified:
		return nil
	}
	return &Trouble{
		Code: HTTPStatus, Status: resp.StatusCode, Where: redact(where),
		retryAfter: retryAfter(resp.Header, time.Now()),
	}
}

// retryAfter reads seconds or a date (RFC 9110 section 10.2.3); 30 s at most. A
// date counts from the answer's own: the box may be in 1970.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	d := seconds(v)
	if t, err := http.ParseTime(v); err == nil {
		d = t.Sub(sentAt(h, now))
	}
	return min(max(d, 0), 30*time.Second)
}

// answer is a playlist as the service sent it.
type answer struct {
	body        []byte
	asked       string   // the URL that was asked for
	final       *url.URL // after redirects: the base of relative URIs
	etag        string
	modified    string
	notModified bool
	fresh       freshness
	until       time.Time // fresh so long; set when it was parsed
}

// again is a, asked for once more with the answer that nothing changed: the
// new answer's words on freshness count (RFC 9111 section 4.3.4).
func (a *answer) again(b *answer) *answer {
	c := *a
	c.fresh = b.fresh
	if b.etag != "" {
		c.etag = b.etag
	}
	if b.modified != "" {
		c.modified = b.modified
	}
	return &c
}

// fetchPlaylist reads a playlist; patience is for its first byte. The
// limit counts decoded bytes.
func (s *session) fetchPlaylist(ctx context.Context, raw string, old *answer, patience time.Duration) (*answer, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r, err := s.request(ctx, http.MethodGet, raw)
	if err != nil {
		return nil, asTrouble(raw, err)
	}
	r.Header.Set("Accept-Encoding", codings)
	setValidators(r, old)
	turn := s.turn()
	turn.measures = patience <= headerTimeout+dialTimeout // a blocking reload is silent for good reason
	resp, err := s.do(r, cancel, patience, turn)
	if err != nil {
		return nil, asTrouble(raw, orCause(ctx, err))
	}
	defer resp.Body.Close()
	if t := failure(resp, raw); t != nil {
		s.g.budget.strain(r.URL.Host, t)
		return nil, t
	}
	idle := time.AfterFunc(idleTimeout, func() { cancel(errIdle) })
	defer idle.Stop()
	a := &answer{
		asked: raw, final: resp.Request.URL, etag: resp.Header.Get("ETag"), modified: resp.Header.Get("Last-Modified"),
		notModified: resp.StatusCode == http.StatusNotModified, fresh: readFreshness(resp.Header, time.Now()),
	}
	if a.notModified { // whatever the header says, there is no body
		return a, nil
	}
	body, _, err := decoded(resp, watched{resp.Body, idle, turn.flow})
	if err == nil {
		a.body, err = readPlaylist(body, s.g.o.Limits.Bytes)
	}
	if err != nil {
		return nil, asTrouble(raw, orCause(ctx, err))
	}
	s.g.o.Store.Count(cache.Playlist, len(a.body))
	return a, nil
}

func setValidators(r *http.Request, old *answer) {
	if old == nil {
		return
	}
	if old.etag != "" {
		r.Header.Set("If-None-Match", old.etag)
	}
	if old.modified != "" {
		r.Header.Set("If-Modified-Since", old.modified)
	}
}

// readPlaylist stops early when the first bytes are not a playlist's: the
// address may lead to a film of gigabytes.
func readPlaylist(body io.Reader, limit int) ([]byte, error) {
	if limit <= 0 {
		limit = hls.DefaultMaxBytes
	}
	b := bufio.NewReader(io.LimitReader(body, int64(limit)+1))
	head, err := b.Peek(len("\xef\xbb\xbf#EXTM3U"))
	if err == nil && !strings.Contains(string(head), "#EXTM3") {
		return nil, hls.ErrNotPlaylist
	}
	data, err := io.ReadAll(b)
	if err != nil {
		return nil, err
	}
	if len(data) > limit {
		return nil, fmt.Errorf("more than %d bytes: %w", limit, hls.ErrLimit)
	}
	return data, nil
}

// watched puts an alarm off with every byte that comes, and measures the link.
type watched struct {
	io.Reader
	alarm *time.Timer
	flow  *flow // nil: it says nothing about the link
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if n > 0 {
		w.alarm.Reset(idleTimeout)
		w.flow.bytes(n)
	}
	return n, err
}

// orCause prefers the cause of an ended context to the error it led to.
func orCause(ctx context.Context, err error) error {
	if c := context.Cause(ctx); c != nil {
		return c
	}
	return err
}

// backoff waits longer from try to try, with jitter, so that boxes do not come
// back all at once.
type backoff struct {
	first time.Duration
	tries int
}

func (b *backoff) next() time.Duration {
	d := min(b.first<<min(b.tries, 10), 20*b.first)
	b.tries++
	return d*3/4 + rand.N(d/2)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
