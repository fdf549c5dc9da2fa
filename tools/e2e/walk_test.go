package e2e

import (
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// quick is as fast as keys are pressed where nobody watches.
const quick = 25 * time.Millisecond

// openWalk is a page at a size, with posters on it, whose faults are listened to.
func openWalk(t *testing.T, d *demo, w, h int64) *screen {
	t.Helper()
	s := openScreen(t, d)
	s.pace = quick
	s.do(chromedp.EmulateViewport(w, h))
	s.listenForFaults()
	s.on("home")
	s.waitFor("posters", `document.querySelectorAll(".on-home [role=option]").length > 3`)
	return s
}

// listenForFaults collects what the page does not handle.
func (s *screen) listenForFaults() {
	s.t.Helper()
	s.eval(`(() => {
		window.faults = [];
		addEventListener("error", (e) => faults.push("error: " + e.message));
		addEventListener("unhandledrejection", (e) => faults.push("rejection: " + (e.reason?.message ?? e.reason)));
		const error = console.error;
		console.error = (...a) => { faults.push("console: " + a.join(" ")); error(...a); };
	})()`)
}

// TestEveryScreenInEveryLanguage goes to every screen by keys alone, in all
// five languages: nothing is left unhandled, the focus is seen, and the words
// fit.
func TestEveryScreenInEveryLanguage(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openWalk(t, d, 1280, 720)
	for _, lang := range []string{"en", "de", "id", "th", "zh-Hans"} {
		s.speak(lang)
		for _, v := range views() {
			v.enter(s)
			s.waitFor(lang+" "+v.name, v.seen)
			s.sound(lang + " " + v.name)
			s.fit(lang + " " + v.name)
		}
		s.press(kb.Home)
		s.on("home")
	}
}

// TestEveryFace looks closely at each face that keys lead to; the tests that come
// by the others have them looked at (shot).
func TestEveryFace(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openWalk(t, d, 1280, 720)
	for _, v := range views() {
		if *only != "" && *only != v.name {
			continue
		}
		v.enter(s)
		s.waitFor(v.name, v.seen)
		s.look(v)
	}
	if _, err := os.Stat(*axeScript); err != nil {
		t.Skipf("SKIPPED: axe-core on the faces: none at %s; make e2e installs it", *axeScript)
	}
}
