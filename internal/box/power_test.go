package box

import (
	"slices"
	"testing"
	"time"

	"usher/device"
	"usher/device/cec"
	"usher/device/remote"
	"usher/player"
)

// scriptedPower are the events of power and television for the fuzzer.
func scriptedPower(k remote.Key, arg byte) []Event {
	by := []Source{ByTV, ByRemote, ByPanel, ByPage, ByCLI, ByIdle, ByMachine, ""}[arg%8]
	return []Event{
		Began{},
		StandbyAsked{By: by, Reason: "r"},
		WakeAsked{By: by, Reason: "r"},
		SleepComing{},
		SleepOver{},
		InhibitorTaken{ID: string('a' + rune(arg%4)), Reason: "an update", For: time.Duration(arg) * time.Second},
		InhibitorReleased{ID: string('a' + rune(arg%4))},
		TimerFired{Timer: []Timer{TimerPower, TimerIdle, TimerInhibit}[arg%3]},
		TVReported{cec.SourceChanged{Active: arg%2 == 0, Reason: "r"}},
		TVReported{cec.PowerChanged{Power: cec.Power(arg % 4)}},
		TVReported{cec.SoundChanged{Sound: cec.Sound{At: []cec.SoundAt{cec.SoundHere, cec.SoundTV, cec.SoundAudio}[arg%3]}}},
		TVReported{cec.DeckAsked{Play: []uint8{0, cec.PlayForward, cec.PlayStill}[arg%3], Control: arg % 5}},
		TVReported{cec.TroubleChanged{Trouble: cec.Trouble{Code: []string{"", "cec_loop"}[arg%2]}}},
		TVReported{cec.LinkChanged{Link: cec.Link{Attached: arg%2 == 0, Physical: 0x1000, Logical: 4}}},
		KeyPressed{Key: remote.Event{Key: k, Action: []remote.Action{remote.Press, remote.Release}[arg/128]}, By: by},
	}
}

// checkPower holds whatever happens.
func checkPower(t *testing.T, was, s State, fx []Effect, e Event) {
	t.Helper()
	p := s.Power
	if (p.State == PowerStandby || p.State == PowerLeaving) && s.moving() {
		t.Fatalf("%#v: a picture moves in %v", e, p.State)
	}
	if p.State == PowerLeaving && p.Until.IsZero() {
		t.Fatalf("%#v: leaving without an end", e)
	}
	if p.State == PowerWaking && !s.Phase.loaded() {
		t.Fatalf("%#v: waking for nothing", e)
	}
	if len(p.Inhibitors) > inhibitors || len(p.Chain) > chainLength {
		t.Fatalf("%#v: %d inhibitors, %d steps", e, len(p.Inhibitors), len(p.Chain))
	}
	shows := acts[cec.ShowPicture](fx)
	if len(shows) > 0 && !byPerson(e) {
		t.Fatalf("%#v lights the television", e)
	}
	for _, a := range shows {
		if !a.Cause.ByPerson() {
			t.Fatalf("%#v lights the television because of %q", e, a.Cause)
		}
	}
	if was.Power.awake() != p.awake() && len(acts[cec.SetPower](fx)) == 0 {
		t.Fatalf("%#v: %v became %v and the television was not told", e, was.Power.State, p.State)
	}
}

// acts are the acts of one kind among effects.
func acts[A cec.Act](fx []Effect) (list []A) {
	for _, f := range fx {
		if tell, ok := f.(TellTV); ok {
			if a, ok := tell.Act.(A); ok {
				list = append(list, a)
			}
		}
	}
	return list
}

// evening is a box with a television, on which a film plays.
func evening(t *testing.T) (State, time.Time) {
	t.Helper()
	s, now := New("test", false), start()
	s.TV.Edge = true
	s.Power.Settings.Idle = 4 * time.Hour
	for _, e := range []Event{
		Began{},
		TVReported{cec.LinkChanged{Link: cec.Link{Attached: true, Physical: 0x1000, Logical: 4}}},
		ready(),
		PlayRequested{TitleID: "demo:lantern", By: ByPage},
	} {
		s, _ = Next(s, now, e)
	}
	s, _ = Next(s, now, Resolved{Session: s.Session, Title: film()})
	s, _ = Next(s, now, opened(s.Session, 0, false))
	s, _ = Next(s, now, status(s.Session, player.Playing, time.Minute, now))
	if s.Phase != Playing {
		t.Fatalf("phase %v", s.Phase)
	}
	return s, now
}

