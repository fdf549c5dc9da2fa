package abrsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sort"
)

// Step is a stretch of a link's life.
type Step struct {
	Seconds float64
	Rate    float64 // bit/s
	Latency float64 // s, from asking to the first byte
}

// Trace is what a link carries over time; after its end it begins again.
type Trace struct {
	Name  string
	steps []Step
	end   []float64 // s, of each step
	bits  []float64 // that came until then
}

// ErrTrace says that a trace cannot be used.
var ErrTrace = errors.New("no usable trace")

// limits of a trace, so that sums stay exact enough.
const (
	maxSteps = 100_000
	maxSpan  = 1e6  // s
	maxSpeed = 1e11 // bit/s
)

// NewTrace checks the steps. A link that never carries anything is ErrTrace.
func NewTrace(name string, steps []Step) (*Trace, error) {
	t := &Trace{Name: name}
	var now, sum float64
	for _, s := range steps {
		if !(s.Seconds >= 0 && s.Seconds <= maxSpan && s.Rate >= 0 && s.Rate <= maxSpeed && s.Latency >= 0 && s.Latency <= 60) {
			return nil, fmt.Errorf("%s: step %+v: %w", name, s, ErrTrace)
		}
		if s.Seconds == 0 {
			continue
		}
		now, sum = now+s.Seconds, sum+s.Seconds*s.Rate
		t.steps, t.end, t.bits = append(t.steps, s), append(t.end, now), append(t.bits, sum)
	}
	if len(t.steps) == 0 || len(t.steps) > maxSteps || now > maxSpan || sum/now < 1000 {
		return nil, fmt.Errorf("%s: %d steps, %.0f bit in %.0f s: %w", name, len(t.steps), sum, now, ErrTrace)
	}
	return t, nil
}

// ParseTrace reads the JSON of the traces of Sabre (Spiteri, Sitaraman and
// Sparacio, MMSys 2018): an array of duration_ms, bandwidth_kbps, latency_ms.
func ParseTrace(name string, data []byte) (*Trace, error) {
	var raw []struct {
		Duration  float64 `json:"duration_ms"`
		Bandwidth float64 `json:"bandwidth_kbps"`
		Latency   float64 `json:"latency_ms"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("read trace %s: %w", name, err)
	}
	steps := make([]Step, len(raw))
	for i, r := range raw {
		steps[i] = Step{Seconds: r.Duration / 1000, Rate: r.Bandwidth * 1000, Latency: r.Latency / 1000}
	}
	return NewTrace(name, steps)
}

// Seconds is how long the trace is before it begins again.
func (t *Trace) Seconds() float64 { return t.end[len(t.end)-1] }

// Mean is the mean rate, bit/s.
func (t *Trace) Mean() float64 { return t.bits[len(t.bits)-1] / t.Seconds() }

// at is the step of a time, and the time in this round.
func (t *Trace) at(now float64) (step int, in float64) {
	in = math.Mod(now, t.Seconds())
	return min(sort.SearchFloat64s(t.end, math.Nextafter(in, math.Inf(1))), len(t.steps)-1), in
}

// latency at a time.
func (t *Trace) latency(now float64) float64 {
	i, _ := t.at(now)
	return t.steps[i].Latency
}

// carried is what came from the beginning until a time, bit.
func (t *Trace) carried(now float64) float64 {
	rounds := math.Floor(now / t.Seconds())
	i, in := t.at(now)
	return rounds*t.bits[len(t.bits)-1] + t.bits[i] - (t.end[i]-in)*t.steps[i].Rate
}

// when is the time at which so many bits have come since the beginning.
func (t *Trace) when(bits float64) float64 {
	total := t.bits[len(t.bits)-1]
	rounds := math.Floor(bits / total)
	left := bits - rounds*total
	i := min(sort.SearchFloat64s(t.bits, left), len(t.steps)-1)
	before := 0.0
	if i > 0 {
		before = t.bits[i-1]
	}
	in := t.end[i] - t.steps[i].Seconds
	if t.steps[i].Rate > 0 {
		in += (left - before) / t.steps[i].Rate
	}
	return rounds*t.Seconds() + in
}

// fetched is when something asked for at a time is there.
func (t *Trace) fetched(now, bits float64) float64 {
	begin := now + t.latency(now)
	return max(begin, t.when(t.carried(begin)+bits))
}
