package playback

import (
	"testing"
	"time"

	"usher/device/cec"
)

// FuzzNext reads a script: frames of any content, acts, results and time, in
// any order. Whatever comes, nothing panics, the limits hold, "off" is silent,
// and each key that went down came up before another goes down.
func FuzzNext(f *testing.F) {
	f.Add([]byte{0, 0, 3, 0x04, 0x8f, 0})
	f.Add([]byte{0, 1, 0, 0, 2, 0x0f, 0x36, 5, 9, 0, 4, 0x0f, 0x86, 0x10, 0x00, 1, 1, 6, 0})
	f.Add([]byte{1, 0, 3, 0x04, 0x44, 0x41, 5, 200, 0, 2, 0x04, 0x45})
	f.Add([]byte{2, 1, 2, 5, 50, 1, 3, 3, 0, 4, 0})
	f.Add([]byte{3, 2, 0xff, 0x0f, 2, 0x10, 0x04, 1, 0})
	f.Fuzz(func(t *testing.T, script []byte) {
		p := &play{T: t, script: script, now: time.Unix(0, 0)}
		c := Default()
		c.Mode = []Mode{ModeOn, ModeKeys, ModeOff, ModeOn}[p.take()%4]
		p.s = New(c)
		p.feed(cec.SetPower{Power: cec.PowerOn})
		p.feed(cec.Attached{})
		p.feed(cec.Claimed{Physical: 0x1000, Logical: cec.Playback1})
		for len(p.script) > 0 {
			p.feed(p.input())
		}
		p.s, _ = Next(p.s, p.now.Add(time.Hour), cec.Detached{})
		if Look(p.s).Active || p.s.key != nil || p.s.Busy() {
			t.Errorf("gone, and yet %+v", Look(p.s))
		}
	})
}

// play is a script under way.
type play struct {
	*testing.T
	script []byte
	s      State
	now    time.Time
	flown  []uint64
	down   bool
}

// take is the next byte of the script, 0 at its end.
func (p *play) take() byte {
	if len(p.script) == 0 {
		return 0
	}
	b := p.script[0]
	p.script = p.script[1:]
	return b
}

func (p *play) input() any {
	switch p.take() % 7 {
	case 0:
		n := min(int(p.take()%18), len(p.script))
		f, err := cec.NewFrame(p.script[:n])
		p.script = p.script[n:]
		if err != nil {
			return Tick{}
		}
		return cec.Received{At: p.now, Frame: f}
	case 1:
		return p.act()
	case 2:
		return cec.Claimed{Physical: cec.Physical(p.take())<<12 | cec.Physical(p.take()&15)<<8, Logical: cec.Address(p.take() & 15)}
	case 3:
		if len(p.flown) == 0 {
			return cec.Sent{ID: uint64(p.take())}
		}
		id := p.flown[0]
		p.flown = p.flown[1:]
		return cec.Sent{ID: id, Result: cec.Result(p.take() % 6)}
	case 4:
		return []any{cec.Detached{}, cec.Attached{}, cec.Overrun{}}[p.take()%3]
	case 5:
		p.now = p.now.Add(time.Duration(p.take()) * 20 * time.Millisecond)
	}
	return Tick{}
}

func (p *play) act() any {
	switch p.take() % 6 {
	case 0:
		return cec.ShowPicture{Cause: []cec.Cause{cec.CausePlay, cec.CauseKey, cec.CauseBoot, ""}[p.take()%4]}
	case 1:
		return cec.SetPower{Power: cec.Power(p.take() % 4), Cause: cec.CauseKey}
	case 2:
		return cec.PressKey{Code: cec.UICode(p.take()), Down: p.take()%2 == 0}
	case 3:
		return cec.SetDeck{Deck: cec.Deck(p.take())}
	case 4:
		return cec.AskPower{}
	default:
		return cec.Leave{}
	}
}

func (p *play) feed(in any) {
	p.Helper()
	s, step := Next(p.s, p.now, in)
	p.s = s
	if s.cfg.Mode == ModeOff && len(step.Send) > 0 {
		p.Errorf("a frame in off: %v", step.Send)
	}
	if len(s.flight) > flightLimit || len(s.queue) > queueLimit+1 {
		p.Errorf("%d frames under way, %d waiting", len(s.flight), len(s.queue))
	}
	for _, o := range step.Send {
		p.flown = append(p.flown, o.ID)
		if _, err := cec.Parse(o.Frame); err != nil || o.Why.Rule == "" {
			p.Errorf("sent %v because of %+v: %v", o.Frame, o.Why, err)
		}
	}
	for _, r := range step.Reports {
		if k, ok := r.(cec.KeyReport); ok {
			if k.Down == p.down || k.Held < 0 {
				p.Errorf("key %+v after down %t", k, p.down)
			}
			p.down = k.Down
		}
	}
	if at := s.Deadline(); !at.IsZero() && at.Before(p.now.Add(-time.Nanosecond)) {
		p.Errorf("deadline %v is past, it is %v", at, p.now)
	}
}
