package box

import (
	"time"

	"usher/device/cec"
	"usher/device/remote"
)

// TV is what is known of the television. It lasts over titles.
type TV struct {
	Edge    bool        // somebody listens to one; without, nothing is told
	Link    cec.Link    // the box on the bus
	Power   cec.Power   // of the television
	Active  bool        // it shows the box
	Reason  string      // why it does, or does not any more
	Since   time.Time   // of Active
	Sound   cec.Sound   // where volume keys go
	Paused  bool        // the picture is held because the television shows something else
	Deck    cec.Deck    // as told last; 0: unknown
	Trouble cec.Trouble // as told last
	Speaks  bool        // its language is taken over
}

// TVReported is something that the television said, or that is known of it.
// Its requests for standby and waking come as StandbyAsked and WakeAsked.
type TVReported struct{ Report cec.Report }

func (TVReported) boxEvent() {}

// TellTV tells the television's edge what happened at the box. What it sends
// because of that is its own affair; it has a reason for each frame.
type TellTV struct{ Act cec.Act }

func (TellTV) boxEffect() {}

func (s State) tellTV(a cec.Act) []Effect {
	if !s.TV.Edge {
		return nil
	}
	return []Effect{TellTV{a}}
}

// showPicture is one touch play, for an act of a person only.
func (s State) showPicture(by Source, detail string) []Effect {
	if !by.person() {
		return nil
	}
	return s.tellTV(cec.ShowPicture{Cause: by.cause(), Detail: detail})
}

// tvReported takes in what the television's edge reports.
func tvReported(s State, now time.Time, e TVReported) (State, []Effect) {
	switch r := e.Report.(type) {
	case cec.LinkChanged:
		s.TV.Link = r.Link
		if !r.Attached {
			s.TV.Sound = cec.Sound{At: cec.SoundHere, Volume: -1}
		}
	case cec.PowerChanged:
		s.TV.Power = r.Power
	case cec.SoundChanged:
		s.TV.Sound = r.Sound
	case cec.LanguageChanged:
		if tag := languageTag(r.Language); s.TV.Speaks && tag != "" {
			s.Common.Audio = []string{tag}
			s = s.speak()
		}
	case cec.SourceChanged:
		return sourceChanged(s, now, r)
	case cec.DeckAsked:
		return deckAsked(s, now, r)
	case cec.TroubleChanged:
		return tvTrouble(s, r.Trouble), nil
	}
	return s, nil
}

// tvTrouble puts a trouble among the lasting problems, or takes it away.
func tvTrouble(s State, t cec.Trouble) State {
	if code := s.TV.Trouble.Code; code != "" {
		s = noted(s, HealthChanged{Code: code})
	}
	if t.Code != "" {
		s = noted(s, HealthChanged{Code: t.Code, Problem: &Problem{Code: t.Code, Text: t.Text, Hint: t.Next}})
	}
	s.TV.Trouble = t
	return s
}

// sourceChanged holds the picture while the television shows something else.
// The box never asks for the picture back: it goes on when it is shown again.
func sourceChanged(s State, now time.Time, r cec.SourceChanged) (State, []Effect) {
	s.TV.Active, s.TV.Reason, s.TV.Since = r.Active, r.Reason, now
	switch {
	case !s.Power.awake():
		return s, nil
	case r.Active && s.TV.Paused && s.Phase.active():
		s.TV.Paused = false
		return hold(s, now, false)
	case !r.Active && s.Phase.active() && !s.Hold:
		s.TV.Paused = true
		return hold(s, now, true)
	}
	return s, nil
}

// deckOf is what the player does, as Deck Status says it.
func deckOf(s State) cec.Deck {
	switch {
	case !s.Phase.active():
		return cec.DeckStop
	case s.Hold || s.Phase == Paused:
		return cec.DeckStill
	default:
		return cec.DeckPlay
	}
}

func (s State) tellDeck() []Effect { return s.tellTV(cec.SetDeck{Deck: s.TV.Deck}) }

// deckAsked obeys Deck Control as far as it may be asked now. What the
// television was told stands corrected by what comes of it.
func deckAsked(s State, now time.Time, r cec.DeckAsked) (State, []Effect) {
	s.TV.Deck = 0
	if e := deckIntent(r); e != nil && s.Power.awake() {
		return Next(s, now, e)
	}
	return s, nil
}

