package e2e

import (
	"net/url"
	"path/filepath"
	"syscall"
	"testing"
)

// TestDaemonKilledOnEveryScreen kills the daemon on each kind of screen: the
// page says so, and goes on where it was when the daemon is back.
func TestDaemonKilledOnEveryScreen(t *testing.T) {
	needs(t, "mpv")
	state := filepath.Join(t.TempDir(), "state")
	d := startDemo(t, "-state", state)
	page, err := url.Parse(d.ready.Page)
	if err != nil {
		t.Fatal(err)
	}
	s := openWalk(t, d, 1280, 720)
	const focus = `document.querySelector(".screen").className + " " + document.activeElement.id`
	for _, v := range killedOn() {
		v.enter(s)
		s.waitFor(v.name, v.seen)
		was := s.eval(focus)
		if err := syscall.Kill(d.ready.PID, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		s.waitFor(v.name+": the page says that the box is away", `document.querySelector(".banner.shown") !== null`)
		if v.name == "home-rails" {
			s.shot("away")
		}
		d = startDemo(t, "-state", state, "-listen", page.Host)
		s.demo = d
		s.waitFor(v.name+": the box is back", `document.querySelector(".banner.shown") === null`)
		s.sound(v.name)
		if now := s.eval(focus); now != was && v.stays() {
			t.Errorf("%s: was at %q, goes on at %q", v.name, was, now)
		}
	}
}

// stays says whether the screen is the same after a restart: a film is over
// with the daemon that played it.
func (v view) stays() bool { return v.name != "player" && v.name != "search-found" }

func killedOn() []view {
	var list []view
	for _, v := range views() {
		switch v.name {
		case "home-rails", "details", "search-found", "settings-subtitles", "settings-health", "settings-options", "player":
			list = append(list, v)
		}
	}
	return list
}
