package state

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usher/internal/box"
)

func TestChoicesAreKept(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	must(t, err)
	long := "demo:" + strings.Repeat("x", MaxID-len("demo:"))
	want := map[string]box.Choice{"demo:lights": {Audio: "de", Sound: "Deutsch"}, long: {NoSubtitles: true}}
	must(t, s.SaveChoice("", "demo:lights", box.Choice{Audio: "en"}))
	for id, c := range want {
		must(t, s.SaveChoice("", id, c))
	}
	must(t, s.SetSetting("choice", "no choice"))
	must(t, s.SetSetting("choice/damaged", "{"))
	for _, id := range []string{"", long + "x"} {
		if s.SaveChoice("", id, box.Choice{}) == nil {
			t.Errorf("an id of %d bytes is kept", len(id))
		}
	}
	must(t, s.Close())
	s, err = Open(dir, Options{})
	must(t, err)
	defer s.Close()
	got, err := s.Choices("")
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
