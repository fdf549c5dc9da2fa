package abrsim

import (
	"time"

	"usher/cache/abr"
)

// Usher is the policy of package abr with its meter, fed as the origin feeds it.
type Usher struct {
	Blind   bool   // the sizes of segments are not known, as with most MPEG-TS playlists
	Once    bool   // no segment is fetched a second time
	Known   []byte // what the meter stored on this network; nil is a first start
	meter   abr.Meter
	flow    *abr.Flow
	began   float64
	bits    float64
	since   float64
	fell    bool
	started bool
}

// lookahead is how many segments' sizes a situation carries.
const lookahead = 40

// Choose is [abr.Next].
func (u *Usher) Choose(v View) int {
	if !u.started {
		u.started = true
		if u.Known != nil {
			_ = u.meter.UnmarshalBinary(u.Known) // ours; what it refuses is a first start
		}
	}
	c := abr.Next(u.situation(v))
	u.note(v, c.Rung)
	return c.Rung
}

func (u *Usher) note(v View, rung int) {
	if v.Last >= 0 && rung != v.Last {
		u.since, u.fell = 0, rung < v.Last
	}
	u.since += v.Title.Segment
}

func (u *Usher) situation(v View) abr.Situation {
	s := abr.Situation{
		Ladder: v.Title.Ladder, Link: u.meter.Estimate(instant(v.Now)),
		Segment: duration(v.Title.Segment), Buffer: duration(v.Buffer), Full: duration(v.Window),
		Last: v.Last, Left: duration(float64(len(v.Title.Sizes)-v.Next) * v.Title.Segment), Since: duration(u.since), Fell: u.fell,
	}
	if !u.Blind {
		s.Sizes = v.Title.Sizes[v.Next:min(v.Next+lookahead, len(v.Title.Sizes))]
	}
	return s
}

// Hear feeds the meter and asks [abr.Abandon].
func (u *Usher) Hear(p Progress) (int, bool) {
	now := instant(p.Now)
	if u.flow == nil {
		u.flow, u.began, u.bits = u.meter.Begin(instant(p.Began)), p.Began, 0
		u.flow.Bytes(instant(p.First), 0)
	}
	if n := p.Bits - u.bits; n >= 8 {
		u.flow.Bytes(now, int(n/8))
		u.bits = p.Bits
	}
	if p.Done || p.Dropped {
		u.flow.End(now)
		u.flow = nil
		return 0, false
	}
	if p.Again {
		return 0, abr.Risky(duration(p.Buffer), duration(p.Window))
	}
	c, drop := abr.Abandon(u.situation(p.View), abr.Transfer{
		Rung: p.Rung, Done: int64(p.Bits), Size: int64(p.Size), Took: duration(p.Now - p.Began),
	})
	return c.Rung, drop
}

// Improve is [abr.Again].
func (u *Usher) Improve(v View, held []Piece, fetched, wasted float64) (n, rung int, ok bool) {
	if u.Once || v.Next >= len(v.Title.Sizes) {
		return 0, 0, false
	}
	list := make([]abr.Held, len(held))
	for i, h := range held {
		list[i] = abr.Held{Rung: h.Rung, Lead: duration(h.Lead), Takes: duration(v.Title.Segment), Stays: h.Again}
		if !u.Blind {
			list[i].Size = v.Title.Sizes[h.Segment][h.Rung] / 8
		}
	}
	return abr.Again(u.situation(v), list, abr.Spent{Ahead: int64(fetched / 8), Thrown: int64(wasted / 8)})
}

// Learnt is what the meter knows at the end of a session.
func (u *Usher) Learnt() []byte {
	b, _ := u.meter.MarshalBinary() // never fails
	return b
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

func instant(seconds float64) time.Time { return time.Unix(1_800_000_000, 0).Add(duration(seconds)) }
