package serve

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"usher/cache"
	"usher/cache/fmp4"
)

// piece is a segment of one rendition that stands where the player has another
// one's address: of a film's slot, or of a channel's.
type piece struct {
	need
	rung     int
	from, to fmp4.Init // the rendition's init section, and the one the player has
	fmp4     bool      // it is made to fit
	own      bool      // it is of the rendition whose init section the player has
}

// serve answers with the piece. had is called when the player has all of it.
func (pc piece) serve(w http.ResponseWriter, r *http.Request, had func()) {
	o := pc.o
	if r.Method == http.MethodHead {
		o.head(w, r, pc.rng)
		return
	}
	if t := o.refused(time.Now()); t != nil {
		refuse(w, t)
		return
	}
	for again := range 3 {
		b := o.open(r.Context(), pc.rng)
		if b == nil {
			refuse(w, errClosed)
			return
		}
		meta, err := b.Wait(r.Context())
		var h head
		if err == nil {
			h, err = pc.head(r.Context(), b, meta.Size)
		}
		if again < 2 && (o.orphaned(err) || errors.Is(err, cache.ErrCorrupt)) {
			b.Close()
			continue
		}
		pc.answer(w, r, b, meta, h, err, had)
		return
	}
}

func (pc piece) answer(w http.ResponseWriter, r *http.Request, b *cache.Reader, meta cache.Meta, h head, err error, had func()) {
	defer b.Close()
	switch {
	case errors.Is(err, cache.ErrTooLarge) && pc.rng.Length == 0:
		pc.o.pass(w, r, "too large to keep")
	case err != nil:
		pc.o.remember(err)
		refuse(w, err)
	default:
		pc.send(w, r, b, meta, h, had)
	}
}

// send answers with the segment, its head changed where that is needed.
func (pc piece) send(w http.ResponseWriter, r *http.Request, b *cache.Reader, meta cache.Meta, h head, had func()) {
	shown, size := meta, meta.Size
	if len(h.text) > 0 {
		shown.ETag = "" // it names other bytes
	}
	if size >= 0 {
		size += int64(len(h.text)) - h.used
	}
	setHeaders(w.Header(), pc.o, shown)
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
	if err := pc.copy(w, r, b, meta, h, rng); err != nil {
		panic(http.ErrAbortHandler)
	}
	if rng.n < 0 || rng.off+rng.n >= size {
		had()
	}
}

// copy writes the part of the head that is asked for, then the rest.
func (pc piece) copy(w http.ResponseWriter, r *http.Request, b *cache.Reader, meta cache.Meta, h head, rng byteRange) error {
	left := rng.n
	if rng.off < int64(len(h.text)) {
		part := h.text[rng.off:]
		if left >= 0 {
			part = part[:min(left, int64(len(part)))]
			left -= int64(len(part))
		}
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	if left == 0 {
		return nil
	}
	rest := byteRange{off: h.used + max(rng.off-int64(len(h.text)), 0), n: left}
	return pc.o.copy(w, r, b, rest, meta, pc.rng)
}

// head is what stands for the first used bytes of a segment; nothing for 0.
type head struct {
	text []byte
	used int64
}

// maxHead is how much of a segment is read to find its first sample.
const maxHead = 1 << 20

// head makes the head of the segment; none for what stays as it is. The
// rendition of the init section itself gets its parameter sets too, because the
// decoder may have those of another one; where they cannot be put in, no other
// rendition's could, and it stays as it is.
func (pc piece) head(ctx context.Context, b *cache.Reader, size int64) (head, error) {
	if !pc.fmp4 || pc.to.Plain(pc.from) {
		return head{}, nil
	}
	for n := int64(4 << 10); ; n *= 4 {
		if size >= 0 {
			n = min(n, size)
		}
		var buf bytes.Buffer
		if _, err := b.Blob.CopyRange(ctx, &buf, 0, n); err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			return head{}, err
		}
		out, used, err := fmp4.Splice(buf.Bytes(), pc.from, pc.to)
		if !errors.Is(err, fmp4.ErrShort) || int64(buf.Len()) < n || n == size || n >= maxHead {
			switch {
			case err != nil && pc.own:
				return head{}, nil
			case err != nil:
				return head{}, &Trouble{Code: NotMedia, Where: redact(pc.o.url), Err: err}
			}
			return head{out, int64(used)}, nil
		}
	}
}
