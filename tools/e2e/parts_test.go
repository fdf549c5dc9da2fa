package e2e

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestPartsComeByThemselves: what the first screen does without is there before
// anybody wants it, and what nobody wants is not fetched.
func TestPartsComeByThemselves(t *testing.T) {
	d := startDemo(t)
	s := openWalk(t, d, 1280, 720)
	for _, part := range []string{"titles", "player", "household", "demo"} {
		s.waitFor(part, `performance.getEntriesByType("resource").some((e) => e.name.endsWith("/`+part+`.js"))`)
	}
	if got := s.eval(`performance.getEntriesByType("resource").some((e) => e.name.includes("/network.js"))`); got != "false" {
		t.Error("the part about the network came to the first screen")
	}
	s.sound("the first screen")
}

// TestPartThatDoesNotCome: a part of the page that was not there when its screen
// was opened, because the box went away, is drawn in its place as soon as the box
// is back, without a key.
func TestPartThatDoesNotCome(t *testing.T) {
	d := startDemo(t, "-state", filepath.Join(t.TempDir(), "state"))
	s := openScreen(t, d)
	s.block("*://*:*/titles.js*")
	s.do(chromedp.Navigate(d.ready.Page))
	s.listenForFaults()
	s.waitFor("posters", `document.querySelectorAll(".on-home [role=option]").length > 3`)
	s.press(kb.Enter)
	s.on("details")
	d.kill()
	s.waitFor("the page says that the box is away", `document.querySelector(".banner.shown") !== null`)
	if got := s.eval(`document.querySelector(".details") === null`); got != "true" {
		t.Fatal("the page of a title was drawn without its script")
	}
	s.block()
	d.again()
	s.waitFor("the page of the title", `document.querySelector(".details h1") !== null`)
	s.waitFor("the focus on its buttons", `document.activeElement.id.startsWith("details/")`)
	s.sound("a part that came late")
}

// block keeps the browser from fetching what matches a pattern, or nothing more.
func (s *screen) block(patterns ...string) {
	s.t.Helper()
	var list []*network.BlockPattern
	for _, p := range patterns {
		list = append(list, &network.BlockPattern{URLPattern: p, Block: true})
	}
	s.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := cdp.Call(ctx, t, network.Enable, network.EnableParams{}); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, network.SetBlockedURLs, network.SetBlockedURLsParams{URLPatterns: list})
		return err
	}))
}
