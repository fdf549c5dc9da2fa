package playback

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/device/cec"
)

// box is a device under test: it is fed, and what it does is kept.
type box struct {
	*testing.T
	s       State
	now     time.Time
	frames  []string
	whys    []cec.Why
	reports []cec.Report
	notes   []string
	keep    bool // frames stay under way
}

const ours = cec.Physical(0x1000)

// start is a box at 1.0.0.0, address 4, that is on; nothing is recorded yet.
func start(t *testing.T, change func(*Config)) *box {
	t.Helper()
	c := Default()
	if change != nil {
		change(&c)
	}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	b := &box{T: t, s: New(c), now: time.Unix(1000, 0)}
	b.do(cec.SetPower{Power: cec.PowerOn, Cause: cec.CauseBoot})
	b.do(cec.Attached{Adapter: cec.Adapter{Node: "/dev/cec0"}})
	b.do(cec.Claimed{Physical: ours, Logical: cec.Playback1})
	b.clear()
	return b
}

func (b *box) clear() { b.frames, b.whys, b.reports, b.notes = nil, nil, nil, nil }

// do feeds an input; frames that go out are acknowledged at once.
func (b *box) do(in any) {
	b.Helper()
	var step Step
	b.s, step = Next(b.s, b.now, in)
	b.reports = append(b.reports, step.Reports...)
	for _, n := range step.Notes {
		b.notes = append(b.notes, n.Text)
	}
	for _, o := range step.Send {
		b.frames = append(b.frames, o.Frame.String())
		b.whys = append(b.whys, o.Why)
		if o.Why.Rule == "" || o.Why.From == "" {
			b.Errorf("frame %v has no reason: %+v", o.Frame, o.Why)
		}
	}
	for _, o := range step.Send {
		if !b.keep {
			b.do(cec.Sent{ID: o.ID, At: b.now, Result: cec.ResultOK})
		}
	}
}

// hear feeds a frame such as "04:8f".
func (b *box) hear(frames ...string) {
	b.Helper()
	for _, text := range frames {
		raw, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
		if err != nil {
			b.Fatal(err)
		}
		f, err := cec.NewFrame(raw)
		if err != nil {
			b.Fatal(err)
		}
		b.do(cec.Received{At: b.now, Frame: f})
	}
}

// pass lets time go by; ticks come when they are due.
func (b *box) pass(d time.Duration) {
	b.Helper()
	end := b.now.Add(d)
	for {
		at := b.s.Deadline()
		if at.IsZero() || at.After(end) {
			break
		}
		if at.After(b.now) {
			b.now = at
		}
		b.do(Tick{})
		if again := b.s.Deadline(); again.Equal(at) {
			b.Fatalf("the deadline %v does not move on", at)
		}
	}
	b.now = end
}

// said checks the frames since the last look.
func (b *box) said(want ...string) {
	b.Helper()
	if !slices.Equal(b.frames, want) {
		b.Errorf("frames %q, want %q (notes %q)", b.frames, want, b.notes)
	}
	b.clear()
}

// told checks the reports since the last look, by their text.
func (b *box) told(want ...string) {
	b.Helper()
	got := make([]string, 0, len(b.reports))
	for _, r := range b.reports {
		got = append(got, short(r))
	}
	if !slices.Equal(got, want) {
		b.Errorf("reports %q, want %q", got, want)
	}
	b.reports = nil
}

// short is a report in few words.
func short(r cec.Report) string {
	switch r := r.(type) {
	case cec.KeyReport:
		switch {
		case r.Down && r.Loose:
			return fmt.Sprintf("down %v loose", r.Code)
		case r.Down:
			return fmt.Sprintf("down %v", r.Code)
		}
		return fmt.Sprintf("up %v %v", r.Code, r.Held)
	case cec.KeyRepeated:
		return "still " + r.Code.String()
	case cec.WakeAsked:
		return "wake"
	case cec.StandbyAsked:
		return "standby"
	case cec.SourceChanged:
		return fmt.Sprintf("active %t", r.Active)
	case cec.PowerChanged:
		return "tv " + r.Power.String()
	case cec.LanguageChanged:
		return "language " + r.Language
	case cec.SoundChanged:
		return fmt.Sprintf("sound %s %d %t", r.At, r.Volume, r.Muted)
	case cec.DeckAsked:
		return fmt.Sprintf("deck %02x %d", r.Play, r.Control)
	case cec.TroubleChanged:
		return "trouble " + r.Code
	default:
		return fmt.Sprintf("%T", r)
	}
}

