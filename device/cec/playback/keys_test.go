package playback

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"usher/device/cec"
)

// wired feeds frames at times of the wire, in milliseconds from now.
func (b *box) wired(at int, frame string) {
	b.Helper()
	when := time.Unix(1000, 0).Add(time.Duration(at) * time.Millisecond)
	b.pass(when.Sub(b.now))
	b.hear(frame)
}

// settled lets every timer of keys run out.
func (b *box) settled() { b.pass(10 * time.Second) }

func keyBox(t *testing.T, hold Hold) *box {
	b := start(t, func(c *Config) { c.Hold = hold })
	b.hear("0f:87:00:00:39") // Toshiba: nothing is known about it
	b.clear()
	return b
}

func TestKeyOfASetThatRepeats(t *testing.T) {
	b := keyBox(t, HoldAuto)
	b.wired(0, "04:44:01")
	b.wired(400, "04:44:01")
	b.wired(800, "04:44:01")
	b.wired(1000, "04:45")
	b.settled()
	b.told("down up loose", "still up", "still up", "up up 1s")
	b.wired(5000, "04:44:01") // its release will be told
	b.wired(5400, "04:44:01")
	b.wired(5500, "04:45")
	b.told("down up", "up up 500ms")
	b.said()
}

func TestKeyOfASetThatOnlyReleases(t *testing.T) {
	b := keyBox(t, HoldAuto)
	b.wired(0, "04:44:00")
	b.wired(2500, "04:45")
	b.settled()
	b.told("down select loose", "up select 2.5s")
	b.wired(20000, "04:44:00")
	b.wired(20100, "04:45")
	b.told("down select", "up select 100ms")
}

func TestKeyOfASetThatNeverReleases(t *testing.T) {
	b := keyBox(t, HoldAuto)
	b.wired(0, "04:44:02")
	b.wired(450, "04:44:02")
	b.wired(900, "04:44:02")
	b.pass(700 * time.Millisecond)
	b.told("down down loose", "still down", "still down", "up down 900ms")
	b.wired(3000, "04:44:02") // learned: a short press ends by itself
	b.pass(700 * time.Millisecond)
	b.told("down down loose", "up down 0s")
}

func TestShortPressesWithoutRelease(t *testing.T) {
	b := keyBox(t, HoldAuto)
	b.wired(0, "04:44:02")
	b.wired(1000, "04:44:02") // too late for a repeat: pressed again
	b.settled()
	b.told("down down loose", "up down 0s", "down down loose", "up down 0s")
}

func TestAnotherKeyEndsTheFirst(t *testing.T) {
	b := keyBox(t, HoldAuto)
	b.wired(0, "04:44:01")
	b.wired(200, "04:44:02")
	b.wired(300, "04:45")
	b.told("down up loose", "up up 0s", "down down loose", "up down 100ms")
}

func TestBackstop(t *testing.T) {
	b := keyBox(t, HoldRelease)
	b.wired(0, "04:44:01")
	b.pass(time.Minute)
	b.told("down up", "up up 5s")
}

func TestWrongLessonIsUnlearned(t *testing.T) {
	b := keyBox(t, HoldAuto)
	b.hear("04:44:00", "04:45") // it releases
	b.clear()
	b.wired(0, "04:44:01")
	b.wired(1500, "04:44:01") // the release in between was lost
	b.wired(1600, "04:45")
	b.told("down up", "up up 1.5s", "down up", "up up 100ms")
	b.wired(10000, "04:44:01") // held: ends too early, once
	b.wired(12000, "04:45")
	b.told("down up", "up up 0s")
	b.wired(20000, "04:44:01")
	b.wired(22000, "04:45")
	b.told("down up", "up up 2s")
}

func TestALostReleaseMakesTheNextKeyLoose(t *testing.T) {
	b := keyBox(t, HoldAuto)
	b.hear("04:44:01", "04:45")
	b.wired(1000, "04:44:01") // not released
	b.settled()
	b.clear()
	b.wired(20000, "04:44:02")
	b.wired(20100, "04:45")
	b.told("down down loose", "up down 100ms")
	b.wired(21000, "04:44:02")
	b.wired(21100, "04:45")
	b.told("down down", "up down 100ms")
}

func TestLateDeliveryDoesNotEndAKey(t *testing.T) {
	b := keyBox(t, HoldRepeat)
	at := b.now
	b.hear("04:44:01")
	b.pass(590 * time.Millisecond) // the repeat was on the wire at 500 ms
	f, _ := cec.NewFrame([]byte{0x04, 0x44, 0x01})
	b.do(cec.Received{At: at.Add(500 * time.Millisecond), Frame: f})
	b.told("down up loose", "still up")
}

