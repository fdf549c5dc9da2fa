package serve

import (
	"context"
	"log/slog"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"usher/cache"
)

// session is one title being played: its cookies, its playlists, its ids.
type session struct {
	g       *Origin
	serial  uint64 // no two sessions have the same
	req     Request
	quiet   bool // nobody waits for news: a link, a prefetch
	low     bool // a prefetch: players come first
	purpose cache.Purpose
	client  *http.Client
	private bool
	began   time.Time
	log     *slog.Logger
	ctx     context.Context
	cancel  context.CancelCauseFunc

	away       atomic.Int64            // Unix nanoseconds: the service is not asked about what is kept until then
	film       atomic.Pointer[film]    // nil: live, or nobody plays it
	tuner      atomic.Pointer[tuner]   // nil: a film, or a channel that keeps its rendition
	pulls      atomic.Int32            // fetches under way
	variant    atomic.Int32            // that was opened, from 1; 0: there was no choice
	studied    map[string]rung         // ladder of the session before, by URL
	kitVariant int                     // that a start kit was made of, from 1; 0: there is none
	clock      clock                   // of the service
	seeds      map[string]*answer      // playlists that were read a moment ago, by URL; not changed once it runs
	parent     atomic.Pointer[session] // a kit that still fetches what this session will need; ends with it
	side       *session                // of what may be late; nil when there is nothing
	meter      *kitMeter               // of a kit; nil otherwise
	picture    *doc                    // what was chosen; for who called open
	sound      *doc                    // nil when it is in the picture's segments
	subtitles  *doc                    // that were asked for; nil when there are none

	mu        sync.Mutex
	docs      map[string]*doc    // by URL
	objects   map[string]*object // by URL
	ids       map[string]struct{}
	named     int         // bytes of the URLs of docs and objects
	keys      []cache.Key // of decryption keys, forgotten at the end
	bandwidth int         // bit/s of what is played
	opened    bool        // the player has its URL: from now on requests are held
	active    int         // requests being answered
	used      time.Time   // when the last one ended
	held      liveHeld

	telling  sync.Mutex // keeps calls of Notify in order
	troubled bool
}

// start runs f in a goroutine that Shutdown waits for; false when the session
// has ended.
func (s *session) start(f func()) bool {
	s.g.mu.RLock()
	defer s.g.mu.RUnlock()
	if s.g.closed || s.ctx.Err() != nil {
		return false
	}
	s.g.wg.Go(f)
	return true
}

func (s *session) close() {
	s.cancel(errClosed)
	if kit := s.parent.Swap(nil); kit != nil {
		kit.close()
	}
	s.mu.Lock()
	side, ids, keys := s.side, s.ids, s.keys
	s.side, s.ids, s.keys = nil, nil, nil
	s.mu.Unlock()
	if side != nil {
		side.close()
	}
	s.g.mu.Lock()
	for id := range ids {
		delete(s.g.targets, id)
	}
	s.g.mu.Unlock()
	for _, k := range keys {
		if err := s.g.o.Store.Remove(k); err != nil {
			s.log.Warn("Key not removed", "error", err)
		}
	}
}

// issue makes the path under which t can be read.
func (s *session) issue(t target, kind, raw, name string) string {
	id := s.g.id(strconv.FormatUint(s.serial, 10), kind, raw)
	s.g.mu.Lock()
	if s.g.targets[id] == nil && s.ctx.Err() == nil {
		s.g.targets[id] = t
		s.ids[id] = struct{}{} // s.mu is held by the callers
	}
	s.g.mu.Unlock()
	return "/s/" + id + "/" + name
}

// maxTargets is how many addresses a playlist may name, and how many a session
// may have before it reads another one: a day of two-second segments is 43,200.
// maxNamed is how many bytes those may have, so that long ones fill no memory.
const (
	maxTargets = 200_000
	maxNamed   = 64 << 20
)

// full says that a session has as many addresses as it may.
func (s *session) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ids) > maxTargets || s.named > maxNamed
}

