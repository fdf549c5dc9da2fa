package box

import "time"

// moving says that a picture moves, or is awaited: then nobody is idle.
func (s State) moving() bool { return s.Phase.active() && !s.Hold && s.Phase != Paused }

// watchIdle looks, after a while, whether somebody is there.
func watchIdle(s State) []Effect {
	if s.Power.Settings.Idle <= 0 {
		return nil
	}
	return []Effect{lasting(TimerIdle, s.Power.Settings.Idle-s.Power.Settings.warning())}
}

// warning is for how long the screen warns of a standby.
func (p PowerSettings) warning() time.Duration { return min(warnFor, p.Idle/2) }

// idleDue looks whether anybody acted, warns, and goes to standby. It sets the
// next look itself; in standby there is none, and waking begins anew.
func idleDue(s State, now time.Time) (State, []Effect) {
	p := s.Power
	warn := p.Settings.warning()
	switch {
	case p.Settings.Idle <= 0 || !p.awake():
		return s, nil
	case s.moving():
		return s, watchIdle(s)
	case !p.Warned.IsZero() && !now.Before(p.Warned):
		return standby(s, now, StandbyAsked{By: ByIdle, Reason: "nobody did anything for " + short(p.Settings.Idle)})
	case !p.Warned.IsZero():
		return s, []Effect{lasting(TimerIdle, p.Warned.Sub(now))}
	}
	if left := p.Acted.Add(p.Settings.Idle).Sub(now); left > warn {
		return s, []Effect{lasting(TimerIdle, left-warn)}
	}
	s.Power.Warned = now.Add(warn)
	return s, []Effect{lasting(TimerIdle, warn)}
}

// short is a duration without parts that are zero.
func short(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if n := len(text) - len(zero); n > 0 && text[n:] == zero {
			text = text[:n+1]
		}
	}
	return text
}

// byPerson says that somebody did e.
func byPerson(e Event) bool {
	switch e := e.(type) {
	case PlayRequested, PauseRequested, ResumeRequested, ToggleRequested, StopRequested, SeekRequested, LiveRequested,
		VolumeRequested, RateRequested, ChooseRequested, DelayRequested, ShapeRequested, KeyPressed, Focused,
		PairRequested, PairCancelled, UnpairRequested:
		return true
	case WakeAsked:
		return e.By.person() || e.By == ByTV
	default:
		return false
	}
}

// attend is after, with what follows from every step: who acted, whether the
// picture is back, and what the television's display says of the deck. It may
// be called more than once for one step.
func attend(before, after State, now time.Time, e Event) (State, []Effect) {
	p := &after.Power
	if byPerson(e) || before.moving() && !after.moving() {
		p.Acted, p.Warned = now, time.Time{}
	}
	if after.moving() {
		p.Warned = time.Time{}
	}
	if p.State == PowerWaking && (after.Phase == Playing || !after.Phase.loaded()) {
		p.State = PowerOn
	}
	var fx []Effect
	if !p.awake() && after.moving() { // somebody else, at the player itself, let it go on
		after, fx = hold(after, now, true)
	}
	if deck := deckOf(after); after.TV.Edge && deck != after.TV.Deck {
		after.TV.Deck = deck
		fx = append(fx, after.tellDeck()...)
	}
	after, more := followFirmware(after, now)
	return after, append(fx, more...)
}
