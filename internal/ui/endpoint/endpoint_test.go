package endpoint

import (
	"slices"
	"testing"
)

func TestDefaultSocket(t *testing.T) {
	for _, c := range []struct {
		demo    bool
		runtime string
		want    string
	}{
		{false, "/run/user/7", "/run/usher/usher.sock"},
		{true, "/run/user/7", "/run/user/7/usher/usher.sock"},
		{true, "", "/tmp/usher-7/usher.sock"},
		{true, "relative", "/tmp/usher-7/usher.sock"}, // the XDG specification says to ignore it
	} {
		if got := defaultSocket(c.demo, c.runtime, 7); got != c.want {
			t.Errorf("demo %v, XDG_RUNTIME_DIR %q: %s, want %s", c.demo, c.runtime, got, c.want)
		}
	}
}

func TestCandidates(t *testing.T) {
	t.Setenv(Variable, "")
	t.Setenv("XDG_RUNTIME_DIR", "/run/user/7")
	if got, want := Candidates(""), []string{"/run/usher/usher.sock", "/run/user/7/usher/usher.sock"}; !slices.Equal(got, want) {
		t.Errorf("nothing said: %v", got)
	}
	t.Setenv(Variable, "/e")
	if got := Candidates(""); !slices.Equal(got, []string{"/e"}) {
		t.Errorf("by environment: %v", got)
	}
	if got := Candidates("/g"); !slices.Equal(got, []string{"/g"}) {
		t.Errorf("given: %v", got)
	}
}
