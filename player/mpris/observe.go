package mpris

import (
	"time"

	"usher/player"
)

// observe takes what the player said at now: everything after a poll, a part
// after PropertiesChanged.
func (p *pilot) observe(r raw, now time.Time) {
	p.raw = r
	if r.status != statusStopped || r.hasPos {
		p.lies = p.quirk.StoppedLies && r.status == statusStopped && p.model.readSet && r.position > p.model.read
	}
	if p.stage != none && r.length > 0 && (sameURL(r.url, p.media.URL) || r.url == "" && p.found) {
		p.length = r.length
	}
	switch p.stage {
	case loading:
		p.observeLoading(now)
	case running:
		p.observeRunning(now)
	}
}

// observeLoading waits for the player to have our URL and to show a picture.
func (p *pilot) observeLoading(now time.Time) {
	if p.clearing {
		p.cleared(now)
		return
	}
	if !p.found && p.isOurs() {
		p.found = true
	}
	if p.side.on { // mpv itself says when the picture is there
		if p.found && p.side.shown && p.raw.hasPos {
			p.run(now)
		}
		return
	}
	if !p.found || p.vanished() {
		p.giveUp(now)
		return
	}
	p.insist(now)
	if p.raw.hasPos {
		p.watchStart(now)
	}
}

// cleared opens a title that the player had already, once the player has
// dropped it: otherwise the old run could not be told from the new one.
func (p *pilot) cleared(now time.Time) {
	if sameURL(p.raw.url, p.media.URL) && now.Sub(p.since) < time.Second {
		return
	}
	p.clearing, p.since, p.before = false, now, p.raw
	p.act(action{verb: doOpen, media: p.media})
	p.hurry(now, pollSoon)
}

// isOurs says whether the player's track is the title that was opened. Without
// a URL in the metadata another track id or a player that plays must do.
func (p *pilot) isOurs() bool {
	if p.raw.url != "" {
		return sameURL(p.raw.url, p.media.URL)
	}
	return p.raw.track != "" && p.raw.track != p.before.track && p.raw.status != statusStopped && p.before.url == ""
}

// vanished says whether the player no longer has the title.
func (p *pilot) vanished() bool {
	if p.raw.status != statusStopped {
		return false
	}
	return !p.quirk.StoppedLies || !sameURL(p.raw.url, p.media.URL)
}

// giveUp ends a load that the player has dropped already.
func (p *pilot) giveUp(now time.Time) {
	if p.raw.status == statusStopped && now.Sub(p.since) > openGrace && p.vanished() {
		p.finish(player.Failed, player.ReasonStream, "the player stopped without a reason", now)
	}
}

// watchStart asks for the start position, and sees the first picture.
func (p *pilot) watchStart(now time.Time) {
	if p.model.readSet && p.raw.position > p.model.read {
		p.moved = true
	}
	p.model.observe(p.raw.position, now, p.quirk.Step)
	if !p.moved && !p.holds(now) {
		return
	}
	if p.near && p.moved && (p.raw.position-p.media.Start).Abs() <= startSlack {
		p.begun = true
	}
	if p.media.Start > 0 && !p.begun && !p.media.Live {
		p.begun = true
		p.seek = seek{active: true, target: p.clamp(p.media.Start, now), from: p.raw.position, since: now}
		p.trySeek(now)
		return
	}
	p.tryLanded(now)
	if !p.seek.active {
		p.run(now)
	}
}

// holds says that the first picture of a title that was opened held is there: a
// player knows the length then. One that never says it is believed after a
// while, as long as it says Paused of our title.
func (p *pilot) holds(now time.Time) bool {
	switch {
	case !p.paused || p.lies || p.raw.status == statusPlaying:
		return false
	case p.raw.length > 0:
		return true
	}
	return p.raw.status == statusPaused && p.found && now.Sub(p.since) > openGrace
}

