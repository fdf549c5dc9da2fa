package box

import (
	"slices"
	"strings"
	"time"
)

// The times the core allows.
const (
	resolveTime = 15 * time.Second
	openTime    = 45 * time.Second
	recoverTime = 20 * time.Second
	saveEvery   = 900 * time.Millisecond // under the promised second, with room for the write
)

// Next is the state of the box after e happened at now, and what is to be
// done about it. It is pure. Answers to an older session and intents that
// Refuse refuses change nothing.
func Next(s State, now time.Time, e Event) (State, []Effect) {
	if Refuse(s, e) != nil {
		return s, nil
	}
	after, fx := step(s, now, e)
	fx = append(fx, endedPlayback(s, after)...)
	after, more := attend(s, after, now, e)
	return counted(s, after, now, e), append(fx, more...)
}

// step is Next for an event that is not refused.
func step(s State, now time.Time, e Event) (State, []Effect) {
	switch e := e.(type) {
	case PlayRequested:
		return playAsked(s, now, e)
	case PauseRequested, ResumeRequested, ToggleRequested:
		return holdAsked(s, now, e)
	case StopRequested:
		return stop(s, now)
	case SeekRequested:
		return seek(s, now, e)
	case LiveRequested:
		return goLive(s, now)
	case NextRequested:
		return play(s, now, PlayRequested{TitleID: s.Next.ID})
	case SkipRequested:
		return skip(s, now, e)
	case VolumeRequested:
		return volume(s, e)
	case RateRequested:
		return rate(s, e)
	case ChooseRequested:
		return choose(s, now, e)
	case DelayRequested:
		return delay(s, e)
	case ShapeRequested:
		return shape(s, e)
	case KeyPressed:
		return key(s, now, e)
	case Focused:
		return focused(s, e)
	case Resolved:
		return resolved(s, e)
	case OriginOpened:
		return originOpened(s, e)
	case Refused:
		return refused(s, now, e)
	case PlayerChanged:
		return playerChanged(s, now, e.Event)
	case UpstreamTrouble:
		return upstream(s, now, e)
	case LiveMoved:
		return liveMoved(s, now, e)
	case Woke:
		return woke(s, now)
	case TVReported:
		return tvReported(s, now, e)
	case TimerFired:
		return timerFired(s, now, e)
	default:
		return stepHouse(s, now, e)
	}
}

// stepHouse is step for what is about the box and its household, not the title.
func stepHouse(s State, now time.Time, e Event) (State, []Effect) {
	switch e := e.(type) {
	case ProgressMerged, SaleChanged, HouseholdChanged:
		return people(s, now, e)
	case FirmwareReported, FirmwareAround, FirmwareAsked, FirmwarePostponed:
		return firmware(s, now, e)
	case Began, StandbyAsked, WakeAsked, InhibitorTaken, InhibitorReleased, PowerChosen, SleepComing, SleepOver:
		return power(s, now, e)
	case RightEnded:
		return rightEnded(s, now, e)
	case PairRequested, PairCancelled, UnpairRequested, PairingChanged:
		return pairing(s, now, e)
	case NetworkReported, NetworkLookAsked, NetworkLooked, NetworkJoinAsked, NetworkForgetAsked, NetworkCancelled, NetworkAnswered:
		return network(s, e)
	default:
		return noted(s, e), nil
	}
}

// upstream notes trouble of the service, and its end.
func upstream(s State, now time.Time, e UpstreamTrouble) (State, []Effect) {
	if e.Session != s.Session {
		return s, nil
	}
	s.Upstream = e.Problem
	return keepUp(s, now)
}

// noted takes in events that only change what is known.
func noted(s State, e Event) State {
	switch e := e.(type) {
	case OriginHolds:
		if e.Session == s.Session {
			s.Held = e.Until
		}
	case PlayerEnded:
		s = playerEnded(s, e.Problem)
	case TracksAnswered:
		s = tracksAnswered(s, e)
	case ServiceSeen:
		s.Services = replaced(s.Services, e.Service, func(v Service) string { return v.ID })
	case ProgressLoaded:
		s.Progress = e.Progress
	case HealthChanged:
		s.Health = slices.DeleteFunc(slices.Clone(s.Health), func(p Problem) bool { return p.Code == e.Code })
		if e.Problem != nil {
			s.Health = replaced(s.Health, *e.Problem, func(p Problem) string { return p.Code })
		}
	}
	return s
}

// replaced is a copy of list with v in the place of the element of the same
// key, in the order of keys.
func replaced[T any](list []T, v T, key func(T) string) []T {
	out := slices.Clone(list)
	i, found := slices.BinarySearchFunc(out, key(v), func(have T, k string) int {
		return strings.Compare(key(have), k)
	})
	if found {
		out[i] = v
		return out
	}
	return slices.Insert(out, i, v)
}

func timerFired(s State, now time.Time, e TimerFired) (State, []Effect) {
	switch e.Timer {
	case TimerPower:
		return powerDue(s, now)
	case TimerIdle:
		return idleDue(s, now)
	case TimerBeat:
		return beat(s, now)
	case TimerInhibit:
		return uninhibit(s, now, func(Inhibitor) bool { return false })
	}
	if e.Session != s.Session {
		return s, nil
	}
	switch {
	case e.Timer == TimerResolve && s.Phase == Resolving:
		return fail(s, now, slowService)
	case e.Timer == TimerOpen && s.Phase == Opening && !s.PlayerReady:
		return fail(s, now, noPlayer)
	case e.Timer == TimerOpen && s.Phase == Opening:
		return fail(s, now, openTimeout)
	case e.Timer == TimerRecover && s.Phase == Recovering:
		return fail(s, now, playerLost)
	case e.Timer == TimerWind:
		return windEnded(s, now)
	case e.Timer == TimerSave && s.Phase.loaded():
		return saveRunning(s, now)
	case e.Timer == TimerTracks && s.Phase.loaded():
		return s, []Effect{UseTracks{Session: s.Session}}
	}
	return s, nil
}
