package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// trace is how fast a link is over time. It begins anew when it is over.
type trace struct {
	name  string
	steps []step
	ends  []time.Duration // of each step, after the beginning
	bits  []float64       // carried by the end of each step
}

// step is a stretch of time in which the link does not change.
type step struct {
	lasts time.Duration
	rate  float64 // bit/s; 0 carries nothing
	rtt   time.Duration
}

// newTrace adds up the steps. A trace that never carries a byte is an error:
// whoever waited for it would wait for ever.
func newTrace(name string, steps []step) (*trace, error) {
	t := &trace{name: name, steps: steps}
	var at time.Duration
	var bits float64
	for i, s := range steps {
		if s.lasts <= 0 || s.rate < 0 || s.rtt < 0 {
			return nil, fmt.Errorf("trace %s: step %d is %v of %.0f bit/s", name, i, s.lasts, s.rate)
		}
		at += s.lasts
		bits += s.rate * s.lasts.Seconds()
		t.ends, t.bits = append(t.ends, at), append(t.bits, bits)
	}
	if bits <= 0 {
		return nil, fmt.Errorf("trace %s carries nothing", name)
	}
	return t, nil
}

// steady is a link that does not change.
func steady(rate float64, rtt time.Duration) *trace {
	t, err := newTrace(fmt.Sprintf("%g Mb/s", rate/1e6), []step{{time.Hour, rate, rtt}})
	if err != nil {
		panic(err) // the bench's own figures
	}
	return t
}

func (t *trace) lasts() time.Duration { return t.ends[len(t.ends)-1] }

func (t *trace) total() float64 { return t.bits[len(t.bits)-1] }

// rtt is the round trip at a time.
func (t *trace) rtt(at time.Duration) time.Duration {
	at %= t.lasts()
	return t.steps[sort.Search(len(t.ends), func(i int) bool { return t.ends[i] > at })].rtt
}

// carried is how many bits have gone by a time.
func (t *trace) carried(at time.Duration) float64 {
	rounds := float64(at / t.lasts())
	at %= t.lasts()
	i := sort.Search(len(t.ends), func(i int) bool { return t.ends[i] > at })
	left := (t.ends[i] - at).Seconds()
	return rounds*t.total() + t.bits[i] - left*t.steps[i].rate
}

// when is the time by which so many bits have gone.
func (t *trace) when(bits float64) time.Duration {
	rounds := int(bits / t.total())
	bits -= float64(rounds) * t.total()
	i := min(sort.Search(len(t.bits), func(i int) bool { return t.bits[i] >= bits }), len(t.bits)-1)
	at := t.ends[i]
	if s := t.steps[i]; s.rate > 0 {
		at -= time.Duration(max(0, t.bits[i]-bits) / s.rate * float64(time.Second))
	}
	return time.Duration(rounds)*t.lasts() + at
}

// mean is the mean rate over the first stretch of a trace, in bit/s.
func (t *trace) mean(over time.Duration) float64 { return t.carried(over) / over.Seconds() }

// readTrace reads a file of steps {duration_ms, bandwidth_kbps, latency_ms}:
// the format of sabre (Spiteri et al., MMSys 2018). Its latency is a round trip.
func readTrace(file string) (*trace, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read trace: %w", err)
	}
	var raw []struct {
		Duration  float64 `json:"duration_ms"`
		Bandwidth float64 `json:"bandwidth_kbps"`
		Latency   float64 `json:"latency_ms"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("read trace %s: %w", filepath.Base(file), err)
	}
	var steps []step
	for _, r := range raw {
		steps = append(steps, step{millisDuration(r.Duration), r.Bandwidth * 1000, millisDuration(r.Latency)})
	}
	name := strings.TrimPrefix(strings.TrimSuffix(filepath.Base(file), ".json"), "report.")
	return newTrace(filepath.Base(filepath.Dir(file))+" "+strings.TrimPrefix(name, "report_"), steps)
}

func millisDuration(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }

// chosen are the recorded traces of the bench, two of each kind. They were
// chosen by their numbers before anything was measured: of the mobile ones two
// whose mean lies inside the ladder, one of them with gaps; of the others the
// slowest kind and a fast one that is uneven.
func chosen() []string {
	return []string{
		"hsdpa/report.2011-01-31_1045CET", "fcc/sd_fs-trace0200", "lte/report_train_0002",
		"hsdpa/report.2010-09-21_1622CEST", "fcc/hd_fs-trace0840", "lte/report_bus_0005",
	}
}

// openTraces reads the chosen traces, or makes others up when there is no
// folder with recorded ones; it says which.
func openTraces(dir string, most int) (list []*trace, about string, err error) {
	if dir == "" {
		return synthetic()[:min(most, len(synthetic()))], "made up with named seeds, because no folder with recorded ones was given by -traces or USHER_TRACES", nil
	}
	for _, name := range chosen() {
		t, bad := readTrace(filepath.Join(dir, name+".json"))
		if bad != nil {
			err = errors.Join(err, bad)
			continue
		}
		list = append(list, t)
	}
	if err != nil {
		return nil, "", fmt.Errorf("open traces: %w (wanted: the folders of UMass-LIDS/sabre, example/mmsys18)", err)
	}
	return list[:min(most, len(list))], "recorded ones of UMass-LIDS/sabre (example/mmsys18)", nil
}

// synthetic are links made up from named seeds: a chain of states of some
// seconds each, with gaps where a state is 0.
func synthetic() []*trace {
	return []*trace{
		chain("mobile-1", 1, []float64{0.25, 0.6, 1.1, 1.8, 2.6, 0}, 3*time.Second, 100*time.Millisecond),
		chain("mobile-2", 2, []float64{0.4, 0.9, 1.6, 3}, 4*time.Second, 100*time.Millisecond),
		chain("dsl-1", 3, []float64{1.2, 2.5, 4, 6}, 8*time.Second, 20*time.Millisecond),
		chain("cable-1", 4, []float64{6, 10, 16, 24}, 8*time.Second, 20*time.Millisecond),
		chain("wifi-1", 5, []float64{0.1, 3, 12, 30}, 2*time.Second, 20*time.Millisecond),
		chain("lte-1", 6, []float64{2, 8, 20, 40, 0.5}, 3*time.Second, 20*time.Millisecond),
	}
}

// chain walks between neighbouring states for ten minutes.
func chain(name string, seed uint64, mbit []float64, stay, rtt time.Duration) *trace {
	dice := rand.New(rand.NewPCG(seed, seed))
	at := len(mbit) / 2
	var steps []step
	for left := 10 * time.Minute; left > 0; {
		lasts := time.Duration((0.5 + dice.Float64()) * float64(stay))
		steps = append(steps, step{lasts, mbit[at] * 1e6 * (0.8 + 0.4*dice.Float64()), rtt})
		left -= lasts
		at = min(max(at+dice.IntN(3)-1, 0), len(mbit)-1)
	}
	t, err := newTrace(name+" (made up)", steps)
	if err != nil {
		panic(err) // the bench's own figures
	}
	return t
}
