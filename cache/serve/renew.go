package serve

import (
	"context"
	"net/url"
	"time"

	"usher/cache/hls"
)

// renewEvery is how often a playlist is read again because of expired URLs.
const renewEvery = 2 * time.Second

// source is where a URL came from. Signed URLs expire while a film is paused;
// the playlist that named one then names another for the same thing.
type source struct {
	list *doc // nil for what the caller of Open gave
	kind hls.RefKind
	msn  uint64 // of a segment
	twin *twins // of a variant
	base string // of the playlist, after redirects
}

func sourceOf(d *doc, p *hls.Playlist, r hls.Ref) source {
	s := source{list: d, kind: r.Kind, twin: twinsOf(d, p, r)}
	if d.twins != nil && p.Base() != nil {
		s.base = p.Base().String()
	}
	if r.Kind == hls.RefSegment && r.Index >= 0 {
		s.msn = p.Segments[r.Index].MSN
	}
	return s
}

// renew asks the playlist again and gives the present URL of what old stood
// for; ok is false when there is none or it is the same.
func (s source) renew(ctx context.Context, old string) (raw string, ok bool) {
	if s.list == nil {
		return "", false
	}
	s.list.expire()
	v, _, err := s.list.get(ctx, "")
	if err != nil {
		return "", false
	}
	v.list.Refs(func(r hls.Ref) bool {
		if r.Kind == s.kind && s.names(v.list, r, old) {
			raw, err = r.URL()
			ok = err == nil && hasHTTP(raw) && raw != old
			return false
		}
		return true
	})
	return raw, ok
}

// names says whether r is the successor of old: the same media sequence
// number, or else the same path (the signature is in the query).
func (s source) names(p *hls.Playlist, r hls.Ref, old string) bool {
	if r.Kind == hls.RefSegment {
		return r.Index >= 0 && p.Segments[r.Index].MSN == s.msn
	}
	raw, err := r.URL()
	if err != nil {
		return false
	}
	a, errA := url.Parse(raw)
	b, errB := url.Parse(old)
	return errA == nil && errB == nil && a.Path == b.Path
}

// expire makes the next get ask the service, unless that was just done.
func (d *doc) expire() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cur == nil || time.Since(d.renewed) < renewEvery {
		return
	}
	d.renewed = time.Now()
	v := *d.cur
	v.until = time.Time{}
	d.cur = &v
}

// address is the newest URL of the playlist.
func (d *doc) address() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.url
}

// moveOn takes the successor of an expired URL.
func (d *doc) moveOn(ctx context.Context) bool {
	raw, ok := d.from.renew(ctx, d.address())
	if ok {
		d.mu.Lock()
		d.url = raw
		d.mu.Unlock()
	}
	return ok
}