func deckIntent(r cec.DeckAsked) Event {
	switch {
	case r.Play == cec.PlayForward:
		return ResumeRequested{}
	case r.Play == cec.PlayStill:
		return PauseRequested{}
	case r.Control == cec.ControlStop, r.Control == cec.ControlEject:
		return StopRequested{}
	case r.Control == cec.ControlSkipForward:
		return SkipRequested{}
	case r.Control == cec.ControlSkipReverse:
		return SkipRequested{Back: true}
	}
	return nil
}

// playAsked begins a title that a person asked for: it wakes the box, and
// shows on the television.
func playAsked(s State, now time.Time, e PlayRequested) (State, []Effect) {
	var fx []Effect
	if !s.Power.awake() {
		s.Power.Resume = false // another title is wanted
		s, fx = wake(s, now, WakeAsked{By: e.By, Reason: "a person started a title"})
	}
	s, more := play(s, now, e)
	return s, append(append(fx, s.tellTV(cec.ShowPicture{Cause: cec.CausePlay})...), more...)
}

// powerKey acts on the keys of power, on any key in standby, and on keys of
// sound that belong to others. done: nothing else follows from the key.
func powerKey(s State, now time.Time, e KeyPressed) (after State, fx []Effect, done bool) {
	k, press := e.Key.Key, e.Key.Action == remote.Press
	why := "the " + string(k) + " key"
	switch {
	case !s.Power.awake():
		if press && e.By != ByTV && !soundKey(k) && k != remote.Standby {
			s, fx = wake(s, now, WakeAsked{By: e.By, Reason: why})
		}
	case k == remote.Power, k == remote.Standby:
		if press {
			s, fx = standby(s, now, StandbyAsked{By: e.By, Reason: why})
		}
	case k == remote.Wake:
		if press {
			fx = s.showPicture(e.By, why)
		}
	case press && s.TV.Power == cec.PowerStandby && (e.By == ByRemote || e.By == ByPanel) && !soundKey(k):
		return s, s.showPicture(e.By, why), false // and act: the television may be on without having said so
	case soundKey(k) && e.By != ByTV && s.soundElsewhere():
		fx = s.soundPressed(k, e)
	case !s.Power.Warned.IsZero() && press: // it says that somebody is there, and no more
	default:
		return s, nil, false
	}
	return s, fx, true
}

func soundKey(k remote.Key) bool {
	return k == remote.VolUp || k == remote.VolDown || k == remote.Mute
}

// soundElsewhere says that the television or a receiver makes the sound.
func (s State) soundElsewhere() bool {
	return s.TV.Edge && s.TV.Link.Attached && s.TV.Sound.At != "" && s.TV.Sound.At != cec.SoundHere
}

// soundPressed passes a key of sound on. Those who send no release have it
// released at once.
func (s State) soundPressed(k remote.Key, e KeyPressed) (fx []Effect) {
	code := map[remote.Key]cec.UICode{remote.VolUp: cec.UIVolumeUp, remote.VolDown: cec.UIVolumeDown, remote.Mute: cec.UIMute}[k]
	if e.Key.Action == remote.Press {
		fx = s.tellTV(cec.PressKey{Code: code, Down: true})
	}
	loose := (e.By == ByPage || e.By == ByCLI) && !e.Held
	if e.Key.Action == remote.Release || e.Key.Action == remote.Press && loose {
		fx = append(fx, s.tellTV(cec.PressKey{Code: code})...)
	}
	return fx
}

// languageTag is the BCP 47 tag of a language of Set Menu Language (ISO
// 639-2/B); "" for one that no service here speaks.
func languageTag(code string) string {
	return map[string]string{
		"ara": "ar", "bur": "my", "chi": "zh-Hans", "cze": "cs", "dan": "da", "dut": "nl", "eng": "en", "fin": "fi", "fre": "fr", "ger": "de",
		"gre": "el", "heb": "he", "hin": "hi", "hun": "hu", "ind": "id", "ita": "it", "jpn": "ja", "khm": "km", "kor": "ko", "lao": "lo",
		"may": "ms", "nor": "no", "pol": "pl", "por": "pt", "rum": "ro", "rus": "ru", "spa": "es", "swe": "sv", "tha": "th", "tur": "tr",
		"ukr": "uk", "vie": "vi", "zho": "zh-Hans",
	}[code]
}