func TestStandbyEndsTheKey(t *testing.T) {
	b := keyBox(t, HoldAuto)
	b.wired(0, "04:44:01")
	b.wired(100, "0f:36")
	b.told("down up loose", "tv standby", "up up 0s", "standby")
	b.wired(200, "04:45")
	b.settled()
	b.told()
}

func TestVanishedAdapterEndsTheKey(t *testing.T) {
	b := keyBox(t, HoldAuto)
	b.wired(0, "04:44:01")
	b.pass(300 * time.Millisecond)
	b.do(cec.Detached{Trouble: cec.Trouble{Code: "cec_none"}})
	b.told("down up loose", "up up 0s", "cec.LinkChanged")
}

func TestPowerKeysAreNotReported(t *testing.T) {
	b := keyBox(t, HoldAuto)
	b.wired(0, "04:44:6b")
	b.wired(400, "04:44:6b") // held: no second toggle
	b.wired(500, "04:45")
	b.told("standby")
	b.do(cec.SetPower{Power: cec.PowerStandby})
	b.wired(2000, "04:44:6b")
	b.wired(2100, "04:45")
	b.told("wake")
}

func TestKeyStormIsBounded(t *testing.T) {
	b := keyBox(t, HoldAuto)
	for i := range 1000 {
		b.hear([]string{"04:44:01", "04:45", "04:44:02", "04:45"}[i%4])
	}
	if n := len(b.reports); n > 2*pressBurst+2 || n%2 != 0 {
		t.Errorf("%d reports of a storm of 500 presses at once", n)
	}
}

func TestVendorIsAskedOnceForItsKeys(t *testing.T) {
	b := start(t, nil)
	b.hear("04:44:01", "04:45", "04:44:02", "04:45")
	b.said("40:8c")
	b.hear("0f:87:00:00:f0")
	if Look(b.s).Hold != HoldRelease {
		t.Errorf("a Samsung set holds by %q", Look(b.s).Hold)
	}
	b = start(t, func(c *Config) { c.Quirks = []Quirk{{Vendor: cec.Samsung, Hold: HoldRepeat}} })
	b.hear("0f:87:00:00:f0")
	if Look(b.s).Hold != HoldRepeat {
		t.Error("the configuration does not come before what is built in")
	}
}

func TestHandshakeIsOptIn(t *testing.T) {
	b := start(t, nil)
	b.hear("0f:87:00:e0:91", "04:89:01")
	b.said("40:00:89:00")
	b = start(t, func(c *Config) { c.Quirks = []Quirk{LGHandshake()} })
	b.hear("0f:87:00:e0:91", "04:89:01", "04:89:04:20", "04:89:77")
	b.said("40:89:02:05", "40:89:05:04", "40:00:89:00")
}

func TestQuirksAreData(t *testing.T) {
	text := `{"mode":"on","quirks":[{"vendor":"00e091","hold":"release","exchanges":[{"hear":"01","say":"02:05"}]}]}`
	var c Config
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	q := c.Quirks[0]
	if q.Vendor != cec.LG || q.Hold != HoldRelease || string(q.Exchanges[0].Say) != "\x02\x05" {
		t.Errorf("read %+v", q)
	}
	if back, err := json.Marshal(q.Exchanges[0]); err != nil || string(back) != `{"hear":"01","say":"02:05"}` {
		t.Errorf("written %s, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`{"quirks":[{"exchanges":[{"hear":"0x"}]}]}`), &c); err == nil {
		t.Error("nonsense was taken")
	}
}

func TestLanguage(t *testing.T) {
	b := start(t, nil)
	b.hear("0f:32:64:65:75", "5f:32:65:6e:67", "0f:32:00:41:7f")
	b.told("language deu")
	b = start(t, func(c *Config) { c.Language = false })
	b.hear("0f:32:64:65:75")
	b.told()
}

func TestStandbyNamesWhoAsked(t *testing.T) {
	for frame, want := range map[string]string{"0f:36": "the television went to standby", "54:36": "audio system asked for standby"} {
		b := start(t, nil)
		b.hear(frame)
		asked := func(r cec.Report) bool { a, is := r.(cec.StandbyAsked); return is && a.Reason == want }
		if !slices.ContainsFunc(b.reports, asked) {
			t.Errorf("%s: reports %+v, want standby because %s", frame, b.reports, want)
		}
	}
}
