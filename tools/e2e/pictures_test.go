package e2e

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/chromedp/chromedp"
)

// sameEvening shows every time of day as if the page had been opened on one
// certain evening, so that a picture of a clock is the same one tomorrow. What
// the page reckons with is the real time.
const sameEvening = `(() => {
	const later = new Date(2026, 10, 21, 20, 15).getTime() - Date.now();
	const { get } = Object.getOwnPropertyDescriptor(Intl.DateTimeFormat.prototype, "format");
	Object.defineProperty(Intl.DateTimeFormat.prototype, "format", {
		configurable: true,
		get() { const format = get.call(this); return (at = Date.now()) => format(+at + later); },
	});
})()`

// heldClock keeps the clock of a resting screen, which wanders, in one place.
const heldClock = `document.querySelectorAll(".rest > div").forEach((e) => { e.style.transform = "translate(34vw, 36vh)"; })`

// patient is how long a screen may take to look as its picture: posters come,
// films begin, and the machine may have much else to do.
const patient = 20 * time.Second

// depict keeps the picture of a face, which is on the screen, or compares it.
func (s *screen) depict(f face) {
	s.t.Helper()
	if f.brief {
		s.eval(`holdTime(true)`)
		defer s.eval(`holdTime(false)`)
	}
	s.backed(f)
	file := filepath.Join(*screensDir, f.name+"-"+s.eval(`document.documentElement.lang`)+"-"+s.eval(`innerHeight`)+".png")
	if *compare {
		s.like(file)
	} else {
		s.picture(file)
	}
}

// backed waits for the picture that belongs behind a face: of the title that
// plays, or its series, and of the one that has the focus.
func (s *screen) backed(f face) {
	s.t.Helper()
	switch {
	case f.route == "player":
		title := s.demo.status().Playback.TitleID
		s.waitFor("the picture of "+title, `"/art/`+title+`".startsWith(`+backdrop+`.replace("/backdrop", "").replace(location.origin, "") || "nothing")`)
	case f.route == "home" && s.eval(`document.activeElement.classList.contains("tile")`) == "true":
		s.waitFor("the picture behind the focus", behindFocus)
	}
}

// backdrop is the address of the picture behind the screen; "" for none.
const backdrop = `decodeURIComponent(document.querySelector(".backdrop .front img")?.src ?? "")`

// behindFocus: it is the picture of the title that has the focus.
const behindFocus = backdrop + `.includes("/" + document.activeElement.id.split("|")[1] + "/")`

// picture keeps what is on the screen, once it is still.
func (s *screen) picture(file string) {
	s.t.Helper()
	was := s.capture()
	for end := time.Now().Add(patient); ; {
		now := s.capture()
		if differing(decoded(s, now), decoded(s, was), nil) == 0 {
			break
		}
		if was = now; time.Now().After(end) {
			s.t.Errorf("%s: the screen is never still", filepath.Base(file))
			break
		}
	}
	s.keep(file, was)
}

func (s *screen) keep(file string, data []byte) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) capture() []byte {
	s.t.Helper()
	s.do(chromedp.Sleep(500 * time.Millisecond)) // pictures fade in
	s.settle()
	s.eval(heldClock)
	data, err := chromedp.Run(s.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		s.t.Fatal(err)
	}
	return data
}

func decoded(s *screen, data []byte) image.Image {
	s.t.Helper()
	p, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// How much a screen may differ from its picture: a film is at another place,
// figures are others, and pictures are kept with fewer colours.
const (
	blocks      = 24 // in a row, and in a column
	blockDiffer = 24 // of 255, in the mean of a block
	blocksMay   = 8  // of 576
)

// like wants the screen to look as its picture: of blocks of it, few differ.
// How a screen looks instead is kept in build/differs.
func (s *screen) like(file string) {
	s.t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		s.t.Errorf("no picture to compare with; make screens makes it: %v", err)
		return
	}
	want, name := decoded(s, raw), filepath.Base(file)
	for end := time.Now().Add(patient); ; {
		data := s.capture()
		got := decoded(s, data)
		if got.Bounds() != want.Bounds() {
			s.t.Errorf("%s is %v, the screen %v", name, want.Bounds(), got.Bounds())
			return
		}
		n := differing(got, want, s.random())
		if n <= blocksMay {
			s.t.Logf("%s: %d of %d blocks differ", name, n, blocks*blocks)
			return
		}
		if time.Now().After(end) {
			s.t.Errorf("%s: %d of %d blocks differ; see build/differs/%s", name, n, blocks*blocks, name)
			s.keep(filepath.Join("../../build/differs", name), data)
			return
		}
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
