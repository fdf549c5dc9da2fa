package e2e

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

var (
	hands     = flag.String("hands", "", "folder to put pictures of every page of a phone in")
	handLangs = flag.String("handlangs", "de,th", "the languages of TestHandInEveryState, of zh-CN, en, de, id, th")
)

// openHandset is a browser that says it is a phone: touch, a mobile viewport, a
// language. More are flags of Chromium.
func openHandset(t *testing.T, lang string, more ...chromedp.ExecAllocatorOption) *screen {
	t.Helper()
	needs(t, "chromium")
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true))
	alloc, stopAlloc := chromedp.NewExecAllocator(t.Context(), append(opts, more...)...)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(func() { stop(); stopAlloc() })
	s := &screen{t: t, ctx: ctx}
	s.speaks(lang)
	s.held(grips()[0])
	return s
}

// speaks sets the phone's language, for pages that are loaded from now on.
func (s *screen) speaks(lang string) {
	s.t.Helper()
	s.command(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
			UserAgent:      "Mozilla/5.0 (Linux; Android 13; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
			AcceptLanguage: lang, Platform: "Linux armv8l",
		})
		return err
	})
}

func (s *screen) command(f func(ctx context.Context, t *chromedp.Target) error) {
	s.t.Helper()
	s.do(chromedp.Func(f))
}

// grip is a phone and how it is held.
type grip struct {
	name          string
	width, height int64
	letters       int64 // the size of text that the person chose in the browser; 16 is usual
	notch         int64 // px on the long sides that the screen does not have
}

func grips() []grip {
	return []grip{
		{"390x844", 390, 844, 16, 0},
		{"360x640", 360, 640, 16, 0},
		{"412x915", 412, 915, 16, 44},
		{"640x360", 640, 360, 16, 44},
		{"360x640-200", 360, 640, 32, 0},
	}
}

// held turns the phone.
func (s *screen) held(g grip) {
	s.t.Helper()
	s.command(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: g.width, Height: g.height, DeviceScaleFactor: 2, Mobile: true,
		})
		if err != nil {
			return err
		}
		insets := &emulation.SafeAreaInsets{Top: new(int64), Bottom: new(int64), Left: new(int64), Right: new(int64)}
		if g.width > g.height {
			insets.Left, insets.Right = new(g.notch), new(g.notch)
		} else {
			insets.Top, insets.Bottom = new(g.notch), new(g.notch)
		}
		if _, err = cdp.Call(ctx, t, emulation.SetSafeAreaInsetsOverride, emulation.SetSafeAreaInsetsOverrideParams{Insets: insets}); err != nil {
			return err
		}
		_, err = cdp.Call(ctx, t, page.SetFontSizes, page.SetFontSizesParams{FontSizes: &page.FontSizes{Standard: g.letters}})
		return err
	})
}

// handFaults lists what a person with a phone would stumble over: a page that is
// wider than the phone, targets that a thumb misses (WCAG 2.5.5, 44 px), words
// that are cut, targets above each other or under a notch.
const handFaults = `(() => {
	const faults = [], root = document.scrollingElement, seen = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".unseen,[inert]");
	const name = (e) => e.tagName + "." + e.className + " " + (e.getAttribute("aria-label") ?? e.textContent).slice(0, 30);
	if (root.scrollWidth > innerWidth) faults.push("the page is " + root.scrollWidth + " wide");
	const all = [...document.querySelectorAll("button,input:not([type=hidden]),.button,header a,p > a:only-child")].filter(seen);
	const rects = all.map((e) => (e.closest("label") ?? e).getBoundingClientRect());
	const notch = parseFloat(getComputedStyle(document.body).getPropertyValue("--notch")) || 0;
	all.forEach((e, i) => {
		const r = rects[i];
		if (r.width < 43.5 || r.height < 43.5) faults.push(name(e) + " is " + Math.round(r.width) + " x " + Math.round(r.height));
		if (r.left < notch || r.right > innerWidth - notch) faults.push(name(e) + " is beyond the side");
		for (let j = 0; j < i; j++) {
			const q = rects[j];
			if (!e.closest("label") && Math.min(r.right, q.right) - Math.max(r.left, q.left) > 1 && Math.min(r.bottom, q.bottom) - Math.max(r.top, q.top) > 1) faults.push(name(e) + " is over " + name(all[j]));
		}
	});
	for (const e of document.querySelectorAll("body *")) {
		if (!seen(e) || !e.clientWidth || e.matches("input,svg,svg *,.sheet,.now h2")) continue;
		if (e.scrollWidth > e.clientWidth + 1 && e.children.length === 0) faults.push(name(e) + " is cut");
		if (e.matches("button,a") && e.scrollHeight > e.clientHeight + 1) faults.push(name(e) + " is too low for its words");
	}
	return JSON.stringify(faults);
})()`

// keepsPicture keeps what the phone shows, all of it.
func (s *screen) keepsPicture(name string) {
	s.t.Helper()
	if *hands == "" {
		return
	}
	png, err := chromedp.Run(s.ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll(*hands, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(*hands, name+".png"), png, 0o644)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// handyEverywhere looks whether a page fits every phone however it is held, and has faults
// against WCAG 2.2 AA where axe is there. Pictures are kept when they are asked for.
func (s *screen) handyEverywhere(name string) {
	s.t.Helper()
	for _, g := range grips() {
		s.held(g)
		s.eval(`document.body.style.setProperty("--notch", ` + map[bool]string{true: `"44"`, false: `"0"`}[g.width > g.height] + `)`)
		var faults []string
		if err := json.Unmarshal([]byte(s.eval(handFaults)), &faults); err != nil {
			s.t.Fatal(err)
		}
		for _, f := range faults {
			s.t.Errorf("%s, %s: %s", name, g.name, f)
		}
		s.keepsPicture(name + "-" + g.name)
	}
	s.held(grips()[0])
	if script, err := os.ReadFile(*axeScript); err == nil {
		s.axe(name, string(script))
	}
}