// retire ends the life of an address.
func (s *session) retire(path string) {
	id, _, _ := strings.Cut(strings.TrimPrefix(path, "/s/"), "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoke(id)
}

// revoke is retire for an id. The caller holds mu.
func (s *session) revoke(id string) {
	s.g.mu.Lock()
	delete(s.g.targets, id)
	s.g.mu.Unlock()
	delete(s.ids, id)
}

// role says what a playlist is for.
type role uint8

const (
	roleTop role = iota
	roleVideo
	roleAudio
	roleSubtitle
	roleOther // trick play, rendition reports, interstitials
)

// playlist is the doc of a URL, made when it is not known yet.
func (s *session) playlist(raw string, r role, vars map[string]string, from source) *doc {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.docs[raw]; d != nil {
		return d
	}
	d := &doc{
		s: s, url: raw, role: r, vars: vars, from: from, twins: from.twin,
		flights: map[string]*flight{}, issued: map[string]time.Time{},
	}
	d.path = s.issue(d, "playlist", raw, fileName(raw, ".m3u8"))
	s.docs[raw] = d
	s.named += len(raw)
	return d
}

// object is what stands for a URL that is not a playlist; age tells apart what
// had the same URL.
func (s *session) object(raw string, class cache.Class, ext string, from source, age string) *object {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.objects[raw]
	if o == nil || o.age != age {
		if o == nil {
			s.named += len(raw)
		}
		o = &object{s: s, url: raw, class: class, from: from, age: age}
		o.name, o.loose = s.g.identity(raw)
		if from.list != nil && from.list.twins != nil && class != cache.Secret {
			if name, ok := from.list.twins.sharedName(from.base, raw); ok {
				o.name, o.loose = name, true
			}
		}
		o.name += age
		o.path = s.issue(o, "object", raw+age, fileName(raw, ext))
		s.objects[raw] = o
	}
	return o
}

// forget ends the life of an object that a live playlist no longer names.
func (s *session) forget(raw string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.objects[raw]
	if o == nil {
		return
	}
	delete(s.objects, raw)
	s.named -= len(raw)
	id, _, _ := strings.Cut(strings.TrimPrefix(o.path, "/s/"), "/")
	s.revoke(id)
}

func (s *session) isOpened() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// tell passes trouble on: each new one, and its end once.
func (s *session) tell(t *Trouble) {
	s.telling.Lock()
	defer s.telling.Unlock()
	if t == nil && !s.troubled || s.ctx.Err() != nil {
		return
	}
	s.troubled = t != nil
	if s.quiet {
		if t != nil {
			s.log.Info("Trouble on a link", "error", t)
		}
		return
	}
	s.g.o.Notify(s.req.Tag, t)
}

// enter and exit go around every request, so that idle sessions are known.
func (s *session) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active++
}

func (s *session) exit() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.active--
	s.used = time.Now()
}

// idleSince is when the last request ended; ok is false while there is one.
func (s *session) idleSince() (t time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used, s.active == 0
}

// fileName is the last part of the URL's path, safe and short, with an
// extension that players know: new FFmpeg refuses others.
func fileName(raw, ext string) string {
	u, _, _ := strings.Cut(raw, "?")
	name := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.', r == '-', r == '_':
			return r
		}
		return '_'
	}, path.Base(u))
	name = strings.TrimLeft(name, ".")
	if len(name) > 48 {
		name = name[len(name)-48:]
	}
	if name == "" {
		name = "x"
	}
	if !knownExtension(path.Ext(name)) {
		name += ext
	}
	return name
}

func knownExtension(ext string) bool {
	switch strings.ToLower(ext) {
	case ".m3u8", ".ts", ".m4s", ".mp4", ".m4v", ".m4a", ".cmfv", ".cmfa", ".cmft", ".aac", ".ac3", ".ec3", ".mp3",
		".vtt", ".webvtt", ".key", ".bin", ".json", ".jpg", ".jpeg", ".png", ".mpegts", ".mpg", ".mov", ".fmp4":
		return true
	}
	return false
}
