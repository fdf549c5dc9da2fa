package viewers

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/cmd/boxoffice/shelf"
)

func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestLaterEntriesStay(t *testing.T) {
	v := New(shelf.New(), noon)
	at := func(minute int) time.Time { return noon().Add(time.Duration(minute) * time.Minute) }
	_, err := v.Merge("smith", "anna", Lists{
		Positions: []Position{{TitleID: "a", PositionMS: 5, At: at(-2)}, {TitleID: "b", PositionMS: 7, At: at(-9)}},
		Watchlist: []Wish{{TitleID: "c", At: at(-3)}},
	})
	must(t, err)
	got, err := v.Merge("smith", "anna", Lists{
		Positions: []Position{{TitleID: "a", PositionMS: 3, At: at(-4)}, {TitleID: "b", Seen: true, At: at(-1)}},
		Watchlist: []Wish{{TitleID: "c", Off: true, At: at(-1)}, {TitleID: "d", At: at(600)}},
	})
	must(t, err)
	want := Lists{
		Positions: []Position{{TitleID: "b", Seen: true, At: at(-1)}, {TitleID: "a", PositionMS: 5, At: at(-2)}},
		Watchlist: []Wish{{TitleID: "d", At: noon()}, {TitleID: "c", Off: true, At: at(-1)}}, // a clock that is ahead does not win for ever
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if other, err := v.Lists("smith", "ben"); err != nil || len(other.Positions) != 0 {
		t.Errorf("another viewer: %+v, %v", other, err)
	}
	must(t, v.Forget("smith", "anna"))
	if gone, _ := v.Lists("smith", "anna"); len(gone.Watchlist) != 0 {
		t.Errorf("forgotten: %+v", gone)
	}
}

// TestMergingInAnyOrder: boxes that are told late end with the same lists.
func TestMergingInAnyOrder(t *testing.T) {
	var parts []Lists
	for i := range 40 {
		parts = append(parts, Lists{Positions: []Position{{TitleID: fmt.Sprint(i % 7), PositionMS: int64(i), At: noon().Add(-time.Duration(i*37%40) * time.Second)}}})
	}
	var first Lists
	for round := range 5 {
		v := New(shelf.New(), noon)
		rand.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
		for _, p := range append(parts, parts[:10]...) {
			_, err := v.Merge("h", "v", p)
			must(t, err)
		}
		got, err := v.Lists("h", "v")
		must(t, err)
		if round == 0 {
			first = got
		}
		if d := cmp.Diff(first, got); d != "" {
			t.Fatalf("another order, another list:\n%s", d)
		}
	}
}

func TestListsAreBounded(t *testing.T) {
	v := New(shelf.New(), noon)
	var many Lists
	for i := range MostEntries + 10 {
		many.Positions = append(many.Positions, Position{TitleID: fmt.Sprint(i), At: noon().Add(-time.Duration(i) * time.Second)})
	}
	got, err := v.Merge("h", "v", many)
	if err != nil || len(got.Positions) != MostEntries || got.Positions[0].TitleID != "0" {
		t.Errorf("%d entries, %v", len(got.Positions), err)
	}
}

func TestInsights(t *testing.T) {
	v := New(shelf.New(), noon)
	b := Batch{ID: "one", Consent: Consent{Given: noon(), Version: "2026-01"}, Titles: []Watched{{"a", 1, 0, 1000}, {"b", 1, 1, 5000}}}
	must(t, v.Report("h", "v", b))
	must(t, v.Report("h", "v", b)) // repeated
	b.ID = "two"
	must(t, v.Report("h", "v", b))
	got, err := v.Insights("h", "v")
	if d := cmp.Diff([]Watched{{"a", 2, 0, 2000}, {"b", 2, 2, 10_000}}, got); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
	for name, c := range map[string]Consent{"none": {}, "without text": {Given: noon()}, "to come": {Given: noon().Add(time.Hour), Version: "1"}} {
		if err := v.Report("h", "v", Batch{ID: name, Consent: c}); !errors.Is(err, ErrConsent) {
			t.Errorf("consent %s: %v", name, err)
		}
	}
	must(t, v.Withdraw("h", "v"))
	if got, err := v.Insights("h", "v"); len(got) != 0 || err != nil {
		t.Errorf("withdrawn: %+v, %v", got, err)
	}
}

func TestIsID(t *testing.T) {
	for id, want := range map[string]bool{"0123456789abcdef": true, "short": false, "0123456789abcde/": false, "": false} {
		if IsID(id) != want {
			t.Errorf("%q: %v", id, !want)
		}
	}
}

func TestViewersAreBounded(t *testing.T) {
	v := New(shelf.New(), noon)
	b := Batch{ID: "one", Consent: Consent{Given: noon(), Version: "1"}}
	for i := range MostViewers {
		_, err := v.Merge("h", fmt.Sprint(i), Lists{})
		must(t, errors.Join(err, v.Report("h", fmt.Sprint(i), b)))
	}
	if _, err := v.Merge("h", "one more", Lists{}); !errors.Is(err, ErrViewers) {
		t.Error(err)
	}
	if err := v.Report("h", "one more", b); !errors.Is(err, ErrViewers) {
		t.Error(err)
	}
	must(t, v.Forget("h", "0"))
	if _, err := v.Merge("h", "one more", Lists{}); err != nil {
		t.Error(err)
	}
}
