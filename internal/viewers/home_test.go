package viewers

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"usher/internal/box"
)

func TestDerive(t *testing.T) {
	derive := func(household, profile string) string {
		name, err := Derive(household, profile)
		if err != nil {
			t.Fatal(err)
		}
		return name
	}
	ida := derive("films/h1", "Ida")
	if !regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`).MatchString(ida) || strings.Contains(strings.ToLower(ida), "ida") {
		t.Errorf("a service would not take %q", ida)
	}
	if derive("films/h1", " IDA ") != ida {
		t.Error("another spelling is another viewer")
	}
	for what, other := range map[string]string{"household": derive("films/h2", "Ida"), "profile": derive("films/h1", "Ben"), "first": derive("films/h1", "")} {
		if other == ida {
			t.Errorf("another %s is the same viewer", what)
		}
	}
}

// names are what the service calls the profiles of a box, and what it has to
// forget.
func names(t *testing.T, w *world, profile string) (name string, gone []grave) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	var r record
	if err := json.Unmarshal([]byte(w.settings["viewer/"+profile]), &r); err != nil {
		t.Fatal(err)
	}
	if text := w.settings[gravesKey]; text != "" {
		if err := json.Unmarshal([]byte(text), &gone); err != nil {
			t.Fatal(err)
		}
	}
	return r.Names["films"], gone
}

func family(w *world, house string, profiles ...box.Profile) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.house, w.view.Household.Profiles, w.view.Household.Current = house, profiles, profiles[0].ID
}

// TestTheHouseholdsName: two boxes come to the same name for a profile, a
// random one of before is forgotten by the service, and another household is
// another name.
func TestTheHouseholdsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := newWorld(), newWorld()
		family(one, "", box.Profile{ID: "p1", Name: "Ida"}) // an older service
		_, stop := running(t, one)
		time.Sleep(time.Minute)
		random, _ := names(t, one, "p1")
		family(one, "h1", box.Profile{ID: "p1", Name: "Ida"})
		time.Sleep(2 * time.Hour)
		family(two, "h1", box.Profile{ID: "q9", Name: "ida"})
		_, stopTwo := running(t, two)
		time.Sleep(time.Minute)
		a, _ := names(t, one, "p1")
		b, _ := names(t, two, "q9")
		if a == random || a != b {
			t.Errorf("%q became %q, and %q on another box", random, a, b)
		}
		if time.Sleep(11 * time.Minute); !slices.Contains(one.forgotten, "films/"+random) {
			t.Errorf("the service keeps what it had under %q: %v", random, one.forgotten)
		}
		family(one, "h1", box.Profile{ID: "p1", Name: "Ida Maria"})
		time.Sleep(2 * time.Hour)
		if renamed, _ := names(t, one, "p1"); renamed != a {
			t.Error("renamed, it is another viewer")
		}
		family(one, "h2", box.Profile{ID: "p1", Name: "Ida Maria"})
		time.Sleep(2 * time.Hour)
		if moved, _ := names(t, one, "p1"); moved == a {
			t.Error("at another household it is the same viewer")
		}
		stop()
		stopTwo()
	})
}

// TestTwoOfOneName: two profiles of a box are never one viewer, and nothing is
// told under a name that is not certain.
func TestTwoOfOneName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.away = errors.New("away")
		family(w, "h1", box.Profile{ID: "p1", Name: "Ida"}, box.Profile{ID: "p2", Name: "IDA"})
		_, stop := running(t, w)
		defer stop()
		time.Sleep(time.Minute)
		w.mu.Lock()
		w.away = nil
		w.mu.Unlock()
		time.Sleep(11 * time.Minute)
		first, _ := names(t, w, "p1")
		if shared, err := Derive("h1", "Ida"); err != nil || first == shared || first == "" {
			t.Errorf("one of two Idas is %q, %v", first, err)
		}
	})
}
