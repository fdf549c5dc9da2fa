package e2e

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// TestChapters goes through a film by its chapters: from their list, with the
// keys for the next and the one before, and from the command line.
func TestChapters(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	d.must("play", "demo:lantern-coast")
	s.on("player")
	d.waitPhase("playing", 20*time.Second)
	at := func(what string, from, to float64) {
		t.Helper()
		eventually(t, 20*time.Second, what, func() bool {
			now := d.status()
			return now.Playback.Phase == "playing" && now.position() >= from && now.position() < to
		})
	}

	s.control("chapters")
	s.waitFor("the chapters, on the first one", focused+`.startsWith("The last winter") && document.querySelectorAll(".panel.chapters .row-item").length >= 4`)
	s.shot("chapters")
	s.press(kb.ArrowDown, kb.ArrowDown, kb.Enter)
	at("the storm", 59, 84)
	s.waitFor("its name below the bar", `document.querySelector(".clock .chapter")?.textContent.startsWith("The storm")`)

	s.press(kb.MediaTrackPrevious)
	at("back to the chapter before", 29, 58)
	d.must("key", "next")
	at("on again", 59, 84)
	d.must("chapter", "+1")
	at("the last one", 84, 108)
}
