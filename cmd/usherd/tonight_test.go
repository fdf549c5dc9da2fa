package main

import (
	"log/slog"
	"maps"
	"slices"
	"testing"

	"usher/internal/box"
	"usher/internal/offer"
)

func series(id string, episodes ...string) offer.Title {
	s := offer.Season{Number: 1}
	for _, e := range episodes {
		s.Episodes = append(s.Episodes, offer.Title{ID: e})
	}
	return offer.Title{ID: id, Kind: "series", Seasons: []offer.Season{s}}
}

// TestNewEpisodesOfFollowedSeries over four nights.
func TestNewEpisodesOfFollowedSeries(t *testing.T) {
	film := offer.Title{ID: "a:film"}
	progress := map[string]box.Progress{"a:t1": {PositionMS: 9, Finished: true}}
	was := shelves{}
	for night, tc := range []struct {
		all  []offer.Title
		want []string
	}{
		{[]offer.Title{film, series("a:tide", "a:t1", "a:t2"), series("a:other", "a:o1")}, nil}, // nothing is known of before
		{[]offer.Title{film, series("a:tide", "a:t1", "a:t2", "a:t3"), series("a:other", "a:o1", "a:o2")}, []string{"a:t3"}},
		{[]offer.Title{film, series("a:tide", "a:t1", "a:t2", "a:t3")}, nil},
		{[]offer.Title{film, series("a:tide", "a:t0", "a:t1", "a:t2", "a:t3", "a:t4")}, []string{"a:t0", "a:t4"}},
	} {
		now := shelves{}
		if got := now.compare(was, tc.all, progress); !slices.Equal(got, tc.want) {
			t.Errorf("night %d: %v, want %v", night, got, tc.want)
		}
		was = now
	}
	progress["a:t5"] = box.Progress{PositionMS: 1}
	if got := (shelves{}).compare(was, []offer.Title{series("a:tide", "a:t1", "a:t5")}, progress); got != nil {
		t.Errorf("one that was begun already: %v", got)
	}
}

// TestNightsAreRemembered in a setting, also for a service that is away.
func TestNightsAreRemembered(t *testing.T) {
	keep := &memory{}
	ts := &titles{keep: keep, log: slog.New(slog.DiscardHandler)}
	if got := ts.seen(); len(got) != 0 {
		t.Errorf("before the first night: %v", got)
	}
	last := shelves{"a:tide": {1, 2}, "b:river": {3}}
	ts.remember(nil, last)
	now := shelves{"b:river": {3, 4}}
	now.keep(ts.seen(), "a")
	ts.remember(last, now)
	want := shelves{"a:tide": {1, 2}, "b:river": {3, 4}}
	if got := ts.seen(); !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("%v, want %v", got, want)
	}
	writes := keep.writes
	ts.remember(now, ts.seen())
	if keep.writes != writes {
		t.Error("a night without news was written to the flash")
	}
	keep.values[shelvesKey] = "{"
	if got := ts.seen(); got != nil {
		t.Errorf("of a damaged record: %v", got)
	}
}

// memory is the settings of a box.
type memory struct {
	values map[string]string
	writes int
}

func (m *memory) Setting(key string) (value string, ok bool, err error) {
	value, ok = m.values[key]
	return value, ok, nil
}

func (m *memory) SetSetting(key, value string) error {
	if m.values == nil {
		m.values = map[string]string{}
	}
	m.values[key] = value
	m.writes++
	return nil
}
