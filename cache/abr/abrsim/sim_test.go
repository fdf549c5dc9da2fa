package abrsim

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usher/cache/abr"
)

// tiny is a title that all ways of playing can be tried of.
func tiny() *Title {
	t := &Title{Name: "tiny", Segment: 4, Ladder: []abr.Rung{{Bandwidth: 300_000, Average: 300_000}, {Bandwidth: 1_000_000, Average: 1_000_000}, {Bandwidth: 3_000_000, Average: 3_000_000}}}
	for k := range 7 {
		swing := 1 + 0.3*float64(k%3-1)
		t.Sizes = append(t.Sizes, []int64{int64(1_200_000 * swing), int64(4_000_000 * swing), int64(12_000_000 * swing)})
	}
	return t
}

// plan plays a list of rungs.
type given []int

func (g given) Choose(v View) int { return g[v.Next] }

func (given) Hear(Progress) (int, bool) { return 0, false }

// TestOptimumAgainstAllPlans tries all 2187 ways to play, none of which may be
// better than the bound, and compares the best with the session that was found.
func TestOptimumAgainstAllPlans(t *testing.T) {
	title := tiny()
	for _, window := range []float64{8, 90} {
		for seed := range uint64(3) {
			trace := Synthetic(Markov, seed)
			o := Options{Window: window, Offset: float64(40 * seed)}
			bounds := Best(trace, title, o)
			best := math.Inf(-1)
			for n := range 2187 {
				var g given
				for range title.Sizes {
					g, n = append(g, n%3), n/3
				}
				best = max(best, Run(trace, title, g, o).QoE)
			}
			if best > bounds.High+1e-9 {
				t.Errorf("window %g, seed %d: %.4f was played, and %.4f is the bound", window, seed, best, bounds.High)
			}
			// The found session waits at the start only, for whole points of the grid;
			// with a window of two segments that is not enough.
			if window == DefaultWindow && bounds.Low < best-0.15 || bounds.Low > bounds.High {
				t.Errorf("window %g, seed %d: found %.4f to %.4f, played %.4f", window, seed, bounds.Low, bounds.High, best)
			}
		}
	}
}

// TestFetchesTakeAsLongAsTheyMust checks the link against sums made by hand.
func TestFetchesTakeAsLongAsTheyMust(t *testing.T) {
	trace, err := NewTrace("steps", []Step{{2, 1e6, 0.1}, {3, 0, 0.1}, {5, 4e6, 0.1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ at, bits, want float64 }{
		{0, 1e6, 1.1},           // within the first step
		{1, 0.9e6, 2},           // to its end
		{1, 1.9e6, 5.25},        // over the outage
		{3, 4e6, 6},             // begun in the outage
		{9, 4e6 * 0.9, 10},      // to the end of the trace
		{9, 3.6e6 + 1e6, 11},    // and round
		{20, 22e6 + 1e6, 31.1},  // in the third round
		{5, 22e6*9 + 4e6, 96.1}, // many rounds
	} {
		if got := trace.fetched(tc.at, tc.bits); math.Abs(got-tc.want) > 1e-6 {
			t.Errorf("%g bit at %g s are there at %g s, want %g", tc.bits, tc.at, got, tc.want)
		}
	}
}

func TestRunCountsWhatAViewerHas(t *testing.T) {
	title := tiny()
	title.Sizes = [][]int64{{1e6, 4e6, 12e6}, {1e6, 4e6, 12e6}, {1e6, 4e6, 12e6}}
	trace, err := NewTrace("slow", []Step{{1000, 1e6, 0}})
	if err != nil {
		t.Fatal(err)
	}
	got := Run(trace, title, given{0, 2, 1}, Options{})
	want := Result{Startup: 1, Stall: 8, Stalls: 1, Bitrate: (0.3e6 + 3e6 + 1e6) / 3, Switches: 2, Fetched: 17e6, Ended: true, Rungs: []int{0, 2, 1}}
	want.QoE = (0.3 + 3 + 1 - 2.7 - 2 - 3*9) / 3
	near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-3*(1+math.Abs(b)) })
	if d := cmp.Diff(want, got, near); d != "" {
		t.Error(d)
	}
}

