package prefetch

import (
	"math"
	"testing"
	"testing/quick"
	"time"
)

func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func limits() Limits {
	return Limits{Day: 1 << 30, Flash: 256 << 20, Connections: 6, LowWater: 20 * time.Second, Length: 8 * time.Second}
}

func TestAllow(t *testing.T) {
	now := noon()
	film := Film{On: true, Reserve: time.Minute, Bitrate: 2_000_000, Link: 6_000_000}
	with := func(change func(*Film)) Film { f := film; change(&f); return f }
	for _, tc := range []struct {
		name    string
		l       Limits
		metered bool
		film    Film
		spent   Spent
		why     Why
		rate    int
	}{
		{name: "nothing on", l: limits()},
		{name: "off", l: Limits{Off: true}, why: WhyOff},
		{name: "metered", l: limits(), metered: true, why: WhyMetered},
		{name: "no limits are none at all", why: WhyBudget},
		{name: "day spent", l: limits(), spent: Spent{Day: 1 << 30}, why: WhyBudget},
		{name: "too much for nothing", l: limits(), spent: Spent{Wasted: wasteGrace}, why: WhyWaste},
		{name: "much watched excuses it", l: limits(), film: Film{Served: 1 << 30}, spent: Spent{Wasted: wasteGrace}},
		{name: "busy service", l: limits(), film: Film{Strain: now.Add(time.Second)}, why: WhyStrained},
		{name: "film with room", l: limits(), film: film, rate: 3_600_000},
		{name: "film short of its reserve", l: limits(), film: with(func(f *Film) { f.Reserve = 19 * time.Second }), why: WhyStarved},
		{name: "all of the film is there", l: limits(), film: with(func(f *Film) { f.Reserve, f.Full = 5*time.Second, true }), rate: 3_600_000},
		{name: "player waited", l: limits(), film: with(func(f *Film) { f.Missed = now.Add(-2 * time.Second) }), why: WhyMissed},
		{name: "it did before", l: limits(), film: with(func(f *Film) { f.Missed = now.Add(-3 * time.Second) }), rate: 3_600_000},
		{name: "narrow link", l: limits(), film: with(func(f *Film) { f.Link = 2_500_000 }), why: WhyStarved},
		{name: "unknown link", l: limits(), film: with(func(f *Film) { f.Link = 0 }), why: WhyStarved},
		{name: "one connection", l: Limits{Day: 1 << 30, Connections: 1}, film: film, why: WhyConnection},
		{name: "one connection, nothing on", l: Limits{Day: 1 << 30, Connections: 1}},
	} {
		if g := tc.l.Allow(now, tc.metered, tc.film, tc.spent); g.Why != tc.why || g.Rate != tc.rate {
			t.Errorf("%s: %+v, want %q at %d", tc.name, g, tc.why, tc.rate)
		}
	}
}

// TestAllowKeepsToTheBudgets holds whatever is given against the limits.
func TestAllowKeepsToTheBudgets(t *testing.T) {
	f := func(day, flash, spentDay, spentFlash, wasted, served uint32) bool {
		l := Limits{Day: int64(day), Flash: int64(flash), Connections: 6}
		s := Spent{Day: int64(spentDay), Flash: int64(spentFlash), Wasted: int64(wasted)}
		g := l.Allow(noon(), false, Film{Served: int64(served)}, s)
		return g.Why != "" || s.Day+g.Bytes+tail <= l.Day && g.Bytes > 0 && g.Flash >= 0 &&
			(g.Flash == 0 || s.Flash+g.Flash+tail <= l.Flash) &&
			float64(s.Wasted+g.Bytes) <= wasteGrace+wasteShare*float64(served)+1
	}
	if err := quick.Check(f, &quick.Config{MaxCount: 20_000}); err != nil {
		t.Error(err)
	}
}

func open() Gate { return Gate{Bytes: largestKit, Flash: largestKit} }

