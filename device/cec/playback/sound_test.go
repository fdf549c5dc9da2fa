package playback

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"usher/device/cec"
)

func (b *box) key(code cec.UICode, down bool) { b.do(cec.PressKey{Code: code, Down: down}) }

func TestVolumeGoesToTheAudioSystem(t *testing.T) {
	b := start(t, nil)
	b.key(cec.UIVolumeUp, true)
	b.key(cec.UIVolumeUp, false) // released while the question is open
	b.said("45:7d")
	b.hear("54:7e:01")
	b.said("45:44:41", "45:45", "45:71")
	b.hear("54:7a:20")
	b.told("sound audio-system 32 false")
	b.key(cec.UIMute, true)
	b.pass(time.Second) // a toggle is not repeated
	b.key(cec.UIMute, false)
	b.said("45:44:43", "45:45", "45:71")
}

func TestVolumeGoesToTheTelevision(t *testing.T) {
	for _, no := range []string{"54:7e:00", "54:00:7d:00"} {
		b := start(t, nil)
		b.key(cec.UIVolumeDown, true)
		b.clear()
		b.hear(no)
		b.said("40:44:42")
		b.pass(700 * time.Millisecond)
		b.key(cec.UIVolumeDown, false)
		b.said("40:44:42", "40:44:42", "40:45")
	}
}

func TestVolumeWithoutAnAudioSystem(t *testing.T) {
	b := start(t, nil)
	b.keep = true
	b.key(cec.UIVolumeUp, true)
	b.said("45:7d")
	b.do(cec.Sent{ID: b.s.nextID, Result: cec.ResultNack})
	b.said("40:44:41")
	b.do(cec.Sent{ID: b.s.nextID, Result: cec.ResultOK})
	b.key(cec.UIVolumeUp, false)
	b.said("40:45")
	b.key(cec.UIVolumeUp, true) // known by now: not asked again
	b.said("40:44:41")
}

func TestVolumeOfADumbAudioSystem(t *testing.T) {
	b := start(t, nil)
	b.key(cec.UIVolumeUp, true)
	b.clear()
	b.pass(2 * time.Second) // it took the question, and says nothing
	if len(b.frames) == 0 || b.frames[0] != "40:44:41" {
		t.Errorf("frames %q", b.frames)
	}
}

func TestVolumeFollowsTheSound(t *testing.T) {
	b := start(t, nil)
	b.hear("5f:72:01")
	b.told("sound audio-system -1 false")
	b.key(cec.UIVolumeUp, true)
	b.said("45:44:41")
	b.hear("5f:72:00") // in the middle of a held key: its release goes where the press went
	b.key(cec.UIVolumeUp, false)
	b.said("45:45", "45:71")
	b.key(cec.UIVolumeUp, true)
	b.key(cec.UIVolumeUp, false)
	b.said("40:44:41", "40:45")
	b.hear("5f:72:01")
	b.hear("5f:90:01") // the receiver went to standby
	b.told("sound audio-system -1 false", "sound tv -1 false")
}

func TestVolumeThatNobodyTakes(t *testing.T) {
	b := start(t, func(c *Config) { c.Volume = VolumeTV })
	b.key(cec.UIVolumeUp, true)
	b.clear()
	b.hear("04:00:44:00")
	b.told("sound box -1 false")
	b.key(cec.UIVolumeUp, false)
	b.key(cec.UIVolumeUp, true)
	b.said()
	b.do(cec.Claimed{Physical: 0x2000, Logical: cec.Playback1}) // another set, perhaps
	b.clear()
	b.key(cec.UIVolumeDown, true)
	b.said("40:44:42")
}

func TestVolumeOfTheBox(t *testing.T) {
	b := start(t, func(c *Config) { c.Volume = VolumeBox })
	b.key(cec.UIVolumeUp, true)
	b.key(cec.UIVolumeUp, false)
	b.said()
	if at := Look(b.s).Sound.At; at != cec.SoundHere {
		t.Errorf("sound is at %s", at)
	}
}

func TestForgottenKeyIsReleased(t *testing.T) {
	b := start(t, func(c *Config) { c.Volume = VolumeTV })
	b.key(cec.UIVolumeUp, true)
	b.key(cec.UIVolumeUp, true)
	b.pass(time.Hour)
	if n := len(b.frames); n < 30 || n > 36 || b.frames[n-1] != "40:45" {
		t.Errorf("%d frames, the last %s", n, b.frames[n-1])
	}
}

