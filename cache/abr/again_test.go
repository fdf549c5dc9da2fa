package abr

import (
	"testing"
	"time"
)

// aheadOf is a window of 80 s whose first segments are small, and the others at
// rung 3.
func aheadOf(small int) []Held {
	list := make([]Held, 20)
	for k := range list {
		list[k] = Held{Rung: 3, Lead: time.Duration(4*k) * time.Second, Takes: 4 * time.Second, Size: 1_250_000}
		if k < small {
			list[k].Rung, list[k].Size = 1, 350_000
		}
	}
	return list
}

func TestAgain(t *testing.T) {
	plenty := Spent{Ahead: 100 << 20}
	for _, tc := range []struct {
		name   string
		change func(*Situation, []Held, *Spent)
		k      int // -1: none
	}{
		{"the last of the small ones, so that no switch is added", nil, 7},
		{"what was asked for stays", func(_ *Situation, h []Held, _ *Spent) { h[7].Stays, h[6].Stays = true, true }, 5},
		{"not with half a minute held", func(s *Situation, _ []Held, _ *Spent) { s.Buffer = 40 * time.Second }, -1},
		{"two thirds of a small window are enough", func(s *Situation, _ []Held, _ *Spent) {
			s.Buffer, s.Full = 40*time.Second, 50*time.Second
		}, 7},
		{"not in an outage", func(s *Situation, _ []Held, _ *Spent) { s.Away = true }, -1},
		{"not on a link that nothing is known of", func(s *Situation, _ []Held, _ *Spent) { s.Link = Estimate{} }, -1},
		{"not when the link has no room for it", func(s *Situation, _ []Held, _ *Spent) { s.Link = link(3_000_000) }, -1},
		{"not when it had none a minute ago", func(s *Situation, _ []Held, _ *Spent) { s.Link.Long = 3_000_000 }, -1},
		{"not while the newest are small", func(_ *Situation, h []Held, _ *Spent) { h[15].Rung = 1 }, -1},
		{"not for a little", func(_ *Situation, h []Held, _ *Spent) {
			for k := range 8 {
				h[k].Rung = 2
			}
		}, -1},
		{"not what would come too late", func(_ *Situation, h []Held, _ *Spent) {
			for k := range 8 {
				h[k].Lead = time.Second
			}
		}, -1},
		{"not beyond the budget", func(_ *Situation, _ []Held, s *Spent) { *s = Spent{Ahead: 10 << 20, Thrown: 700 << 10} }, -1},
		{"nothing is held", func(s *Situation, _ []Held, _ *Spent) { s.Buffer = 0 }, -1},
	} {
		s, held, spent := playing(12_000_000, 80*time.Second, 3), aheadOf(8), plenty
		if tc.change != nil {
			tc.change(&s, held, &spent)
		}
		k, rung, ok := Again(s, held, spent)
		if ok != (tc.k >= 0) || ok && (k != tc.k || rung != 3) {
			t.Errorf("%s: segment %d at rung %d, %v; want segment %d", tc.name, k, rung, ok, tc.k)
		}
	}
	if _, _, ok := Again(playing(12_000_000, 80*time.Second, 3), nil, plenty); ok {
		t.Error("chose of nothing")
	}
}

// FuzzAgain wants a segment that may be replaced, and a rung that is better than
// its own and that no limit forbids.
func FuzzAgain(f *testing.F) {
	for seed := range 40 {
		data := make([]byte, 400)
		for i := range data {
			data[i] = byte(i*seed*5 + i*i)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		src := &source{data}
		s := src.situation()
		spent := Spent{Ahead: int64(src.number(1 << 30)), Thrown: int64(src.number(1 << 26))}
		held := make([]Held, src.number(30))
		for k := range held {
			held[k] = Held{
				Rung: src.number(9) - 1, Lead: time.Duration(src.number(90)) * time.Second, Takes: time.Duration(src.number(12)) * time.Second,
				Size: int64(src.number(9_000_000)), Stays: src.number(3) == 0,
			}
		}
		for k := range held { // as a caller has it: rungs of the ladder
			held[k].Rung = min(held[k].Rung, len(s.Ladder)-1)
		}
		k, rung, ok := Again(s, held, spent)
		if !ok {
			return
		}
		if held[k].Stays || rung <= held[k].Rung || s.forbidden(s.Ladder[rung]) != NoReason || s.Buffer < stillHeld && s.Buffer < 2*s.Full/3 {
			t.Fatalf("%+v\n%+v: segment %d at rung %d", s, held, k, rung)
		}
	})
}

func TestRisky(t *testing.T) {
	for _, tc := range []struct {
		buffer, full time.Duration
		want         bool
	}{
		{80 * time.Second, 90 * time.Second, false}, {11 * time.Second, 90 * time.Second, true}, {9 * time.Second, 8 * time.Second, false},
	} {
		if got := Risky(tc.buffer, tc.full); got != tc.want {
			t.Errorf("%v of %v held: %v", tc.buffer, tc.full, got)
		}
	}
}