func at(id string, s Sign, rested time.Duration, have Step) Candidate {
	return Candidate{ID: id, Sign: s, Since: noon().Add(-rested), Have: have, Fresh: noon().Add(time.Minute)}
}

func TestChoose(t *testing.T) {
	stale := at("a", Tile, time.Second, Full)
	stale.Fresh = noon()
	refused := at("a", Details, time.Second, Nothing)
	refused.After = noon().Add(time.Minute)
	unlikely := at("a", Tile, time.Second, Lists)
	unlikely.Chance = 0.005
	live := at("a", Details, time.Second, Lists)
	live.Live = true
	for _, tc := range []struct {
		name string
		link int
		gate Gate
		all  []Candidate
		want Job
		wake time.Time
	}{
		{name: "nothing", gate: open()},
		{name: "closed", gate: Gate{Why: WhyMissed, Until: noon().Add(time.Second)}, all: []Candidate{at("a", Tile, time.Second, Nothing)}, wake: noon().Add(time.Second)},
		{name: "not rested", gate: open(), all: []Candidate{at("a", Tile, 100*time.Millisecond, Nothing)}, wake: noon().Add(200 * time.Millisecond)},
		{name: "rested", gate: open(), all: []Candidate{at("a", Tile, Resting, Nothing)}, want: Job{ID: "a", Sign: Tile, Step: Lists}},
		{name: "a page at once", gate: open(), all: []Candidate{at("a", Details, 0, Nothing)}, want: Job{ID: "a", Sign: Details, Step: Lists}},
		{name: "head after lists", gate: open(), all: []Candidate{at("a", Tile, time.Second, Lists)}, want: Job{ID: "a", Sign: Tile, Step: Head}},
		{name: "breadth before depth", gate: open(), all: []Candidate{at("a", Details, time.Second, Head), at("b", Credits, 0, Nothing)}, want: Job{ID: "b", Sign: Credits, Step: Lists}},
		{name: "focus before neighbours", gate: open(), all: []Candidate{at("a", Hero, time.Second, Nothing), at("b", Tile, time.Second, Lists)}, want: Job{ID: "b", Sign: Tile, Step: Head}},
		{name: "a tile is not worth depth on a good link", link: 12_000_000, gate: open(), all: []Candidate{at("a", Tile, time.Second, Head)}, wake: noon().Add(time.Minute)},
		{name: "credits are, on a slow one", link: 2_000_000, gate: open(), all: []Candidate{at("a", Credits, time.Second, Head)}, want: Job{ID: "a", Sign: Credits, Step: Full}},
		{name: "the next episode waits for the credits", gate: open(), all: []Candidate{at("a", Next, time.Second, Lists)}},
		{name: "old playlists", gate: open(), all: []Candidate{stale}, want: Job{ID: "a", Sign: Tile, Step: Lists}},
		{name: "refused", gate: open(), all: []Candidate{refused}, wake: noon().Add(time.Minute)},
		{name: "hardly ever started", link: 6_000_000, gate: open(), all: []Candidate{unlikely}, wake: noon().Add(time.Minute)},
		{name: "a channel", gate: open(), all: []Candidate{live}, wake: noon().Add(time.Minute)},
		{name: "to the flash", gate: open(), all: []Candidate{at("a", Continue, time.Second, Nothing)}, want: Job{ID: "a", Sign: Continue, Step: Lists, Flash: true}},
		{name: "the flash is worn", gate: Gate{Bytes: largestKit}, all: []Candidate{at("a", Continue, time.Second, Nothing)}, want: Job{ID: "a", Sign: Continue, Step: Lists}},
		{name: "too large for what is left", gate: Gate{Bytes: 512 << 10}, all: []Candidate{at("a", Details, time.Second, Lists)}, wake: noon().Add(time.Minute)},
	} {
		job, wake, ok := Choose(noon(), tc.link, tc.gate, tc.all)
		if job != tc.want || ok != (tc.want.ID != "") || !wake.Equal(tc.wake) {
			t.Errorf("%s: %+v, wake %v, %v", tc.name, job, wake, ok)
		}
	}
}

