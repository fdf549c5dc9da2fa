package sim

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"usher/device/cec"
	"usher/device/cec/cectest"
	"usher/device/cec/playback"
	"usher/device/remote"
	"usher/device/remote/keymap"
	"usher/internal/box"
	"usher/internal/offer"
	"usher/player"
)

var (
	evenings = flag.Uint64("evenings", 10000, "how many evenings are played")
	seed     = flag.Uint64("evening", 0, "play this evening only, and print it")
)

// evening is a family in front of a television with the whole box in between:
// the core (box.Next) over the playback device (playback.Next) over frames on a
// wire. Only the player, the service and the clocks are the test's.
type evening struct {
	t    *testing.T
	seed uint64
	rng  *rand.Rand
	room *cectest.Room
	tv   *cectest.Television
	port *cectest.Port
	cfg  playback.Config
	dev  playback.State
	box  box.State
	keys *keymap.Map

	presses remote.Presses // of the television's remote
	began   time.Time
	ticking time.Time
	timers  map[box.Timer]int // the newest of each; older ones do not fire
	queue   []box.Event       // for the core, in order
	busy    bool

	acted   time.Time // a person did something at the box that may light the set
	downs   int       // keys that reached the core as presses
	repeats int       // and as repeats
	lines   []string
	lit     int
	slept   int
	woken   int
	resumed int
	pressed int
}

func newEvening(t *testing.T, seed uint64, keys *keymap.Map) *evening {
	e := &evening{t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 2)), keys: keys, timers: map[box.Timer]int{}}
	e.room = cectest.NewRoom(seed, time.Unix(1_000_000, 0))
	e.began = e.room.Now()
	e.room.Heard = e.heard
	e.cfg = playback.Default()
	e.cfg.Mode = pick(e, playback.ModeOn, playback.ModeOn, playback.ModeOn, playback.ModeKeys, playback.ModeOff)
	e.cfg.Wake = pick(e, playback.WakeKey, playback.WakePlay, playback.WakeNever)
	e.cfg.Sleep = pick(e, playback.SleepShown, playback.SleepAlways, playback.SleepNever)
	e.cfg.Follow = e.rng.IntN(4) > 0
	e.port = e.room.NewPort(cec.Claim{Name: "Usher", Vendor: cec.NoVendor, Version: cec.Version20}, tvSocket)
	often := func(n int) bool { return e.rng.IntN(n) == 0 }
	e.tv = e.room.NewTelevision(cectest.Habits{
		Vendor: cec.Sony, Holding: pick(e, cectest.Repeats, cectest.PressRelease, cectest.NoRelease),
		Lazy: time.Duration(e.rng.IntN(600)) * time.Millisecond, Boot: time.Duration(500+e.rng.IntN(6000)) * time.Millisecond,
		Forgets: often(3), LosesAddress: often(3), Quiet: often(6), NoImageView: often(8), Mute: often(5), Storm: max(e.rng.IntN(8)-5, 0),
	}, e.port)
	e.dev = playback.New(e.cfg)
	e.box = box.New("test", false)
	e.box.TV.Edge, e.box.Power.Settings.Idle = true, pick(e, 0, 10*time.Minute, 4*time.Hour)
	e.port.Open(func(b cec.BusEvent) { e.device(b) })
	e.tell(box.Began{})
	e.tell(box.PlayerChanged{Event: player.Ready{}})
	return e
}

func pick[T any](e *evening, of ...T) T { return of[e.rng.IntN(len(of))] }

func (e *evening) log(format string, args ...any) {
	e.lines = append(e.lines, e.room.Now().Format("15:04:05.000 ")+fmt.Sprintf(format, args...))
}

func (e *evening) failf(format string, args ...any) {
	e.t.Helper()
	for _, line := range e.lines[max(0, len(e.lines)-40):] {
		e.t.Log(line)
	}
	e.t.Fatalf("evening %d (%+v, %+v): %s\nplay it again with -evening=%d", e.seed, e.cfg, e.tv.Habits, fmt.Sprintf(format, args...), e.seed)
}

