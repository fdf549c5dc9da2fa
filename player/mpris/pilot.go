package mpris

import (
	"math"
	"net/url"
	"time"

	"usher/player"
)

// Times of the pilot.
const (
	pollPlaying = 250 * time.Millisecond // the position is read at 4 Hz
	pollOpening = 60 * time.Millisecond
	pollPaused  = time.Second
	pollSoon    = 20 * time.Millisecond // after something happened
	openGrace   = 1500 * time.Millisecond
	nudgeAfter  = 700 * time.Millisecond // a Play or Pause that did nothing is sent again
	showSeek    = 300 * time.Millisecond // a seek that takes longer is shown as buffering
)

// stage is how far the present title is.
//
//	none ──open──▶ loading ──first picture──▶ running ──▶ over
//	  ▲               └──────────error, time-out────────────▲ │
//	  └───────────────────────stop─────────────────────────┘─┘
type stage uint8

const (
	none stage = iota
	loading
	running
	over
)

// pilot steers one player through one title after the other. It is pure: it
// is told what happens and when, collects what to ask the player for in acts,
// and projects what it knows to a player.Status.
type pilot struct {
	quirk Quirk
	limit time.Duration // for opening
	acts  []action

	session uint64
	media   player.Media
	stage   stage
	outcome outcome // of stage over

	paused     bool      // what is wanted
	nudge      time.Time // when to ask again for what is wanted
	agreed     bool      // the player did what was wanted since it was asked
	since      time.Time // when loading began
	before     raw       // what the player said before the open
	clearing   bool      // the same URL is being dropped, to be opened anew
	found      bool      // the player was seen to have our URL
	begun      bool      // the start position was asked for
	raw        raw
	length     time.Duration // of the title, kept when the player has dropped it
	model      model
	moved      bool // the picture moved since the open
	lies       bool // it says Stopped, and plays: see Quirk.StoppedLies
	seek       seek
	ignored    bool // the last seek was
	side       side
	screened   bool // a screen is expected: see watchOutputs
	screenless bool // loading waits for a screen: see await
	near       bool // the player begins near the start position by itself
	pollAt     time.Time
}

// outcome is how a title ended.
type outcome struct {
	phase  player.Phase
	reason player.Reason
	detail string
}

func (p *pilot) act(a action) { p.acts = append(p.acts, a) }

// take gives what was collected.
func (p *pilot) take() []action {
	acts := p.acts
	p.acts = nil
	return acts
}

// command carries out c at now.
func (p *pilot) command(c player.Command, now time.Time) {
	if c.Session < p.session {
		return
	}
	switch c.Op {
	case player.Open:
		p.open(c, now)
	case player.Play, player.Pause:
		p.hold(c.Op == player.Pause, now)
	case player.Stop:
		p.stop(now)
	case player.Seek:
		p.seekTo(c.Position, now)
	case player.SetVolume:
		if !math.IsNaN(c.Volume) {
			p.act(action{verb: doVolume, value: min(max(c.Volume, 0), 1)})
			p.hurry(now, pollSoon)
		}
	case player.Check:
		p.check(now)
	case player.SetRate:
		if !math.IsNaN(c.Rate) {
			p.act(action{verb: doRate, value: min(max(c.Rate, 0.5), 2)})
			p.hurry(now, pollSoon)
		}
	}
}

// open begins a title. Nothing known about the one before is kept.
func (p *pilot) open(c player.Command, now time.Time) {
	p.session, p.media, p.paused = c.Session, c.Media, c.Media.Paused
	p.stage, p.outcome, p.since = loading, outcome{}, now
	p.before, p.found, p.begun, p.moved, p.ignored = p.raw, false, false, false, false
	p.lies, p.screenless = false, false
	p.model, p.seek, p.length = model{rate: 1}, seek{}, 0
	p.side.forget()
	if c.Media.Volume >= 0 && !math.IsNaN(c.Media.Volume) {
		p.act(action{verb: doVolume, value: min(c.Media.Volume, 1)})
	}
	if p.raw.hasRate && p.raw.rate > 0 && p.raw.rate != paceOf(c.Media) && !p.side.on {
		p.act(action{verb: doRate, value: paceOf(c.Media)}) // players keep the rate of the title before
	}
	if p.paused && p.quirk.HoldsPause && !p.side.on {
		p.act(action{verb: doPause})
	}
	p.clearing = !p.side.on && sameURL(p.raw.url, c.Media.URL)
	if p.clearing {
		p.act(action{verb: doStop})
	} else {
		p.act(action{verb: doOpen, media: c.Media})
	}
	p.nudge, p.agreed = now, false
	p.hurry(now, pollSoon)
}

