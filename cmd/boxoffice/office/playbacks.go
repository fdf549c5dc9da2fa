package office

import (
	"crypto/rand"
	"sync"
	"time"

	"usher/internal/offer"
)

const (
	playbackLimit   = 10_000 // kept in memory; the oldest goes first
	heartbeatPeriod = 30 * time.Second
	beatsMissed     = 3 // then a box is not watching any more
)

// playbacks are the granted playbacks.
type playbacks struct {
	now func() time.Time

	mu    sync.Mutex
	live  map[string]*playback
	order []*playback // oldest first
}

// playback is one that goes on.
type playback struct {
	id      string
	rec     *record
	by      pass
	expires time.Time
	heard   time.Time
	beat    heartbeatRequest // the last
}

func newPlaybacks(now func() time.Time) *playbacks {
	return &playbacks{now: now, live: map[string]*playback{}}
}

// grant begins a playback. It is refused while as many other boxes of the
// household as may are watching by the same right; what the box itself watched
// before ends.
func (p *playbacks) grant(rec *record, by pass) (offer.Playback, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if by.box.ID != "" && by.yes.Streams > 0 && p.others(by) >= by.yes.Streams {
		return offer.Playback{}, false
	}
	now := p.now()
	one := &playback{id: rand.Text(), rec: rec, by: by, heard: now, expires: now.UTC().Add(playbackLasts).Truncate(time.Second)}
	for len(p.order) > 0 && (len(p.order) >= playbackLimit || !now.Before(p.order[0].expires)) {
		delete(p.live, p.order[0].id)
		p.order = p.order[1:]
	}
	p.live[one.id] = one
	p.order = append(p.order, one)
	return offer.Playback{
		ID: one.id, TitleID: rec.ID, URL: streamOf(rec), Live: rec.Kind == offer.Live,
		HeartbeatMS: heartbeatPeriod.Milliseconds(), Expires: one.expires,
	}, true
}

// others counts the other boxes that watch by the same right, and ends what
// the box itself watched.
func (p *playbacks) others(by pass) int {
	boxes := map[string]bool{}
	for id, one := range p.live {
		switch {
		case one.by.box.ID == by.box.ID:
			delete(p.live, id)
		case one.by.box.Household == by.box.Household && one.by.yes.Content == by.yes.Content && p.now().Sub(one.heard) < beatsMissed*heartbeatPeriod:
			boxes[one.by.box.ID] = true
		}
	}
	return len(boxes)
}

// find gives a playback that was granted and has not ended.
func (p *playbacks) find(id string) (playback, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one, ok := p.live[id]
	if !ok {
		return playback{}, false
	}
	return *one, true
}

// beat notes that a playback goes on.
func (p *playbacks) beat(id string, beat heartbeatRequest) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if one, ok := p.live[id]; ok {
		one.beat, one.heard = beat, p.now()
	}
}

func (p *playbacks) end(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.live, id)
}