// device is one step of the playback device.
func (e *evening) device(in any) {
	next, step := playback.Next(e.dev, e.room.Now(), in)
	e.dev = next
	for _, o := range step.Send {
		if e.cfg.Mode == playback.ModeOff {
			e.failf("a frame in off: %v", o.Frame)
		}
		e.port.Send(o)
	}
	for _, r := range step.Reports {
		e.reported(r)
	}
	e.arm()
}

// arm wakes the device at its deadline.
func (e *evening) arm() {
	at := e.dev.Deadline()
	if at.IsZero() || at.Equal(e.ticking) {
		return
	}
	e.ticking = at
	e.room.After(max(at.Sub(e.room.Now()), 0), func() {
		if e.ticking.Equal(at) {
			e.ticking = time.Time{}
			e.device(playback.Tick{})
		}
	})
}

// reported is the edge: it puts reports into the core's words.
func (e *evening) reported(r cec.Report) {
	switch r := r.(type) {
	case cec.KeyReport:
		e.key(r)
	case cec.KeyRepeated:
		e.keyed(e.presses.Still(tvButton(r.Code), r.At.Sub(e.began)))
	case cec.WakeAsked:
		e.tell(box.WakeAsked{By: box.ByTV, Reason: r.Reason})
	case cec.StandbyAsked:
		e.tell(box.StandbyAsked{By: box.ByTV, Reason: r.Reason})
	default:
		e.tell(box.TVReported{Report: r})
	}
}

func tvButton(code cec.UICode) remote.Button { return remote.Button{Device: "cec", Code: uint32(code)} }

// key is a key of the television's remote, which becomes presses and repeats as those
// of all remotes do.
func (e *evening) key(r cec.KeyReport) {
	at, meant := r.At.Sub(e.began), e.keys.CEC(uint8(r.Code))
	switch {
	case !r.Down:
		e.keyed(e.presses.Up(tvButton(r.Code), at))
	case r.Loose:
		e.keyed(e.presses.Loose(tvButton(r.Code), meant, at))
	default:
		e.keyed(e.presses.Down(tvButton(r.Code), meant, at))
	}
}

// keyed tells the core of keys, and comes back when the next is due.
func (e *evening) keyed(list []remote.Event) {
	for _, k := range list {
		switch k.Action {
		case remote.Press:
			e.downs++
		case remote.Repeat:
			e.repeats++
		}
		e.tell(box.KeyPressed{Key: k, By: box.ByTV})
	}
	if due, held := e.presses.Due(); held {
		e.room.After(max(due-e.room.Now().Sub(e.began), 0), func() {
			if now, still := e.presses.Due(); still && now == due {
				e.keyed(e.presses.Tick(e.room.Now().Sub(e.began)))
			}
		})
	}
}

// tell queues an event for the core, as the daemon does.
func (e *evening) tell(event box.Event) {
	e.queue = append(e.queue, event)
	if e.busy {
		return
	}
	e.busy = true
	for len(e.queue) > 0 {
		first := e.queue[0]
		e.queue = e.queue[1:]
		e.step(first)
	}
	e.busy = false
}

func awake(s box.State) bool { return s.Power.State == box.PowerOn || s.Power.State == box.PowerWaking }

// step is one step of the core.
func (e *evening) step(event box.Event) {
	was := e.box
	next, fx := box.Next(e.box, e.room.Now(), event)
	e.box = next
	e.log("   core %T: %v, %v", event, next.Power.State, next.Phase)
	if ask, ok := event.(box.StandbyAsked); ok && awake(next) {
		e.failf("standby was asked by %s, and the box is %v", ask.By, next.Power.State)
	}
	if awake(was) && !awake(next) {
		e.slept++
	}
	if !awake(was) && awake(next) {
		e.woken++
	}
	for _, f := range fx {
		e.effect(f)
	}
}

