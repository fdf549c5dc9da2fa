package playback_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"usher/device/cec"
	"usher/device/cec/cectest"
	"usher/device/cec/playback"
)

var (
	evenings = flag.Uint64("evenings", 10000, "how many evenings are played")
	seed     = flag.Uint64("evening", 0, "play this evening only, and print it")
)

const socket = cec.Physical(0x1000)

// evening is a family in front of a television, and what must never happen.
type evening struct {
	t     *testing.T
	seed  uint64
	rng   *rand.Rand
	room  *cectest.Room
	tv    *cectest.Television
	audio *cectest.Receiver
	rival *cectest.Rival
	port  *cectest.Port
	cfg   playback.Config
	s     playback.State

	ticking    time.Time
	lit        time.Time // the last act of a person that may light the set
	spoiled    bool      // since then the source was lost, or standby asked
	views      int       // View On since then
	asked      time.Time // the bus asked for our picture
	want       cec.Power // of the box, as last agreed
	downs, ups []cec.KeyReport
	held       bool
	sent       int
	lightings  int // times the television was lit
	powers     int // times the power of the box changed
	slept      int // times the box was asked to sleep
	lines      []string
}

func newEvening(t *testing.T, seed uint64) *evening {
	e := &evening{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 1)), want: cec.PowerStandby}
	e.room = cectest.NewRoom(seed, time.Unix(1_000_000, 0))
	e.room.Heard = e.heard
	e.cfg = e.config()
	e.port = e.room.NewPort(cec.Claim{Name: "Usher", Vendor: cec.NoVendor, Version: cec.Version20}, socket)
	e.tv = e.room.NewTelevision(e.habits(), e.port)
	if e.rng.IntN(2) == 0 {
		e.audio = e.room.NewReceiver(e.rng.IntN(2) == 0)
		e.audio.Silent = e.rng.IntN(4) == 0
	}
	e.rival = e.room.NewRival(0x2000)
	e.s = playback.New(e.cfg)
	e.port.Open(e.feed) // in mode off too, to see that nothing is said
	e.power(cec.PowerOn, cec.CauseBoot)
	return e
}

func pick[T any](e *evening, of ...T) T { return of[e.rng.IntN(len(of))] }

func (e *evening) config() playback.Config {
	c := playback.Default()
	c.Mode = pick(e, playback.ModeOn, playback.ModeOn, playback.ModeOn, playback.ModeKeys, playback.ModeOff)
	c.Wake = pick(e, playback.WakeKey, playback.WakePlay, playback.WakeNever)
	c.Sleep = pick(e, playback.SleepShown, playback.SleepAlways, playback.SleepNever)
	c.Volume = pick(e, playback.VolumeAuto, playback.VolumeAuto, playback.VolumeTV, playback.VolumeAudio, playback.VolumeBox)
	c.Follow = e.rng.IntN(5) > 0
	c.Deck = e.rng.IntN(2) == 0
	c.Version = pick[uint8](e, 20, 14)
	return c
}

func (e *evening) habits() cectest.Habits {
	often := func(n int) bool { return e.rng.IntN(n) == 0 }
	h := cectest.Habits{
		Vendor:  pick(e, cec.Samsung, cec.Philips, cec.LG, cec.Sony, cec.VendorID(0x123456)),
		Holding: pick(e, cectest.Repeats, cectest.PressRelease, cectest.NoRelease),
		Lazy:    time.Duration(e.rng.IntN(900)) * time.Millisecond,
		Boot:    time.Duration(500+e.rng.IntN(8000)) * time.Millisecond,
		Forgets: often(3), LosesAddress: often(3), Quiet: often(6), Deaf: often(4), NoImageView: often(8), Mute: often(5),
	}
	if often(4) {
		h.Storm = 1 + e.rng.IntN(5)
	}
	// A set of a known maker holds keys as that maker does.
	switch h.Vendor {
	case cec.Samsung:
		h.Holding = cectest.PressRelease
	case cec.Philips:
		h.Holding = cectest.NoRelease
	}
	return h
}

