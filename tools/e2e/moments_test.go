package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// moments are the screens that need more than a way through the menus: tests
// come by them, and shot keeps or compares their pictures. By the name that a
// test has for a moment, the name of its picture.
func moments() map[string]string {
	return map[string]string{
		"welcome": "first-start", "empty": "home-empty", "away": "home-away",
		"pairing": "pairing", "account-declined": "pairing-declined",
		"who-two": "who-two", "profile": "profile", "pin": "pin", "child": "home-child",
		"evening-ways": "details-buy", "buy": "buy", "buy-scanned": "buy-scanned", "buy-paid": "buy-paid",
		"failed": "player-failed", "ai-at-the-start": "player-ai", "next": "player-next", "winding": "player-winding", "live-wound": "player-live",
		"screensaver": "screensaver", "standby": "standby", "standby-soon": "standby-soon",
		"privacy-on": "settings-privacy-on", "update": "settings-update-offer", "update-later": "settings-update-later",
		"high-contrast": "high-contrast", "none": "search-none", "bought": "account-bought",
		"phones-code": "settings-phones-code", "phones-list": "settings-phones-list", "phones-search": "search-by-phone",
	}
}

// examined are the moments that axe-core looks at: those that stay as they are.
func examined(name string) bool {
	return slices.Contains([]string{
		"welcome", "empty", "who-two", "profile", "pin", "child", "screensaver", "standby", "privacy-on", "update", "update-later", "none",
	}, name)
}

// TestPicturesOfMoments has the tests that come by moments keep their pictures
// in -screens, or compare them.
func TestPicturesOfMoments(t *testing.T) {
	if *screensDir == "" {
		t.Skip("SKIP: no -screens folder; make screens makes the pictures")
	}
	for _, run := range []struct {
		name string
		test func(*testing.T)
	}{
		{"first start", TestFirstStartAsksForTheLanguage},
		{"away", TestDaemonKilledOnEveryScreen},
		{"pairing", TestPairByKeysAndPhone},
		{"declined", TestDeclinedOnThePhone},
		{"family", TestAFamilyByKeys},
		{"evening", TestAnEvening},
		{"AI", TestLabelOfAI},
		{"next", TestNextEpisodeByItself},
		{"winding", TestPicturesWhileWinding},
		{"live", TestLiveIsWoundByKeys},
		{"rest", TestScreensaverAndStandby},
		{"warning", standbyIsWarnedOf},
		{"privacy", TestWhatWouldBeSent},
		{"update", TestUpdateByKeys},
		{"contrast", highContrast},
		{"nothing found", TestNothingFound},
		{"phone", TestPhoneAsRemote},
	} {
		if *only == "" || *only == run.name {
			t.Run(strings.ReplaceAll(run.name, " ", "-"), run.test)
		}
	}
}

// moment keeps or compares the picture of a moment; without -screens axe-core
// looks at it. False: there is no picture of it.
func (s *screen) moment(name string) bool {
	s.t.Helper()
	picture, known := moments()[name]
	switch {
	case !known:
		return false
	case *screensDir == "":
		if *screenshots == "" && examined(name) {
			s.examine(name)
		}
		return false
	}
	file := filepath.Join(*screensDir, picture+"-"+s.eval(`document.documentElement.lang`)+"-"+s.eval(`innerHeight`)+".png")
	if *compare {
		s.like(file)
	} else {
		s.picture(file)
	}
	return true
}

// examine has axe-core look at the screen, where it is installed:
// TestAxeOnEveryScreen says so when it is not.
func (s *screen) examine(name string) {
	s.t.Helper()
	script, err := os.ReadFile(*axeScript)
	if err != nil {
		return
	}
	s.do(chromedp.Sleep(400 * time.Millisecond)) // nothing is half transparent any more
	s.axe(name, string(script))
}
