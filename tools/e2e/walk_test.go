package e2e

import (
	"encoding/json"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// quick is as fast as keys are pressed where nobody watches.
const quick = 25 * time.Millisecond

// open is a page at a size, with posters on it, whose faults are listened to.
func openWalk(t *testing.T, d *demo, w, h int64) *screen {
	t.Helper()
	s := openScreen(t, d)
	s.pace = quick
	s.do(chromedp.EmulateViewport(w, h))
	s.listenForFaults()
	s.on("home")
	s.waitFor("posters", `document.querySelectorAll(".on-home [role=option]").length > 3`)
	return s
}

// listenForFaults collects what the page does not handle.
func (s *screen) listenForFaults() {
	s.t.Helper()
	s.eval(`(() => {
		window.faults = [];
		addEventListener("error", (e) => faults.push("error: " + e.message));
		addEventListener("unhandledrejection", (e) => faults.push("rejection: " + (e.reason?.message ?? e.reason)));
		const error = console.error;
		console.error = (...a) => { faults.push("console: " + a.join(" ")); error(...a); };
	})()`)
}

// sound wants that nothing was left unhandled, and that the focus is somewhere.
func (s *screen) sound(where string) {
	s.t.Helper()
	if faults := s.eval(`JSON.stringify(window.faults)`); faults != "[]" {
		s.t.Errorf("%s: the page left unhandled: %s", where, faults)
		s.eval(`window.faults = []`)
	}
	s.waitFor(where+": a focus that is seen", `(() => {
		const e = document.activeElement;
		return !!document.querySelector(".rest") || (e.classList.contains("item") && e.classList.contains("focused") && e.getClientRects().length > 0);
	})()`)
}

// fits is what does not fit: words that leave their element, elements that
// leave the screen.
const fits = `(() => {
	const out = [];
	const seen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
	const name = (e) => (e.className || e.tagName) + " " + JSON.stringify(e.textContent.slice(0, 40));
	for (const e of document.querySelectorAll(".screen :is(.item, h1, h2, p, dt, dd, .panel, .badge, .value, .what)")) {
		if (!seen(e) || e.closest(".bar, .track, .window, .grid, [hidden], .rest, .unseen")) continue;
		const r = e.getBoundingClientRect();
		if (r.width === 0 || r.bottom < 0 || r.top > innerHeight) continue;
		if (r.right > innerWidth + 1 || r.left < -1) out.push("leaves the screen: " + name(e));
		const style = getComputedStyle(e);
		if (e.scrollWidth > e.clientWidth + 2 && e.clientWidth > 0 && style.overflowX === "visible" && style.display !== "inline") out.push("is too narrow: " + name(e));
	}
	for (const row of document.querySelectorAll(".buttons")) {
		const all = [...row.querySelectorAll(".button")].filter(seen).map((e) => e.getBoundingClientRect());
		all.forEach((a, i) => { const b = all[i + 1]; if (b && b.left < a.right - 1 && b.top < a.bottom - 1 && a.top < b.bottom - 1) out.push("buttons overlap"); });
	}
	return JSON.stringify([...new Set(out)]);
})()`

// fitsLarge wants that everything fits at 1080 and at 2160 lines too.
func (s *screen) fitsLarge(where string) {
	s.t.Helper()
	s.fit(where + " at 1080")
	s.do(chromedp.EmulateViewport(3840, 2160))
	s.waitFor("the screen is larger", `innerWidth === 3840 && document.documentElement.clientWidth === innerWidth`)
	s.fit(where + " at 2160")
	s.do(chromedp.EmulateViewport(1920, 1080))
}

// fit wants that everything fits.
func (s *screen) fit(where string) {
	s.t.Helper()
	if out := s.eval(fits); out != "[]" {
		s.t.Errorf("%s: %s", where, out)
	}
}

// unsafe is what is where some televisions show nothing: words in the outermost
// 5 % of each side (SMPTE ST 2046-1 calls the rest safe for titles), a focus in
// the outermost 3.5 % (safe for action).
const unsafe = `(() => {
	const out = [];
	const seen = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true });
	const name = (e) => (e.className || e.tagName) + " " + JSON.stringify(e.textContent.slice(0, 40));
	const readable = (e) => { // the words of an element are where every television shows them
		const words = document.createRange();
		words.selectNodeContents(e);
		const r = words.getBoundingClientRect(), side = innerWidth * 0.05 - 3;
		return r.width === 0 || r.left >= side && Math.min(r.right, e.getBoundingClientRect().right) <= innerWidth - side;
	};
	const inReach = (e) => { // as it is without the growth of a focus
		const r = e.getBoundingClientRect(), w = Math.min(r.width, e.offsetWidth), h = Math.min(r.height, e.offsetHeight);
		const x = (r.left + r.right) / 2, y = (r.top + r.bottom) / 2, side = innerWidth * 0.035, edge = innerHeight * 0.035;
		return x - w / 2 >= side && x + w / 2 <= innerWidth - side && y - h / 2 >= edge && y + h / 2 <= innerHeight - edge;
	};
	for (const e of document.querySelectorAll(".screen :is(h1, h2, p, dt, dd, .badge, .value, .what)")) {
		if (!seen(e) || e.closest(".bar, .track, .window, .grid, [hidden], .rest, .unseen")) continue;
		const r = e.getBoundingClientRect();
		if (r.width === 0 || r.bottom < 0 || r.top > innerHeight) continue;
		if (!readable(e)) out.push("words outside of the safe area: " + name(e));
	}
	const f = document.activeElement;
	if (f.matches(".item") && !inReach(f)) out.push("the focus is outside of the safe area: " + name(f));
	return JSON.stringify([...new Set(out)]);
})()`

// safe wants that everything is seen on every television.
func (s *screen) safe(where string) {
	s.t.Helper()
	if out := s.eval(unsafe); out != "[]" {
		s.t.Errorf("%s: %s", where, out)
	}
}

// TestEveryScreenInEveryLanguage goes to every screen by keys alone, in all
// five languages: nothing is left unhandled, the focus is seen, and the words
// fit, the longest ones too.
func TestEveryScreenInEveryLanguage(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openWalk(t, d, 1280, 720)
	for _, lang := range []string{"en", "de", "id", "th", "zh-Hans"} {
		s.speak(lang)
		for _, v := range views() {
			v.enter(s)
			s.waitFor(lang+" "+v.name, v.seen)
			s.sound(lang + " " + v.name)
			s.fit(lang + " " + v.name)
			s.safe(lang + " " + v.name)
		}
		s.press(kb.Home)
		s.on("home")
	}
}

// TestLongWordsFit makes every word of every screen 40 % longer and its letters
// taller, as no language is, at the largest size of text, and looks whether
// they still fit.
func TestLongWordsFit(t *testing.T) {
	needs(t, "mpv")
	d := startDemo(t)
	s := openWalk(t, d, 1280, 720)
	s.eval(`document.documentElement.dataset.text = "large"`)
	for _, v := range views() {
		v.enter(s)
		s.waitFor(v.name, v.seen)
		s.eval(pseudo)
		s.do(chromedp.Sleep(50 * time.Millisecond))
		s.fit("long words, " + v.name)
		s.press(kb.Home)
		s.on("home")
		s.do(chromedp.Reload())
		s.waitFor("posters", `document.querySelectorAll(".on-home [role=option]").length > 3`)
		s.eval(`(document.documentElement.dataset.text = "large", window.faults = [])`)
	}
}

// pseudo lengthens the page's own words; those of services have a language.
const pseudo = `(() => {
	const walk = document.createTreeWalker(document.querySelector(".screen"), NodeFilter.SHOW_TEXT);
	const all = [];
	while (walk.nextNode()) all.push(walk.currentNode);
	for (const n of all) {
		const text = n.data.trim();
		if (text.length < 3 || n.parentElement.closest("h1 span, .letter, .clock, .now, .wordmark, [lang]:not(.screen, html)")) continue;
		n.data = "⟦" + text.replace(/[aeou]/g, (c) => ({ a: "ǎ", e: "ê", o: "ö", u: "ü" })[c]) + " ẽ̂ĝ".repeat(Math.ceil(text.length * 0.4 / 4)) + "⟧";
	}
})()`

var axeScript = flag.String("axe", "../../build/e2e-npm/node_modules/axe-core/axe.min.js", "axe-core")

// TestAxeOnEveryScreen has axe-core look for faults against WCAG 2.2 AA.
func TestAxeOnEveryScreen(t *testing.T) {
	needs(t, "mpv")
	script, err := os.ReadFile(*axeScript)
	if err != nil {
		t.Skipf("SKIPPED: no axe-core at %s; make e2e installs it", *axeScript)
	}
	d := startDemo(t)
	s := openWalk(t, d, 1920, 1080)
	s.eval("(() => {" + string(script) + "})()")
	for _, v := range views() {
		v.enter(s)
		s.waitFor(v.name, v.seen)
		s.do(chromedp.Sleep(400 * time.Millisecond)) // nothing is half transparent any more
		s.eval(`(() => { window.axeFound = undefined; axe.run(document.querySelector("#app"), { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })
			.then((r) => { window.axeFound = JSON.stringify(r.violations.map((v) => ({ id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? "")) }))); }); })()`)
		s.waitFor("axe on "+v.name, `window.axeFound !== undefined`)
		var found []struct {
			ID, Help string
			Nodes    []string
		}
		if err := json.Unmarshal([]byte(s.eval("window.axeFound")), &found); err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			t.Errorf("%s: %s: %s\n\t%s", v.name, f.ID, f.Help, strings.Join(f.Nodes, "\n\t"))
		}
		s.fitsLarge(v.name)
	}
}
