package abrsim

import "math"

// mpc is RobustMPC of Yin, Jindal, Sekar and Sinopoli (SIGCOMM 2015): the best
// sum of QoE over the next five segments if the link goes on with the harmonic
// mean of the last five, divided by one plus the largest recent error. It knows
// the sizes and the formula that it is measured by.
type mpc struct {
	history
	guess  float64
	errors []float64
}

const mpcHorizon = 5

func (m *mpc) Hear(p Progress) (int, bool) {
	m.hear(p)
	if p.Done && m.guess > 0 {
		got := m.rates[len(m.rates)-1]
		m.errors = append(m.errors, math.Abs(m.guess-got)/got)
	}
	return 0, false
}

func (m *mpc) Choose(v View) int {
	m.guess = m.harmonic(5)
	if m.guess == 0 {
		return 0
	}
	worst := 0.0
	for _, e := range m.errors[max(0, len(m.errors)-5):] {
		worst = max(worst, e)
	}
	s := search{v: v, rate: m.guess / (1 + worst), mu: Penalty(v.Title)}
	s.bestValue = math.Inf(-1)
	s.try(0, v.Last, v.Buffer, 0)
	return s.best
}

// search goes through all plans and leaves those that cannot win.
type search struct {
	v         View
	rate, mu  float64
	first     int
	best      int
	bestValue float64
}

func (s *search) try(depth, last int, buffer, value float64) {
	t := s.v.Title
	k := s.v.Next + depth
	if depth == mpcHorizon || k >= len(t.Sizes) {
		if value > s.bestValue {
			s.bestValue, s.best = value, s.first
		}
		return
	}
	if value+float64(mpcHorizon-depth)*s.mu <= s.bestValue { // μ is the top rung's quality
		return
	}
	for r := len(t.Ladder) - 1; r >= 0; r-- {
		if depth == 0 {
			s.first = r
		}
		took := float64(t.Sizes[k][r]) / s.rate
		gain := t.mean(r)/1e6 - s.mu*max(0, took-buffer)
		if last >= 0 {
			gain -= math.Abs(t.mean(r)-t.mean(last)) / 1e6
		}
		s.try(depth+1, r, min(max(buffer-took, 0)+t.Segment, s.v.Window), value+gain)
	}
}
