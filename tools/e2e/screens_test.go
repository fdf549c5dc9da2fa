package e2e

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var (
	screensDir = flag.String("screens", "", "folder to put a picture of every screen in")
	sizes      = flag.String("sizes", "1920x1080", "with -screens: the sizes of the pictures")
	only       = flag.String("only", "", "with -screens: the one of this name")
	compare    = flag.Bool("compare", false, "with -screens: hold the screens against the pictures in the folder, instead of making them")
	languages  = flag.String("languages", "en", "with -screens: the languages of the pictures")
)

// home goes to the first poster of home, from wherever the page is.
func (s *screen) home() {
	s.t.Helper()
	s.press(kb.Home)
	s.on("home")
	s.waitFor("a poster has the focus", `document.activeElement.classList.contains("tile")`)
	for range 12 { // back to the first rail and its beginning
		s.press(kb.Escape)
		if s.eval(`document.activeElement.id`) == "menu|home" {
			break
		}
	}
	s.press(kb.ArrowDown)
	s.waitFor("a poster has the focus", `document.activeElement.classList.contains("tile")`)
}

// menu opens an entry of the menu: "search", "account", "settings".
func (s *screen) menu(entry string) {
	s.t.Helper()
	s.home()
	s.press(kb.ArrowUp)
	for range 6 {
		if s.eval(`document.activeElement.id`) == "menu|"+entry {
			s.press(kb.Enter)
			return
		}
		s.press(kb.ArrowRight)
	}
	s.t.Fatalf("no %s in the menu", entry)
}

// setting opens a part of the settings by its number.
func (s *screen) setting(nth int) {
	s.t.Helper()
	at := 0
	if s.eval(`document.querySelector(".screen.on-settings") !== null`) == "true" {
		s.press(kb.ArrowLeft)
		at = slices.Index(sections(), strings.TrimPrefix(s.eval(`document.activeElement.id`), "settings/sections|"))
	} else {
		s.menu("settings")
		s.on("settings")
	}
	for ; at >= 0 && at < nth; at++ {
		s.press(kb.ArrowDown)
	}
	for ; at > nth; at-- {
		s.press(kb.ArrowUp)
	}
	s.press(kb.ArrowRight)
}

// play starts a film with two languages and subtitles, and shows the overlay.
func (s *screen) play() {
	s.t.Helper()
	for range 3 { // a panel over the film that is on
		if s.eval(`document.querySelector(".screen.on-player .panel") !== null`) != "true" {
			break
		}
		s.press(kb.Escape)
	}
	if s.eval(`document.querySelector(".screen.on-player") !== null`) != "true" {
		s.home()
		s.demo.must("play", "-start", tongues)
		s.on("player")
	}
	s.waitFor("the film plays", `document.querySelector(".player .state.playing") !== null`)
	s.press(kb.ArrowUp)
	s.waitFor("the overlay", `document.querySelector(".player.shown") !== null`)
}

// control moves to a button of the overlay and presses it.
func (s *screen) control(item string) {
	s.t.Helper()
	s.press(kb.ArrowDown)
	for _, way := range []string{kb.ArrowRight, kb.ArrowLeft} {
		for range 10 {
			if s.eval(`document.activeElement.id`) == "player/controls|"+item {
				s.press(kb.Enter)
				return
			}
			s.press(way)
		}
	}
	s.t.Fatalf("no button %q in the overlay; the focus is on %s", item, s.eval(`document.activeElement.id`))
}

// restyle opens how subtitles look.
func (s *screen) restyle() {
	s.t.Helper()
	s.waitFor("subtitles are known", `document.getElementById("player/controls|tracks") !== null`)
	s.control("tracks")
	s.waitFor("a way to the style", `document.getElementById("player/restyle|style") !== null`)
	for range 12 {
		if s.eval(`document.activeElement.id`) == "player/restyle|style" {
			break
		}
		s.press(kb.ArrowDown)
	}
	s.press(kb.Enter)
}

// TestPicturesOfScreens takes a picture of every screen, in every size
// and language asked for. Without -screens it is part of the flows' test.
func TestPicturesOfScreens(t *testing.T) {
	if *screensDir == "" {
		t.Skip("SKIP: no -screens folder; make screens makes the pictures")
	}
	d := startDemo(t)
	for size := range strings.SplitSeq(*sizes, ",") {
		var w, h int
		if _, err := fmt.Sscanf(size, "%dx%d", &w, &h); err != nil {
			t.Fatalf("size %q: %v", size, err)
		}
		for lang := range strings.SplitSeq(*languages, ",") {
			_, _ = d.usher("stop") // of the pictures before
			s := openScreen(t, d)
			s.do(chromedp.EmulateViewport(int64(w), int64(h)))
			s.on("home")
			s.waitFor("posters", `document.querySelectorAll(".on-home [role=option] img").length > 3`)
			s.speak(lang)
			for _, v := range views() {
				if *only != "" && v.name != *only || v.plain {
					continue
				}
				v.enter(s)
				s.waitFor(v.name, v.seen)
				s.depict(v)
			}
		}
	}
}

// speak chooses the page's language on the settings screen.
func (s *screen) speak(lang string) {
	s.t.Helper()
	if s.eval("document.documentElement.lang") == lang {
		return
	}
	s.setting(0)
	s.press(kb.Enter)
	for range 8 {
		if s.eval(`document.activeElement.id`) == "settings/options|"+lang {
			break
		}
		s.press(kb.ArrowDown)
	}
	for range 8 {
		if s.eval(`document.activeElement.id`) == "settings/options|"+lang {
			break
		}
		s.press(kb.ArrowUp)
	}
	s.press(kb.Enter)
	s.waitFor("the language is "+lang, `document.documentElement.lang === "`+lang+`"`)
}
