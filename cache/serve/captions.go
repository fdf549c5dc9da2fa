package serve

import (
	"context"
	"fmt"
	"hash/crc32"
	"net/http"
	"sync"
	"time"

	"usher/cache"
	"usher/cache/hls"
)

// The limits of a joined subtitle file.
const (
	captionsAhead = 4       // segments being fetched at a time
	maxCaptions   = 8 << 20 // bytes
)

// captions is a subtitle rendition as one WebVTT file, joined when it is asked
// for. FFmpeg 5.1 drops WebVTT inside HLS; as a file beside the film every
// player takes it.
type captions struct {
	s    *session
	list *doc
	base time.Duration // the player's position 0

	mu   sync.Mutex
	text []byte
	etag string
}

// owner implements target.
func (c *captions) owner() *session { return c.s }

// serve implements target.
func (c *captions) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/vtt; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Usher", "hit; joined captions")
	text, etag := c.joined()
	if text == nil {
		var err error
		if text, etag, err = c.join(r.Context()); err != nil {
			refuse(w, err)
			return
		}
		h.Set("X-Usher", "fill; joined captions")
	}
	h.Set("ETag", etag)
	serveBytes(w, r, text, etag)
}

func (c *captions) joined() ([]byte, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text, c.etag
}

// join reads all segments in order, a few of them at a time. One that cannot
// be had is left out, and then the result is not kept.
func (c *captions) join(ctx context.Context) ([]byte, string, error) {
	v, _, err := c.list.get(ctx, "")
	if err != nil {
		return nil, "", err
	}
	j := newJoiner(c.base)
	whole := true
	readers := c.readers(ctx, v.list)
	for r := range readers {
		data, err := r.Bytes(ctx)
		if ctx.Err() != nil {
			return nil, "", context.Cause(ctx)
		}
		if err != nil {
			whole = false
			c.s.log.Warn("Subtitle segment left out", "list", redact(c.list.address()), "error", err)
			continue
		}
		if j.add(data); j.size > maxCaptions {
			return nil, "", &Trouble{Code: TooLarge, Where: redact(c.list.address())}
		}
	}
	text := j.text()
	etag := fmt.Sprintf(`"%08x-%x"`, crc32.ChecksumIEEE(text), len(text))
	if whole {
		c.mu.Lock()
		c.text, c.etag = text, etag
		c.mu.Unlock()
	}
	return text, etag, nil
}

// readers opens the segments in order, captionsAhead before the one in use.
// What was opened and not yielded is closed.
func (c *captions) readers(ctx context.Context, p *hls.Playlist) func(func(*cache.Reader) bool) {
	return func(yield func(*cache.Reader) bool) {
		var ahead []*cache.Reader
		defer func() {
			for _, r := range ahead {
				r.Close()
			}
		}()
		for i := 0; i < len(p.Segments) || len(ahead) > 0; {
			for ; i < len(p.Segments) && len(ahead) < captionsAhead; i++ {
				if r := c.openSegment(ctx, p, i); r != nil {
					ahead = append(ahead, r)
				}
			}
			if len(ahead) == 0 {
				return
			}
			r := ahead[0]
			ahead = ahead[1:]
			ok := yield(r)
			r.Close()
			if !ok {
				return
			}
		}
	}
}

// openSegment is nil for gaps and for what is no http URL.
func (c *captions) openSegment(ctx context.Context, p *hls.Playlist, i int) *cache.Reader {
	ref := p.SegmentRef(i)
	raw, err := ref.URL()
	if err != nil || !hasHTTP(raw) || p.Segments[i].Gap {
		return nil
	}
	o := c.s.object(raw, cache.Subtitle, ".vtt", sourceOf(c.list, p, ref), "")
	o.addWindow(ref.Range)
	return o.open(ctx, ref.Range)
}