func TestWhatTheFocusLeftIsForgotten(t *testing.T) {
	c := at("a", Tile, time.Minute, Lists)
	if !noon().Before(c.Ends()) {
		t.Error("it is forgotten with the focus on it")
	}
	c.Trailed = true
	if noon().Before(c.Ends()) {
		t.Error("a tile that the focus left is remembered")
	}
	c.Sign = Credits
	if !noon().Before(c.Ends()) {
		t.Error("the next episode is forgotten because the focus moved")
	}
}

func TestHabitsAreLearnedAndFade(t *testing.T) {
	var h Habits
	evening := time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC)
	tile := Context{Sign: Tile, Genres: []string{"drama"}}
	before := h.Chance(evening, tile)
	if before != traits()[Tile].chance {
		t.Fatalf("before anything was learned: %v", before)
	}
	for range 100 {
		h.Shown(evening, tile)
	}
	never := h.Chance(evening, tile)
	if never > before/4 {
		t.Errorf("shown a hundred times and never started: %v", never)
	}
	if other := h.Chance(evening.Add(-12*time.Hour), tile); other != before {
		t.Errorf("the morning learned from the evening: %v", other)
	}
	page := Context{Sign: Details, Genres: []string{"comedy"}}
	for range 20 {
		h.Shown(evening, page)
		h.Started(evening, page)
	}
	if p := h.Chance(evening, page); p < 0.8 {
		t.Errorf("always started: %v", p)
	}
	liked, unliked := page, page
	unliked.Genres = []string{"drama"}
	if h.Chance(evening, Context{Sign: Hero, Genres: liked.Genres}) <= h.Chance(evening, Context{Sign: Hero, Genres: unliked.Genres}) {
		t.Error("the genre that is always started counts no more than another")
	}
	year := evening.AddDate(1, 0, 0)
	h.Shown(year, Context{})
	if p := h.Chance(year, tile); math.Abs(p-before) > before/2 {
		t.Errorf("a year later it is still %v", p)
	}
}

// TestChanceIsAProbability feeds habits with anything.
func TestChanceIsAProbability(t *testing.T) {
	var h Habits
	f := func(sign, tie uint8, hours uint16, genre string, started bool) bool {
		now := noon().Add(time.Duration(hours) * time.Hour)
		c := Context{Sign: Sign(sign), Tie: Tie(tie), Genres: []string{genre}}
		h.Shown(now, c)
		if started {
			h.Started(now, c)
		}
		p := h.Chance(now, c)
		return p >= 0.005 && p <= 0.98
	}
	if err := quick.Check(f, &quick.Config{MaxCount: 20_000}); err != nil {
		t.Error(err)
	}
}

func learned() *Habits {
	var h Habits
	for i := range 100 {
		c := Context{Sign: Sign(i % int(signEnds)), Tie: Tie(i % int(tieEnds)), Genres: []string{"drama"}}
		h.Shown(noon().Add(time.Duration(i)*time.Hour), c)
		h.Started(noon().Add(time.Duration(i)*time.Hour), c)
	}
	return &h
}

func TestHabitsAreReadBack(t *testing.T) {
	b, err := learned().MarshalBinary()
	if err != nil || len(b) != habitsSize || len(b) > 2000 {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	var again Habits
	if err := again.UnmarshalBinary(b); err != nil || again != *learned() {
		t.Errorf("read back: %v", err)
	}
}

func FuzzHabits(f *testing.F) {
	b, err := learned().MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add(b[:len(b)-1])
	f.Add([]byte(habitsMagic))
	f.Fuzz(func(t *testing.T, b []byte) {
		h := *learned()
		if err := h.UnmarshalBinary(b); err != nil {
			if h != *learned() {
				t.Fatal("bytes that were refused changed something")
			}
			return
		}
		if p := h.Chance(noon(), Context{Sign: Tile}); !(p >= 0.005 && p <= 0.98) {
			t.Fatalf("chance %v", p)
		}
	})
}
