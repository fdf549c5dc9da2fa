package box

import (
	"math"
	"time"

	"usher/device/remote"
	"usher/player"
)

// The steps of the keys.
const (
	volumeStep = 0.05
	seekStep   = 10 * time.Second
)

// The rates a title may run at.
const (
	slowest = 0.5
	fastest = 2.0
)

func command(s State, c player.Command) []Effect {
	c.Session = s.Session
	return []Effect{CommandPlayer{c}}
}

// holdAsked is a person who pauses or continues: what the television shows
// does not change that any more.
func holdAsked(s State, now time.Time, e Event) (State, []Effect) {
	on := !s.Hold
	switch e.(type) {
	case PauseRequested:
		on = true
	case ResumeRequested:
		on = false
	}
	s.TV.Paused = false
	return hold(s, now, on)
}

// hold pauses or continues. It is by target state, so that a key pressed
// twice or a late answer cannot turn it round.
func hold(s State, now time.Time, on bool) (State, []Effect) {
	s.Hold = on
	if !s.Phase.loaded() {
		return s, nil
	}
	if s.live() && s.Phase != Opening && s.Phase != Recovering {
		var fx []Effect
		if s, fx = holdLive(s, now); fx != nil {
			return s, fx
		}
	}
	op := player.Play
	if on {
		op = player.Pause
	}
	fx := command(s, player.Command{Op: op})
	if !on || s.Phase == Opening {
		return s, fx
	}
	s, saved := saveLasting(s, now)
	return s, append(fx, saved...)
}

func seek(s State, now time.Time, e SeekRequested) (State, []Effect) {
	if s.live() {
		return windLive(s, now, e)
	}
	to := e.To
	if e.Relative {
		to = s.Status.PositionAt(now) + e.By
	}
	if e.Chapters != 0 {
		var ok bool
		if to, ok = s.chapter(now, e.Chapters); !ok {
			return s, nil
		}
	}
	to = max(to, 0)
	if d := s.duration(); d > 0 {
		to = min(to, lastSecond(d))
	}
	if s.Phase == Recovering || s.Phase == Opening && s.Origin.URL == "" {
		s.Status.Position = to // it will be opened there
		return s, nil
	}
	if to < s.Origin.Base || s.trims() {
		closing := CloseOrigin{Session: s.Session}
		s, fx := open(s, to)
		return s, append([]Effect{closing}, fx...)
	}
	s.Status.Position, s.Status.At = to, now
	return s, command(s, player.Command{Op: player.Seek, Position: to - s.Origin.Base})
}

func volume(s State, e VolumeRequested) (State, []Effect) {
	switch e.Change {
	case VolumeSet:
		s.Volume, s.Muted = e.Level, false
	case VolumeStep:
		s.Volume, s.Muted = s.Volume+e.By, false
	case VolumeMute:
		s.Muted = true
	case VolumeUnmute:
		s.Muted = false
	case VolumeToggleMute:
		s.Muted = !s.Muted
	}
	s.Volume = min(max(s.Volume, 0), 1)
	if !s.Phase.loaded() {
		return s, nil
	}
	return s, command(s, player.Command{Op: player.SetVolume, Volume: s.level()})
}

// rate sets how fast the title runs. What watchers see is the rate the player
// reports: it is the one that the picture follows.
func rate(s State, e RateRequested) (State, []Effect) {
	s.Rate = 1
	if !math.IsNaN(e.Rate) {
		s.Rate = min(max(e.Rate, slowest), fastest)
	}
	if s.Phase == Opening || s.Phase == Recovering {
		s.Status.Rate = s.pace() // the player is told when it has the title
		return s, nil
	}
	return s, command(s, player.Command{Op: player.SetRate, Rate: s.pace()})
}

// keepRate tells a player that has just opened the title how fast it runs:
// opening may have put the rate back, and the title before may have left
// another.
func keepRate(s State) []Effect {
	if !s.Player.Can.Rate || s.pace() == 1 && s.Status.Rate == 1 {
		return nil
	}
	return command(s, player.Command{Op: player.SetRate, Rate: s.pace()})
}

// key acts on the keys that mean the same on every screen and passes the
// others to the screen.
func key(s State, now time.Time, pressed KeyPressed) (State, []Effect) {
	s, fx, done := powerKey(s, now, pressed)
	if done {
		return s, fx
	}
	k := pressed.Key
	if e := keyIntent(k.Key); e != nil && s.Phase.active() {
		if k.Action == remote.Release || k.Action == remote.Repeat && !repeats(k.Key) {
			return s, fx
		}
		s, more := Next(s, now, e)
		return s, append(fx, more...)
	}
	return s, append(fx, EmitKey{Key: k})
}

func keyIntent(k remote.Key) Event {
	switch k {
	case remote.Play:
		return ResumeRequested{}
	case remote.Pause:
		return PauseRequested{}
	case remote.PlayPause:
		return ToggleRequested{}
	case remote.Stop:
		return StopRequested{}
	case remote.Next:
		return SkipRequested{}
	case remote.Previous:
		return SkipRequested{Back: true}
	case remote.Rewind:
		return SeekRequested{Relative: true, By: -seekStep}
	case remote.Forward:
		return SeekRequested{Relative: true, By: seekStep}
	case remote.VolUp:
		return VolumeRequested{Change: VolumeStep, By: volumeStep}
	case remote.VolDown:
		return VolumeRequested{Change: VolumeStep, By: -volumeStep}
	case remote.Mute:
		return VolumeRequested{Change: VolumeToggleMute}
	}
	return nil
}

func repeats(k remote.Key) bool {
	switch k {
	case remote.Rewind, remote.Forward, remote.VolUp, remote.VolDown:
		return true
	}
	return false
}
