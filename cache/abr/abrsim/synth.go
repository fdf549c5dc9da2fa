package abrsim

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// Kinds of generated traces.
const (
	Markov  = "markov"  // a mobile link that goes between five states
	Outages = "outages" // the same, and nothing at all for 15 to 60 s now and then
	WiFi    = "wifi"    // a broadband link over Wi-Fi that comes in bursts
)

// Synthetic generates a link of fifteen minutes. The same kind and seed give the
// same trace; an unknown kind is [Markov].
func Synthetic(kind string, seed uint64) *Trace {
	rng := rand.New(rand.NewPCG(seed, uint64(len(kind))))
	var steps []Step
	switch kind {
	case Outages:
		steps = outages(rng, mobile(rng))
	case WiFi:
		steps = bursts(rng)
	default:
		steps = mobile(rng)
	}
	t, err := NewTrace(fmt.Sprintf("%s %d", kind, seed), steps)
	if err != nil { // every generator carries something
		panic(err)
	}
	return t
}

const generatedSeconds = 900

// mobile stays in a state for some seconds and then goes to a neighbour.
func mobile(rng *rand.Rand) []Step {
	states := [...]float64{0.35e6, 0.9e6, 1.8e6, 3.5e6, 7e6}
	var steps []Step
	for now, at := 0.0, rng.IntN(len(states)); now < generatedSeconds; {
		stay := 3 + math.Ceil(rng.ExpFloat64()*12)
		for range int(stay) {
			steps = append(steps, Step{1, states[at] * math.Exp(0.25*rng.NormFloat64()), 0.06})
		}
		now += stay
		at = min(max(at+1-2*rng.IntN(2), 0), len(states)-1)
	}
	return steps
}

// outages cuts a link off about every four minutes.
func outages(rng *rand.Rand, steps []Step) []Step {
	for at := 60 + rng.IntN(120); at < len(steps); at += 120 + rng.IntN(240) {
		for range min(15+rng.IntN(46), len(steps)-at) {
			steps[at].Rate = 0
			at++
		}
	}
	return steps
}

// bursts is fast, but what comes is held up for moments and then comes at once.
func bursts(rng *rand.Rand) []Step {
	mean := 4e6 * math.Exp(0.6*rng.NormFloat64())
	var steps []Step
	for now := 0.0; now < generatedSeconds; now += 0.4 {
		quiet := 0.05 + 0.3*rng.Float64()
		steps = append(steps, Step{quiet, 0.02 * mean, 0.02}, Step{0.4 - quiet, mean * 0.4 / (0.4 - quiet), 0.02})
	}
	return steps
}