func TestOtherKeysGoToTheTelevision(t *testing.T) {
	b := start(t, nil)
	b.key(cec.UIRootMenu, true)
	b.key(cec.UIRootMenu, false)
	b.said("40:44:09", "40:45")
}

func TestDeck(t *testing.T) {
	b := start(t, nil)
	b.hear("04:1a:01")
	b.said("40:1b:1a")
	b.hear("04:41:24")
	b.told("deck 24 0")
	b.said("40:1b:11")
	b.do(cec.SetDeck{Deck: cec.DeckStill})
	b.do(cec.SetDeck{Deck: cec.DeckStill})
	b.said("40:1b:14")
	for frame, want := range map[string]string{
		"04:41:05": "40:1b:17", "04:41:0b": "40:1b:18", "04:41:15": "40:1b:15", "04:41:1b": "40:1b:16",
		"04:41:20": "40:1b:13", "04:42:03": "40:1b:1a", "04:42:04": "40:1b:19",
	} {
		b.do(cec.SetDeck{Deck: cec.DeckPlay})
		b.clear()
		b.hear(frame)
		b.said(want)
	}
	b.do(cec.SetDeck{Deck: cec.DeckNoMedia})
	b.clear()
	b.hear("04:42:01", "04:41:05")
	b.said("40:00:42:01", "40:00:41:01")
	b.hear("04:42:01") // at once again: the refusal stands
	b.clear()
	b.hear("04:41:24")
	b.said("40:1b:11")
	b.hear("04:1a:02")
	b.do(cec.SetDeck{Deck: cec.DeckStop})
	b.said()
}

func TestWithoutDeckControl(t *testing.T) {
	b := start(t, func(c *Config) { c.Deck = false })
	b.hear("04:1a:03", "04:41:24", "04:42:03", "04:42:77")
	b.said("40:00:1a:00", "40:00:41:00", "40:00:42:00", "40:00:42:00")
	b.told()
}

func TestFlightIsBounded(t *testing.T) {
	b := start(t, nil)
	b.keep = true
	for range 200 {
		b.hear("04:8f")
	}
	if len(b.frames) != flightLimit || len(b.s.queue) > queueLimit {
		t.Errorf("%d frames under way, %d waiting", len(b.frames), len(b.s.queue))
	}
	b.pass(time.Minute) // the adapter never accounts for them
	if len(b.s.flight) != 0 || len(b.s.queue) != 0 {
		t.Errorf("%d under way, %d waiting after a minute", len(b.s.flight), len(b.s.queue))
	}
}

func TestRateIsBounded(t *testing.T) {
	b := start(t, nil)
	for range 1000 {
		b.hear("04:8f")
	}
	if n := len(b.frames); n > sendBurst+1 {
		t.Errorf("%d answers at once", n)
	}
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	c := Default()
	c.Wake = "sometimes"
	if err := c.Check(); err == nil || err.Error() != `wake is "sometimes"; it may be one of ["never" "play" "key"]` {
		t.Errorf("got %v", err)
	}
}

// A television whose CEC was off refuses all; turned on in its settings, it
// announces itself.
func TestWhatWasRefusedIsAskedOfASetThatAnnouncesItself(t *testing.T) {
	b := start(t, nil)
	b.do(person)
	b.hear("04:00:04:00", "04:00:0d:00")
	b.pass(time.Minute)
	b.clear()
	b.do(person)
	b.pass(time.Minute)
	if slices.Contains(b.frames, "40:04") || slices.Contains(b.frames, "40:0d") {
		t.Errorf("sent again what it does not know: %q", b.frames)
	}
	b.hear("0f:84:00:00:00")
	b.clear()
	b.do(person)
	b.said("40:04", "4f:82:10:00")
}

func TestRefusalsOfTheMomentAreForgotten(t *testing.T) {
	b := start(t, nil)
	for op := range 200 {
		b.hear(fmt.Sprintf("04:00:%02x:01", op))
		b.pass(time.Second)
	}
	b.hear("04:00:04:00")
	b.clear()
	b.do(person)
	if slices.Contains(b.frames, "40:04") {
		t.Errorf("what it does not know was sent: %q", b.frames)
	}
}
