package remote

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const ms = time.Millisecond

// script is what is done to a machine: +a and -a press and release button a.
type step struct {
	at time.Duration
	do string // "+", "-", "gone"; "~" is a loose "+", "=" says that it is still down
}

// play runs a script and ticks in between, as an owner would.
func play(p *Presses, b Binding, until time.Duration, steps ...step) (out []timed) {
	button := Button{Device: "d", Code: 1}
	note := func(at time.Duration, events []Event) {
		for _, e := range events {
			out = append(out, timed{at, e})
		}
	}
	ticks := func(until time.Duration) {
		for {
			at, ok := p.Due()
			if !ok || at > until {
				return
			}
			note(at, p.Tick(at))
		}
	}
	for _, s := range steps {
		ticks(s.at)
		switch s.do {
		case "+":
			note(s.at, p.Down(button, b, s.at))
		case "~":
			note(s.at, p.Loose(button, b, s.at))
		case "=":
			note(s.at, p.Still(button, s.at))
		case "-":
			note(s.at, p.Up(button, s.at))
		case "gone":
			note(s.at, p.Gone("d", s.at))
		}
	}
	ticks(until)
	return out
}

type timed struct {
	At    time.Duration
	Event Event
}

func TestPresses(t *testing.T) {
	plain := Binding{Short: OK}
	all := Binding{Short: OK, Long: Menu, Double: Home}
	long := Binding{Short: OK, Long: Menu}
	for _, tc := range []struct {
		name    string
		binding Binding
		until   time.Duration
		steps   []step
		want    []timed
	}{
		{"at once, without long or double", plain, 0, []step{{0, "+"}, {80 * ms, "-"}}, []timed{{0, Event{OK, Press}}, {80 * ms, Event{OK, Release}}}},
		{"held", plain, 0, []step{{0, "+"}, {520 * ms, "-"}}, []timed{
			{0, Event{OK, Press}}, {400 * ms, Event{OK, Repeat}}, {450 * ms, Event{OK, Repeat}}, {500 * ms, Event{OK, Repeat}}, {520 * ms, Event{OK, Release}},
		}},
		{"down again without an up", plain, 0, []step{{0, "+"}, {50 * ms, "+"}, {80 * ms, "-"}, {90 * ms, "-"}}, []timed{{0, Event{OK, Press}}, {80 * ms, Event{OK, Release}}}},
		{"short, where long is possible", long, time.Second, []step{{0, "+"}, {599 * ms, "-"}}, []timed{{599 * ms, Event{OK, Press}}, {599 * ms, Event{OK, Release}}}},
		{"long", long, 0, []step{{0, "+"}, {700 * ms, "-"}}, []timed{{600 * ms, Event{Menu, Press}}, {700 * ms, Event{Menu, Release}}}},
		{"long, held on", long, 0, []step{{0, "+"}, {1040 * ms, "-"}}, []timed{{600 * ms, Event{Menu, Press}}, {1000 * ms, Event{Menu, Repeat}}, {1040 * ms, Event{Menu, Release}}}},
		{"short, where double is possible", all, time.Second, []step{{0, "+"}, {100 * ms, "-"}}, []timed{{400 * ms, Event{OK, Press}}, {400 * ms, Event{OK, Release}}}},
		{"double", all, time.Second, []step{{0, "+"}, {100 * ms, "-"}, {250 * ms, "+"}, {300 * ms, "-"}}, []timed{{250 * ms, Event{Home, Press}}, {300 * ms, Event{Home, Release}}}},
		{"too slow for double", all, 2 * time.Second, []step{{0, "+"}, {100 * ms, "-"}, {500 * ms, "+"}, {550 * ms, "-"}}, []timed{
			{400 * ms, Event{OK, Press}}, {400 * ms, Event{OK, Release}}, {850 * ms, Event{OK, Press}}, {850 * ms, Event{OK, Release}},
		}},
		{"only long has a meaning", Binding{Long: Menu}, time.Second, []step{{0, "+"}, {100 * ms, "-"}}, nil},
		{"no meaning", Binding{}, time.Second, []step{{0, "+"}, {100 * ms, "-"}}, nil},
		{"loose, let go at some time", plain, time.Second, []step{{0, "~"}, {5 * time.Second, "-"}}, []timed{{0, Event{OK, Press}}, {5 * time.Second, Event{OK, Release}}}},
		{"loose, still down", plain, time.Second, []step{{0, "~"}, {300 * ms, "="}, {500 * ms, "="}, {900 * ms, "="}, {950 * ms, "-"}}, []timed{
			{0, Event{OK, Press}}, {500 * ms, Event{OK, Repeat}}, {900 * ms, Event{OK, Repeat}}, {950 * ms, Event{OK, Release}},
		}},
		{"loose, where long is possible", long, time.Second, []step{{0, "~"}, {400 * ms, "="}, {800 * ms, "="}, {900 * ms, "-"}}, []timed{{800 * ms, Event{Menu, Press}}, {900 * ms, Event{Menu, Release}}}},
		{"loose and short, where long is possible", long, time.Second, []step{{0, "~"}, {400 * ms, "="}, {400 * ms, "-"}}, []timed{{400 * ms, Event{OK, Press}}, {400 * ms, Event{OK, Release}}}},
		{"still down, of one that tells its release", plain, 0, []step{{0, "+"}, {10 * ms, "="}, {20 * ms, "-"}, {30 * ms, "="}}, []timed{{0, Event{OK, Press}}, {20 * ms, Event{OK, Release}}}},
		{"the remote goes away", plain, time.Minute, []step{{0, "+"}, {100 * ms, "gone"}, {200 * ms, "-"}}, []timed{{0, Event{OK, Press}}, {100 * ms, Event{OK, Release}}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var p Presses
			if d := cmp.Diff(tc.want, play(&p, tc.binding, tc.until, tc.steps...)); d != "" {
				t.Errorf("-want +got:\n%s", d)
			}
			if _, ok := p.Due(); ok {
				t.Error("something is still held")
			}
		})
	}
}