// hold pauses or continues.
func (p *pilot) hold(paused bool, now time.Time) {
	if p.stage != loading && p.stage != running {
		return
	}
	p.paused, p.nudge, p.agreed = paused, now.Add(nudgeAfter), false
	p.act(action{verb: verbFor(paused)})
	p.hurry(now, pollSoon)
}

// check looks at the player after the machine slept. Its position did not move
// meanwhile, and neither did the clock it is counted with.
func (p *pilot) check(now time.Time) {
	if p.stage == loading {
		p.since = now
	}
	p.hurry(now, 0)
}

// paceOf is the rate that a title begins at.
func paceOf(m player.Media) float64 {
	if m.Rate == 0 || math.IsNaN(m.Rate) {
		return 1
	}
	return min(max(m.Rate, 0.5), 2)
}

func verbFor(paused bool) verb {
	if paused {
		return doPause
	}
	return doPlay
}

func (p *pilot) stop(now time.Time) {
	if p.stage == loading || p.stage == running {
		p.act(action{verb: doStop})
	}
	p.stage, p.seek = none, seek{}
	p.hurry(now, pollSoon)
}

// finish ends the title.
func (p *pilot) finish(phase player.Phase, reason player.Reason, detail string, now time.Time) {
	p.model.pos, p.model.at = p.within(p.model.now(now)), now
	switch d := p.duration(); {
	case p.seek.active && phase == player.Failed:
		p.model.pos = p.seek.target
	case phase == player.Ended && d > 0: // by definition, however coarse the last reading was
		p.model.pos = d
	}
	p.model.rolling = false
	p.stage, p.outcome, p.seek = over, outcome{phase, reason, detail}, seek{}
}

// ended tells the end of the title from a stream that broke off.
func (p *pilot) ended(detail string, now time.Time) {
	if p.moved && p.atEnd(now) {
		p.finish(player.Ended, "", "", now)
		return
	}
	p.finish(player.Failed, player.ReasonStream, detail, now)
}

// atEnd says whether the position is where a title ends: players stop up to
// one segment's rounding before the sum of all durations.
func (p *pilot) atEnd(now time.Time) bool {
	d := p.duration()
	if d == 0 {
		return true // live, or a player that does not know: an end is an end
	}
	if p.seek.active {
		return p.seek.target >= d-2*time.Second
	}
	slack := max(3*time.Second, min(d/100, 10*time.Second))
	return p.model.now(now) >= d-min(slack, d/2)
}

// duration is the title's length, 0 when it has none.
func (p *pilot) duration() time.Duration {
	if p.media.Live {
		return 0
	}
	return p.length
}

// within limits a position to the title.
func (p *pilot) within(pos time.Duration) time.Duration {
	if d := p.duration(); d > 0 {
		pos = min(pos, d)
	}
	return max(pos, 0)
}

// hurry asks for a reading within d.
func (p *pilot) hurry(now time.Time, d time.Duration) {
	if t := now.Add(d); p.pollAt.IsZero() || t.Before(p.pollAt) {
		p.pollAt = t
	}
}

// period is how often the player is read in the present stage; 0 is never.
func (p *pilot) period() time.Duration {
	switch {
	case p.stage == loading || p.seek.active:
		return pollOpening
	case p.stage == running && p.paused:
		return pollPaused
	case p.stage == running:
		return pollPlaying
	}
	return 0
}

// tick reads the player when that is due, and ends what takes too long.
func (p *pilot) tick(now time.Time) {
	if !p.pollAt.IsZero() && !now.Before(p.pollAt) {
		p.act(action{verb: doPoll})
		p.pollAt = time.Time{}
		if d := p.period(); d > 0 {
			p.pollAt = now.Add(d)
		}
	}
	if p.stage == loading && now.Sub(p.since) > p.limit {
		p.act(action{verb: doStop})
		p.finish(player.Failed, player.ReasonOpenTimeout, "", now)
	}
	p.checkSeek(now)
	p.reopen(now)
	p.watchOutputs(now)
}

// refused says that the player answered a with an error: it does not know the
// member, or does not want to.
func (p *pilot) refused(a action, detail string, now time.Time) {
	switch a.verb {
	case doOpen:
		if p.stage == loading && a.media.URL == p.media.URL {
			p.finish(player.Failed, player.ReasonStream, detail, now)
		}
	case doSetPosition, doSeekBy:
		p.retrySeek(now)
	case doStop: // Clapper 0.5 has no Stop: hold the picture, so that nothing plays on
		p.act(action{verb: doPause})
	}
}

// sameURL compares addresses as players pass them on: some escape them anew.
func sameURL(a, b string) bool {
	if a == b {
		return true
	}
	ua, err1 := url.Parse(a)
	ub, err2 := url.Parse(b)
	return err1 == nil && err2 == nil && ua.Host == ub.Host && ua.Path == ub.Path && ua.RawQuery == ub.RawQuery && ua.Host != ""
}
