package serve

import (
	"context"
	"strconv"
	"strings"
	"time"

	"usher/cache"
	"usher/cache/hls"
)

// failoverEvery is how often a playlist that has twins changes to another.
const failoverEvery = 5 * time.Second

// maxTwinned is how many variants are compared with each other.
const maxTwinned = 64

// twins is what a redundant stream (rfc8216bis section 7, "pathways") has in
// common with the others: a name, and where they all are.
type twins struct {
	name string
	urls []string // in the order of the playlist; its own is among them
}

// twinsOf is nil for what is there once.
func twinsOf(d *doc, p *hls.Playlist, r hls.Ref) *twins {
	if r.Kind != hls.RefVariant || r.Index < 0 || len(p.Variants) > maxTwinned {
		return nil
	}
	others := p.Twins(r.Index)
	if len(others) == 0 {
		return nil
	}
	first := p.FirstTwin(r.Index)
	top, _ := d.s.g.identity(d.address())
	t := &twins{name: cache.KeyOf(top, strconv.Itoa(first)).String()}
	for i := range p.Variants {
		if i != r.Index && p.FirstTwin(i) != first {
			continue
		}
		if raw, err := p.VariantRef(i).URL(); err == nil && hasHTTP(raw) {
			t.urls = append(t.urls, raw)
		}
	}
	return t
}

// sharedName is what a segment is called in all twins: its address seen from
// the playlist. Whether it is the same is for the service to confirm by ETag,
// as with signed URLs.
func (t *twins) sharedName(list, raw string) (name string, ok bool) {
	list, _, _ = strings.Cut(list, "?")
	folder := list[:strings.LastIndexByte(list, '/')+1]
	rest, ok := strings.CutPrefix(raw, folder)
	if !ok {
		return "", false
	}
	base, query, found := strings.Cut(rest, "?")
	if found {
		base = withoutParams(base, query, signs)
	}
	return "twin " + t.name + " " + base, true
}

// failover makes a playlist that cannot be reached come from its next twin.
// The player keeps its addresses: segments are found again by their number.
func (d *doc) failover(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.twins == nil || now.Sub(d.moved) < failoverEvery {
		return false
	}
	d.moved = now
	for i, raw := range d.twins.urls {
		if raw == d.url {
			d.url = d.twins.urls[(i+1)%len(d.twins.urls)]
			return true
		}
	}
	d.url = d.twins.urls[0] // a signed URL that was renewed
	return true
}

// detour looks for what a fetch wants at the next twin.
func (p *pull) detour(ctx context.Context) {
	if p.from.list == nil || p.from.list.twins == nil {
		return
	}
	p.from.list.failover(time.Now()) // or another fetch did so a moment ago
	p.renewed = false
	p.renew(ctx)
}
