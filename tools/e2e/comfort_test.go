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
	s.eval(`(() => { window.moves = 0; addEventListener("transitionrun", () => moves++, true); addEventListener("animationstart", () => moves++, true); })()`)
	moves := func() string {
		s.eval(`window.moves = 0`)
		s.press(kb.ArrowRight, kb.ArrowRight, kb.ArrowDown, kb.ArrowUp)
		s.do(chromedp.Sleep(s.pace)) // a frame, at the least
		return s.eval(`moves > 0`)
	}
	eventually(t, 20*time.Second, "movement, as it is usual", func() bool { return moves() == "true" })

	s.reduced("reduce")
	if moves() == "true" {
		t.Error("the system asks for less movement, and something moves")
	}
	s.reduced("no-preference")
	eventually(t, 20*time.Second, "movement again", func() bool { return moves() == "true" })

	d.must("rpc", "settings.set", `{"name":"motion","value":"reduced"}`)
	s.waitFor("the choice is heard", `document.documentElement.dataset.motion === "reduced"`)
	if moves() == "true" {
		t.Error("the household asked for less movement, and something moves")
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
