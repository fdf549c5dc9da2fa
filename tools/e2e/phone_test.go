package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// openHand is a phone alone: a small window on a page of the service.
func openHand(t *testing.T, lang, page string) *screen {
	t.Helper()
	needs(t, "chromium")
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()), chromedp.Flag("disable-quic", true))
	alloc, stopAlloc := chromedp.NewExecAllocator(t.Context(), opts...)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(func() { stop(); stopAlloc() })
	s := &screen{t: t, ctx: ctx}
	s.do(chromedp.EmulateViewport(360, 740), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": lang}})
		return err
	}), chromedp.Navigate(page))
	return s
}

// code is what a box that wants to be paired shows.
func (s *shop) code() string {
	s.t.Helper()
	resp, err := http.PostForm(s.url+"oauth/device", url.Values{"client_id": {"usher-box"}, "box_name": {"Living room"}})
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var got struct {
		Code string `json:"user_code"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		s.t.Fatal(err)
	}
	return got.Code
}

// handed is one page of the phone and how a person comes there from the page
// before.
type handed struct {
	name string
	come func(s *screen, shop *shop)
}

// follow taps what leads to another page, and waits for that.
func (s *screen) follow(selector string) {
	s.t.Helper()
	before := s.eval(`performance.timeOrigin`)
	s.tap(selector)
	s.waitFor("the page after "+selector, `document.readyState === "complete" && performance.timeOrigin != `+before)
}

// handedPages are all pages of the service, in the order of an evening.
func handedPages() []handed {
	choose := func(do string) func(*screen, *shop) {
		return func(s *screen, _ *shop) { s.follow(`button[value=` + do + `]`) }
	}
	visit := func(path string) func(*screen, *shop) {
		return func(s *screen, shop *shop) { s.do(chromedp.Navigate(shop.url + path)) }
	}
	plans := func(s *screen, shop *shop) {
		visit("plans")(s, shop)
		s.follow(`form[action="/plans"] button`)
	}
	return []handed{
		{"signin", func(*screen, *shop) {}},
		{"account", func(s *screen, _ *shop) { s.follow(`form[action="/signin"] button`) }},
		{"activate", visit("activate")},
		{"wrong", visit("activate?code=BBBB-BBBB")},
		{"allow", func(s *screen, shop *shop) { visit("activate?code="+shop.code())(s, shop) }},
		{"allowed", choose("allow")},
		{"declined", func(s *screen, shop *shop) {
			visit("activate?code="+shop.code())(s, shop)
			choose("decline")(s, shop)
		}},
		{"ended", func(s *screen, shop *shop) { visit("account")(s, shop); choose("end_plan")(s, shop) }},
		{"plans", visit("plans")},
		{"pay", func(s *screen, _ *shop) { s.follow(`form[action="/plans"] button`) }},
		{"wallet", choose("wallet")},
		{"wallet-wrong", choose("confirm")},
		{"over", choose("decline")},
		{"sheet", func(s *screen, shop *shop) { plans(s, shop); choose("sheet")(s, shop) }},
		{"paid", choose("confirm")},
		{"purchases", visit("account")},
		{"no-purchase", visit("pay/none")},
	}
}

// TestPhonePages walks through every page of the service in every language, with
// the phone held in every way: all of it can be read and touched, and axe finds
// no fault.
func TestPhonePages(t *testing.T) {
	_, errAxe := os.Stat(*axeScript)
	for _, lang := range []string{"en", "zh-CN", "de", "id", "th"} {
		t.Run(lang, func(t *testing.T) {
			shop := startShop(t, "-open-house=false")
			s := openHandset(t, lang)
			s.do(chromedp.Navigate(shop.url + "signin"))
			for _, p := range handedPages() {
				before := s.eval(`performance.timeOrigin`)
				p.come(s, shop)
				s.waitFor(p.name, `document.readyState === "complete" && document.querySelector("h1") !== null && ("`+p.name+`" === "signin" || performance.timeOrigin != `+before+`)`)
				s.waitFor(p.name+" in "+lang, `document.documentElement?.lang.startsWith("`+lang[:2]+`")`)
				s.handyEverywhere(lang + "-office-" + p.name)
				if lang == "en" && (p.name == "pay" || p.name == "account") {
					s.shot("phone-" + p.name)
				}
			}
		})
	}
	if errAxe != nil {
		t.Skipf("SKIPPED: axe on the pages; no axe-core at %s; make e2e installs it", *axeScript)
	}
}

// axe looks for faults against WCAG 2.2 AA.
func (s *screen) axe(name, script string) {
	s.t.Helper()
	s.eval("(() => {" + script + "})()")
	s.eval(`(() => { window.axeFound = undefined; axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })
		.then((r) => { window.axeFound = JSON.stringify(r.violations.map((v) => v.id + ": " + v.help + " " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(" "))); }); })()`)
	s.waitFor("axe on "+name, `window.axeFound !== undefined`)
	if found := s.eval("window.axeFound"); found != "[]" {
		s.t.Errorf("%s: %s", name, found)
	}
}
