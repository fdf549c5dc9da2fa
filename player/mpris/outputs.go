package mpris

import (
	"encoding/json"
	"slices"
	"time"

	"usher/player"
)

// Times of outputs that are gone.
const (
	outputGrace = time.Second      // a title may take that long to open its outputs
	reviveFirst = 2 * time.Second  // until an output is tried again, doubled each time
	reviveMax   = 30 * time.Second // at most
)

// output is the screen or the sound output of mpv for the present title.
type output struct {
	track bool      // the title has something for it
	id    int64     // of the track that was on last; 0: none yet
	name  string    // of mpv's driver; empty: none is open
	since time.Time // that it should be open and is not; zero: it is
	tries int       // to open it again
	next  time.Time // when to try again
	lost  bool      // it is gone for good until a try succeeds
}

// forget drops what was known of the title before.
func (o *output) forget() { *o = output{name: o.name} }

// look judges the output at now. It gives whether it is time to try to open it
// again, and whether it just came back.
func (o *output) look(now time.Time) (try, back bool) {
	if !o.track || o.name != "" {
		back = o.lost
		*o = output{track: o.track, id: o.id, name: o.name}
		return false, back
	}
	if o.since.IsZero() {
		o.since, o.next = now, now.Add(outputGrace)
	}
	if now.Before(o.next) {
		return false, false
	}
	wait := min(reviveFirst<<min(o.tries, 4), reviveMax)
	o.tries, o.next, o.lost = o.tries+1, now.Add(wait), true
	return true, false
}

// heardOutput takes what mpv says of its outputs.
func (p *pilot) heardOutput(m ipcMessage) {
	s := &p.side
	switch m.Name {
	case "current-vo":
		s.screen.name = m.text()
	case "current-ao":
		s.sound.name = m.text()
	case "track-list":
		s.screen.track, s.sound.track = false, false
		var list []mpvTrack
		_ = json.Unmarshal(m.Data, &list) // what is no list has no tracks
		s.relist(list)
		for _, t := range list {
			switch o := map[string]*output{"video": &s.screen, "audio": &s.sound}[t.Type]; {
			case o == nil || t.Image:
			default:
				o.track = true
				if t.Selected {
					o.id = int64(t.ID)
				}
			}
		}
	}
}

// relist takes the tracks of mpv, and counts that they changed. mpv says so
// for less, too: a bit rate that it measured anew.
func (s *side) relist(list []mpvTrack) {
	if !slices.Equal(list, s.list) {
		s.list = list
		s.tracks++
	}
}

// watchOutputs tries to get a screen or a sound output back that mpv lost. A
// film without a screen is held, whoever wants it to play; one without sound
// goes on.
func (p *pilot) watchOutputs(now time.Time) {
	if !p.side.on || !p.side.shown || p.stage != running {
		return
	}
	if p.screened {
		try, back := p.side.screen.look(now)
		switch {
		case try:
			p.act(action{verb: doPause})
			p.act(action{verb: doScreen, id: p.side.screen.id})
		case back:
			p.act(action{verb: doRefresh})
			p.act(action{verb: verbFor(p.paused)})
		}
	}
	try, back := p.side.sound.look(now)
	switch {
	case try:
		p.act(action{verb: doSound, id: p.side.sound.id})
	case back:
		p.act(action{verb: doRefresh})
	}
}

// lacking is the reason to report for a title that goes on without an output.
func (p *pilot) lacking() player.Reason {
	switch {
	case p.stage == loading && p.screenless:
		return player.ReasonNoDisplay
	case p.stage != running:
	case p.screened && p.side.screen.lost:
		return player.ReasonNoDisplay
	case p.side.sound.lost:
		return player.ReasonNoSound
	}
	return ""
}

// noScreen says whether mpv ended the title because it has no screen to show
// it on. It gives no reason (0.35: "something happened"); but it opens the
// screen once the stream is there, and before the first picture is decoded.
func (p *pilot) noScreen() bool {
	return p.screened && p.side.loaded && !p.side.shown && p.side.screen.name == ""
}

// await keeps a title that has no screen to begin on: it is opened again until
// there is one.
func (p *pilot) await(now time.Time) {
	p.stage, p.screenless, p.since = loading, true, now
	p.side.forget()
	p.pollAt = now.Add(reviveFirst)
}

// reopen tries the title again that waits for a screen.
func (p *pilot) reopen(now time.Time) {
	if p.stage == loading && p.screenless && now.Sub(p.since) >= reviveFirst {
		p.since = now
		p.act(action{verb: doOpen, media: p.media})
	}
}
