package abr

import "time"

// The rules of fetching a segment a second time, in a better rendition. What was
// read ahead in a hurry, at the beginning or after a bad stretch, is small; once
// much is held and the link has room, what the player has not asked for need not
// stay so. docs/abr.md says how they were found.
const (
	deepHeld    = 60 * time.Second // is held before anything is fetched again,
	deepShare   = 2.0 / 3          // or so much of a window that is too small for it
	stillHeld   = 12 * time.Second // stays held meanwhile
	roomShare   = 0.7              // of the link, that the better rendition may take
	worthMore   = 2.5              // times the rate: what gains less is not worth being fetched twice
	settledFor  = 24 * time.Second // of film, as good as that: no guess from a link that just changed
	inTimeShare = 0.5              // of the time until the player asks, in which it must come
	wasteShare  = 8                // percent of what was read ahead that may be fetched twice
	wasteCredit = 128 << 10        // bytes on top, for the beginning of a film
)

// Held is a segment that is held ahead of the player.
type Held struct {
	Rung  int
	Lead  time.Duration // until the player asks for it
	Takes time.Duration // of film
	Size  int64         // bytes; 0 is unknown
	Stays bool          // it was asked for, or fetched a second time: it is what it is
}

// Spent is what reading ahead has cost so far, in bytes.
type Spent struct {
	Ahead  int64 // that came
	Thrown int64 // of these, that something else took the place of
}

// Again chooses a segment of those held, in order, that is fetched a second time
// in a better rendition; ok is false when none is worth it, or nothing may be
// risked. The situation is that of the segment after the last one held. The
// last segment that comes in time is first: so the picture becomes better from
// there backwards, and no switch is added.
func Again(s Situation, held []Held, spent Spent) (k, rung int, ok bool) {
	l := s.ladder()
	deep := min(deepHeld, time.Duration(deepShare*l.full*float64(time.Second)))
	if len(held) == 0 || s.Buffer < deep || !s.Link.Known() || s.Away || l.high < 0 {
		return 0, 0, false
	}
	rate := float64(min(s.Link.Rate, s.Link.Long))
	rung = min(l.roomy(rate), settled(held))
	for k = len(held) - 1; k >= 0 && rung > l.low; k-- {
		h := held[k]
		if h.Stays || h.Rung < 0 || h.Rung >= rung || l.mean(rung) < worthMore*l.mean(h.Rung) {
			continue
		}
		takes := l.mean(rung) * h.Takes.Seconds() / rate
		if takes <= inTimeShare*h.Lead.Seconds() && takes <= (s.Buffer-stillHeld).Seconds() && spent.affords(l.bytes(h)) {
			return k, rung, true
		}
	}
	return 0, 0, false
}

// Risky says that a second fetch under way is given up: what is held comes first.
func Risky(buffer, full time.Duration) bool { return buffer < min(stillHeld, full) }

// roomy is the rung that the policy would take now, or the next lower one that
// leaves room on the link for fetching it besides.
func (l *ladder) roomy(rate float64) int {
	r := Next(l.Situation).Rung
	for r > l.low && l.mean(r) > roomShare*rate {
		r--
	}
	return r
}

// settled is the lowest rung of the last segments held.
func settled(held []Held) int {
	var film time.Duration
	k := len(held) - 1
	rung := held[k].Rung
	for ; k >= 0 && film < settledFor; k-- {
		rung, film = min(rung, held[k].Rung), film+held[k].Takes
	}
	return rung
}

// bytes is the size of a segment, or what it is about.
func (l *ladder) bytes(h Held) int64 {
	if h.Size > 0 {
		return h.Size
	}
	return int64(l.mean(h.Rung) * h.Takes.Seconds() / 8)
}

// affords says whether throwing so many bytes away stays within the budget.
func (s Spent) affords(size int64) bool {
	return s.Thrown+size <= s.Ahead*wasteShare/100+wasteCredit
}