var person = cec.ShowPicture{Cause: cec.CausePlay, Detail: "a film"}

func TestAnswers(t *testing.T) {
	tests := []struct{ name, hear, say string }{
		{"power status", "04:8f", "40:90:00"},
		{"power status of another device", "84:8f", "48:90:00"},
		{"power status of nobody", "f4:8f", ""},
		{"unknown message", "04:21", "40:00:21:00"},
		{"unknown message to everybody", "0f:21", ""},
		{"unknown message of nobody", "f4:21", ""},
		{"not for us", "08:8f", ""},
		{"feature abort", "04:00:21:00", ""},
		{"menu language", "04:91", "40:00:91:00"},
		{"menu request in CEC 2.0", "04:8d:02", "40:00:8d:00"},
		{"tuner", "04:08:01", "40:00:08:00"},
		{"system audio mode, directed", "04:72:01", "40:00:72:00"},
		{"vendor command", "04:89:01", "40:00:89:00"},
		{"request active source while not shown", "0f:85", ""},
		{"deck status once", "04:1a:03", "40:1b:1a"},
		{"deck status wrong", "04:1a:07", "40:00:1a:03"},
		{"play wrong", "04:41:33", "40:00:41:03"},
		{"deck control wrong", "04:42:09", "40:00:42:03"},
		{"malformed: too short", "04:41", ""},
		{"malformed: directed only, to everybody", "0f:8f", ""},
		{"malformed: broadcast only, to us", "04:86:10:00", ""},
		{"from ourselves", "44:8f", ""},
		{"a poll", "04", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := start(t, nil)
			b.hear(test.hear)
			if test.say == "" {
				b.said()
			} else {
				b.said(test.say)
			}
		})
	}
	for _, quiet := range []string{"04:47:41", "04:7a:20", "04:7e:00", "04:90:00", "04:9d:10:00", "04:9e:05", "0f:84:00:00:00", "0f:87:00:00:00", "0f:a6:06:00:00:00"} {
		b := start(t, nil)
		b.hear(quiet)
		b.said()
	}
}

func TestMenuOfCEC14(t *testing.T) {
	b := start(t, func(c *Config) { c.Version = 14 })
	b.hear("04:8d:02")
	b.said("40:8e:00")
}

func TestOffSendsNothing(t *testing.T) {
	b := start(t, func(c *Config) { c.Mode = ModeOff })
	b.hear("04:8f", "0f:86:10:00", "0f:85", "04:44:41", "0f:36", "04:21")
	b.do(person)
	b.do(cec.PressKey{Code: cec.UIVolumeUp, Down: true})
	b.do(cec.SetPower{Power: cec.PowerStandby, Cause: cec.CauseKey})
	b.pass(time.Hour)
	b.do(cec.Leave{})
	b.said()
}

func TestOneTouchPlay(t *testing.T) {
	b := start(t, nil)
	b.do(person)
	if b.whys[0].From != "a person started a title (a film)" {
		t.Errorf("reason %+v", b.whys[0])
	}
	b.told("active true")
	b.said("40:04", "4f:82:10:00")
	b.pass(4 * time.Second)
	b.said("40:8f")
	b.hear("04:90:00")
	b.pass(time.Minute)
	b.said()

	b.do(person) // shown, and heard on a minute ago: looks first
	b.said("40:8f")
	b.hear("04:90:00")
	b.pass(time.Minute)
	b.said()
	if got := Look(b.s).Woke.Then; got != "the television is on" {
		t.Errorf("chain says %q", got)
	}
}

func TestWakeTriesAgain(t *testing.T) {
	b := start(t, nil)
	b.do(person)
	b.said("40:04", "4f:82:10:00")
	for range 2 {
		b.pass(3 * time.Second)
		b.said("40:8f")
		b.hear("04:90:01")
		b.said("40:04", "4f:82:10:00")
	}
	b.pass(3 * time.Second)
	b.said("40:8f")
	b.hear("04:90:01")
	b.pass(time.Hour)
	b.said() // three times is enough
}

func TestWakeOfASetThatBoots(t *testing.T) {
	b := start(t, nil)
	b.do(person)
	b.pass(3 * time.Second)
	b.clear()
	b.hear("04:90:02")
	b.said()
	b.pass(6 * time.Second)
	b.said("40:8f")
	b.hear("04:90:00")
	b.said("4f:82:10:00")
}

