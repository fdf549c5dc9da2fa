package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// impatient makes minutes of waiting on the page a second.
const impatient = `(() => { const wait = window.setTimeout; window.setTimeout = (f, ms, ...a) => wait(f, ms >= 60000 ? 1000 : ms, ...a); })()`

// hurried loads the page anew, with minutes that pass in a second.
func (s *screen) hurried() {
	s.t.Helper()
	s.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: impatient})
		return err
	}), chromedp.Reload())
	s.on("home")
	s.waitFor("posters", posters)
}

// TestScreensaverAndStandby: after minutes of stillness, and in standby, there
// is a dark screen with a clock; a key brings back what was there, and does no
// more than that.
func TestScreensaverAndStandby(t *testing.T) {
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	s.hurried()
	s.press(kb.ArrowDown)
	was := s.eval(`document.activeElement.id`)
	const dark = `document.querySelector(".rest time") !== null`
	s.waitFor("the screensaver", dark)
	s.shot("screensaver")
	s.press(kb.ArrowRight)
	if at := s.eval(`document.activeElement.id`); at != was {
		t.Errorf("the key that woke the screen moved from %q to %q", was, at)
	}
	d.must("standby")
	d.waitPower("standby")
	s.waitFor("the clock of standby", dark)
	s.shot("standby")
	s.press(kb.ArrowRight)
	eventually(t, 20*time.Second, "a key wakes the box", func() bool { return d.status().System.Power.State == "on" })
	s.waitFor("light", `document.querySelector(".rest") === null || `+dark) // the screensaver may come again by then
	if at := s.eval(`document.activeElement.id`); at != was {
		t.Errorf("the key that woke the box moved from %q to %q", was, at)
	}
}

// TestStandbyIsWarnedOf: before standby comes by itself the screen says so, and a
// key keeps the box on. The rules are tested in internal/box; here is what it
// looks like.
func TestStandbyIsWarnedOf(t *testing.T) {
	t.Setenv("USHER_POWER_IDLE", "60s") // half of it is the warning
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	s.waitFor("posters", posters)
	const warned = `document.querySelector(".notice.shown[role=alert]") !== null`
	eventually(t, 2*time.Minute, "a warning", func() bool { return s.eval(warned) == "true" })
	s.shot("standby-soon")
	s.press(kb.ArrowRight)
	s.waitFor("it goes", `document.querySelectorAll(".notice.shown").length === 0`)
	if state := d.status().System.Power.State; state != "on" {
		t.Errorf("the box is %s", state)
	}
}

// TestNothingFound: a search without a result says so and what to try.
func TestNothingFound(t *testing.T) {
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	s.waitFor("posters", posters)
	s.press("x", "q", "z")
	s.on("search")
	s.waitFor("nothing is found", `document.querySelector(".on-search .found.none p")?.textContent.length > 10`)
	s.shot("none")
}

// TestHighContrast: the home screen in black and white; TestThemeIsWorn looks
// closer.
func TestHighContrast(t *testing.T) {
	d := startDemo(t)
	s := openWalk(t, d, 1280, 720)
	s.setting(3)
	s.focusOn(kb.ArrowDown, "Contrast")
	s.press(kb.Enter, kb.ArrowDown, kb.Enter)
	s.waitFor("high contrast", `document.documentElement.dataset.contrast === "high"`)
	s.home()
	s.waitFor("posters", posters)
	s.shot("high-contrast")
}