func ops(fx []Effect) (list []player.Op) {
	for _, c := range commands(fx) {
		list = append(list, c.Op)
	}
	return list
}

func has[E Effect](fx []Effect) bool {
	return slices.ContainsFunc(fx, func(f Effect) bool { _, ok := f.(E); return ok })
}

func TestStandbyHoldsTheFilmAndWakingLetsItGoOn(t *testing.T) {
	s, now := evening(t)
	now = now.Add(time.Minute)
	s, fx := Next(s, now, StandbyAsked{By: ByTV, Reason: "the television went to standby"})
	if !slices.Equal(ops(fx), []player.Op{player.Pause}) || !has[SaveProgress](fx) || !has[Expect](fx) {
		t.Fatalf("standby did %v", fx)
	}
	if told := acts[cec.SetPower](fx); len(told) != 1 || told[0].Power != cec.PowerStandby || told[0].Cause != "" {
		t.Fatalf("the television was told %+v", told)
	}
	if f := Front(s); f.Light != device.Resting || f.Level != frontDim {
		t.Errorf("front %+v", f)
	}
	if p := s.Progress["demo:lantern"]; p.PositionMS != 120_000 {
		t.Errorf("stored at %d ms", p.PositionMS)
	}
	s, _ = Next(s, now, status(s.Session, player.Paused, 2*time.Minute, now))
	if s, fx = Next(s, now, StandbyAsked{By: ByTV}); len(fx) != 0 {
		t.Fatalf("standby in standby did %v", fx)
	}
	if r := Refuse(s, ResumeRequested{}); r == nil || r.Code != "standby" {
		t.Errorf("resume in standby: %v", r)
	}

	s, fx = Next(s, now.Add(time.Hour), WakeAsked{By: ByTV, Reason: "the television chose this input"})
	if !slices.Equal(ops(fx), []player.Op{player.Play}) || len(acts[cec.ShowPicture](fx)) != 0 || s.Power.State != PowerWaking {
		t.Fatalf("waking did %v, %v", fx, s.Power.State)
	}
	s, _ = Next(s, now.Add(time.Hour), status(s.Session, player.Playing, 2*time.Minute, now.Add(time.Hour)))
	if s.Power.State != PowerOn || s.Phase != Playing {
		t.Errorf("awake: %v, %v", s.Power.State, s.Phase)
	}
}

func TestAFilmThatWasPausedStaysPaused(t *testing.T) {
	s, now := evening(t)
	s, _ = Next(s, now, PauseRequested{})
	s, _ = Next(s, now, status(s.Session, player.Paused, time.Minute, now))
	s, _ = Next(s, now, StandbyAsked{By: ByTV})
	s, fx := Next(s, now, WakeAsked{By: ByRemote, Reason: "the power key"})
	if len(commands(fx)) != 0 || s.Power.State != PowerOn {
		t.Fatalf("waking did %v", fx)
	}
	if shows := acts[cec.ShowPicture](fx); len(shows) != 1 || shows[0].Cause != cec.CauseKey || shows[0].Detail != "the power key" {
		t.Errorf("the television was shown %+v", shows)
	}
}

func TestOnlyAPersonLightsTheTelevision(t *testing.T) {
	for by, want := range map[Source]int{ByRemote: 1, ByPanel: 1, ByPage: 1, ByCLI: 1, ByTV: 0, ByIdle: 0, ByMachine: 0, ByBoot: 0, "": 0} {
		s, now := evening(t)
		s, _ = Next(s, now, StandbyAsked{By: ByTV})
		if _, fx := Next(s, now, WakeAsked{By: by}); len(acts[cec.ShowPicture](fx)) != want {
			t.Errorf("woken by %q: %v", by, fx)
		}
	}
}

