package mpris

import "time"

// Times of a seek.
const (
	seekCheck    = 2 * time.Second         // a seek that was not seen to land is tried again
	seekNear     = 500 * time.Millisecond  // SetPosition lands within this of the target
	startSlack   = time.Second             // a player that began this near to where it was asked is left there
	keyInterval  = 6500 * time.Millisecond // relative seeks may land on the key frame before
	seekSideWait = 30 * time.Second        // mpv says that it is seeking: the network takes its time
	tail         = time.Second             // never seek closer to the end than this
)

// seek is a seek that was asked for and not seen to land yet.
type seek struct {
	active   bool
	target   time.Duration
	from     time.Duration
	since    time.Time // of the seek
	sent     time.Time // of the present try
	tries    int
	relative bool
	fresh    bool // waits for a fresh reading to seek relatively from
}

// seekTo begins a seek, or notes the place when the title is not open yet.
func (p *pilot) seekTo(target time.Duration, now time.Time) {
	switch p.stage {
	case loading:
		if !p.begun && !p.side.on {
			p.media.Start = max(target, 0)
			return
		}
		p.seek = seek{active: true, target: p.clamp(target, now), since: now, sent: now}
	case running:
		p.ignored = false
		p.seek = seek{active: true, target: p.clamp(target, now), from: p.model.now(now), since: now}
		p.trySeek(now)
	}
}

// clamp keeps a target out of the end, where Seek means Next and SetPosition
// means stop. A live stream goes on from what the player knows of it, or from
// where the picture is, whichever is later: beyond that there is nothing yet.
func (p *pilot) clamp(target time.Duration, now time.Time) time.Duration {
	if d := p.duration(); d > 0 {
		target = min(target, d-tail)
	} else if p.media.Live {
		target = min(target, max(p.length-tail, p.model.now(now)))
	}
	return max(target, 0)
}

// trySeek sends the seek: absolute with the current track id, or relative from
// a fresh reading.
func (p *pilot) trySeek(now time.Time) {
	s := &p.seek
	s.tries++
	s.sent = now
	absolute := p.raw.track != "" && !p.quirk.NoSetPos
	if s.tries > 1 {
		absolute = absolute && s.relative // the other method
	}
	s.relative, s.fresh = !absolute, !absolute
	if absolute {
		p.act(action{verb: doSetPosition, time: s.target, track: p.raw.track})
	} else {
		p.act(action{verb: doPoll})
	}
	p.side.restarted = false
	p.hurry(now, pollSoon)
}

// seekFrom sends the relative seek that waited for the reading pos.
func (p *pilot) seekFrom(pos time.Duration, now time.Time) {
	p.seek.fresh, p.seek.from, p.seek.sent = false, pos, now
	p.act(action{verb: doSeekBy, time: p.seek.target - pos})
}

// checkSeek ends the wait for a seek: a retry, or seek_ignored.
func (p *pilot) checkSeek(now time.Time) {
	if !p.seek.active || p.seek.tries == 0 {
		return
	}
	wait := seekCheck
	if p.side.on && p.side.seeking {
		wait = seekSideWait
	}
	if now.Sub(p.seek.sent) >= wait {
		p.retrySeek(now)
	}
}

func (p *pilot) retrySeek(now time.Time) {
	if !p.seek.active {
		return
	}
	if p.seek.tries < 2 {
		p.trySeek(now)
		return
	}
	p.seek, p.ignored = seek{}, true
	if p.raw.hasPos { // the player is where it says, and goes on from there
		p.model.anchor(p.raw.position, now)
	}
	if p.stage == running {
		p.roll(now)
	}
}

// landed says whether a reading of pos at now shows that the seek was carried out.
func (p *pilot) landed(pos time.Duration, now time.Time) bool {
	s := p.seek
	if s.tries == 0 || s.fresh {
		return false
	}
	slack := seekNear + p.quirk.Step
	if s.relative && (pos-s.target).Abs() < (s.from-s.target).Abs()/2 {
		slack = max(slack, keyInterval)
	}
	return pos >= s.target-slack && pos <= s.target+now.Sub(s.sent)*2+slack
}

// settle ends a seek that landed at pos.
func (p *pilot) settle(pos time.Duration, now time.Time) {
	p.seek = seek{}
	p.model.anchor(pos, now)
}
