package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// episode has opening titles from 3 to 10 s and credits from 50 s on.
const episode = "demo:harbour-street-12-s1e1"

func TestSkipTheOpeningTitlesByKeys(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	d.must("play", "-start", episode)
	s.on("player")
	s.waitFor("the overlay goes", `!document.querySelector("main.player").classList.contains("shown")`)
	s.waitFor("focus on skip", focused+` === "Skip intro"`)
	s.press(kb.Enter)
	eventually(t, 3*time.Second, "behind the titles", func() bool { return d.status().position() >= 9.9 })
	s.waitFor("skip goes", `document.querySelector(".skip") === null`)
}

func TestNextEpisodeByItself(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	d.must("play", "-at", "48s", episode)
	s.on("player")
	s.waitFor("next is announced", `document.querySelector(".panel.next") !== null`)
	s.shot("next")
	eventually(t, time.Minute, "the next episode", func() bool {
		return strings.HasSuffix(d.status().Playback.TitleID, "s1e2")
	})
	d.waitPhase("playing", 10*time.Second)
}

func TestSpeedByKeys(t *testing.T) {
	needs(t, "mpv", "playerctl")
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	d.must("play", "-start", d.film())
	s.on("player")
	s.press(kb.ArrowUp, kb.ArrowDown)
	for range 6 {
		if strings.HasPrefix(s.eval(focused), "Speed") {
			break
		}
		s.press(kb.ArrowRight)
	}
	s.press(kb.Enter, kb.Enter)
	eventually(t, 3*time.Second, "speed 1.5", func() bool { return d.status().Playback.Rate == 1.5 })
	eventually(t, 15*time.Second, "mpv gains 1.5 s in a second", func() bool {
		before, at := d.mpvPosition(), time.Now()
		time.Sleep(2 * time.Second)
		gain := (d.mpvPosition() - before) / time.Since(at).Seconds()
		return gain > 1.35 && gain < 1.65
	})
}
