package box

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// scenes are all there are.
func scenes() []scene {
	var list []scene
	n := reflect.TypeFor[scene]().NumField()
	for bits := range 1 << n {
		var c scene
		v := reflect.ValueOf(&c).Elem()
		for i := range n {
			v.Field(i).SetBool(bits>>i&1 == 1)
		}
		list = append(list, c)
	}
	return list
}

// TestUpdatesAreNeverInTheWay holds the whole table against what is promised.
func TestUpdatesAreNeverInTheWay(t *testing.T) {
	for _, c := range scenes() {
		m := judge(c)
		disturbs := c.Moving || c.Pairing || c.Paying || c.Delayed
		for what, broken := range map[string]bool{
			"fetches while somebody watches, pairs or pays":        disturbs && m.Pace != PaceNone,
			"starts anew while somebody watches, pairs or pays":    disturbs && m.Restart,
			"fetches at full pace beside somebody who did not ask": c.Attended && !c.Asked && m.Pace == PaceFull,
			"starts anew under somebody who did not ask":           c.Attended && !c.Asked && m.Restart,
			"takes a film away from the screen":                    c.Title && !c.Asked && !c.Urgent && m.Restart,
			"starts anew though it was put off":                    c.Postponed && !c.Asked && !c.Urgent && m.Restart,
			"starts anew before the server allows it":              c.Hold && m.Restart,
			"starts anew out of its hours":                         !c.Standby && !c.Quiet && !c.Asked && !c.Urgent && m.Restart,
			"fetches over a metered link unasked":                  c.Metered && !c.Asked && !c.Urgent && m.Pace != PaceNone,
			"is stopped by nothing, and says otherwise":            m.Restart && m.Pace == PaceFull && m.Why != "",
			"is stopped, and does not say by what":                 (!m.Restart || m.Pace != PaceFull) && m.Why == "",
			"never comes, in standby with nothing in the way":      c.Standby && !disturbs && !c.Hold && !c.Title && !c.Postponed && !c.Attended && !m.Restart,
			"ignores a person who asks":                            c.Asked && !disturbs && !c.Hold && (!m.Restart || m.Pace != PaceFull),
			"misses its deadline with nobody there":                c.Urgent && !disturbs && !c.Hold && !c.Attended && !m.Restart,
		} {
			if broken {
				t.Fatalf("%+v: %s: %+v", c, what, m)
			}
		}
	}
	for _, r := range firmwareRules() {
		if !slices.ContainsFunc(scenes(), func(c scene) bool { return judge(c).Why == r.why }) {
			t.Errorf("the rule %q decides nothing", r.why)
		}
	}
}

// updating is a box that has written an offer, with nobody there.
func updating(now time.Time) State {
	s := New("test", false)
	s.Power.Acted = now.Add(-time.Hour)
	s, _ = Next(s, now, FirmwareAround{Quiet: true})
	s, _ = Next(s, now, FirmwareReported{Report: FirmwareReport{Stage: FirmwareWriting, Version: "1", Offer: "2", Total: 100}})
	return s
}

func written() FirmwareReported {
	return FirmwareReported{Report: FirmwareReport{Stage: FirmwareWritten, Version: "1", Offer: "2", Done: 100, Total: 100}}
}

// effectOf is the first effect of a kind.
func effectOf[T Effect](fx []Effect) (e T, ok bool) {
	for _, f := range fx {
		if f, is := f.(T); is {
			return f, true
		}
	}
	return e, false
}

func TestAFilmStopsAnUpdateAtOnce(t *testing.T) {
	now := start()
	s := updating(now)
	if s.Firmware.Pace != PaceFull {
		t.Fatalf("with nobody there: %q", s.Firmware.Pace)
	}
	s, fx := Next(s, now, PlayRequested{TitleID: "demo:film", By: ByPage})
	if p, ok := effectOf[PaceFirmware](fx); !ok || p.Pace != PaceNone || s.Firmware.Stage != FirmwareWriting || Look(s).System.Firmware.Waits != "watching" {
		t.Errorf("a film begins: %v, %+v", fx, Look(s).System.Firmware)
	}
	if s, fx = Next(s, now, written()); s.Firmware.Stage != FirmwareWritten {
		t.Errorf("it starts anew in front of somebody who watches: %v", fx)
	}
	s, fx = Next(s, now.Add(time.Minute), StopRequested{})
	if _, restarts := effectOf[SwitchFirmware](fx); restarts || Look(s).System.Firmware.Waits != "attended" {
		t.Errorf("just after a film: %v, %+v", fx, Look(s).System.Firmware)
	}
	timer, ok := effectOf[SetTimer](fx)
	if !ok || timer.Timer != TimerFirmware || timer.After != aloneAfter {
		t.Fatalf("it does not look again: %v", fx)
	}
	s, fx = Next(s, now.Add(time.Minute+aloneAfter), TimerFired{Timer: TimerFirmware})
	if _, restarts := effectOf[SwitchFirmware](fx); !restarts || s.Firmware.Stage != FirmwareSwitching {
		t.Errorf("with nobody there: %v", fx)
	}
	if _, again := effectOf[SwitchFirmware](second(Next(s, now.Add(time.Hour), FirmwareAround{Quiet: true}))); again {
		t.Error("it starts anew twice")
	}
}

