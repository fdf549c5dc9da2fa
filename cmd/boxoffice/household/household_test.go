package household

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"usher/cmd/boxoffice/shelf"
)

// register hashes less dearly than the real one.
func register() *Register { return &Register{shelf: shelf.New(), rounds: 5000} }

func TestRoundsAreDear(t *testing.T) {
	if r := New(shelf.New()); r.rounds < 600_000 {
		t.Errorf("%d rounds", r.rounds)
	}
}

func TestSignIn(t *testing.T) {
	r := register()
	h, err := r.Add("Smith", "secret word", "DE", time.Unix(1000, 0))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(h.Password, []byte("secret")) || len(h.Salt) != saltSize || h.Rounds != 5000 {
		t.Errorf("stored: %+v", h)
	}
	for _, tc := range []struct {
		name, password string
		want           bool
	}{{"Smith", "secret word", true}, {"smith", "secret word", true}, {"Smith", "secret", false}, {"jones", "secret word", false}, {"", "", false}, {strings.Repeat("x", 300), "secret word", false}} {
		got, ok, err := r.SignIn(tc.name, tc.password)
		if ok != tc.want || err != nil || ok && got.ID != h.ID {
			t.Errorf("%.20q: %v, %v", tc.name, ok, err)
		}
	}
	if _, err := r.Add("SMITH", "another", "DE", time.Unix(1000, 0)); !errors.Is(err, ErrTaken) {
		t.Errorf("the same name: %v", err)
	}
	for _, bad := range [][2]string{{"", "secret"}, {" x", "secret"}, {"x", "short"}, {"x", strings.Repeat("x", 300)}} {
		if _, err := r.Add(bad[0], bad[1], "DE", time.Unix(1000, 0)); !errors.Is(err, ErrName) {
			t.Errorf("%.20q: %v", bad, err)
		}
	}
}

// TestWrongNamesTakeAsLong: who guesses names learns nothing from the time.
func TestWrongNamesTakeAsLong(t *testing.T) {
	r := &Register{shelf: shelf.New(), rounds: 50_000}
	if _, err := r.Add("smith", "secret word", "DE", time.Unix(1000, 0)); err != nil {
		t.Fatal(err)
	}
	took := func(name string) time.Duration {
		best := time.Hour
		for range 3 {
			start := time.Now()
			if _, _, err := r.SignIn(name, "wrong"); err != nil {
				t.Fatal(err)
			}
			best = min(best, time.Since(start))
		}
		return best
	}
	if known, unknown := took("smith"), took("jones"); unknown < known/4 {
		t.Errorf("a known name takes %s, an unknown one %s", known, unknown)
	}
}

func TestDemoTwice(t *testing.T) {
	r := New(shelf.New())
	one, err := r.Demo("demo", "popcorn", "DE", time.Unix(1000, 0))
	if err != nil {
		t.Fatal(err)
	}
	if two, err := r.Demo("demo", "popcorn", "DE", time.Unix(2000, 0)); err != nil || two.ID != one.ID {
		t.Errorf("%v, %v", two.ID, err)
	}
}
