package box

import "time"

// Sign is something that makes the start of a title likely.
type Sign string

// The signs, with the names they have on the bridge.
const (
	SignTile      Sign = "tile"      // the focus is on its tile
	SignDetails   Sign = "details"   // its page is open
	SignHero      Sign = "hero"      // it is the large one at the top
	SignContinue  Sign = "continue"  // the focus is on its tile among those begun
	SignNext      Sign = "next"      // the episode before it is nearly over
	SignCredits   Sign = "credits"   // the closing credits before it run
	SignCountdown Sign = "countdown" // it starts by itself in a few seconds
	SignStart     Sign = "start"     // somebody started it: what went before was a good guess
	SignPicture   Sign = "picture"   // its first picture is there
)

// Wish is what a title would be opened with.
type Wish struct {
	Audio    []string // preferred languages, BCP 47
	Caption  []string
	Progress map[string]Progress
	Choices  map[string]Choice
	SeekFMP4 bool // the player can seek in fragmented MP4
}

func (s State) wish() Wish {
	return Wish{Audio: s.Audio, Caption: s.Caption, Progress: s.Progress, Choices: s.Choices, SeekFMP4: s.Player.Can.SeekFMP4}
}

// Would is how a title would be opened if somebody started it now, and where
// it would begin.
func (w Wish) Would(r Resolved) (OpenOrigin, time.Duration) {
	s := State{
		Audio: w.Audio, Caption: w.Caption, Progress: w.Progress, Choices: w.Choices,
		Showing: Showing{Phase: Resolving, Title: r.Title, Series: r.Series, Playback: r.Playback},
	}
	s.Player.Can.SeekFMP4 = w.SeekFMP4
	s.Chosen = s.Choices[choiceID(s)]
	at := beginning(s)
	_, fx := open(s, at)
	return fx[0].(OpenOrigin), at
}

// expect is the hint for a title. One that could not be played is none.
func (s State) expect(id string, sign Sign) Effect {
	if id != "" && Refuse(s, PlayRequested{TitleID: id}) != nil {
		return Expect{}
	}
	return Expect{TitleID: id, Sign: sign, Wish: s.wish()}
}

// nextShare is the part of an episode after which the one that follows counts
// as expected.
const nextShare = 0.8

// focused notes what the screen points at. What that is worth is not for the
// core to say.
func focused(s State, e Focused) (State, []Effect) {
	if s.Focus == e || !s.Power.awake() {
		return s, nil
	}
	s.Focus = e
	return s, []Effect{s.expect(e.TitleID, e.Sign)}
}

// expectNext says, once each, that the next episode comes near.
func expectNext(s State, now time.Time) (State, []Effect) {
	sign := s.comingUp(now)
	if sign == "" || sign == s.Coming || s.Coming == SignCredits {
		return s, nil
	}
	s.Coming = sign
	return s, []Effect{s.expect(s.Next.ID, sign)}
}

// comingUp is the sign of the next episode at this moment; "" for none.
func (s State) comingUp(now time.Time) Sign {
	d := s.duration()
	if s.Next == nil || d <= 0 {
		return ""
	}
	credits := lookMarks(s).credits
	if credits == 0 {
		credits = time.Duration(float64(d) * finishedShare)
	}
	switch at := s.Status.PositionAt(now); {
	case at >= credits:
		return SignCredits
	case at >= time.Duration(float64(d)*nextShare):
		return SignNext
	}
	return ""
}