func TestStandbyIsDelayedForAReasonAndATime(t *testing.T) {
	s, now := evening(t)
	s, fx := Next(s, now, InhibitorTaken{ID: "update", Reason: "an update is being written", For: time.Hour})
	if !has[InhibitSleep](fx) || s.Power.Inhibitors[0].Until != now.Add(inhibitMost) {
		t.Fatalf("taken: %v, %+v", fx, s.Power.Inhibitors)
	}
	s, fx = Next(s, now, StandbyAsked{By: ByRemote, Reason: "the power key"})
	if s.Power.State != PowerLeaving || !slices.Equal(ops(fx), []player.Op{player.Pause}) {
		t.Fatalf("asked: %v, %v", s.Power.State, fx)
	}
	if told := acts[cec.SetPower](fx); len(told) != 1 || told[0].Power != cec.PowerToStandby || told[0].Cause != cec.CauseKey {
		t.Errorf("told %+v", told)
	}
	released, fx := Next(s, now.Add(time.Second), InhibitorReleased{ID: "update"})
	if released.Power.State != PowerStandby || !slices.Contains(fx, Effect(InhibitSleep{})) {
		t.Errorf("released: %v, %v", released.Power.State, fx)
	}
	bound, _ := Next(s, now.Add(leaveMost), TimerFired{Timer: TimerPower})
	if bound.Power.State != PowerStandby {
		t.Errorf("after %v: %v", leaveMost, bound.Power.State)
	}
	s, _ = Next(s, now, status(s.Session, player.Paused, time.Minute, now))
	if s, fx = Next(s, now, status(s.Session, player.Playing, time.Minute, now)); !slices.Contains(ops(fx), player.Pause) {
		t.Errorf("a player that goes on in standby: %v", fx)
	}
	s, _ = Next(s, now, status(s.Session, player.Paused, time.Minute, now))
	woken, fx := Next(s, now.Add(time.Second), WakeAsked{By: ByRemote})
	if woken.Power.State != PowerWaking || !slices.Equal(ops(fx), []player.Op{player.Play}) {
		t.Errorf("woken meanwhile: %v, %v", woken.Power.State, fx)
	}
	if early, _ := Next(woken, now.Add(leaveMost), TimerFired{Timer: TimerPower}); !early.Power.awake() {
		t.Error("the timer of the standby before put the box to standby")
	}
}

func TestIdleStandbyWarnsFirst(t *testing.T) {
	s, now := evening(t)
	due := func() { now = now.Add(4 * time.Hour); s, _ = Next(s, now, TimerFired{Timer: TimerIdle}) }
	if due(); !s.Power.awake() || !s.Power.Warned.IsZero() {
		t.Fatal("a film that plays is idle")
	}
	s, _ = Next(s, now, PauseRequested{})
	s, _ = Next(s, now, status(s.Session, player.Paused, time.Minute, now))
	if due(); !s.Power.awake() || s.Power.Warned != now.Add(warnFor) {
		t.Fatalf("no warning: %+v", s.Power)
	}
	acted, fx := Next(s, now, KeyPressed{Key: remote.Event{Key: remote.OK, Action: remote.Press}, By: ByRemote})
	if !acted.Power.Warned.IsZero() || has[EmitKey](fx) {
		t.Errorf("a key answers the warning and no more: %+v, %v", acted.Power, fx)
	}
	s, fx = Next(s, s.Power.Warned, TimerFired{Timer: TimerIdle})
	if s.Power.State != PowerStandby || s.Power.By != ByIdle || s.Power.Reason != "nobody did anything for 4h" {
		t.Fatalf("not in standby: %+v", s.Power)
	}
	if told := acts[cec.SetPower](fx); told[0].Cause.ByPerson() {
		t.Errorf("told %+v", told)
	}
	s, fx = Next(s, now, WakeAsked{By: ByRemote})
	if s.Phase != Paused || !has[SetTimer](fx) {
		t.Errorf("after waking: %v, %v", s.Phase, fx)
	}
}