func (e *evening) failf(format string, args ...any) {
	e.t.Helper()
	e.t.Fatalf("evening %d (%+v, %+v): %s\nplay it again with -evening=%d", e.seed, e.cfg, e.tv.Habits, fmt.Sprintf(format, args...), e.seed)
}

// log keeps what happened, when one evening is to be seen.
func (e *evening) log(format string, args ...any) {
	if *seed == 0 {
		return
	}
	e.lines = append(e.lines, e.room.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// feed is one step of the box.
func (e *evening) feed(in cec.BusEvent) { e.step(in) }

func (e *evening) step(in any) {
	before := playback.Look(e.s).Power
	next, step := playback.Next(e.s, e.room.Now(), in)
	e.s = next
	for _, n := range step.Notes {
		e.log("   note %s (%s)", n.Text, n.From)
	}
	for _, o := range step.Send {
		if e.cfg.Mode == playback.ModeOff {
			e.failf("a frame in off: %v", o.Frame)
		}
		if o.Why.Rule == "" || o.Why.From == "" {
			e.failf("a frame without a reason: %v", o.Frame)
		}
		e.port.Send(o)
	}
	for _, r := range step.Reports {
		e.report(r)
	}
	if r, ok := in.(cec.Received); ok && !r.Frame.Poll() && r.Frame.Opcode() == cec.OpStandby && e.cfg.Follow && e.cfg.Mode != playback.ModeOff {
		if now := playback.Look(e.s).Power; now.Awake() {
			e.failf("Standby was heard and the box is %v (it was %v)", now, before)
		}
	}
	e.tick()
}

// tick arms the room for the device's next deadline.
func (e *evening) tick() {
	at := e.s.Deadline()
	if at.IsZero() || at.Equal(e.ticking) {
		return
	}
	e.ticking = at
	e.room.After(max(at.Sub(e.room.Now()), 0), func() {
		if e.ticking.Equal(at) {
			e.ticking = time.Time{}
			e.step(playback.Tick{})
		}
	})
}

// report is the daemon: it does what it is asked, a little later.
func (e *evening) report(r cec.Report) {
	e.log("   report %T %+v", r, r)
	delay := time.Duration(e.rng.IntN(800)) * time.Millisecond
	switch r := r.(type) {
	case cec.WakeAsked:
		e.want = cec.PowerOn
		e.room.After(delay, func() { e.agreed(cec.PowerOn) })
	case cec.StandbyAsked:
		e.slept++
		e.want = cec.PowerStandby
		e.room.After(delay, func() { e.agreed(cec.PowerStandby) })
	case cec.KeyReport:
		e.key(r)
	}
}

// agreed carries out what was asked, unless something newer was.
func (e *evening) agreed(p cec.Power) {
	if e.want == p {
		e.power(p, "")
	}
}

func (e *evening) power(p cec.Power, cause cec.Cause) {
	e.want = p
	e.powers++
	e.step(cec.SetPower{Power: p, Cause: cause})
}

func (e *evening) key(r cec.KeyReport) {
	if r.Down == e.held {
		e.failf("key %v: down %t while held %t", r.Code, r.Down, e.held)
	}
	e.held = r.Down
	if r.Down {
		e.downs = append(e.downs, r)
		return
	}
	e.ups = append(e.ups, r)
}

// heard sees every frame at its end, and judges those of the box.
func (e *evening) heard(_ time.Time, f cec.Frame) {
	if *seed != 0 {
		e.log("%s", cec.Describe(f))
	}
	if f.Poll() {
		return
	}
	ours := f.From() == cec.Playback1 || f.From() == cec.Unregistered
	m, err := cec.Parse(f)
	if err != nil {
		e.failf("malformed frame on the wire: %v", err)
	}
	if !ours {
		e.others(m)
		return
	}
	e.sent++
	switch b := m.Body.(type) {
	case cec.ActiveSource:
		if e.since(e.lit) > 16*time.Second && e.since(e.asked) > 2*time.Second {
			e.failf("Active Source that nobody asked for")
		}
	case cec.Bare:
		if op := cec.Opcode(b); op == cec.OpImageViewOn || op == cec.OpTextViewOn {
			e.lights()
		}
	}
}

func (e *evening) lights() {
	e.views++
	e.lightings++
	switch {
	case e.since(e.lit) > 16*time.Second:
		e.failf("the television is lit without an act of a person")
	case e.spoiled:
		e.failf("the television is lit although standby or another source came since")
	case e.views > 6:
		e.failf("lit %d times for one act", e.views)
	}
}

// others keeps what other devices asked for. A frame of the box that was
// decided before, and waits for the wire, is not held against it.
func (e *evening) others(m cec.Message) {
	switch b := m.Body.(type) {
	case cec.SetStreamPath:
		e.notice(b.At)
	case cec.RoutingChange:
		e.notice(b.New)
	case cec.ActiveSource:
		e.notice(b.At)
	case cec.Bare:
		switch cec.Opcode(b) {
		case cec.OpRequestActiveSource:
			if playback.Look(e.s).Active {
				e.asked = e.room.Now()
			}
		case cec.OpStandby:
			e.room.After(600*time.Millisecond, e.spoil(e.lit))
		}
	}
}

func (e *evening) notice(at cec.Physical) {
	if at == socket {
		e.asked = e.room.Now()
		return
	}
	e.room.After(600*time.Millisecond, e.spoil(e.lit))
}

func (e *evening) spoil(act time.Time) func() {
	return func() { e.spoiled = e.spoiled || e.lit.Equal(act) }
}

func (e *evening) since(t time.Time) time.Duration {
	if t.IsZero() {
		return time.Hour
	}
	return e.room.Now().Sub(t)
}

// show is one touch play; only some causes may light the television.
func (e *evening) show(cause cec.Cause) {
	e.log("show because of %q", cause)
	may := cause.ByPerson() && e.cfg.Mode == playback.ModeOn &&
		(e.cfg.Wake == playback.WakeKey || (e.cfg.Wake == playback.WakePlay && cause != cec.CauseKey))
	if may {
		e.lit, e.spoiled, e.views = e.room.Now(), false, 0
	}
	e.step(cec.ShowPicture{Cause: cause})
}

// press is a key of the television's remote: it must come once, if the box is
// there to hear it, and be as long as it was.
func (e *evening) press() {
	code := pick(e, cec.UIUp, cec.UIDown, cec.UISelect, cec.UIExit, cec.UIPlay)
	long := pick(e, 80, 150, 700, 1500) * int(time.Millisecond)
	before, powers, awake := len(e.downs), e.powers, playback.Look(e.s).Power.Awake()
	linked := playback.Look(e.s).Link.Logical == cec.Playback1
	went := e.tv.Press(code, time.Duration(long))
	e.log("key %v for %v, to the box: %t", code, time.Duration(long), went)
	e.room.Pass(time.Duration(long) + 900*time.Millisecond)
	if !went || !awake || !linked || e.powers != powers || e.cfg.Mode == playback.ModeOff {
		return
	}
	if got := len(e.downs) - before; got != 1 || e.downs[before].Code != code {
		e.failf("key %v was pressed once and came %d times", code, got)
	}
	if e.tv.Habits.Holding == cectest.NoRelease || e.tv.Habits.Storm > 0 {
		return // how long it was cannot be known, or the wire is too full to tell
	}
	if off := e.ups[len(e.ups)-1].Held - time.Duration(long); e.held || off.Abs() > 500*time.Millisecond {
		e.failf("key %v was held for %v, which came as %v longer", code, time.Duration(long), off)
	}
}

// volume is a volume key of the box's own remote.
func (e *evening) volume() {
	code := pick(e, cec.UIVolumeUp, cec.UIVolumeDown, cec.UIMute)
	e.log("volume %v of the box", code)
	e.step(cec.PressKey{Code: code, Down: true})
	e.room.Pass(time.Duration(e.rng.IntN(1200)) * time.Millisecond)
	e.step(cec.PressKey{Code: code, Down: false})
}

// happen is something that happens in the room.
func (e *evening) happen() {
	if !e.tv.ShowsBox() && e.rng.IntN(2) == 0 { // a family that wants to see something
		if e.tv.On() {
			e.tv.Choose(socket)
		} else {
			e.tv.PressPower()
		}
		return
	}
	switch e.rng.IntN(15) {
	case 0, 1:
		e.log("power key of the television")
		e.tv.PressPower()
	case 2, 3, 4, 5:
		e.press()
	case 6:
		e.tv.Choose(pick(e, cec.Root, socket, cec.Physical(0x2000)))
	case 7:
		e.rival.Play()
	case 8, 9:
		e.show(pick(e, cec.CausePlay, cec.CauseKey, cec.CauseApp))
	case 10:
		e.show(pick(e, cec.CauseBoot, cec.CauseNetwork, cec.CauseResume, cec.CauseIdle))
	case 11:
		e.volume()
	case 12:
		e.sleepOrWake()
	case 13:
		e.cable()
	case 14:
		if e.audio != nil {
			e.audio.SetMode(e.rng.IntN(2) == 0)
		}
	}
}

func (e *evening) sleepOrWake() {
	if e.want == cec.PowerOn {
		e.log("the box goes to standby")
		e.power(cec.PowerStandby, pick(e, cec.CauseKey, cec.CauseIdle))
		return
	}
	e.log("the box wakes")
	e.power(cec.PowerOn, cec.CauseKey)
}

func (e *evening) cable() {
	if e.rng.IntN(2) == 0 {
		e.log("cable out and in")
		e.port.Unplug()
		e.room.Pass(time.Duration(e.rng.IntN(3000)) * time.Millisecond)
		e.port.Plug()
		return
	}
	e.log("adapter gone and back")
	e.port.Vanish()
	e.room.Pass(time.Duration(e.rng.IntN(3000)) * time.Millisecond)
	e.port.Open(e.feed)
}

func (e *evening) play() {
	for range 40 {
		e.happen()
		e.room.Pass(time.Duration(e.rng.IntN(pick(e, 300, 3000, 30000))) * time.Millisecond)
	}
	e.room.Pass(2 * time.Minute)
	sent := e.sent
	e.room.Pass(time.Hour)
	if e.sent != sent {
		e.failf("%d frames at rest", e.sent-sent)
	}
	if e.held {
		e.failf("a key is still held")
	}
	if look := playback.Look(e.s); look.Power != e.want {
		e.failf("the box is %v, agreed was %v", look.Power, e.want)
	}
}

// TestEvenings plays evenings with random sets and families. What must hold is
// in the package comment of playback, under "What it guarantees".
func TestEvenings(t *testing.T) {
	if *seed != 0 {
		e := newEvening(t, *seed)
		defer func() {
			for _, line := range e.lines {
				t.Log(line)
			}
		}()
		e.play()
		return
	}
	var keys, lit, slept int
	for n := range *evenings {
		e := newEvening(t, n+1)
		e.play()
		keys, lit, slept = keys+len(e.downs), lit+e.lightings, slept+e.slept
	}
	t.Logf("%d evenings: %d keys, %d times lit, %d times asked to sleep", *evenings, keys, lit, slept)
	if n := int(*evenings); keys < n || lit < n/2 || slept < n/2 {
		t.Errorf("%d keys, %d times lit and %d times asked to sleep in %d evenings are too few to show anything", keys, lit, slept, n)
	}
}
