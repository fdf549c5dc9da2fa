package abr

import (
	"testing"
	"time"
)

// six is the ladder of the house's measurements.
func six() []Rung {
	return []Rung{
		{Bandwidth: 300_000, Height: 240},
		{Bandwidth: 700_000, Height: 360},
		{Bandwidth: 1_200_000, Height: 480},
		{Bandwidth: 2_500_000, Height: 720},
		{Bandwidth: 4_500_000, Height: 1080, HDCP: HDCPType0},
		{Bandwidth: 8_000_000, Height: 2160, HDCP: HDCPType1},
	}
}

func link(rate int) Estimate {
	e := Estimate{Rate: rate, Long: rate, Fast: rate, Heard: 10 * time.Minute, Latency: 50 * time.Millisecond, Samples: 20}
	for i := range e.Low {
		e.Low[i] = rate * 9 / 10
	}
	return e
}

func playing(rate int, buffer time.Duration, last int) Situation {
	return Situation{
		Ladder: six(), Link: link(rate), Segment: 4 * time.Second, Buffer: buffer,
		Full: 90 * time.Second, Last: last, Since: time.Minute,
	}
}

func TestGoldenDecisions(t *testing.T) {
	with := func(s Situation, change func(*Situation)) Situation {
		change(&s)
		return s
	}
	for _, tc := range []struct {
		name string
		s    Situation
		want Choice
		say  string
	}{
		{
			"nothing is known: there within a second at 3 Mb/s",
			Situation{Ladder: six(), Last: -1},
			Choice{Rung: 0, Why: Cold},
			"240p, 300 kb/s: the link is not known yet, so the film begins small, 0 s are held",
		},
		{
			"a fast link that is known begins higher", with(playing(50_000_000, 0, -1), func(*Situation) {}),
			Choice{Rung: 4, Why: Beginning},
			"1080p, 4.5 Mb/s: the film is to begin at once; the link carries about 50.0 Mb/s, 0 s are held",
		},
		{
			"a fast link and a full window", playing(50_000_000, time.Minute, 5),
			Choice{Rung: 5, Why: Top},
			"2160p, 8.0 Mb/s: it is the best there is; the link carries about 50.0 Mb/s, 60 s are held",
		},
		{
			"nothing held and a slow link", playing(200_000, 0, 2),
			Choice{Rung: 0, Why: Emergency},
			"240p, 300 kb/s: the picture would stop with anything better; the link carries about 200 kb/s, 0 s are held",
		},
		{
			"a screen of 720 lines", with(playing(50_000_000, time.Minute, 3), func(s *Situation) {
				s.Limits = []Limit{{Why: Display, MaxHeight: 720}}
			}),
			Choice{Rung: 3, Why: Top, Limit: Display},
			"720p, 2.5 Mb/s: limited by the screen; the link carries about 50.0 Mb/s, 60 s are held",
		},
		{
			"an output without HDCP", with(playing(50_000_000, time.Minute, 3), func(s *Situation) {
				s.Limits = []Limit{{Why: Protection, MaxHDCP: HDCPNone}}
			}),
			Choice{Rung: 3, Why: Top, Limit: Protection},
			"720p, 2.5 Mb/s: limited by copy protection of the screen's cable; the link carries about 50.0 Mb/s, 60 s are held",
		},
		{
			"everything is forbidden", with(playing(50_000_000, time.Minute, 3), func(s *Situation) {
				s.Limits = []Limit{{Why: DataSaver, MaxBandwidth: 100_000}}
			}),
			Choice{Rung: 0, Why: Top, Limit: DataSaver, Over: true},
			"240p, 300 kb/s: every rendition is beyond a limit, this is the smallest; the link carries about 50.0 Mb/s, 60 s are held",
		},
		{
			"a quality floor that the buffer can stand", with(playing(900_000, 40*time.Second, 1), func(s *Situation) {
				s.MinBandwidth = 1_200_000
			}),
			Choice{Rung: 2, Why: Floor},
			"480p, 1.2 Mb/s: no less is wanted; the link carries about 900 kb/s, 40 s are held",
		},
		{
			"better after a fall only when the picture has been steady", with(playing(20_000_000, time.Minute, 1), func(s *Situation) {
				s.Fell, s.Since = true, 4*time.Second
			}),
			Choice{Rung: 1, Why: Damping},
			"360p, 700 kb/s: a better one is possible, but the picture was changed a moment ago; the link carries about 20.0 Mb/s, 60 s are held",
		},
		{
			"the network is away: nothing better on its return, and nothing worse", with(playing(20_000_000, 50*time.Second, 3), func(s *Situation) {
				s.Away = true
			}),
			Choice{Rung: 3, Why: Away},
			"720p, 2.5 Mb/s: the network is away; the link carries about 20.0 Mb/s, 50 s are held",
		},
	} {
		got := Next(tc.s)
		if got != tc.want {
			t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
		}
		if say := tc.s.Explain(got); say != tc.say {
			t.Errorf("%s: says\n%s, want\n%s", tc.name, say, tc.say)
		}
	}
}

// TestSizesCount: a scene that takes three times as much is not begun at a rung
// that the mean would allow.
func TestSizesCount(t *testing.T) {
	s := playing(3_000_000, 6*time.Second, 3)
	before := Next(s)
	for range 8 {
		row := make([]int64, len(s.Ladder))
		for r := range row {
			row[r] = int64(3 * s.Ladder[r].Bandwidth * 4)
		}
		s.Sizes = append(s.Sizes, row)
	}
	if after := Next(s); after.Rung >= before.Rung {
		t.Errorf("heavy segments: rung %d, without %d", after.Rung, before.Rung)
	}
}

func TestAbandon(t *testing.T) {
	s := playing(500_000, 6*time.Second, 4)
	slow := Transfer{Rung: 4, Done: 1_000_000, Size: 18_000_000, Took: 2 * time.Second}
	if c, drop := Abandon(s, slow); !drop || c.Rung >= 2 || c.Why != Emergency {
		t.Errorf("a hopeless fetch: %+v %v", c, drop)
	}
	s.Buffer = time.Minute
	if c, drop := Abandon(s, slow); drop {
		t.Errorf("a minute is held: %+v", c)
	}
	s.Buffer = 0
	if c, drop := Abandon(s, Transfer{Rung: 4, Done: 17_800_000, Size: 18_000_000, Took: 9 * time.Second}); drop {
		t.Errorf("nearly there: %+v", c)
	}
	if c, drop := Abandon(s, Transfer{Rung: 0, Size: 1_200_000, Took: 9 * time.Second}); drop {
		t.Errorf("there is nothing smaller: %+v", c)
	}
}

func TestRideThroughOutage(t *testing.T) {
	m := &Meter{}
	now := time.Unix(1_800_000_000, 0)
	now = run(m, now, 6_000_000, 20*time.Second)
	f := m.Begin(now)
	f.Bytes(now.Add(50*time.Millisecond), 1000)
	now = now.Add(time.Minute)
	if e := m.Estimate(now); e.Silent < 59*time.Second {
		t.Errorf("silent for %v", e.Silent)
	}
	f.Bytes(now, 100_000)
	f.End(now)
	s := playing(0, 30*time.Second, 3)
	s.Link = m.Estimate(now)
	if got := Next(s); got.Rung < 2 {
		t.Errorf("after a minute without network: %+v: %s", got, s.Explain(got))
	}
}
