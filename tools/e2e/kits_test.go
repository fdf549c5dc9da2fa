package e2e

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
)

// kits are the start kits in the answer of usher cache status.
type kits struct {
	Made, Used, Starts, KitStarts int
}

func (d *demo) kits() kits {
	var s struct{ Kits kits }
	if err := json.Unmarshal([]byte(d.must("cache", "status", "--json")), &s); err != nil {
		d.t.Fatal(err)
	}
	return s.Kits
}

// TestFocusMakesAStartKit rests on the first tile that the page shows, and
// starts it with Enter.
func TestFocusMakesAStartKit(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	eventually(t, 20*time.Second, "a start kit", func() bool { return d.kits().Made >= 1 })
	s.press(kb.Enter)
	s.on("details")
	time.Sleep(time.Second)
	s.press(kb.Enter)
	d.waitPhase("playing", 20*time.Second)
	eventually(t, 5*time.Second, "a start with a kit", func() bool {
		k := d.kits()
		return k.Used >= 1 && k.Starts == 1 && k.KitStarts == 1
	})
	if why := d.must("why", "start"); !strings.Contains(why, "It was there") {
		t.Errorf("usher why start says:\n%s", why)
	}
}

// TestNextEpisodeIsThereAtTheCredits plays an episode into its credits, which
// begin at 50 s: the next one starts from its kit.
func TestNextEpisodeIsThereAtTheCredits(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	d.must("play", "-at", "45s", episode)
	eventually(t, 20*time.Second, "the kit of the next episode", func() bool { return d.kits().Made >= 1 })
	d.must("next")
	eventually(t, 20*time.Second, "the next episode from its kit", func() bool {
		k := d.kits()
		return strings.HasSuffix(d.status().Playback.TitleID, "s1e2") && k.KitStarts == 1
	})
}

// TestTheHeroIsStartedFromItsKit touches no key: the large title of Home gets its
// kit by being there, on a link of 3 Mb/s that a film begins slowly on.
func TestTheHeroIsStartedFromItsKit(t *testing.T) {
	needs(t, "mpv")
	d := startShop(t, "-rate", "3mbit", "-delay", "25ms").box("")
	s := openScreen(t, d)
	s.on("home")
	eventually(t, 30*time.Second, "a start kit", func() bool { return d.kits().Made >= 1 })
	hero := s.eval(`document.activeElement.id`)
	d.must("play", hero[strings.Index(hero, "house:"):])
	d.waitPhase("playing", 20*time.Second)
	eventually(t, 20*time.Second, "a start with a kit", func() bool {
		k := d.kits()
		return k.Starts == 1 && k.KitStarts == 1
	})
	why := d.must("why", "start")
	if !strings.Contains(why, "It was there: the title at the top of the screen") {
		t.Errorf("usher why start says:\n%s", why)
	}
	t.Logf("started %s:\n%s", hero, why)
}
