package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"sync"
	"time"

	"usher/cache"
	"usher/cache/hls"
)

// Trickplay says what there is to show while somebody winds.
type Trickplay struct {
	Kind TrickKind // "" is nothing
	// URL is a WebVTT file on the loopback whose cues name pictures, or parts
	// of them (#xywh=); of TrickIFrames it is the I-frame playlist. What is
	// behind it is fetched when it is asked for, after everything that plays.
	URL string
}

// TrickKind is where the pictures for winding come from.
type TrickKind string

// The kinds of trick play, best first.
const (
	TrickVTT     TrickKind = "vtt"     // Request.Thumbnails
	TrickImages  TrickKind = "images"  // EXT-X-IMAGE-STREAM-INF
	TrickIFrames TrickKind = "iframes" // EXT-X-I-FRAME-STREAM-INF: positions; a page cannot decode them
)

// The limits of a list of pictures.
const (
	maxThumbList = 4 << 20         // bytes of the service's file
	maxThumbs    = 20_000          // pictures
	thumbsWait   = 4 * time.Second // nobody waits longer to see where they wind to
)

// offerTrickplay finds pictures for winding. It fetches nothing.
func (s *session) offerTrickplay(top *doc, p *hls.Playlist, out *Opened) {
	if out.Live || s.quiet {
		return
	}
	if hasHTTP(s.req.Thumbnails) {
		s.offerPictures(TrickVTT, &pictures{raw: s.req.Thumbnails}, s.req.Thumbnails, out)
		return
	}
	if p.Kind != hls.Multivariant {
		return
	}
	for _, want := range []hls.RefKind{hls.RefImages, hls.RefIFrames} {
		for r := range p.Refs {
			raw, err := r.URL()
			if r.Kind != want || err != nil || !hasHTTP(raw) {
				continue
			}
			if want == hls.RefIFrames {
				out.Trickplay = Trickplay{Kind: TrickIFrames, URL: s.g.o.Base + s.playlist(raw, roleOther, p.Defines, sourceOf(top, p, r)).path}
				return
			}
			s.offerPictures(TrickImages, &pictures{list: raw, vars: p.Defines}, raw, out)
			return
		}
	}
}

func (s *session) offerPictures(kind TrickKind, t *pictures, raw string, out *Opened) {
	side := s.aside()
	t.s = side
	side.mu.Lock()
	defer side.mu.Unlock()
	out.Trickplay = Trickplay{Kind: kind, URL: s.g.o.Base + side.issue(t, "pictures", raw, "pictures.vtt")}
}

// aside is the session of what may be late: it ends with s, and everything
// else goes before it.
func (s *session) aside() *session {
	side := s.g.emptySession(s.ctx, Request{Tag: s.req.Tag, URL: s.req.URL, Scope: s.req.Scope})
	side.client, side.private = s.client, s.private
	side.quiet, side.low, side.opened = true, true, true
	s.mu.Lock()
	s.side = side
	s.mu.Unlock()
	return side
}

// pictures is a list of pictures as one WebVTT file: the service's own with its
// addresses replaced, or made of an image playlist.
type pictures struct {
	s    *session
	raw  string            // of a WebVTT file, or
	list string            // of an image playlist
	vars map[string]string // of the multivariant playlist

	mu   sync.Mutex
	text []byte
}

// owner implements target.
func (t *pictures) owner() *session { return t.s }

// serve implements target. Of all that the origin serves, this alone may be
// read by a page: Usher's own.
func (t *pictures) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Vary", "Origin")
	if from := r.Header.Get("Origin"); slices.Contains(t.s.g.o.Pages, from) {
		h.Set("Access-Control-Allow-Origin", from)
	}
	text, err := t.made(r.Context())
	if err != nil {
		refuse(w, err)
		return
	}
	etag := fmt.Sprintf(`"%08x-%x"`, crc32.ChecksumIEEE(text), len(text))
	h.Set("Content-Type", "text/vtt; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Usher", "hit; pictures for winding")
	h.Set("ETag", etag)
	serveBytes(w, r, text, etag)
}

// made makes the file, once.
func (t *pictures) made(ctx context.Context) ([]byte, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text != nil {
		return t.text, nil
	}
	ctx, cancel := context.WithTimeout(ctx, thumbsWait)
	defer cancel()
	var thumbs []thumb
	var err error
	if t.raw != "" {
		thumbs, err = t.fromVTT(ctx)
	} else {
		thumbs, err = t.fromImages(ctx)
	}
	if err == nil {
		t.text = t.write(thumbs)
	}
	return t.text, err
}

// fromVTT reads the service's list.
func (t *pictures) fromVTT(ctx context.Context) ([]thumb, error) {
	r := t.s.object(t.raw, cache.Subtitle, ".vtt", source{}, "").open(ctx, hls.Range{})
	if r == nil {
		return nil, errClosed
	}
	defer r.Close()
	var body bounded
	if _, err := r.CopyRange(ctx, &body, 0, -1); err != nil {
		return nil, asTrouble(t.raw, err)
	}
	return readThumbs(body.Bytes(), t.raw), nil
}

// bounded takes a list of pictures, and not more.
type bounded struct{ bytes.Buffer }

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxThumbList {
		return 0, &Trouble{Code: TooLarge, Err: errors.New("a list of pictures")}
	}
	return b.Buffer.Write(p)
}

// fromImages reads an image playlist.
func (t *pictures) fromImages(ctx context.Context) ([]thumb, error) {
	v, _, err := t.s.playlist(t.list, roleOther, t.vars, source{}).get(ctx, "")
	if err != nil {
		return nil, err
	}
	return tiled(v.raw), nil
}

// write gives the pictures addresses on the loopback.
func (t *pictures) write(thumbs []thumb) []byte {
	var b bytes.Buffer
	b.WriteString("WEBVTT\n")
	for _, p := range thumbs {
		o := t.s.object(p.url, cache.Art, ".jpg", source{}, "")
		fmt.Fprintf(&b, "\n%s --> %s\n%s%s\n", vttClock(p.from), vttClock(p.to), o.path, p.part)
	}
	return b.Bytes()
}
