package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// focusOn moves the focus with one key until it is on what begins with a text,
// or on a place ("leaf|item"), which is the same in every language.
func (s *screen) focusOn(key, what string) {
	s.t.Helper()
	for range 14 {
		if s.eval(`document.activeElement.id`) == what || !strings.Contains(what, "|") && strings.HasPrefix(s.eval(focused), what) {
			return
		}
		s.press(key)
	}
	s.t.Fatalf("no %q that way; the focus is on %q, %s", what, s.eval(focused), s.eval(`document.activeElement.id`))
}

// enter types a PIN on the pad with the arrows of a remote: no digit keys.
func (s *screen) enter(pin string) {
	s.t.Helper()
	s.waitFor("the pad", `document.querySelector(".pad") !== null`)
	for _, digit := range pin {
		s.pad(string(digit))
	}
	s.pad("OK")
}

// pad goes to a key of the pad by arrows and presses it.
func (s *screen) pad(key string) {
	s.t.Helper()
	places := map[string][2]int{"OK": {3, 2}, "0": {3, 1}}
	for n := range 9 {
		places[string(rune('1'+n))] = [2]int{n / 3, n % 3}
	}
	to := places[key]
	for range 3 {
		s.press(kb.ArrowUp)
	}
	for range 2 {
		s.press(kb.ArrowLeft)
	}
	for range to[0] {
		s.press(kb.ArrowDown)
	}
	for range to[1] {
		s.press(kb.ArrowRight)
	}
	s.press(kb.Enter)
}

// makeChild makes a profile for a child of six, from the screen of profiles, and
// with it the first PIN.
func (s *screen) makeChild(pin string) {
	s.t.Helper()
	s.press(kb.ArrowDown)
	s.focusOn(kb.ArrowDown, "who/buttons|edit")
	s.press(kb.Enter)
	s.focusOn(kb.ArrowRight, "who/faces|new")
	s.press(kb.Enter)
	s.on("profile")
	s.press("i", "d", "a")
	s.waitFor("the name", `document.querySelector(".profile h1").textContent === "Ida"`)
	s.focusOn(kb.ArrowDown, "profile/rows|kids")
	s.press(kb.Enter)
	s.focusOn(kb.ArrowDown, "profile/rows|limit")
	s.waitFor("up to 12", focused+`.includes("12")`)
	s.press(kb.Enter, kb.Enter, kb.Enter)
	s.waitFor("up to 6", focused+`.includes("6")`)
	s.shot("profile")
	s.focusOn(kb.ArrowDown, "profile/rows|save")
	s.press(kb.Enter)
	s.shot("pin")
	s.waitFor("the pad", `document.querySelector(".pad h2") !== null`)
	asked := s.eval(`document.querySelector(".pad h2").textContent`)
	s.enter(pin) // the first profile gets a PIN, or the limit would be none
	s.waitFor("again", `document.querySelector(".pad h2").textContent !== `+quoted(asked))
	s.enter(pin)
	s.on("who")
	s.waitFor("two profiles", `document.querySelectorAll(".person").length === 3`)
	s.shot("who-two")
}

// forAdults is a film that the demo's service keeps from children: it is for adults.
const forAdults = "demo:midnight-tram"

const posters = `document.querySelectorAll(".on-home [role=option] img").length > 3`

// TestAFamilyByKeys makes a child's profile with nothing but the remote, lets
// the child watch, and finds that it sees and reaches no more than it may.
func TestAFamilyByKeys(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	s.waitFor("posters", posters)

	s.menu("who")
	s.on("who")
	s.shot("who")
	s.makeChild("2580")
	all := d.must("search", "-limit", "50", "the")
	s.focusOn(kb.ArrowDown, "who/buttons|edit")
	s.press(kb.Enter)
	s.focusOn(kb.ArrowRight, "Ida")
	s.press(kb.Enter)
	s.on("home")
	s.waitFor("posters", posters)
	s.shot("child")
	if some := d.must("search", "-limit", "50", "the"); len(some) >= len(all) {
		t.Errorf("a child finds as much:\n%s", some)
	}
	if out, code := d.usher("play", forAdults); code == 0 || strings.Contains(out, "Midnight Tram") {
		t.Errorf("a child plays it: %d %s", code, out)
	}

	s.menu("who")
	s.on("who")
	s.focusOn(kb.ArrowLeft, "who/faces|main")
	s.press(kb.Enter)
	s.enter("1111")
	s.waitFor("wrong", `document.querySelector(".pad .wrong").textContent.includes("wrong")`)
	s.enter("2580")
	s.on("home")
	s.waitFor("posters", posters)
	eventually(t, 5*time.Second, "all titles again", func() bool { return d.must("search", "-limit", "50", "the") == all })
	d.must("play", forAdults)
	d.waitPhase("playing", 10*time.Second)
}
