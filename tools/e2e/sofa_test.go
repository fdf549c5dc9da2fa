package e2e

import (
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestTelevisionRemoteOnTheDemoPage takes the drawn remote into the hand: its
// buttons and the keyboard are the television's, and reach the box over HDMI-CEC.
func TestTelevisionRemoteOnTheDemoPage(t *testing.T) {
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	s.waitFor("posters", `document.querySelectorAll(".on-home [role=option] img").length > 3`)
	eventually(t, 10*time.Second, "the television shows the box", func() bool { return d.status().System.TV.Active })
	if s.eval(`document.querySelector(".sofa")`) != "null" {
		t.Fatal("the remote is there before anybody asked for it")
	}
	s.press(kb.F2)
	set := func(what, scene string) {
		t.Helper()
		s.waitFor(what, `document.querySelector(".set.`+scene+`") !== null`)
	}
	set("the television shows the box", "box")
	s.shot("sofa")

	before := s.eval(focused)
	s.click(".remote .k-right")
	s.waitFor("right moves the focus", focused+" !== "+quoted(before))
	s.press(kb.ArrowLeft)
	s.waitFor("left of the keyboard moves it back", focused+" === "+quoted(before))

	s.click(".remote .k-tuner")
	set("another input", "other")
	s.shot("sofa-tuner")
	s.click(".remote .k-input")
	set("the box again", "box")

	s.press("p")
	set("off", "off")
	d.waitPower("standby")
	s.shot("sofa-off")
	s.press("p")
	set("on again, and the box with it", "box")
	d.waitPower("on")

	s.press(kb.F2)
	s.waitFor("the remote is put down", `document.querySelector(".sofa") === null`)
}

// click clicks into the middle of an element.
func (s *screen) click(selector string) {
	s.t.Helper()
	at := func(side, size string) float64 {
		v, err := strconv.ParseFloat(s.eval("(r => r."+side+" + r."+size+" / 2)(document.querySelector("+quoted(selector)+").getBoundingClientRect())"), 64)
		if err != nil {
			s.t.Fatal(err)
		}
		return v
	}
	s.do(chromedp.MouseClickXY(at("x", "width"), at("y", "height")), chromedp.Sleep(120*time.Millisecond))
}

func quoted(text string) string { return "`" + text + "`" }