func TestWakeWithoutAddress(t *testing.T) {
	b := start(t, nil)
	b.do(cec.Claimed{Physical: cec.NoPhysical, Logical: cec.Unregistered})
	b.do(person)
	b.said("f0:04")
	b.pass(2 * time.Second)
	b.do(cec.Claimed{Physical: 0x2000, Logical: cec.Playback2})
	b.said("8f:82:20:00")
}

func TestWakeByTextView(t *testing.T) {
	b := start(t, nil)
	b.do(person)
	b.clear()
	b.hear("04:00:04:00")
	b.said("40:0d")
}

func TestOnlyAPersonLightsTheTelevision(t *testing.T) {
	for _, cause := range []cec.Cause{cec.CauseBoot, cec.CauseResume, cec.CauseNetwork, cec.CauseIdle, cec.CauseUpdate, ""} {
		b := start(t, nil)
		b.do(cec.ShowPicture{Cause: cause})
		b.pass(time.Hour)
		if len(b.notes) != 1 {
			t.Errorf("%q: notes %q", cause, b.notes)
		}
		b.said()
	}
	for _, test := range []struct {
		mode  Mode
		wake  Wake
		cause cec.Cause
		lit   bool
	}{
		{ModeOn, WakeKey, cec.CauseKey, true},
		{ModeOn, WakePlay, cec.CauseKey, false},
		{ModeOn, WakePlay, cec.CauseApp, true},
		{ModeOn, WakeNever, cec.CausePlay, false},
		{ModeKeys, WakeKey, cec.CausePlay, false},
	} {
		b := start(t, func(c *Config) { c.Mode, c.Wake = test.mode, test.wake })
		b.do(cec.ShowPicture{Cause: test.cause})
		if lit := len(b.frames) > 0; lit != test.lit {
			t.Errorf("%+v: frames %q", test, b.frames)
		}
	}
}

func TestAtMostOneWakeInTenSeconds(t *testing.T) {
	b := start(t, nil)
	b.do(person)
	b.hear("04:90:00", "0f:82:20:00")
	b.clear()
	b.do(person)
	b.said()
	b.pass(11 * time.Second)
	b.do(person)
	b.said("40:04", "4f:82:10:00")
}

func TestSourceIsNeverTakenBack(t *testing.T) {
	for _, lose := range []string{"8f:82:20:00", "0f:86:20:00", "0f:80:10:00:20:00", "0f:80:10:00:00:00", "5f:81:21:00", "0f:82:00:00"} {
		b := start(t, nil)
		b.hear("0f:86:10:00")
		b.told("tv on", "active true")
		b.said("4f:82:10:00")
		b.hear("0f:85")
		b.said("4f:82:10:00")
		b.hear(lose)
		b.told("active false")
		b.hear("0f:85")
		b.do(cec.SetPower{Power: cec.PowerOn, Cause: cec.CauseResume})
		b.do(cec.Claimed{Physical: ours, Logical: cec.Playback1})
		b.pass(time.Hour)
		b.said()
	}
}

func TestSourceLostWhileWakingGivesUp(t *testing.T) {
	b := start(t, nil)
	b.do(person)
	b.clear()
	b.hear("8f:82:20:00")
	b.pass(time.Minute)
	b.said()
}

func TestSwitchAboveUsKeepsTheSource(t *testing.T) {
	b := start(t, nil)
	b.do(cec.Claimed{Physical: 0x1200, Logical: cec.Playback1})
	b.hear("0f:86:12:00")
	b.clear()
	b.hear("0f:80:20:00:10:00") // to the receiver that we hang on
	b.told()
	b.hear("5f:81:12:00")
	b.said("4f:82:12:00")
	b.hear("5f:81:13:00")
	b.told("active false")
}

func TestStandbyIsIdempotent(t *testing.T) {
	b := start(t, nil)
	b.hear("0f:86:10:00")
	b.clear()
	b.hear("0f:36")
	b.told("tv standby", "active false", "standby")
	b.said("4f:90:03")
	b.hear("0f:36", "04:36")
	b.told()
	b.said()
	b.do(cec.SetPower{Power: cec.PowerStandby, Cause: cec.CauseKey})
	b.said("4f:90:01") // and no Standby back
	b.hear("0f:36", "8f:82:20:00", "04:44:00", "04:45", "04:8f")
	b.told()
	b.said("40:90:01")
}

func TestStandbyNotFollowed(t *testing.T) {
	b := start(t, func(c *Config) { c.Follow = false })
	b.hear("0f:36")
	b.told("tv standby")
	b.said()
}

