package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestLessMovement: where the system or the household asks for less movement
// nothing slides or grows; the household's choice is heard by a screen that is
// open when it is made elsewhere.
func TestLessMovement(t *testing.T) {
	d := startDemo(t)
	s := openWalk(t, d, 1280, 720)
	s.home()
	s.eval(`(() => {
		window.moves = [];
		const note = (e) => moves.push(e.type + " of " + (e.propertyName || e.animationName) + " at ." + e.target.className);
		addEventListener("transitionrun", note, true);
		addEventListener("animationstart", note, true);
	})()`)
	moves := func() string {
		s.eval(`void requestAnimationFrame(() => requestAnimationFrame(() => { window.moves = []; window.drawn = true; }))`)
		s.waitFor("what began before is told of", `window.drawn === true`) // with the frame after it
		s.eval(`void (window.drawn = false)`)
		s.press(kb.ArrowRight, kb.ArrowRight, kb.ArrowDown, kb.ArrowUp)
		s.do(chromedp.Sleep(s.pace)) // a frame, at the least
		return s.eval(`moves.join("; ")`)
	}
	eventually(t, 20*time.Second, "movement, as it is usual", func() bool { return moves() != "" })

	s.reduced("reduce")
	if what := moves(); what != "" {
		t.Errorf("the system asks for less movement, and something moves: %s", what)
	}
	s.reduced("no-preference")
	eventually(t, 20*time.Second, "movement again", func() bool { return moves() != "" })

	d.must("rpc", "settings.set", `{"name":"motion","value":"reduced"}`)
	s.waitFor("the choice is heard", `document.documentElement.dataset.motion === "reduced"`)
	if what := moves(); what != "" {
		t.Errorf("the household asked for less movement, and something moves: %s", what)
	}
}

// reduced is what the system says about movement.
func (s *screen) reduced(value string) {
	s.t.Helper()
	s.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: value}},
		})
		return err
	}))
	s.waitFor("the system says "+value, `matchMedia("(prefers-reduced-motion: `+value+`)").matches`)
}