// effect is the edges: television, player, service, timers.
func (e *evening) effect(f box.Effect) {
	switch f := f.(type) {
	case box.TellTV:
		if show, ok := f.Act.(cec.ShowPicture); ok {
			if !show.Cause.ByPerson() || e.room.Now().Sub(e.acted) > time.Second {
				e.failf("the television is to be shown %+v, and nobody acted", show)
			}
		}
		e.device(f.Act)
	case box.ResolvePlayback:
		e.later(300, box.Resolved{Session: f.Session, Title: offer.Title{ID: f.TitleID, DurationMS: 3_600_000}})
	case box.OpenOrigin:
		e.later(200, box.OriginOpened{Session: f.Session, URL: "http://127.0.0.1/s", Duration: time.Hour})
	case box.CommandPlayer:
		e.play(f.Command)
	case box.SetTimer:
		if f.Timer == box.TimerSave {
			return // once a second, and of no interest here
		}
		e.timers[f.Timer]++
		n := e.timers[f.Timer]
		e.room.After(f.After, func() {
			if e.timers[f.Timer] == n {
				e.tell(box.TimerFired{Timer: f.Timer, Session: f.Session})
			}
		})
	}
}

func (e *evening) later(ms int, event box.Event) {
	e.room.After(time.Duration(e.rng.IntN(ms)+1)*time.Millisecond, func() { e.tell(event) })
}

// play is the player: it does what it is told, a moment later.
func (e *evening) play(c player.Command) {
	phase := map[player.Op]player.Phase{player.Play: player.Playing, player.Pause: player.Paused, player.Open: player.Playing}[c.Op]
	if c.Op == player.Open && c.Media.Paused {
		phase = player.Paused
	}
	if phase == player.Idle {
		return
	}
	if c.Op == player.Play {
		e.resumed++
	}
	const reaction = 30 * time.Millisecond // always the same, so that answers keep their order
	e.room.After(reaction, func() {
		e.tell(box.PlayerChanged{Event: player.Changed{Status: player.Status{
			Session: c.Session, Phase: phase, Position: time.Minute, At: e.room.Now(), Rate: 1, Duration: time.Hour,
		}}})
	})
}

// heard judges what the box says on the wire.
func (e *evening) heard(_ time.Time, f cec.Frame) {
	e.log("%s", cec.Describe(f))
	if f.Poll() || f.From() != cec.Playback1 && f.From() != cec.Unregistered {
		return
	}
	if op := f.Opcode(); op == cec.OpImageViewOn || op == cec.OpTextViewOn {
		e.lit++
		if e.acted.IsZero() || e.room.Now().Sub(e.acted) > 16*time.Second {
			e.failf("the television is lit without an act of a person")
		}
	}
}

// happen is something that happens in the room.
func (e *evening) happen() {
	if !e.tv.ShowsBox() && e.rng.IntN(2) == 0 {
		if e.tv.On() {
			e.tv.Choose(tvSocket)
		} else {
			e.tv.PressPower()
		}
		return
	}
	switch e.rng.IntN(12) {
	case 0, 1:
		e.tv.PressPower()
	case 2, 3:
		e.pressTV()
	case 4:
		e.tv.Choose(pick(e, cec.Root, tvSocket))
	case 5, 6:
		e.act(box.PlayRequested{TitleID: "demo:film", By: pick(e, box.ByPage, box.ByCLI)})
	case 7, 8:
		k := pick(e, remote.Power, remote.OK, remote.PlayPause, remote.VolUp, remote.Standby)
		e.act(box.KeyPressed{Key: remote.Event{Key: k, Action: remote.Press}, By: pick(e, box.ByRemote, box.ByPanel)})
	case 9:
		e.tell(box.InhibitorTaken{ID: "update", Reason: "an update", For: time.Duration(e.rng.IntN(180)) * time.Second})
	case 10:
		e.tell(box.SleepComing{})
		e.room.Pass(time.Duration(e.rng.IntN(5000)) * time.Millisecond)
		e.tell(box.SleepOver{})
	case 11:
		e.port.Vanish()
		e.room.Pass(time.Duration(e.rng.IntN(3000)) * time.Millisecond)
		e.port.Open(func(b cec.BusEvent) { e.device(b) })
	}
}