// TestPolicyOnGeneratedLinks holds what the bench found, with room: near the
// optimum, and no more waiting than who takes no lower a bitrate.
func TestPolicyOnGeneratedLinks(t *testing.T) {
	title := Generated(1)
	for kind, least := range map[string]float64{Markov: 0.6, WiFi: 0.8} {
		var ours, best, stall float64
		for seed := uint64(1); seed <= 6; seed++ {
			trace := Synthetic(kind, seed)
			r := Run(trace, title, &Usher{}, Options{})
			ours, stall = ours+r.QoE, stall+r.Stall
			high := Run(trace, title, fixed(trace.Mean()), Options{})
			best += high.Bitrate / 1e6
			if !r.Ended {
				t.Errorf("%s: gave up", trace.Name)
			}
		}
		if ours < least*best || stall > 12 {
			t.Errorf("%s: QoE %.2f where the mean rate carries %.2f Mb/s; stalled for %.1f s", kind, ours/6, best/6, stall)
		}
	}
}

// TestRideThrough: with the window full, a minute without network is no stall,
// and the picture is not worse for long afterwards.
func TestRideThrough(t *testing.T) {
	title := Generated(1)
	trace, err := NewTrace("outage", []Step{{200, 6e6, 0.05}, {60, 0, 0.05}, {2000, 6e6, 0.05}})
	if err != nil {
		t.Fatal(err)
	}
	r := Run(trace, title, &Usher{}, Options{})
	if r.Stall > 0 {
		t.Errorf("stalled for %.1f s", r.Stall)
	}
	at := int(200/title.Segment) + int(DefaultWindow/title.Segment)
	for k := at + 3; k < at+11; k++ { // it refills for a moment
		if r.Rungs[k] < r.Rungs[at-4]-2 {
			t.Errorf("segment %d is at rung %d, before the outage %d: %v", k, r.Rungs[k], r.Rungs[at-4], r.Rungs)
		}
	}
}

// TestMinuteIsOutlasted: a dead minute is no stall, 75 s into a film as later,
// on links between the rungs too, and half of one is none after 45 s. A tenth of
// a second is the grid's.
func TestMinuteIsOutlasted(t *testing.T) {
	for _, rate := range []float64{1e6, 1.5e6, 2e6, 2.5e6, 3e6, 4e6, 5e6, 6e6, 9e6, 12e6} {
		for _, at := range []float64{45, 60, 75, 90, 105, 120, 150, 180, 200, 230, 260, 330, 400} {
			dead := 60.0
			if at < 75 {
				dead = 30
			}
			trace, err := NewTrace("outage", []Step{{at, rate, 0.05}, {dead, 0, 0.05}, {2000, rate, 0.05}})
			if err != nil {
				t.Fatal(err)
			}
			if r := Run(trace, Generated(1), &Usher{}, Options{}); r.Stall > 0.1 {
				t.Errorf("%g Mb/s, outage after %g s: stalled for %.1f s", rate/1e6, at, r.Stall)
			}
		}
	}
}

// TestASecondFetchIsWorthIt: on a link that gets better once and for all, the
// picture is better with it, and little is thrown away.
func TestASecondFetchIsWorthIt(t *testing.T) {
	trace, err := NewTrace("better", []Step{{60, 0.9e6, 0.05}, {2000, 16e6, 0.05}})
	if err != nil {
		t.Fatal(err)
	}
	once, twice := Run(trace, Generated(1), &Usher{Once: true}, Options{}), Run(trace, Generated(1), &Usher{}, Options{})
	if twice.Replaced < 3 || twice.QoE <= once.QoE || twice.Stall > once.Stall || twice.Wasted > 0.1*twice.Fetched {
		t.Errorf("%d replaced, QoE %.2f against %.2f, %.1f of %.1f Mbit wasted", twice.Replaced, twice.QoE, once.QoE, twice.Wasted/1e6, twice.Fetched/1e6)
	}
	if once.Replaced != 0 {
		t.Errorf("%d replaced by somebody who does not", once.Replaced)
	}
}

