package state

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usher/internal/box"
)

func TestEveryProfileHasItsOwn(t *testing.T) {
	s := open(t, t.TempDir())
	must(t, s.SaveProgress("", "demo:a", at(1))) // as it was before there were profiles
	must(t, s.SaveProgress("kid", "demo:a", at(2)))
	must(t, s.SaveRunning("kid", "demo:b", at(3)))
	must(t, s.SaveRunning(box.FirstProfile, "demo:b", at(4)))
	must(t, s.SaveChoice("kid", "demo:a", box.Choice{Audio: "de"}))
	must(t, s.SaveChoice(box.FirstProfile, "demo:a", box.Choice{Audio: "en"}))
	s = reopen(t, s)
	want := map[string]map[string]box.Progress{
		box.FirstProfile: {"demo:a": at(1), "demo:b": at(4)}, "kid": {"demo:a": at(2), "demo:b": at(3)}, "other": {},
	}
	for profile, progress := range want {
		got, err := s.Progress(profile)
		must(t, err)
		if diff := cmp.Diff(progress, got); diff != "" {
			t.Errorf("%s: %s", profile, diff)
		}
	}
	for profile, audio := range map[string]string{box.FirstProfile: "en", "kid": "de"} {
		if got, err := s.Choices(profile); err != nil || len(got) != 1 || got["demo:a"].Audio != audio {
			t.Errorf("%s chose %v, %v", profile, got, err)
		}
	}
}

// TestAnOlderDaemonFindsItsOwn: what the first profile has stands where an
// usherd without profiles looks for it, and the schema is the same.
func TestAnOlderDaemonFindsItsOwn(t *testing.T) {
	s := open(t, t.TempDir())
	must(t, s.SaveRunning(box.FirstProfile, "demo:a", at(1)))
	if got := s.running.last.id; got != "demo:a" || len(migrations()) != 1 {
		t.Errorf("running id %q, %d migrations", got, len(migrations()))
	}
}

func TestForgottenIsForgotten(t *testing.T) {
	s := open(t, t.TempDir())
	for _, profile := range []string{box.FirstProfile, "kid", "kid2"} {
		must(t, s.SaveProgress(profile, "demo:a", at(1)))
		must(t, s.SaveChoice(profile, "demo:a", box.Choice{Audio: "de"}))
	}
	must(t, s.SaveRunning("kid", "demo:b", at(2)))
	must(t, s.ForgetViewer("kid"))
	must(t, s.ForgetViewer("nobody"))
	s = reopen(t, s)
	for profile, want := range map[string]int{box.FirstProfile: 1, "kid": 0, "kid2": 1} {
		p, err1 := s.Progress(profile)
		c, err2 := s.Choices(profile)
		if err1 != nil || err2 != nil || len(p) != want || len(c) != want {
			t.Errorf("%s: %v %v, %v %v", profile, p, c, err1, err2)
		}
	}
	must(t, s.ForgetViewer(""))
	s = reopen(t, s)
	if p, err := s.Progress(""); err != nil || len(p) != 0 {
		t.Errorf("first: %v, %v", p, err)
	}
}

func TestProfileIDsAreChecked(t *testing.T) {
	s := open(t, t.TempDir())
	for _, profile := range []string{strings.Repeat("p", MaxProfile+1), "a\x1fb"} {
		if s.SaveProgress(profile, "demo:a", at(1)) == nil || s.SaveRunning(profile, "demo:a", at(1)) == nil || s.SaveChoice(profile, "demo:a", box.Choice{}) == nil {
			t.Errorf("%q: accepted", profile)
		}
	}
	if s.SaveRunning("kid", strings.Repeat("x", MaxID-3), at(1)) == nil {
		t.Error("a slot takes more than it has room for")
	}
}
