package abr

import (
	"encoding/binary"
	"testing"
	"time"
)

// source makes values of anything out of bytes.
type source struct{ data []byte }

func (s *source) number(limit uint32) int {
	var b [4]byte
	n := copy(b[:], s.data)
	s.data = s.data[n:]
	return int(binary.LittleEndian.Uint32(b[:]) % limit)
}

// situation is any that makes sense, and some that do not.
func (s *source) situation() Situation {
	x := Situation{
		Link:    Estimate{Rate: s.number(60_000_000), Long: s.number(60_000_000), Samples: s.number(3), Latency: time.Duration(s.number(2_000_000_000))},
		Segment: time.Duration(s.number(12)) * time.Second, Full: time.Duration(s.number(200)) * time.Second,
		Buffer: time.Duration(s.number(200)-5) * time.Second, Last: s.number(9) - 1, Since: time.Duration(s.number(30)) * time.Second,
		Fell: s.number(2) == 1, Away: s.number(4) == 1, MinBandwidth: s.number(2_000_000),
	}
	x.Link.Fast, x.Link.Heard = s.number(60_000_000), time.Duration(s.number(400))*time.Second
	for i := range x.Link.Low {
		x.Link.Low[i] = s.number(60_000_000)
	}
	x.Left = time.Duration(s.number(400)) * time.Second
	rate, height := 0, 0
	for range 1 + s.number(8) {
		rate, height = rate+1+s.number(3_000_000), height+s.number(400)
		x.Ladder = append(x.Ladder, Rung{Bandwidth: rate, Height: height, HDCP: HDCP(s.number(4))})
	}
	for range s.number(3) {
		x.Limits = append(x.Limits, Limit{Why: Display, MaxHeight: s.number(2500), MaxBandwidth: s.number(9_000_000), MaxHDCP: HDCP(s.number(4))})
	}
	for range s.number(6) {
		row := make([]int64, s.number(9))
		for i := range row {
			row[i] = int64(s.number(90_000_000)) - 10
		}
		x.Sizes = append(x.Sizes, row)
	}
	return x
}

// FuzzNext wants, for every situation: a rung of the ladder that no limit
// forbids, the same answer twice, and nothing lower for more buffer or a link
// that is faster throughout.
func FuzzNext(f *testing.F) {
	f.Add([]byte{})
	for seed := range 40 {
		data := make([]byte, 260)
		for i := range data {
			data[i] = byte(i*seed*7 + i*i)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		src := &source{data}
		s := src.situation()
		more, faster := time.Duration(src.number(60))*time.Second, 1+src.number(4)
		got := Next(s)
		checkChoice(t, s, got)
		checkChoice(t, s, Start(s))
		if c, drop := Abandon(s, Transfer{Rung: src.number(9), Done: int64(src.number(1e7)), Size: int64(src.number(1e8)), Took: time.Duration(src.number(4e9))}); drop {
			checkChoice(t, s, c)
		}
		if Next(s) != got || s.Explain(got) == "" {
			t.Fatalf("%+v: not the same twice", s)
		}
		richer := s
		richer.Buffer += more
		if c := Next(richer); c.Rung < got.Rung {
			t.Fatalf("%+v: %v more buffer: %d, before %d", s, more, c.Rung, got.Rung)
		}
		quicker := s
		quicker.Link.Rate *= faster
		quicker.Link.Long *= faster
		quicker.Link.Fast *= faster
		for i := range quicker.Link.Low {
			quicker.Link.Low[i] *= faster
		}
		if c := Next(quicker); c.Rung < got.Rung {
			t.Fatalf("%+v: %d times as fast: %d, before %d", s, faster, c.Rung, got.Rung)
		}
	})
}

func checkChoice(t *testing.T, s Situation, c Choice) {
	t.Helper()
	if c.Rung < 0 || c.Rung >= len(s.Ladder) {
		t.Fatalf("%+v: %+v is no rung", s, c)
	}
	if why := s.forbidden(s.Ladder[c.Rung]); why != NoReason && !c.Over {
		t.Fatalf("%+v: %+v is forbidden: %v", s, c, why)
	}
	if c.Over && c.Rung != 0 {
		t.Fatalf("%+v: all is forbidden, and %+v is not the lowest", s, c)
	}
}

func TestNoLadder(t *testing.T) {
	for _, s := range []Situation{{}, {Last: 3, Link: link(1)}, {Last: -1, Away: true}} {
		if c := Next(s); !c.Over || c.Rung != 0 {
			t.Errorf("%+v", c)
		}
		if _, drop := Abandon(s, Transfer{Rung: 1, Took: time.Minute}); drop {
			t.Error("gave up for nothing")
		}
	}
}

// FuzzState wants that stored bytes are refused or give an estimate that makes
// sense, and that what is stored again is read again.
func FuzzState(f *testing.F) {
	m := &Meter{}
	run(m, time.Unix(1_800_000_000, 0), 3_000_000, 20*time.Second)
	good, _ := m.MarshalBinary()
	f.Add(good)
	f.Add([]byte{})
	f.Add(make([]byte, stateSize))
	f.Fuzz(func(t *testing.T, data []byte) {
		var m Meter
		if m.UnmarshalBinary(data) != nil {
			return
		}
		e := m.Estimate(time.Unix(1_900_000_000, 0))
		if e.Rate < 0 || e.Long < 0 || e.Age < 0 || e.Latency < 0 || e.Latency > time.Minute+time.Second {
			t.Fatalf("%x: %+v", data, e)
		}
		again, _ := m.MarshalBinary()
		if err := new(Meter).UnmarshalBinary(again); err != nil {
			t.Fatalf("%x: stored again: %v", data, err)
		}
	})
}
