package e2e

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var screenshots = flag.String("screenshots", "", "folder to put pictures of the screens in")

// screen is a browser on the demo's page, used through keys alone.
type screen struct {
	t    *testing.T
	ctx  context.Context
	demo *demo
	pace time.Duration // between keys
}

func openScreen(t *testing.T, d *demo) *screen {
	t.Helper()
	needs(t, "chromium")
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-quic", true), chromedp.Flag("lang", "en"),
		chromedp.WindowSize(1280, 720))
	alloc, stopAlloc := chromedp.NewExecAllocator(t.Context(), opts...)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(func() { stop(); stopAlloc() })
	s := &screen{t: t, ctx: ctx, demo: d, pace: 120 * time.Millisecond}
	s.do(chromedp.EmulateViewport(1280, 720), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		source := breath
		if *screensDir != "" {
			source += ";" + sameEvening
		}
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
		return err
	}), chromedp.Navigate(d.ready.Page))
	return s
}

func (s *screen) do(actions ...chromedp.Action[chromedp.Void]) {
	s.t.Helper()
	if err := chromedp.Do(s.ctx, actions...); err != nil {
		s.t.Fatal(err)
	}
}

// press sends keys, as fast as a person does.
func (s *screen) press(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		r, _ := utf8.DecodeRuneInString(k)
		s.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error { return dispatch(ctx, t, r) }),
			chromedp.Sleep(s.pace))
	}
}

// dispatch sends a key as a keyboard does: the character comes with the key
// going down, so that a page that handles the key keeps the character away.
// chromedp.KeyEvent sends it apart, which presses a focused button again.
func dispatch(ctx context.Context, t *chromedp.Target, r rune) error {
	down := &input.DispatchKeyEventParams{}
	for _, p := range kb.Encode(r) {
		switch p.Type {
		case input.DispatchKeyEventTypeChar:
			down.Text, down.UnmodifiedText = p.Text, p.UnmodifiedText
			continue
		case input.DispatchKeyEventTypeKeyUp:
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *down); err != nil {
				return err
			}
			if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *p); err != nil {
				return err
			}
		default:
			down = p
			down.Type = input.DispatchKeyEventTypeKeyDown
		}
	}
	return nil
}

// eval is a JavaScript expression's text.
func (s *screen) eval(expression string) string {
	s.t.Helper()
	out, err := s.try(expression)
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}

func (s *screen) try(expression string) (string, error) {
	return chromedp.Run(s.ctx, chromedp.Evaluate[string]("String("+expression+")"))
}

// waitFor waits until an expression is true. One page after the other may be
// asked: between them there is none, and no answer.
func (s *screen) waitFor(what, expression string) {
	s.t.Helper()
	eventually(s.t, 20*time.Second, what, func() bool {
		out, err := s.try(expression)
		return err == nil && out == "true"
	})
}

func (s *screen) on(name string) {
	s.t.Helper()
	s.waitFor("screen "+name, `document.querySelector(".screen.on-`+name+`") !== null`)
}

// shot keeps a picture of the screen, when pictures are asked for.
func (s *screen) shot(name string) {
	s.t.Helper()
	if s.moment(name) || *screenshots == "" {
		return
	}
	s.do(chromedp.Sleep(900 * time.Millisecond)) // pictures fade in
	png, err := chromedp.Run(s.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.MkdirAll(*screenshots, 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), png, 0o644); err != nil {
		s.t.Fatal(err)
	}
}

const focused = `(document.activeElement.getAttribute("aria-label") || document.activeElement.textContent)`

// TestEveningByKeys is one evening with nothing but the remote: rails, details,
// play, pause, seek, and back to the place where it began.
func TestEveningByKeys(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	s.waitFor("posters", `document.querySelectorAll(".on-home [role=option] img").length > 3`)
	s.shot("home")

	before := s.eval(focused)
	s.press(kb.ArrowRight, kb.ArrowLeft)
	if after := s.eval(focused); after != before || before == "" {
		t.Fatalf("right and left lead from %q to %q", before, after)
	}
	s.press(kb.Enter)
	s.on("details")
	s.shot("details")

	s.press(kb.Enter)
	s.on("player")
	d.waitPhase("playing", 5*time.Second)
	s.press(kb.ArrowUp) // shows the overlay
	s.shot("player")

	s.playingByKeys(d)

	s.press(kb.Escape, kb.Escape)
	d.waitPhase("idle", 5*time.Second)
	s.on("details")
	s.press(kb.Escape)
	s.on("home")
	if after := s.eval(focused); !strings.Contains(after, before[:min(len(before), 8)]) {
		t.Fatalf("began at %q, came back to %q", before, after)
	}
}

// playingByKeys pauses, continues and seeks the film that is on.
func (s *screen) playingByKeys(d *demo) {
	s.t.Helper()
	s.press(kb.Enter)
	d.waitPhase("paused", 3*time.Second)
	s.press(kb.Enter)
	at := d.waitPhase("playing", 3*time.Second).position()
	s.press(kb.ArrowRight, kb.ArrowRight, kb.Enter)
	eventually(s.t, 5*time.Second, "20 s further", func() bool {
		now := d.status()
		return now.Playback.Phase == "playing" && now.position() > at+18 && now.position() < at+30
	})
}

func TestSearchByKeys(t *testing.T) {
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	s.waitFor("posters", `document.querySelectorAll(".on-home [role=option] img").length > 3`)
	s.press("l", "a", "n")
	s.on("search")
	s.waitFor("results", `document.querySelectorAll(".on-search [role=option]").length > 0`)
	s.shot("search")
}
