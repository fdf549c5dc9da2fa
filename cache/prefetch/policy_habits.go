package prefetch

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"hash/fnv"
	"math"
	"time"
)

// Tie is how a title hangs together with what was watched before it.
type Tie uint8

// The ties. The values are stored: new ones are added at the end.
const (
	Other     Tie = iota // none
	Begun                // it was begun
	Following            // it continues the series watched last
	Alike                // it has a genre of what was watched last
	tieEnds
)

const (
	dayParts = 4  // from midnight, six hours each
	genres   = 32 // buckets by hash: names are not stored
)

// Context is the situation in which a title was shown.
type Context struct {
	Sign   Sign
	Tie    Tie
	Genres []string // of the title
}

// tally counts how often something was shown, and started then.
type tally struct{ shown, started float32 }

// Habits are what a household does with what it is shown: counts by sign, time
// of day, tie and genre. They have a fixed size, name no title, and fade with a
// half-life of a month. The zero value knows nothing. It is not safe for
// concurrent use.
type Habits struct {
	day    int32 // days since 1970 of the last fading
	counts [signEnds][dayParts][tieEnds]tally
	liked  [dayParts][genres]float32 // starts
}

const (
	halfLife = 30.0 // days
	trust    = 8.0  // the prior weighs as much as so many showings
	most     = 1e6  // of any count
)

// Shown notes that a title was shown so that it could have been started.
func (h *Habits) Shown(now time.Time, c Context) {
	h.fade(now)
	t := h.tally(now, c)
	t.shown = min(t.shown+1, most)
}

// Started notes that it was started.
func (h *Habits) Started(now time.Time, c Context) {
	h.fade(now)
	t := h.tally(now, c)
	t.started = min(t.started+1, most)
	for _, g := range c.Genres {
		n := &h.liked[part(now)][bucket(g)]
		*n = min(*n+1, most)
	}
}

func (h *Habits) tally(now time.Time, c Context) *tally {
	return &h.counts[min(c.Sign, signEnds-1)][part(now)][min(c.Tie, tieEnds-1)]
}

// Chance is how likely a title is started: the share of starts among showings
// of this kind, beginning with what is usual, and more or less by how much its
// genre is liked at this time of day. It is between 0.005 and 0.98.
func (h *Habits) Chance(now time.Time, c Context) float64 {
	t := h.tally(now, c)
	p := (float64(t.started) + trust*prior(c)) / (float64(t.shown) + trust)
	return min(max(p*h.taste(now, c.Genres), 0.005), 0.98)
}

// prior is the chance before anything was learned.
func prior(c Context) float64 {
	p := traits()[min(c.Sign, signEnds-1)].chance
	switch c.Tie {
	case Begun, Following:
		return min(p*1.5, 0.95)
	case Alike:
		return p * 1.1
	}
	return p
}

// taste is between 1/2 and 2: how much more often than others the dearest of
// the genres is started at this time of day.
func (h *Habits) taste(now time.Time, names []string) float64 {
	var total float64
	for _, n := range h.liked[part(now)] {
		total += float64(n)
	}
	if total == 0 || len(names) == 0 {
		return 1
	}
	var dearest float64
	for _, g := range names {
		dearest = max(dearest, float64(h.liked[part(now)][bucket(g)]))
	}
	const usual = 8 // genres that a household would choose among evenly
	return min(max((dearest+trust/usual)/((total+trust)/usual), 0.5), 2)
}

// fade lets old counts weigh less, once a day. A clock that went back changes
// nothing.
func (h *Habits) fade(now time.Time) {
	day := int32(now.Unix() / 86400)
	days := day - h.day
	if days <= 0 {
		return
	}
	if h.day > 0 {
		h.scale(float32(math.Exp2(-float64(days) / halfLife)))
	}
	h.day = day
}

func (h *Habits) scale(f float32) {
	for s := range h.counts {
		for p := range h.counts[s] {
			for t := range h.counts[s][p] {
				h.counts[s][p][t].shown *= f
				h.counts[s][p][t].started *= f
			}
		}
	}
	for p := range h.liked {
		for g := range h.liked[p] {
			h.liked[p][g] *= f
		}
	}
}

func part(now time.Time) int { return now.Hour() / (24 / dayParts) }

func bucket(genre string) int {
	f := fnv.New32a()
	f.Write([]byte(genre)) // never fails (hash.Hash)
	return int(f.Sum32() % genres)
}

// ErrHabits says that bytes are no habits of this version.
var ErrHabits = errors.New("not habits of this version")

const (
	habitsMagic = "UHB1"
	habitsHead  = len(habitsMagic) + 4
	habitsSize  = habitsHead + 4*(2*int(signEnds)*dayParts*int(tieEnds)+dayParts*genres) + 4
)

// MarshalBinary gives about 1.6 kB: "UHB1", the day as int32, all counts as
// float32, and the CRC-32 (IEEE) of what is before it, little-endian.
func (h *Habits) MarshalBinary() ([]byte, error) {
	le := binary.LittleEndian
	b := le.AppendUint32(append(make([]byte, 0, habitsSize), habitsMagic...), uint32(h.day))
	h.each(func(n *float32) { b = le.AppendUint32(b, math.Float32bits(*n)) })
	return le.AppendUint32(b, crc32.ChecksumIEEE(b)), nil
}

// UnmarshalBinary reads what MarshalBinary wrote. On ErrHabits nothing is
// changed.
func (h *Habits) UnmarshalBinary(b []byte) error {
	le := binary.LittleEndian
	if len(b) != habitsSize || string(b[:len(habitsMagic)]) != habitsMagic ||
		le.Uint32(b[habitsSize-4:]) != crc32.ChecksumIEEE(b[:habitsSize-4]) {
		return ErrHabits
	}
	in := Habits{day: int32(le.Uint32(b[len(habitsMagic):]))}
	sane, at := in.day >= 0, habitsHead
	in.each(func(n *float32) {
		*n = math.Float32frombits(le.Uint32(b[at:]))
		sane = sane && *n >= 0 && *n <= most // also false for NaN
		at += 4
	})
	if !sane {
		return ErrHabits
	}
	*h = in
	return nil
}

// each visits all counts in the order in which they are stored.
func (h *Habits) each(visit func(*float32)) {
	for s := range h.counts {
		for p := range h.counts[s] {
			for t := range h.counts[s][p] {
				visit(&h.counts[s][p][t].shown)
				visit(&h.counts[s][p][t].started)
			}
		}
	}
	for p := range h.liked {
		for g := range h.liked[p] {
			visit(&h.liked[p][g])
		}
	}
}