// run enters stage running at the present reading.
func (p *pilot) run(now time.Time) {
	p.stage, p.found, p.screenless = running, true, false
	if p.raw.hasPos {
		p.model.anchor(p.raw.position, now)
	}
	if p.seek.active && p.seek.tries == 0 {
		p.seekTo(p.seek.target, now)
	}
	p.roll(now)
}

// observeRunning follows position, pause and end.
func (p *pilot) observeRunning(now time.Time) {
	if !p.side.on {
		if p.gone(now) {
			p.ended("the player stopped without a reason", now)
			return
		}
	}
	p.insist(now)
	if p.raw.hasPos && !p.tookOver() {
		p.watchPosition(now)
	}
	p.roll(now)
}

// gone says whether the title is no longer in the player, or was played to the
// end by a player that then holds the last picture.
func (p *pilot) gone(now time.Time) bool {
	if p.vanished() || p.tookOver() {
		return true
	}
	d := p.duration()
	if p.paused || p.raw.status != statusPaused || d == 0 {
		return false
	}
	// The reading may be older than the pause, and is as coarse as the player.
	return max(p.raw.position, p.model.now(now)) >= d-seekNear-p.quirk.Step
}

// tookOver says whether the player has another title than ours.
func (p *pilot) tookOver() bool { return p.raw.url != "" && !sameURL(p.raw.url, p.media.URL) }

// watchPosition takes a reading of the position.
func (p *pilot) watchPosition(now time.Time) {
	if p.seek.active {
		if p.seek.fresh {
			p.seekFrom(p.raw.position, now)
			return
		}
		p.tryLanded(now)
		return
	}
	if p.raw.position > p.model.read {
		p.moved = true
	}
	p.model.observe(p.raw.position, now, p.quirk.Step)
}

// tryLanded ends the seek when the reading shows that it landed, and when mpv
// has the picture of the new place.
func (p *pilot) tryLanded(now time.Time) {
	if !p.seek.active {
		return
	}
	if p.seek.fresh {
		p.seekFrom(p.raw.position, now)
		return
	}
	if p.side.on && (!p.side.restarted || p.side.seeking) {
		return
	}
	if p.landed(p.raw.position, now) {
		p.settle(p.raw.position, now)
	}
}

// insist asks again for play or pause when the player never did it: OpenUri
// keeps mpv's pause. A player that did it and then changed was paused or
// continued by someone else, and that is what is wanted now.
func (p *pilot) insist(now time.Time) {
	status := p.raw.status
	if p.lacking() == player.ReasonNoDisplay {
		return // it is held for the screen
	}
	switch {
	case p.side.on:
		status = p.side.status()
	case p.lies:
		status = statusPlaying
	}
	if status == statusStopped || status == "" {
		return
	}
	switch wrong := p.paused != (status == statusPaused); {
	case !wrong:
		p.agreed = true
	case p.agreed:
		p.paused = !p.paused
	case !now.Before(p.nudge):
		p.nudge = now.Add(nudgeAfter)
		p.act(action{verb: verbFor(p.paused)})
	}
}

// roll keeps the model in step with what the player does.
func (p *pilot) roll(now time.Time) {
	rate := 1.0
	if p.raw.hasRate && p.raw.rate > 0 {
		rate = p.raw.rate
	}
	p.model.hold(p.held(), now)
	p.model.roll(p.phase(now) == player.Playing, rate, now)
}

// seeked takes the Seeked signal.
func (p *pilot) seeked(pos time.Duration, now time.Time) {
	p.raw.position, p.raw.hasPos = pos, true
	switch {
	case p.stage != running:
		return
	case p.model.readSet && pos == p.model.read && !p.seek.active:
		// VLC repeats itself in a stall: nothing moved, and that must be seen.
	case p.seek.active:
		p.tryLanded(now)
	case (pos - p.model.now(now)).Abs() > spurious:
		p.model.observe(pos, now, p.quirk.Step)
	}
	p.hurry(now, pollSoon)
}
