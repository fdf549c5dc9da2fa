package serve

import (
	"fmt"
	"time"

	"usher/cache"
	"usher/cache/hls"
)

// segmentsLive is for how long a segment can be read after it left a live
// playlist.
const segmentsLive = 2 * time.Minute

// place gives a reference to raw its loopback path.
func (d *doc) place(p *hls.Playlist, r hls.Ref, raw string, now time.Time) string {
	if f := d.s.film.Load(); f != nil && f.path != "" && r.Kind == hls.RefVariant {
		return f.path
	}
	if r.Kind.Playlist() {
		return d.s.playlist(raw, roleOf(p, r), p.Defines, sourceOf(d, p, r)).path
	}
	if r.Kind == hls.RefSteering || r.Kind == hls.RefAssetList {
		return d.s.document(raw, r.Kind == hls.RefAssetList)
	}
	d.note(raw, p, now)
	o := d.objectOf(p, r, raw)
	if t := d.s.tuner.Load(); t != nil && r.Kind == hls.RefSegment && d == d.s.picture {
		return t.place(p, r, raw, o)
	}
	return o.path
}

// objectOf is what a reference to no playlist stands for.
func (d *doc) objectOf(p *hls.Playlist, r hls.Ref, raw string) *object {
	class, ext := cache.Media, ".ts"
	if p.FMP4() {
		ext = ".m4s"
	}
	switch r.Kind {
	case hls.RefSessionData:
		class, ext = cache.Other, ".json"
	case hls.RefKey, hls.RefSessionKey:
		class, ext = cache.Secret, ".key"
	case hls.RefMap:
		class, ext = cache.Init, ".mp4"
	case hls.RefHint:
		if r.Index >= 0 && p.Hints[r.Index].Type == "MAP" {
			class, ext = cache.Init, ".mp4"
		}
	default:
		if d.role == roleSubtitle {
			class, ext = cache.Subtitle, ".vtt"
		}
	}
	o := d.s.object(raw, class, ext, sourceOf(d, p, r), d.age())
	if r.Kind == hls.RefHint {
		o.addHint(r.Range)
	} else {
		o.addWindow(r.Range)
	}
	return o
}

// restart is for a live stream whose media sequence numbers went back: the
// encoder began again, and uses its file names again for another programme.
func (d *doc) restart() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.epoch++
}

// age sets the objects of a restarted stream apart, also from those of other
// sessions; "" before.
func (d *doc) age() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.epoch == 0 {
		return ""
	}
	return fmt.Sprintf(" %d.%d", d.s.serial, d.epoch)
}

// live says that the playlist was live when it was last read, and its target
// duration.
func (d *doc) live() (target time.Duration, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cur == nil || !d.cur.raw.Live() {
		return 0, false
	}
	return d.cur.raw.Target, true
}

func roleOf(p *hls.Playlist, r hls.Ref) role {
	switch r.Kind {
	case hls.RefVariant:
		return roleVideo
	case hls.RefRendition:
		switch p.Renditions[r.Index].Type {
		case "AUDIO":
			return roleAudio
		case "VIDEO":
			return roleVideo
		case "SUBTITLES":
			return roleSubtitle
		}
	}
	return roleOther
}

// note remembers when a live playlist last named an object.
func (d *doc) note(raw string, p *hls.Playlist, now time.Time) {
	if !p.Live() {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.issued == nil {
		d.issued = map[string]time.Time{}
	}
	d.issued[raw] = now
}

// prune forgets the objects that a live playlist has not named for a while.
func (d *doc) prune(p *hls.Playlist, now time.Time) {
	if !p.Live() {
		return
	}
	d.mu.Lock()
	var old []string
	for raw, seen := range d.issued {
		if now.Sub(seen) > segmentsLive {
			old = append(old, raw)
			delete(d.issued, raw)
		}
	}
	d.mu.Unlock()
	for _, raw := range old {
		if t := d.s.tuner.Load(); t != nil && d == d.s.picture {
			t.forget(raw)
		}
		d.s.forget(raw)
	}
}
