package trust

import (
	"errors"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

func TestClock(t *testing.T) {
	year := func(y int) time.Time { return time.Date(y, 6, 1, 0, 0, 0, 0, time.UTC) }
	for name, c := range map[string]struct {
		wall, good, date time.Time
		synced           bool
		want             time.Time
		known            bool
	}{
		"a good clock":                   {wall: today, want: today, known: true},
		"1970":                           {wall: year(1970), want: built},
		"1970, remembered":               {wall: year(1970), good: today, want: today},
		"1970, told":                     {wall: year(1970), date: today, want: today, known: true},
		"2045":                           {wall: year(2045), want: built},
		"2045, even synchronised":        {wall: year(2045), synced: true, want: built},
		"2045, told":                     {wall: year(2045), date: today, want: today, known: true},
		"years ahead, told":              {wall: year(2030), date: today, want: today, known: true},
		"years ahead, synchronised":      {wall: year(2030), date: today, synced: true, want: year(2030), known: true},
		"a little ahead":                 {wall: today.Add(time.Hour), date: today, want: today.Add(time.Hour), known: true},
		"a server that is behind":        {wall: today, date: today.AddDate(-1, 0, 0), synced: true, want: today, known: true},
		"a server before the build":      {wall: year(1970), date: built.AddDate(-1, 0, 0), want: built, known: true},
		"a server in 2045":               {wall: today, date: year(2045), want: today, known: true},
		"remembered beyond all reason":   {wall: today, good: year(2045), want: today, known: true},
		"the clock was set back a month": {wall: today, good: today.AddDate(0, 1, 0), want: today.AddDate(0, 1, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			b := &box{wall: c.wall, sync: c.synced}
			b.restart()
			b.remember(c.good)
			if !c.date.IsZero() {
				b.Heard(c.date)
			}
			if got, known := b.Now(); !got.Equal(c.want) || known != c.known {
				t.Errorf("%v %v, want %v %v", got, known, c.want, c.known)
			}
		})
	}
}

func TestClockGoesOn(t *testing.T) {
	b := &box{wall: time.Unix(0, 0)}
	b.restart()
	b.Heard(today)
	b.mono += 3 * time.Hour
	b.wall = b.wall.Add(40 * 365 * 24 * time.Hour) // somebody plays with it
	if got, known := b.Now(); !got.Equal(today.Add(3*time.Hour)) || !known {
		t.Errorf("%v %v", got, known)
	}
}

// Boxes whose clock is wrong get updates all the same, and cannot be frozen
// further back than what they remember.
func TestUpdatesWithoutAClock(t *testing.T) {
	for _, wall := range []time.Time{time.Unix(0, 0), time.Date(2045, 1, 1, 0, 0, 0, 0, time.UTC)} {
		r := newRepo(t)
		b := newBox(t, r)
		b.wall = wall
		b.mustHave(r, "2")
		b.Heard(today)
		r.release("3", 3)
		b.mustHave(r, "3", "2")
		b.restart() // without power, and without a clock
		old := r.clone()
		r.expires[metadata.TIMESTAMP] = today.Add(-time.Hour)
		r.version[metadata.TIMESTAMP]++
		r.timestamp()
		if _, err := b.refresh(r); !errors.Is(err, ErrExpired) {
			t.Errorf("%v: a list that expired before the last good one: %v", wall, err)
		}
		old.version[metadata.TIMESTAMP] += 2
		old.timestamp()
		b.mustHave(old, "3", "2")
	}
}

// The time of the last good list is written twice a day at most.
func TestRememberingWearsNothing(t *testing.T) {
	r := newRepo(t)
	b := newBox(t, r)
	for range 48 {
		b.mustHave(r, "2")
		b.wall = b.wall.Add(time.Hour)
	}
	if n := b.keeper().load().seq; n < 3 || n > 5 {
		t.Errorf("%d writes in two days", n)
	}
}