func TestLostRelease(t *testing.T) {
	var p Presses
	got := play(&p, Binding{Short: Right}, time.Hour, step{0, "+"})
	last := got[len(got)-1]
	if last.Event != (Event{Right, Release}) || last.At > HeldAtMost+RepeatEvery {
		t.Errorf("a key whose release was lost ends with %v at %v", last.Event, last.At)
	}
	if n := len(got); n > int(HeldAtMost/RepeatEvery)+2 {
		t.Errorf("%d events", n)
	}
}

func TestLooseReleaseThatIsLost(t *testing.T) {
	var p Presses
	got := play(&p, Binding{Short: Right}, time.Hour, step{0, "~"})
	if d := cmp.Diff([]timed{{0, Event{Right, Press}}, {HeldAtMost, Event{Right, Release}}}, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
}

// A remote that went mad: ten thousand presses a second for ten seconds.
func TestStormIsBounded(t *testing.T) {
	var p Presses
	n, down := 0, 0
	for at := time.Duration(0); at < 10*time.Second; at += 100 * time.Microsecond {
		b := Button{"d", uint32(at / (100 * time.Microsecond) % 3)}
		for _, e := range append(p.Down(b, Binding{Short: OK}, at), p.Up(b, at)...) {
			if n++; e.Action == Press {
				down++
			} else {
				down--
			}
		}
	}
	if most := 2 * (pressBurst + int(10*time.Second/pressEvery)); n > most || n < most/2 || down != 0 {
		t.Errorf("%d events, of which %d presses were not released; want at most %d", n, down, most)
	}
	for _, b := range []Button{{"another", 1}, {"d", 1}} {
		if got := p.Down(b, Binding{Short: Up}, 10*time.Second+pressEvery); len(got) != 1 {
			t.Errorf("right after the storm, a key of %q does nothing", b.Device)
		}
	}
}

// A tick that comes late gives one repeat, not those that were missed.
func TestLateTick(t *testing.T) {
	var p Presses
	p.Down(Button{"d", 1}, Binding{Short: Up}, 0)
	if got := p.Tick(5 * time.Second); len(got) != 1 {
		t.Errorf("%d events after five seconds away", len(got))
	}
}

// Whatever is pressed, each key that goes down comes up, and only then again.
func TestPressesPair(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	bindings := []Binding{{Short: OK}, {Short: Up, Long: Menu}, {Short: Down, Double: Home}, {Short: Left, Long: Back, Double: Info}, {Long: Search}}
	for range 3000 {
		var p Presses
		now, down := time.Duration(0), map[Key]int{}
		check := func(events []Event) {
			for _, e := range events {
				switch e.Action {
				case Press:
					down[e.Key]++
				case Release:
					down[e.Key]--
				}
				if e.Key == "" || down[e.Key] < 0 || down[e.Key] > 1 || e.Action == Repeat && down[e.Key] == 0 {
					t.Fatalf("%v with %d of it down", e, down[e.Key])
				}
			}
		}
		for range 40 {
			now += time.Duration(r.Int64N(int64(800 * ms)))
			i := r.IntN(len(bindings))
			b := Button{"d", uint32(i)}
			switch r.IntN(6) {
			case 0, 1:
				check(p.Down(b, bindings[i], now))
			case 2:
				check(p.Up(b, now))
			case 3:
				check(p.Tick(now))
			case 4:
				check(p.Loose(b, bindings[i], now))
			case 5:
				check(p.Still(b, now))
			}
		}
		check(p.Gone("d", now))
		for k, n := range down {
			if n != 0 {
				t.Fatalf("%s is still down", k)
			}
		}
	}
}
