package e2e

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// mostKeys is what a stranger presses at most, from the first poster until the
// film is left again, without those that look for its poster.
const mostKeys = 24

// TestAStrangerWatchesAFilm: in each language somebody who cannot read a word
// finds a film by its poster, starts it, pauses it and goes on, puts subtitles
// on, and leaves it, with arrows, OK and Back: what comes next has the focus.
func TestAStrangerWatchesAFilm(t *testing.T) {
	needs(t, "mpv")
	for _, lang := range languagesOfPage() {
		t.Run(lang, func(t *testing.T) {
			d := startDemo(t)
			s := openWalk(t, d, 1280, 720)
			s.speak(lang)
			s.home()
			s.findPoster(tongues)
			s.watches(d)
		})
	}
}

// watches is what the stranger does from a poster on, until the focus is on it
// again.
func (s *screen) watches(d *demo) {
	s.t.Helper()
	was := s.eval(`document.activeElement.id`)
	keys := 0
	press := func(all ...string) {
		keys += len(all)
		s.press(all...)
	}
	press(kb.Enter)
	s.on("details")
	s.waitFor("the page of the title", `document.querySelector(".on-details .table") !== null`)
	press(kb.Enter)
	s.on("player")
	d.waitPhase("playing", 20*time.Second)
	s.waitFor("the film", `document.querySelector(".player .state.playing") !== null`)
	press(kb.Enter)
	d.waitPhase("paused", 20*time.Second)
	press(kb.Enter)
	d.waitPhase("playing", 20*time.Second)
	s.subtitled(d, press)
	for i := 0; i < 4 && s.eval(`document.querySelector(".screen.on-details") !== null`) != "true"; i++ {
		press(kb.Escape) // the list, the overlay, the film
	}
	s.on("details")
	d.waitPhase("idle", 20*time.Second)
	press(kb.Escape)
	s.on("home")
	if at := s.eval(`document.activeElement.id`); at != was {
		s.t.Errorf("began at %s, came back to %s", was, at)
	}
	if keys > mostKeys {
		s.t.Errorf("it took %d keys", keys)
	}
	s.t.Logf("%d keys from the poster and back to it", keys)
}

// findPoster goes along the rails until the focus is on a title.
func (s *screen) findPoster(id string) {
	s.t.Helper()
	for range 12 {
		rail := s.eval(`document.activeElement.id.split("|")[0]`)
		way := kb.ArrowRight
		for range 2 { // to one end, and to the other
			for before := ""; s.eval(`document.activeElement.id`) != before; s.press(way) {
				before = s.eval(`document.activeElement.id`)
				if before == rail+"|"+id {
					return
				}
			}
			way = kb.ArrowLeft
		}
		s.press(kb.ArrowDown)
	}
	s.t.Fatalf("no poster of %s", id)
}

// subtitled puts subtitles on: the list has sound on its left, subtitles on its
// right, and "none" first.
func (s *screen) subtitled(d *demo, press func(...string)) {
	s.t.Helper()
	selected := func() bool {
		var got struct{ Subtitles []struct{ Selected bool } }
		if err := json.Unmarshal([]byte(d.must("tracks", "--json")), &got); err != nil {
			s.t.Fatal(err)
		}
		return slices.ContainsFunc(got.Subtitles, func(x struct{ Selected bool }) bool { return x.Selected })
	}
	s.waitFor("subtitles are known", `document.getElementById("player/controls|tracks") !== null`)
	press(kb.ArrowDown)
	for i := 0; i < 6 && s.eval(`document.activeElement.id`) != "player/controls|tracks"; i++ {
		press(kb.ArrowRight)
	}
	if selected() {
		s.t.Error("there are subtitles before anybody chose some")
	}
	press(kb.Enter)
	s.waitFor("the list", `document.querySelector(".panel.tracks .item.focused") !== null`)
	press(kb.ArrowRight, kb.ArrowDown, kb.Enter)
	eventually(s.t, 20*time.Second, "subtitles", selected)
}
