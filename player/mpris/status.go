package mpris

import (
	"time"

	"usher/player"
)

// phase is where playback stands at now.
func (p *pilot) phase(now time.Time) player.Phase {
	switch p.stage {
	case none:
		return player.Idle
	case loading:
		if p.screenless {
			return player.Buffering
		}
		return player.Opening
	case over:
		return p.outcome.phase
	}
	switch {
	case p.lacking() == player.ReasonNoDisplay && !p.paused:
		return player.Buffering
	case p.held():
		return player.Paused
	case p.waiting(now):
		return player.Buffering
	}
	return player.Playing
}

// held says whether the player holds the picture.
func (p *pilot) held() bool {
	if p.side.on {
		return p.side.pause
	}
	return p.raw.status == statusPaused || p.raw.status == statusStopped && p.paused && !p.lies
}

// waiting says whether the picture stands still although it should move: mpv
// says so, a seek is under way, the rate is 0, or the position is frozen.
func (p *pilot) waiting(now time.Time) bool {
	if p.seek.active && now.Sub(p.seek.since) > showSeek {
		return true
	}
	if p.side.on && (p.side.stalled || p.side.seeking && now.Sub(p.side.since) > showSeek) {
		return true
	}
	return p.raw.hasRate && p.raw.rate == 0 || p.model.stalled(now, p.quirk.Step)
}

// status is what is reported at now.
func (p *pilot) status(now time.Time) player.Status {
	s := player.Status{
		Session: p.session, Phase: p.phase(now), Reason: p.outcome.reason, Detail: p.outcome.detail,
		Position: p.within(p.model.pos), At: p.model.at, Duration: p.duration(), Rate: p.model.rate, Volume: 1,
		Tracks: p.side.tracks,
	}
	switch {
	case p.stage == loading:
		s.Position, s.At = p.media.Start, now
	case p.seek.active && s.Phase == player.Buffering:
		s.Position, s.At = p.seek.target, now
	}
	if p.stage != over {
		s.Reason, s.Detail = "", ""
	}
	if lack := p.lacking(); lack != "" {
		s.Reason = lack
	} else if p.ignored && p.stage == running {
		s.Reason = player.ReasonSeekIgnored
	}
	if p.raw.hasRate && p.raw.rate > 0 {
		s.Rate = p.raw.rate
	}
	if s.Rate == 0 {
		s.Rate = 1
	}
	if p.raw.hasVol {
		s.Volume = p.raw.volume
	}
	return s
}

// reportEvery is how often the position alone is worth an event.
const reportEvery = time.Second

// worth says whether s, at now, is news to someone who was told last at told.
func worth(last, s player.Status, told, now time.Time) bool {
	if !sameButPosition(last, s) {
		return true
	}
	if (last.PositionAt(now) - s.PositionAt(now)).Abs() > 300*time.Millisecond {
		return true
	}
	return s.Phase == player.Playing && now.Sub(told) >= reportEvery
}
