package e2e

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var (
	screensDir = flag.String("screens", "", "folder to put a picture of every screen in")
	sizes      = flag.String("sizes", "1920x1080", "with -screens: the sizes of the pictures")
	only       = flag.String("only", "", "with -screens: the one of this name")
	compare    = flag.Bool("compare", false, "with -screens: hold the screens against the pictures in the folder, instead of making them")
	languages  = flag.String("languages", "en", "with -screens: the languages of the pictures")
)

// home goes to the first poster of home, from wherever the page is.
func (s *screen) home() {
	s.t.Helper()
	s.press(kb.Home)
	s.on("home")
	s.waitFor("a poster has the focus", `document.activeElement.classList.contains("tile")`)
	for range 12 { // back to the first rail and its beginning
		s.press(kb.Escape)
		if s.eval(`document.activeElement.id`) == "menu|home" {
			break
		}
	}
	s.press(kb.ArrowDown)
	s.waitFor("a poster has the focus", `document.activeElement.classList.contains("tile")`)
}

// menu opens an entry of the menu: "search", "account", "settings".
func (s *screen) menu(entry string) {
	s.t.Helper()
	s.home()
	s.press(kb.ArrowUp)
	for range 6 {
		if s.eval(`document.activeElement.id`) == "menu|"+entry {
			s.press(kb.Enter)
			return
		}
		s.press(kb.ArrowRight)
	}
	s.t.Fatalf("no %s in the menu", entry)
}

// setting opens a part of the settings by its number.
func (s *screen) setting(nth int) {
	s.t.Helper()
	at := 0
	if s.eval(`document.querySelector(".screen.on-settings") !== null`) == "true" {
		s.press(kb.ArrowLeft)
		at = slices.Index(sections(), strings.TrimPrefix(s.eval(`document.activeElement.id`), "settings/sections|"))
	} else {
		s.menu("settings")
		s.on("settings")
	}
	for ; at >= 0 && at < nth; at++ {
		s.press(kb.ArrowDown)
	}
	for ; at > nth; at-- {
		s.press(kb.ArrowUp)
	}
	s.press(kb.ArrowRight)
}

// play starts a film with two languages and subtitles, and shows the overlay.
func (s *screen) play() {
	s.t.Helper()
	for range 3 { // a panel over the film that is on
		if s.eval(`document.querySelector(".screen.on-player .panel") !== null`) != "true" {
			break
		}
		s.press(kb.Escape)
	}
	if s.eval(`document.querySelector(".screen.on-player") !== null`) != "true" {
		s.home()
		s.demo.must("play", "-start", tongues)
		s.on("player")
	}
	s.waitFor("the film plays", `document.querySelector(".player .state.playing") !== null`)
	s.press(kb.ArrowUp)
	s.waitFor("the overlay", `document.querySelector(".player.shown") !== null`)
}

// control moves to a button of the overlay and presses it.
func (s *screen) control(item string) {
	s.t.Helper()
	s.press(kb.ArrowDown)
	for _, way := range []string{kb.ArrowRight, kb.ArrowLeft} {
		for range 10 {
			if s.eval(`document.activeElement.id`) == "player/controls|"+item {
				s.press(kb.Enter)
				return
			}
			s.press(way)
		}
	}
	s.t.Fatalf("no button %q in the overlay; the focus is on %s", item, s.eval(`document.activeElement.id`))
}

// restyle opens how subtitles look.
func (s *screen) restyle() {
	s.t.Helper()
	s.waitFor("subtitles are known", `document.getElementById("player/controls|tracks") !== null`)
	s.control("tracks")
	s.waitFor("a way to the style", `document.getElementById("player/restyle|style") !== null`)
	for range 12 {
		if s.eval(`document.activeElement.id`) == "player/restyle|style" {
			break
		}
		s.press(kb.ArrowDown)
	}
	s.press(kb.Enter)
}

// TestPicturesOfScreens takes a picture of every screen, in every size
// and language asked for. Without -screens it is part of the flows' test.
func TestPicturesOfScreens(t *testing.T) {
	if *screensDir == "" {
		t.Skip("SKIP: no -screens folder; make screens makes the pictures")
	}
	d := startDemo(t)
	for size := range strings.SplitSeq(*sizes, ",") {
		var w, h int
		if _, err := fmt.Sscanf(size, "%dx%d", &w, &h); err != nil {
			t.Fatalf("size %q: %v", size, err)
		}
		for lang := range strings.SplitSeq(*languages, ",") {
			_, _ = d.usher("stop") // of the pictures before
			s := openScreen(t, d)
			s.do(chromedp.EmulateViewport(int64(w), int64(h)))
			s.on("home")
			s.waitFor("posters", `document.querySelectorAll(".on-home [role=option] img").length > 3`)
			s.speak(lang)
			for _, v := range views() {
				if *only != "" && v.name != *only || v.plain {
					continue
				}
				v.enter(s)
				s.waitFor(v.name, v.seen)
				file := filepath.Join(*screensDir, fmt.Sprintf("%s-%s-%d.png", v.name, lang, h))
				if *compare {
					s.like(file)
				} else {
					s.picture(file)
				}
			}
		}
	}
}

