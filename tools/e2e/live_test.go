package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

const channel = "demo:lantern-tv"

// facts is what the overlay says of the title.
const facts = `document.querySelector(".overlay .facts")?.textContent`

// window is what the tests read of playback.window.
type window struct {
	BehindMS, SlackMS, StartMS, LiveMS int64
	Winds                              bool
}

func (d *demo) window() (w window, session int) {
	d.t.Helper()
	var s struct {
		Playback struct {
			Session int
			Window  window
		}
	}
	if err := json.Unmarshal([]byte(d.must("status", "--json")), &s); err != nil {
		d.t.Fatal(err)
	}
	return s.Playback.Window, s.Playback.Session
}

// find moves to the control of that name, along the buttons below the bar.
func (s *screen) find(name string) {
	s.t.Helper()
	s.press(kb.ArrowUp, kb.ArrowDown)
	for range 8 {
		if strings.HasPrefix(s.eval(focused), name) {
			return
		}
		s.press(kb.ArrowRight)
	}
	s.t.Fatalf("%q is not among the controls; the focus is on %q", name, s.eval(focused))
}

// TestLivePauseAndBackToLiveByKeys: held for longer than live allows, the
// channel goes on behind, says so, and leads back.
func TestLivePauseAndBackToLiveByKeys(t *testing.T) {
	needs(t, "mpv")
	for _, id := range []string{channel, "demo:pier-camera"} {
		t.Run(id, func(t *testing.T) {
			d := startDemo(t)
			s := openScreen(t, d)
			s.on("home")
			d.must("play", id)
			d.waitPhase("playing", 20*time.Second)
			s.on("player")
			eventually(t, 20*time.Second, "the window is known", func() bool { w, _ := d.window(); return w.Winds })
			s.waitFor("badge", `document.querySelector(".overlay .badge.live") !== null && document.querySelector(".overlay .badge.live.late") === null`)

			d.must("pause")
			d.waitPhase("paused", 10*time.Second)
			time.Sleep(24 * time.Second) // the slack is ten
			d.must("resume")
			d.waitPhase("playing", 10*time.Second)
			s.press(kb.ArrowUp)
			eventually(t, 20*time.Second, "behind live, "+s.eval(facts), func() bool { return strings.Contains(s.eval(facts), " behind live") })
			if w, _ := d.window(); w.BehindMS < 15_000 || w.BehindMS > 60_000 {
				t.Fatalf("behind by %d ms after 24 s", w.BehindMS)
			}
			s.shot("live-behind")

			s.find("Go to live")
			s.press(kb.Enter)
			eventually(t, 20*time.Second, "live again", func() bool {
				w, _ := d.window()
				return d.status().Playback.Phase == "playing" && w.LiveMS > 0 && w.BehindMS < w.SlackMS
			})
			s.press(kb.ArrowUp)
			s.waitFor("live", `document.querySelector(".overlay .badge.live.late") === null`)
		})
	}
}

// TestLiveIsWoundByKeys: back on the bar, and the channel plays there.
func TestLiveIsWoundByKeys(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	d.must("play", channel)
	d.waitPhase("playing", 20*time.Second)
	s.on("player")
	eventually(t, 20*time.Second, "the window is known", func() bool { w, _ := d.window(); return w.Winds })
	s.press(kb.ArrowUp, kb.ArrowLeft, kb.ArrowLeft, kb.ArrowLeft, kb.ArrowLeft, kb.ArrowLeft, kb.ArrowLeft, kb.Enter)
	eventually(t, 20*time.Second, "a minute behind", func() bool {
		w, _ := d.window()
		return d.status().Playback.Phase == "playing" && w.BehindMS > 45_000 && w.BehindMS < 90_000
	})
	s.press(kb.ArrowUp)
	s.shot("live-wound")
}

// TestPicturesWhileWinding: from a WebVTT file and from an image playlist.
func TestPicturesWhileWinding(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	for _, id := range []string{d.film(), tongues} {
		d.must("play", id)
		d.waitPhase("playing", 20*time.Second)
		s.on("player")
		s.press(kb.ArrowUp)
		for i := 0; s.eval(`document.querySelector(".preview") !== null`) != "true"; i++ {
			if i > 30 {
				t.Fatalf("%s: no picture while winding", id)
			}
			s.press(kb.ArrowRight)
		}
		if id == tongues {
			s.windTo("0:4")
			s.moment("winding")
		}
		place := `document.querySelector(".preview")?.style.backgroundPosition`
		at := s.eval(place)
		for i := 0; s.eval(place) == at || s.eval(place) == "undefined"; i++ {
			if i > 10 {
				t.Fatalf("%s: the picture stays %s", id, at)
			}
			s.press(kb.ArrowRight)
		}
		d.must("stop")
		d.waitPhase("idle", 10*time.Second)
	}
}

// windTo winds on or back until the time that is wound to begins so, and its
// picture is there: how far one got before the first picture came is chance.
func (s *screen) windTo(time string) {
	s.t.Helper()
	const to = `document.querySelector(".thumb em")?.textContent`
	for range 40 {
		switch at := s.eval(to); {
		case strings.HasPrefix(at, time) && s.eval(`document.querySelector(".preview") !== null`) == "true":
			return
		case at == "undefined" || at < time:
			s.press(kb.ArrowRight)
		default:
			s.press(kb.ArrowLeft)
		}
	}
	s.t.Fatalf("never wound to %s; the time is %s", time, s.eval(to))
}

// tongues is a film with two languages and subtitles in the demo's catalogue.
const tongues = "demo:salt-and-starlight"

// TestTracksByKeys: sound and subtitles are chosen in mid-film.
func TestTracksByKeys(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	d.must("play", tongues)
	d.waitPhase("playing", 20*time.Second)
	s.on("player")
	s.find("Sound and subtitles")
	s.press(kb.Enter)
	s.waitFor("menu", `document.querySelector(".panel.tracks") !== null`)
	s.shot("tracks")
	chosen := `document.querySelector(".panel.tracks section:nth-child(%) [aria-pressed=true]")?.textContent`
	sound, subtitles := strings.ReplaceAll(chosen, "%", "1"), strings.ReplaceAll(chosen, "%", "2")
	was := s.eval(sound)
	s.press(kb.ArrowDown, kb.Enter)
	s.waitFor("other sound than "+was, sound+` !== undefined && `+sound+` !== "`+was+`"`)
	d.waitPhase("playing", 10*time.Second)
	s.press(kb.ArrowRight, kb.ArrowDown, kb.Enter)
	s.waitFor("subtitles", subtitles+` !== undefined && `+subtitles+` !== "None"`)
	s.press(kb.Escape)
	s.waitFor("menu gone", `document.querySelector(".panel.tracks") === null`)
	if p := d.status().Playback.Phase; p != "playing" {
		t.Fatalf("the film is %s", p)
	}
}