func TestWakeFilter(t *testing.T) {
	tests := []struct {
		hear string
		wake bool
	}{
		{"0f:86:10:00", true},
		{"0f:80:20:00:10:00", true},
		{"04:44:40", true},
		{"04:44:6d", true},
		{"04:44:6b", true},
		{"04:41:24", true},
		{"04:42:04", true},
		{"04:44:6c", false},
		{"04:44:44", false},
		{"04:44:00", false},
		{"0f:86:20:00", false},
		{"0f:82:20:00", false},
		{"0f:85", false},
		{"04:04", false},
		{"04:41:25", false},
		{"04:42:03", false},
	}
	for _, test := range tests {
		b := start(t, nil)
		b.hear("0f:36")
		b.do(cec.SetPower{Power: cec.PowerStandby})
		b.pass(time.Minute)
		b.clear()
		b.hear(test.hear)
		woken := slices.ContainsFunc(b.reports, func(r cec.Report) bool { _, ok := r.(cec.WakeAsked); return ok })
		if woken != test.wake {
			t.Errorf("%s: woken %t", test.hear, woken)
		}
	}
}

func TestRoutingRightAfterStandbyWakesNobody(t *testing.T) {
	b := start(t, nil)
	b.hear("0f:36")
	b.do(cec.SetPower{Power: cec.PowerStandby})
	b.clear()
	b.pass(2 * time.Second)
	b.hear("0f:80:20:00:10:00")
	b.told()
	b.said()
}

func TestLoopBreaker(t *testing.T) {
	b := start(t, nil)
	for i := range 4 {
		b.hear("0f:36")
		b.do(cec.SetPower{Power: cec.PowerStandby})
		b.pass(4 * time.Second)
		b.clear()
		b.hear("0f:86:10:00")
		if i < 3 {
			b.told("tv on", "active true", "wake")
			b.do(cec.SetPower{Power: cec.PowerOn})
		}
	}
	b.told("tv on", "trouble cec_loop")
	b.said()
	b.hear("04:44:6d") // a power key still works
	b.told("trouble ", "wake")
	b.do(cec.SetPower{Power: cec.PowerOn})
	b.hear("0f:36")
	b.clear()
	b.pass(2 * time.Minute)
	b.hear("0f:86:10:00")
	b.told("tv on", "active true", "wake")
}

func TestBoxSleeps(t *testing.T) {
	tests := []struct {
		name  string
		sleep Sleep
		cause cec.Cause
		shown bool
		want  []string
	}{
		{"shown", SleepShown, cec.CauseKey, true, []string{"40:36", "4f:90:01"}},
		{"not shown", SleepShown, cec.CauseKey, false, []string{"4f:90:01"}},
		{"always", SleepAlways, cec.CauseKey, false, []string{"40:36", "4f:90:01"}},
		{"never", SleepNever, cec.CauseKey, true, []string{"40:9d:10:00", "4f:90:01"}},
		{"nobody did anything", SleepAlways, cec.CauseIdle, true, []string{"40:9d:10:00", "4f:90:01"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := start(t, func(c *Config) { c.Sleep = test.sleep })
			if test.shown {
				b.hear("0f:86:10:00")
			}
			b.clear()
			b.do(cec.SetPower{Power: cec.PowerStandby, Cause: test.cause})
			b.said(test.want...)
		})
	}
}

func TestPowerIsBroadcastIn20Only(t *testing.T) {
	b := start(t, func(c *Config) { c.Version = 14 })
	b.hear("0f:36")
	b.do(cec.SetPower{Power: cec.PowerStandby})
	b.said()
	b.hear("04:8f")
	b.said("40:90:01")
}

func TestLeave(t *testing.T) {
	b := start(t, nil)
	b.hear("0f:86:10:00")
	b.clear()
	b.do(cec.Leave{})
	b.said("40:9d:10:00", "4f:90:01")
	b.hear("04:8f", "0f:86:10:00")
	b.do(person)
	b.said()
}

func TestStepsDoNotShare(t *testing.T) {
	b := start(t, nil)
	b.do(person)
	before := b.s
	look := Look(before)
	b.hear("04:90:01", "04:00:44:00", "04:1a:01", "04:44:00", "0f:36")
	b.pass(time.Minute)
	if Look(before) != look || before.wake == nil || before.wake.tries != 1 || len(before.aborted) != 0 {
		t.Error("a later step changed an earlier state")
	}
}