// TestForesightIsBetter: who knows half a minute is not worse off than we are,
// and no better than who knows all.
func TestForesightIsBetter(t *testing.T) {
	var ours, theirs, all float64
	title := Generated(1)
	title.Sizes = title.Sizes[:60]
	for seed := uint64(1); seed <= 3; seed++ {
		trace := Synthetic(Markov, seed)
		ours += Run(trace, title, &Usher{}, Options{}).QoE
		theirs += Run(trace, title, Foresight(trace, 0), Options{}).QoE
		all += Best(trace, title, Options{}).High
	}
	if theirs < ours || theirs > all {
		t.Errorf("QoE: ours %.2f, with foresight %.2f, with all %.2f", ours, theirs, all)
	}
}

// TestSteadyLinkIsSteady: a link that never changes brings no swinging.
func TestSteadyLinkIsSteady(t *testing.T) {
	for _, rate := range []float64{0.5e6, 1e6, 2e6, 3e6, 5e6, 20e6} {
		trace, err := NewTrace("steady", []Step{{1000, rate, 0.05}})
		if err != nil {
			t.Fatal(err)
		}
		r := Run(trace, Generated(1), &Usher{}, Options{})
		if r.Stall > 0 || r.Switches > 24 {
			t.Errorf("%.1f Mb/s: %d switches, %.1f s of stalls: %v", rate/1e6, r.Switches, r.Stall, r.Rungs)
		}
	}
}

func TestRivalsPlay(t *testing.T) {
	trace, title := Synthetic(WiFi, 3), Generated(1)
	for _, r := range Rivals() {
		a, b := Run(trace, title, r.New(), Options{}), Run(trace, title, r.New(), Options{})
		if !a.Ended || len(a.Rungs) != len(title.Sizes) {
			t.Errorf("%s: %+v", r.Name, a)
		}
		if d := cmp.Diff(a, b); d != "" {
			t.Errorf("%s: a second time: %s", r.Name, d)
		}
	}
}

func TestWhatCannotBeUsed(t *testing.T) {
	for _, s := range []string{"", "[]", "{}", `[{"duration_ms":1000,"bandwidth_kbps":0}]`, `[{"duration_ms":-1,"bandwidth_kbps":5}]`, `[{"duration_ms":1e300,"bandwidth_kbps":5}]`} {
		if tr, err := ParseTrace("x", []byte(s)); err == nil {
			t.Errorf("trace %s: %+v", s, tr)
		}
	}
	for _, s := range []string{"", "{}", `{"segment_duration_ms":3000,"bitrates_kbps":[2,1],"segment_sizes_bits":[[1,1]]}`, `{"segment_duration_ms":3000,"bitrates_kbps":[1,2],"segment_sizes_bits":[[1]]}`} {
		if ti, err := ParseTitle("x", []byte(s)); err == nil {
			t.Errorf("title %s: %+v", s, ti)
		}
	}
	if _, err := NewTrace("x", []Step{{1, math.NaN(), 0}}); !errors.Is(err, ErrTrace) {
		t.Error(err)
	}
}

// FuzzParseTrace wants that what is read can be played over.
func FuzzParseTrace(f *testing.F) {
	f.Add([]byte(`[{"duration_ms":1000,"bandwidth_kbps":900,"latency_ms":50},{"duration_ms":500,"bandwidth_kbps":0,"latency_ms":1}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		trace, err := ParseTrace("fuzz", data)
		if err != nil {
			return
		}
		for _, at := range []float64{0, 1.5, 1e4} {
			end := trace.fetched(at, 5e5)
			if !(end >= at) || math.IsInf(end, 0) {
				t.Fatalf("asked at %g, there at %g", at, end)
			}
		}
	})
}