func TestAnotherSourceHoldsThePicture(t *testing.T) {
	s, now := evening(t)
	s, fx := Next(s, now, TVReported{cec.SourceChanged{Reason: "another device took the picture"}})
	if !slices.Equal(ops(fx), []player.Op{player.Pause}) || len(acts[cec.ShowPicture](fx)) != 0 {
		t.Fatalf("lost: %v", fx)
	}
	s, _ = Next(s, now, status(s.Session, player.Paused, time.Minute, now))
	back, fx := Next(s, now, TVReported{cec.SourceChanged{Active: true}})
	if !slices.Equal(ops(fx), []player.Op{player.Play}) || back.Hold {
		t.Errorf("shown again: %v", fx)
	}
	asleep, _ := Next(s, now, StandbyAsked{By: ByTV})
	if awake, fx := Next(asleep, now, WakeAsked{By: ByTV}); !slices.Equal(ops(fx), []player.Op{player.Play}) {
		t.Errorf("after a standby: %v, %v", fx, awake.Power.State)
	}
	person, _ := Next(s, now, PauseRequested{})
	if _, fx := Next(person, now, TVReported{cec.SourceChanged{Active: true}}); len(commands(fx)) != 0 {
		t.Errorf("a person held it: %v", fx)
	}
}

func TestKeysInStandby(t *testing.T) {
	s, now := evening(t)
	s, _ = Next(s, now, StandbyAsked{By: ByTV})
	press := func(k remote.Key, by Source) bool {
		after, fx := Next(s, now, KeyPressed{Key: remote.Event{Key: k, Action: remote.Press}, By: by})
		if has[EmitKey](fx) {
			t.Errorf("%v reached the screen", k)
		}
		return after.Power.awake()
	}
	for _, k := range []remote.Key{remote.Power, remote.OK, remote.Home, remote.Play} {
		if !press(k, ByRemote) {
			t.Errorf("%v does not wake", k)
		}
		if press(k, ByTV) {
			t.Errorf("%v of the television wakes without being asked for", k)
		}
	}
	for _, k := range []remote.Key{remote.VolUp, remote.Mute, remote.Standby} {
		if press(k, ByRemote) {
			t.Errorf("%v wakes", k)
		}
	}
	after, fx := Next(s, now, PlayRequested{TitleID: "demo:other", By: ByPage})
	if after.Phase != Resolving || !after.Power.awake() || len(acts[cec.ShowPicture](fx)) == 0 {
		t.Errorf("a title: %v, %v", after.Phase, fx)
	}
}

func TestPowerKeyGoesBothWays(t *testing.T) {
	s, now := evening(t)
	e := KeyPressed{Key: remote.Event{Key: remote.Power, Action: remote.Press}, By: ByRemote}
	s, fx := Next(s, now, e)
	if told := acts[cec.SetPower](fx); s.Power.State != PowerStandby || !told[0].Cause.ByPerson() {
		t.Fatalf("%v, %v", s.Power.State, fx)
	}
	if s, _ = Next(s, now, e); !s.Power.awake() {
		t.Fatal("not woken")
	}
}

func TestVolumeGoesToWhereTheSoundIs(t *testing.T) {
	s, now := evening(t)
	key := func(a remote.Action, by Source) (State, []Effect) {
		return Next(s, now, KeyPressed{Key: remote.Event{Key: remote.VolDown, Action: a}, By: by})
	}
	if after, fx := key(remote.Press, ByRemote); after.Volume == 1 || len(acts[cec.PressKey](fx)) != 0 {
		t.Errorf("the box makes the sound: %v, %v", after.Volume, fx)
	}
	s, _ = Next(s, now, TVReported{cec.SoundChanged{Sound: cec.Sound{At: cec.SoundAudio}}})
	after, fx := key(remote.Press, ByRemote)
	if got := acts[cec.PressKey](fx); after.Volume != 1 || len(got) != 1 || !got[0].Down || got[0].Code != cec.UIVolumeDown {
		t.Errorf("the receiver makes the sound: %v, %v", after.Volume, fx)
	}
	if _, fx = key(remote.Release, ByRemote); len(acts[cec.PressKey](fx)) != 1 {
		t.Errorf("release: %v", fx)
	}
	if _, fx = key(remote.Press, ByCLI); len(acts[cec.PressKey](fx)) != 2 {
		t.Errorf("a key of the command line: %v", fx)
	}
	long := KeyPressed{Key: remote.Event{Key: remote.VolDown, Action: remote.Press}, By: ByCLI, Held: true}
	if _, fx = Next(s, now, long); len(acts[cec.PressKey](fx)) != 1 {
		t.Errorf("a key that the command line holds: %v", fx)
	}
	if after, _ = key(remote.Press, ByTV); after.Volume == 1 {
		t.Error("a key of the television goes back to it")
	}
}

