package firmware

import (
	"errors"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	good := Release{Version: "1", Boards: []string{"x"}, Size: 2000, Chunk: 1024, Chunks: make([]Sum, 2), Percent: 100}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	if good.Length(0) != 1024 || good.Length(1) != 976 || good.At(1) != 1024 {
		t.Errorf("chunks of %d and %d bytes, the second at %d", good.Length(0), good.Length(1), good.At(1))
	}
	for name, change := range map[string]func(*Release){
		"version":      func(r *Release) { r.Version = "" },
		"long version": func(r *Release) { r.Version = strings.Repeat("1", 65) },
		"boards":       func(r *Release) { r.Boards = nil },
		"size":         func(r *Release) { r.Size = 0 },
		"huge":         func(r *Release) { r.Size = 1 << 62 },
		"chunks":       func(r *Release) { r.Size = 2049 },
		"odd chunk":    func(r *Release) { r.Chunk = 1000 },
		"no chunk":     func(r *Release) { r.Chunk = 0 },
		"large chunk":  func(r *Release) { r.Chunk = 8 << 20 },
		"percent":      func(r *Release) { r.Percent = 101 },
		"notes":        func(r *Release) { r.Notes = map[string]string{"de": strings.Repeat("x", MaxText+1)} },
	} {
		r := good
		change(&r)
		if err := r.Check(); !errors.Is(err, ErrRelease) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestImageIsOfTheWhole(t *testing.T) {
	a := Release{Chunks: []Sum{{1}, {2}}}
	b := Release{Chunks: []Sum{{2}, {1}}}
	if a.Image() == b.Image() || a.Image() != (Release{Chunks: []Sum{{1}, {2}}}).Image() {
		t.Error("the digest does not tell images apart")
	}
}

func TestWords(t *testing.T) {
	for s, want := range map[State]string{Empty: "empty", Bad: "bad", Bad + 1: "unknown"} {
		if s.String() != want {
			t.Errorf("%d is %q", s, s)
		}
	}
	cause := errors.New("x")
	if e := (&Error{NoSpace, cause}); e.Error() != "no_space: x" || !errors.Is(e, cause) || (&Error{Reason: Downgrade}).Error() != "downgrade" {
		t.Errorf("%v", e)
	}
}
