package e2e

import (
	"encoding/json"
	"flag"
	"os"
	"strconv"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var axeScript = flag.String("axe", "../../build/e2e-npm/node_modules/axe-core/axe.min.js", "axe-core")

// languagesOfPage are what the settings offer.
func languagesOfPage() []string { return []string{"en", "de", "id", "th", "zh-Hans"} }

// tellies are the sizes of televisions.
func tellies() [][2]int64 { return [][2]int64{{1280, 720}, {1920, 1080}, {3840, 2160}} }

// breath lets the page's own time be held: what waits for a timer of more than
// half a second when it is, such as an overlay that goes or a countdown, waits
// until it is let go. What has only to settle does.
const breath = `(() => {
	const wait = window.setTimeout, clear = window.clearTimeout, parked = new Map();
	let holds = 0, held = false;
	window.setTimeout = (f, ms, ...a) => {
		const made = holds, id = wait(() => held && made < holds && ms > 500 ? parked.set(id, () => f(...a)) : f(...a), ms);
		return id;
	};
	window.clearTimeout = (id) => { parked.delete(id); clear(id); };
	window.holdTime = (on) => {
		held = on;
		if (on) return void holds++;
		const all = [...parked.values()];
		parked.clear();
		for (const run of all) run();
	};
})()`

// look examines a face: axe-core finds no fault against WCAG 2.2 AA, and in all
// languages, at the sizes of televisions, and with words longer than any
// language has, everything is within the screen and its own place, and the focus
// is seen.
func (s *screen) look(f face) {
	s.t.Helper()
	s.eval(`holdTime(true)`)
	if f.halt {
		s.demo.must("pause")
	}
	s.is(f)
	lang := s.eval("document.documentElement.lang")
	width, height := s.size()
	s.settle()
	if script, err := os.ReadFile(*axeScript); err == nil { // TestEveryFace says so when it is not there
		s.axe(f.name, string(script))
	}
	for _, other := range s.tongues(f, lang) {
		s.tongue(f, other)
		for _, size := range tellies() {
			s.resize(size[0], size[1])
			where := f.name + " in " + other + " at " + strconv.FormatInt(size[1], 10)
			s.fit(where)
			s.sound(where)
			if other == lang && f.over != "banner" { // beside the longest menu in the largest letters there is no room for it
				s.fitLong(where)
			}
		}
	}
	s.tongue(f, lang)
	s.resize(width, height)
	if f.halt {
		s.demo.must("resume")
	}
	s.eval(`holdTime(false)`)
}

// is wants that it is this face.
func (s *screen) is(f face) {
	s.t.Helper()
	over := "true"
	if f.over != "" {
		over = `[...document.querySelectorAll(".` + f.over + `")].some((e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }))`
	}
	s.waitFor(f.name, `document.querySelector(".screen.on-`+f.route+`") !== null && `+over)
}

// tongues are the languages a face can be seen in: while the box is away, and
// where there is no time, only the one that was chosen before.
func (s *screen) tongues(f face, now string) []string {
	if f.name == "home-away" || f.fleeting {
		return []string{now}
	}
	return languagesOfPage()
}

// tongue has the page speak a language: the box says so, as if it were chosen on
// another screen; the first start has a way of its own.
func (s *screen) tongue(f face, lang string) {
	s.t.Helper()
	if s.eval("document.documentElement.lang") == lang && f.route != "welcome" {
		return
	}
	if f.route != "welcome" {
		s.demo.must("rpc", "settings.set", "name=language", "value="+lang)
		s.waitFor("the language is "+lang, `document.documentElement.lang === "`+lang+`"`)
		return
	}
	for _, way := range []string{kb.ArrowUp, kb.ArrowDown} {
		for i := 0; i < 6 && s.eval(`document.activeElement.id`) != "welcome/languages|"+lang; i++ {
			s.press(way)
		}
	}
	s.waitFor("the question in "+lang, `document.querySelector(".welcome h1").lang === "`+lang+`" || document.querySelector(".welcome h1").closest("[lang]").lang === "`+lang+`"`)
}

func (s *screen) size() (width, height int64) {
	s.t.Helper()
	var at [2]int64
	if err := json.Unmarshal([]byte(s.eval(`JSON.stringify([innerWidth, innerHeight])`)), &at); err != nil {
		s.t.Fatal(err)
	}
	return at[0], at[1]
}

func (s *screen) resize(width, height int64) {
	s.t.Helper()
	if w, h := s.size(); w == width && h == height {
		return
	}
	s.do(chromedp.EmulateViewport(width, height))
	s.waitFor("another size", `innerWidth === `+strconv.FormatInt(width, 10)+` && document.documentElement.clientWidth === innerWidth`)
}

// settle ends what moves or fades, so that everything is where it comes to rest:
// when the size of the screen changes, rails slide to their new places.
func (s *screen) settle() {
	s.t.Helper()
	s.eval(`document.getAnimations().forEach((a) => { if (a.effect.getComputedTiming().iterations !== Infinity) a.finish(); })`)
}
