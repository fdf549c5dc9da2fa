package e2e

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// aiFilm has performers made by AI.
const aiFilm = "demo:quiet-orbit"

const aiLabel = `document.querySelector(".ai-label") !== null`

// labelled wants the label over the film, for at least the two seconds that law
// asks for, and gone after them.
func (s *screen) labelled(when string) {
	s.t.Helper()
	s.waitFor("the label "+when, aiLabel)
	began := time.Now()
	s.shot("ai-" + strings.ReplaceAll(when, " ", "-"))
	for s.eval(aiLabel) == "true" {
		if time.Since(began) > 30*time.Second {
			s.t.Fatalf("%s: the label stays", when)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if shown := time.Since(began); shown < 2*time.Second {
		s.t.Errorf("%s: the label was there for %v", when, shown)
	}
}

// TestLabelOfAI: it is over the film at the start and after a seek, whatever
// else is on the screen; a film without such performers has none.
func TestLabelOfAI(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	d.must("play", "-start", aiFilm)
	s.on("player")
	s.labelled("at the start")
	d.must("seek", "30")
	s.labelled("after a seek")
	d.must("play", "-start", freeFilm)
	d.waitPhase("playing", 15*time.Second)
	for range 20 {
		if s.eval(aiLabel) == "true" {
			t.Fatal("a film without such performers is labelled")
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestWhatWouldBeSent: who agrees to insights sees in the settings what is sent
// next, and that it is off again when it was withdrawn.
func TestWhatWouldBeSent(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	s.waitFor("posters", posters)
	const value = `document.getElementById("settings/rows/privacy|insights").querySelector(".value").textContent`
	privacy := slices.Index(sections(), "privacy")
	s.setting(privacy)
	s.waitFor("nothing is told", value+` === "None"`)
	s.shot("privacy-off")
	s.insights()
	d.must("play", "-start", freeFilm)
	d.waitPhase("playing", 15*time.Second)
	time.Sleep(3 * time.Second)
	d.must("stop")
	s.setting(privacy)
	s.waitFor("it is said", value+` === "Once a day"`)
	s.waitFor("what would be sent", `document.querySelector(".on-settings .sent li").textContent.includes("Lantern Coast")`)
	s.shot("privacy-on")
	s.insights()
	s.setting(privacy)
	s.waitFor("nothing is told any more", value+` === "None"`)
}

// insights switches them in the profile of who watches.
func (s *screen) insights() {
	s.t.Helper()
	s.menu("who")
	s.on("who")
	s.focusOn(kb.ArrowDown, "who/buttons|edit")
	s.press(kb.Enter)
	s.focusOn(kb.ArrowLeft, "who/faces|main")
	s.press(kb.Enter)
	s.on("profile")
	s.focusOn(kb.ArrowDown, "Tell")
	was := s.eval(focused)
	s.press(kb.Enter)
	s.waitFor("another value", focused+` !== "`+was+`"`)
	s.shot("profile-insights")
}

// TestUpdateByKeys: the screen shows what runs and what is offered, why it
// waits, and puts it off.
func TestUpdateByKeys(t *testing.T) {
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	s.waitFor("posters", posters)
	s.setting(slices.Index(sections(), "update"))
	s.waitFor("what runs", `document.getElementById("settings/rows/update|version") !== null`)
	s.shot("update-idle")
	s.focusOn(kb.ArrowDown, "Look")
	s.press(kb.Enter)
	s.waitFor("an offer", `document.getElementById("settings/rows/update|later") !== null`)
	s.shot("update")
	s.focusOn(kb.ArrowDown, "Tomorrow")
	left := s.eval(focused)
	s.press(kb.Enter)
	s.waitFor("it is put off once", `document.activeElement.textContent !== "`+left+`" && document.querySelector(".on-settings .rows").textContent.includes("2 more times")`)
	s.shot("update-later")
}
