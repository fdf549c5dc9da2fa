package e2e

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// outside is what of the code for phones is not in the part of the screen that
// every television shows.
const outside = `JSON.stringify([...document.querySelectorAll(".phone-code :is(.qr, p, dt, dd)")].filter((e) => {
	const r = e.getBoundingClientRect();
	return r.left < innerWidth * 0.05 - 1 || r.right > innerWidth * 0.95 + 1 || r.top < innerHeight * 0.05 - 1 || r.bottom > innerHeight * 0.95 + 1 || e.scrollWidth > e.clientWidth + 1;
}).map((e) => e.tagName + " " + e.textContent.slice(0, 40)))`

// TestPhoneCodeOnTheScreen: with its warning of what the browser will say, the
// code is whole on a television of 720 lines, in every language, also with the
// largest letters.
func TestPhoneCodeOnTheScreen(t *testing.T) {
	t.Setenv("USHER_PHONE_PORT", "0")
	d := startDemo(t)
	s := openScreen(t, d)
	s.do(chromedp.EmulateViewport(1280, 720))
	s.on("home")
	s.setting(slices.Index(sections(), "phones"))
	d.codeOn()
	for _, size := range []string{"normal", "largest"} {
		d.must("rpc", "settings.set", `{"name":"text.size","value":"`+size+`"}`)
		for _, lang := range []string{"zh-Hans", "de", "id", "th", "en"} {
			d.must("rpc", "settings.set", `{"name":"language","value":"`+lang+`"}`)
			s.waitFor("the code in "+lang, `document.documentElement.lang === "`+lang+`" && document.querySelector(".phone-code .plain") !== null`)
			if out := s.eval(outside); out != "[]" {
				t.Errorf("%s, %s letters: not whole: %s", lang, size, out)
			}
			s.keepsPicture("screen-" + size + "-" + lang)
		}
	}
}