// speak chooses the page's language on the settings screen.
func (s *screen) speak(lang string) {
	s.t.Helper()
	if s.eval("document.documentElement.lang") == lang {
		return
	}
	s.setting(0)
	s.press(kb.Enter)
	for range 8 {
		if s.eval(`document.activeElement.id`) == "settings/options|"+lang {
			break
		}
		s.press(kb.ArrowDown)
	}
	for range 8 {
		if s.eval(`document.activeElement.id`) == "settings/options|"+lang {
			break
		}
		s.press(kb.ArrowUp)
	}
	s.press(kb.Enter)
	s.waitFor("the language is "+lang, `document.documentElement.lang === "`+lang+`"`)
}

// picture keeps what is on the screen.
func (s *screen) picture(file string) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, s.capture(), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) capture() []byte {
	s.t.Helper()
	s.do(chromedp.Sleep(700 * time.Millisecond)) // pictures fade in
	s.settle()
	data, err := chromedp.Run(s.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		s.t.Fatal(err)
	}
	return data
}

// How much a screen may differ from its picture: the clock moves on, a film is
// at another place, and pictures are kept with fewer colours.
const (
	blocks      = 24 // in a row, and in a column
	blockDiffer = 24 // of 255, in the mean of a block
	blocksMay   = 30 // of 576
)

// like wants the screen to look as its picture: of blocks of it, few differ.
func (s *screen) like(file string) {
	s.t.Helper()
	f, err := os.Open(file)
	if err != nil {
		s.t.Errorf("no picture to compare with; make screens makes it: %v", err)
		return
	}
	defer func() { _ = f.Close() }()
	want, err := png.Decode(f)
	if err != nil {
		s.t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(s.capture()))
	if err != nil {
		s.t.Fatal(err)
	}
	if got.Bounds() != want.Bounds() {
		s.t.Errorf("%s is %v, the screen %v", file, want.Bounds(), got.Bounds())
		return
	}
	if n := differing(got, want, s.random()); n > blocksMay {
		s.t.Errorf("%s: %d of %d blocks differ", filepath.Base(file), n, blocks*blocks)
	}
}

// random is where on the screen there is something else each time: codes.
func (s *screen) random() (all []image.Rectangle) {
	s.t.Helper()
	var found [][4]float64
	text := s.eval(`JSON.stringify([...document.querySelectorAll(".qr, .user-code, .address")].map((e) => e.getBoundingClientRect()).map((r) => [r.left, r.top, r.right, r.bottom]))`)
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		s.t.Fatal(err)
	}
	for _, r := range found {
		all = append(all, image.Rect(int(r[0]), int(r[1]), int(r[2])+1, int(r[3])+1))
	}
	return all
}

// differing counts the blocks whose mean colours differ; those that overlap an
// excepted place are not looked at.
func differing(a, b image.Image, except []image.Rectangle) (n int) {
	size := a.Bounds().Size()
	for y := range blocks {
		for x := range blocks {
			r := image.Rect(x*size.X/blocks, y*size.Y/blocks, (x+1)*size.X/blocks, (y+1)*size.Y/blocks)
			if slices.ContainsFunc(except, r.Overlaps) {
				continue
			}
			for i, m := range mean(a, r) {
				if d := m - mean(b, r)[i]; max(d, -d) > blockDiffer {
					n++
					break
				}
			}
		}
	}
	return n
}

// mean is the mean colour of every fourth pixel of a block, 0 to 255.
func mean(p image.Image, r image.Rectangle) (sum [3]int) {
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y += 4 {
		for x := r.Min.X; x < r.Max.X; x += 4 {
			red, green, blue, _ := p.At(x, y).RGBA()
			sum[0], sum[1], sum[2], n = sum[0]+int(red>>8), sum[1]+int(green>>8), sum[2]+int(blue>>8), n+1
		}
	}
	for i := range sum {
		sum[i] /= max(n, 1)
	}
	return sum
}
