package abrsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"usher/cache/abr"
)

// Title is a film: its ladder and what each segment takes.
type Title struct {
	Name    string
	Segment float64 // s
	Ladder  []abr.Rung
	Sizes   [][]int64 // bit, by segment and rung
}

// ErrTitle says that a description of a title cannot be used.
var ErrTitle = errors.New("no usable title")

const maxSegments, maxRungs = 10_000, 32

// ParseTitle reads Sabre's description of a title: segment_duration_ms,
// bitrates_kbps and segment_sizes_bits.
func ParseTitle(name string, data []byte) (*Title, error) {
	var raw struct {
		Segment float64   `json:"segment_duration_ms"`
		Rates   []int     `json:"bitrates_kbps"`
		Sizes   [][]int64 `json:"segment_sizes_bits"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, fmt.Errorf("read title %s: %w", name, err)
	}
	t := &Title{Name: name, Segment: raw.Segment / 1000, Sizes: raw.Sizes}
	for i, r := range raw.Rates {
		if i > 0 && r <= raw.Rates[i-1] {
			return nil, fmt.Errorf("title %s: rates do not rise: %w", name, ErrTitle)
		}
		t.Ladder = append(t.Ladder, abr.Rung{Bandwidth: r * 1000, Average: r * 1000})
	}
	return t, t.check()
}

func (t *Title) check() error {
	if n := len(t.Ladder); n == 0 || n > maxRungs || len(t.Sizes) == 0 || len(t.Sizes) > maxSegments || !(t.Segment > 0.1 && t.Segment < 60) {
		return fmt.Errorf("title %s: %d rungs, %d segments of %g s: %w", t.Name, n, len(t.Sizes), t.Segment, ErrTitle)
	}
	for k, sizes := range t.Sizes {
		if len(sizes) != len(t.Ladder) {
			return fmt.Errorf("title %s: segment %d has %d sizes: %w", t.Name, k, len(sizes), ErrTitle)
		}
		for _, s := range sizes {
			if s <= 0 || s > 1e11 {
				return fmt.Errorf("title %s: segment %d: size %d: %w", t.Name, k, s, ErrTitle)
			}
		}
	}
	return nil
}

// Generated is a title of ten minutes in the six rungs of the house's own
// measurements, 0.3 to 8 Mb/s, in segments of four seconds whose sizes swing
// with the scenes, by a factor of two at most, in all rungs alike.
func Generated(seed uint64) *Title {
	rng := rand.New(rand.NewPCG(seed, 1))
	t := &Title{Name: fmt.Sprintf("six rungs (seed %d)", seed), Segment: 4}
	heights := []int{240, 360, 480, 720, 1080, 1080}
	rates := []int{300_000, 700_000, 1_200_000, 2_500_000, 4_500_000, 8_000_000}
	for i, r := range rates {
		t.Ladder = append(t.Ladder, abr.Rung{Bandwidth: 2 * r, Average: r, Height: heights[i]})
	}
	scenes := scenes(rng, 150)
	for _, scene := range scenes {
		sizes := make([]int64, len(rates))
		for i, r := range rates {
			sizes[i] = int64(float64(r) * t.Segment * clamp(scene*(1+0.05*rng.NormFloat64()), 0.4, 2))
		}
		t.Sizes = append(t.Sizes, sizes)
	}
	return t
}

// scenes is how much more than the mean each segment takes, 1 in the mean.
func scenes(rng *rand.Rand, n int) []float64 {
	out := make([]float64, 0, n)
	for sum := 0.0; len(out) < n; {
		level := clamp(math.Exp(0.35*rng.NormFloat64()), 0.5, 1.9)
		for range 2 + rng.IntN(6) {
			out = append(out, level)
			sum += level
		}
	}
	out = out[:n]
	sum := 0.0
	for _, x := range out {
		sum += x
	}
	for i := range out {
		out[i] *= float64(n) / sum
	}
	return out
}

func clamp(x, low, high float64) float64 { return min(max(x, low), high) }

// mean is the mean rate of a rung, bit/s.
func (t *Title) mean(r int) float64 { return float64(t.Ladder[r].Average) }