// act is something a person does at the box.
func (e *evening) act(event box.Event) {
	e.log("a person: %+v", event)
	e.acted = e.room.Now()
	e.tell(event)
}

// pressTV is a short press on the television's remote: it comes once.
func (e *evening) pressTV() {
	before, repeats, on := e.downs, e.repeats, awake(e.box)
	linked := playback.Look(e.dev).Link.Logical == cec.Playback1
	went := e.tv.Press(pick(e, cec.UISelect, cec.UIUp, cec.UIPause, cec.UIPlay), 100*time.Millisecond)
	slept := e.slept
	e.room.Pass(time.Second)
	if !went || !on || !linked || e.slept != slept || e.cfg.Mode == playback.ModeOff {
		return
	}
	e.pressed++
	if got := e.downs - before; got != 1 {
		e.failf("one press came %d times", got)
	}
	if got := e.repeats - repeats; got != 0 && e.tv.Habits.Storm == 0 { // a full wire delays the release
		e.failf("a short press came with %d repeats", got)
	}
}

func (e *evening) run() {
	for range 30 {
		e.happen()
		e.room.Pass(time.Duration(e.rng.IntN(pick(e, 300, 3000, 30000))) * time.Millisecond)
	}
	e.room.Pass(5 * time.Minute)
	e.settled()
	e.tell(box.InhibitorReleased{ID: "update"})
	e.tell(box.StandbyAsked{By: box.ByCLI, Reason: "the evening ends"})
	e.room.Pass(5 * time.Minute)
	if e.box.Power.State != box.PowerStandby {
		e.failf("the evening ends and the box is %v", e.box.Power.State)
	}
	e.settled()
}

// settled is what holds once nothing is on its way.
func (e *evening) settled() {
	on, bus := awake(e.box), playback.Look(e.dev).Power
	if bus != map[bool]cec.Power{true: cec.PowerOn, false: cec.PowerStandby}[on] {
		e.failf("the box is %v and the bus is told %v", e.box.Power.State, bus)
	}
	if !on && e.box.Phase == box.Playing {
		e.failf("a film plays in standby")
	}
	if s := e.box.Power.State; s == box.PowerLeaving || s == box.PowerWaking {
		e.failf("still %v after five minutes", s)
	}
}

// TestEvenings plays evenings through core and device: in "off" no frame is
// sent, no television is lit without an act of a person, standby is reached
// once asked for, no key comes twice, and core and bus agree about power.
func TestEvenings(t *testing.T) {
	keys := keymap.Builtin()
	if *seed != 0 {
		e := newEvening(t, *seed, keys)
		e.run()
		for _, line := range e.lines {
			t.Log(line)
		}
		return
	}
	var lit, slept, woken, resumed, pressed int
	for n := range *evenings {
		e := newEvening(t, n+1, keys)
		e.run()
		lit, slept, woken, resumed, pressed = lit+e.lit, slept+e.slept, woken+e.woken, resumed+e.resumed, pressed+e.pressed
	}
	t.Logf("%d evenings: %d times lit, %d times to standby, %d times woken, %d times the film went on, %d keys", *evenings, lit, slept, woken, resumed, pressed)
	if n := int(*evenings); lit < n/4 || slept < n || woken < n/2 || resumed < n/4 || pressed < n/4 {
		t.Errorf("%d lit, %d slept, %d woken, %d resumed, %d keys in %d evenings are too few to show anything", lit, slept, woken, resumed, pressed, n)
	}
}
