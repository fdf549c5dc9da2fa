package serve

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"usher/cache"
	"usher/cache/hls"
)

// overlap is how many bytes are compared before what comes from elsewhere is
// put behind what a player has, where no validator says that it is the same.
const overlap = 64 << 10

// send copies the body. When it breaks off the connection is aborted, so that
// the player does not take a part for the whole.
func (o *object) send(w http.ResponseWriter, r *http.Request, b *cache.Reader, rng byteRange, meta cache.Meta, win hls.Range) {
	if err := o.copy(w, r, b, rng, meta, win); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// copy sends a part of the object. It goes on with another fetch when the one
// it reads from ends with its session or the place on disk goes bad, and past
// the cache when there is no memory for the object.
func (o *object) copy(w io.Writer, r *http.Request, b *cache.Reader, rng byteRange, meta cache.Meta, win hls.Range) error {
	n, err := b.CopyRange(r.Context(), w, rng.off, rng.n)
	if o.orphaned(err) || errors.Is(err, cache.ErrCorrupt) {
		var m int64
		m, err = o.sendRest(w, r, b, rng.after(n), meta, win)
		n += m
	}
	if errors.Is(err, cache.ErrTooLarge) && r.Context().Err() == nil {
		err = o.passRest(w, r, b, rng.after(n), meta, win)
	}
	return err
}

// after is what is left of a range when n bytes of it are done.
func (r byteRange) after(n int64) byteRange {
	r.off += n
	if r.n >= 0 {
		r.n -= n
	}
	return r
}

// sendRest goes on with a fetch of its own, and says how many bytes that were.
func (o *object) sendRest(w io.Writer, r *http.Request, was *cache.Reader, rest byteRange, meta cache.Meta, win hls.Range) (int64, error) {
	b := o.open(r.Context(), win)
	if b == nil {
		return 0, errClosed
	}
	defer b.Close()
	now, err := b.Wait(r.Context())
	if err != nil {
		return 0, err
	}
	if now.Size != meta.Size || !continues(meta, now) && !continued(r.Context(), was, b, rest.off) {
		return 0, &Trouble{Code: Changed, Where: redact(o.url)}
	}
	return b.CopyRange(r.Context(), w, rest.off, rest.n)
}

// continues says that a strong validator shows two answers to be of one object
// (RFC 9110 section 8.8.1).
func continues(a, b cache.Meta) bool { return strings.HasPrefix(a.ETag, `"`) && a.ETag == b.ETag }

// continued says that what comes before at is the same in two readers.
func continued(ctx context.Context, a, b *cache.Reader, at int64) bool {
	from := max(at-overlap, 0)
	var x, y bytes.Buffer
	if _, err := a.Blob.CopyRange(ctx, &x, from, at-from); err != nil {
		return false
	}
	if _, err := b.Blob.CopyRange(ctx, &y, from, at-from); err != nil {
		return false
	}
	return bytes.Equal(x.Bytes(), y.Bytes())
}

// passRest goes on past the cache with a body that turned out to be too large
// to keep: behind a strong validator, or behind some bytes that the player has
// already and that have to be the same.
func (o *object) passRest(w io.Writer, r *http.Request, b *cache.Reader, rest byteRange, meta cache.Meta, win hls.Range) error {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	up, err := o.s.request(ctx, http.MethodGet, o.s.current(ctx, o.from, o.url))
	if err != nil {
		return err
	}
	again := int64(0) // bytes that the player has
	if strings.HasPrefix(meta.ETag, `"`) {
		up.Header.Set("If-Range", meta.ETag)
	} else {
		again = min(rest.off, overlap)
	}
	from := win.Offset + rest.off - again
	if rest.n < 0 {
		setRange(up, hls.Range{}, from)
	} else {
		setRange(up, hls.Range{Offset: from, Length: rest.n + again}, 0)
	}
	resp, err := o.s.do(up, cancel, headerTimeout, o.s.turn())
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	off, _, _, ok := contentRange(resp.Header.Get("Content-Range"))
	if resp.StatusCode != http.StatusPartialContent || !ok || off != from || !seenAgain(resp.Body, b, rest.off-again, again) {
		return &Trouble{Code: Changed, Where: redact(o.url)}
	}
	n, err := io.Copy(w, resp.Body)
	if err == nil && rest.n >= 0 && n != rest.n {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// seenAgain reads n bytes of a body and compares them with those at off.
func seenAgain(body io.Reader, b *cache.Reader, off, n int64) bool {
	p := make([]byte, n)
	_, err := io.ReadFull(body, p)
	return err == nil && b.Equal(p, off)
}