func second(_ State, fx []Effect) []Effect { return fx }

func TestPuttingOffHasALimit(t *testing.T) {
	now := start()
	s := updating(now)
	if p := Refuse(s, FirmwarePostponed{For: 25 * time.Hour}); p == nil || p.Code != "firmware_putoff_long" {
		t.Errorf("for too long: %v", p)
	}
	for i := range putoffTimes {
		var fx []Effect
		s, fx = Next(s, now, FirmwarePostponed{For: time.Hour})
		if k, ok := effectOf[KeepPutoff](fx); !ok || k.Later != (Putoff{Version: "2", Until: now.Add(time.Hour), Times: i + 1}) {
			t.Fatalf("put off: %v", fx)
		}
	}
	if p := Refuse(s, FirmwarePostponed{For: time.Hour}); p == nil || p.Code != "firmware_putoff_often" {
		t.Errorf("a fourth time: %v", p)
	}
	r := written()
	r.Report.Later = s.Firmware.Later
	s, fx := Next(s, now, r)
	timer, ok := effectOf[SetTimer](fx)
	if s.Firmware.Stage != FirmwareWritten || !ok || timer.After != time.Hour || Look(s).System.Firmware.LaterLeft != 0 {
		t.Fatalf("%v, %+v", fx, s.Firmware)
	}
	if s, _ := Next(s, now.Add(time.Hour), TimerFired{Timer: TimerFirmware}); s.Firmware.Stage != FirmwareSwitching {
		t.Errorf("after that: %+v", s.Firmware)
	}
	if s, _ := Next(s, now, FirmwareAsked{Act: FirmwareInstall}); s.Firmware.Stage != FirmwareSwitching {
		t.Errorf("somebody asks for it all the same: %+v", s.Firmware)
	}
}

func TestSwitchingShowsAtTheFront(t *testing.T) {
	now := start()
	s, _ := Next(updating(now), now, written())
	if !slices.ContainsFunc(s.Power.Inhibitors, func(i Inhibitor) bool { return i.ID == InhibitUpdate }) {
		t.Fatalf("%+v", s.Power.Inhibitors)
	}
	if p := Refuse(s, FirmwareAsked{Act: FirmwareRollBack}); p == nil || p.Code != "firmware_busy" {
		t.Errorf("%v", p)
	}
	r := written()
	r.Report.Problem = new(FirmwareProblem("damaged"))
	r.Report.Stage = FirmwareIdle
	s, _ = Next(s, now, r)
	if len(s.Power.Inhibitors) != 0 || Look(s).System.Firmware.Problem.Code != "firmware_damaged" {
		t.Errorf("it did not switch after all: %+v", s.Firmware)
	}
}

func TestUpdatesWithoutSlots(t *testing.T) {
	s := New("test", false)
	for _, e := range []Event{FirmwareAsked{Act: FirmwareCheck}, FirmwarePostponed{For: time.Hour}} {
		if p := Refuse(s, e); p == nil || p.Code != "firmware_absent" {
			t.Errorf("%#v: %v", e, p)
		}
	}
	if Look(s).System.Firmware != nil {
		t.Error("there is a view of nothing")
	}
	s, fx := Next(updating(start()), start(), FirmwareAsked{Act: FirmwareCheck})
	if d, ok := effectOf[DoFirmware](fx); !ok || d.Act != FirmwareCheck || s.Firmware.Asked {
		t.Errorf("%v", fx)
	}
	if p := FirmwareProblem("what"); p.Code != "firmware_failed" {
		t.Errorf("%+v", p)
	}
}

// TestAWishOutlivesSlotsThatAnswerLate asks for the update while nobody knows
// yet what runs: the edge says idle once more when it has found out.
func TestAWishOutlivesSlotsThatAnswerLate(t *testing.T) {
	now := start()
	s, _ := Next(New("x", false), now, FirmwareReported{Report: FirmwareReport{Stage: FirmwareIdle}})
	s, _ = Next(s, now, FirmwareAsked{Act: FirmwareInstall})
	for _, c := range []struct {
		stage FirmwareStage
		asked bool
	}{{FirmwareIdle, true}, {FirmwareChecking, true}, {FirmwareOffered, true}, {FirmwareIdle, false}} {
		if s, _ = Next(s, now, FirmwareReported{Report: FirmwareReport{Stage: c.stage}}); s.Firmware.Asked != c.asked {
			t.Fatalf("%s: asked %v", c.stage, s.Firmware.Asked)
		}
	}
}