func TestMachineSleeps(t *testing.T) {
	s, now := evening(t)
	s, _ = Next(s, now, InhibitorTaken{ID: "a", Reason: "r", For: time.Minute})
	s, fx := Next(s, now, SleepComing{})
	if s.Power.State != PowerStandby || !has[AllowSleep](fx) || !has[SaveProgress](fx) {
		t.Fatalf("%v, %v", s.Power.State, fx)
	}
	woken, fx := Next(s, now, SleepOver{})
	if !woken.Power.awake() || len(acts[cec.ShowPicture](fx)) != 0 {
		t.Errorf("woken: %v, %v", woken.Power.State, fx)
	}
	s, _ = evening(t)
	s, _ = Next(s, now, StandbyAsked{By: ByTV})
	s, _ = Next(s, now, SleepComing{})
	if s, _ = Next(s, now, SleepOver{}); s.Power.awake() {
		t.Error("a box in standby woke with the machine")
	}
}

func TestDeckOfTheTelevision(t *testing.T) {
	s, now := evening(t)
	if s.TV.Deck != cec.DeckPlay {
		t.Fatalf("deck %x", s.TV.Deck)
	}
	s, fx := Next(s, now, TVReported{cec.DeckAsked{Play: cec.PlayStill}})
	if !slices.Equal(ops(fx), []player.Op{player.Pause}) || s.TV.Deck != cec.DeckStill || len(acts[cec.SetDeck](fx)) != 1 {
		t.Errorf("still: %v", fx)
	}
	if s, _ = Next(s, now, TVReported{cec.DeckAsked{Control: cec.ControlStop}}); s.Phase != Idle || s.TV.Deck != cec.DeckStop {
		t.Errorf("stop: %v", s.Phase)
	}
}

func TestTroubleOfTheTelevisionIsTold(t *testing.T) {
	s, now := evening(t)
	s, _ = Next(s, now, TVReported{cec.TroubleChanged{Trouble: cec.Trouble{Code: "cec_loop", Text: "t", Next: "n"}}})
	if len(s.Health) != 1 || s.Health[0].Hint != "n" {
		t.Fatalf("health %+v", s.Health)
	}
	if s, _ = Next(s, now, TVReported{cec.TroubleChanged{}}); len(s.Health) != 0 {
		t.Fatalf("health %+v", s.Health)
	}
	s.TV.Speaks = true
	if s, _ = Next(s, now, TVReported{cec.LanguageChanged{Language: "tha"}}); !slices.Equal(s.Audio, []string{"th"}) {
		t.Errorf("audio %v", s.Audio)
	}
	if v := Look(s).System; !v.TV.Present || v.TV.Power != "unknown" || v.Power.State != "on" {
		t.Errorf("view %+v, %+v", v.TV, v.Power)
	}
}

// A household may choose when standby comes, at any time, and whether it does.
func TestIdleIsChosen(t *testing.T) {
	s, now := evening(t)
	s, _ = Next(s, now, StopRequested{})
	s, fx := Next(s, now, PowerChosen{Settings: PowerSettings{Idle: 30 * time.Minute}})
	if timers := has[SetTimer](fx); !timers {
		t.Fatalf("nobody looks whether somebody is there: %v", fx)
	}
	s, _ = Next(s, now.Add(28*time.Minute), TimerFired{Timer: TimerIdle})
	if s.Power.Warned.IsZero() {
		t.Fatalf("no warning after 28 minutes: %+v", s.Power)
	}
	s, fx = Next(s, now.Add(29*time.Minute), PowerChosen{})
	if !s.Power.Warned.IsZero() || has[SetTimer](fx) {
		t.Errorf("never is not never: %+v, %v", s.Power, fx)
	}
}
