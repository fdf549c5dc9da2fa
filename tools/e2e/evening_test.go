package e2e

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

var evenings = flag.String("evenings", "en", "the languages of TestAnEvening")

// TestAnEvening is an evening of a family that has just unpacked its box, with
// a remote and a phone: a free film plays; a title of the subscription asks for
// an account, and plays once a phone has let the box in; a child does not see a
// film for adults by any path; a film that is paid for by itself is rented with
// a PIN on the box and an approval on the phone, and plays; another one is bought
// and given back on the phone, which the television's list of purchases shows; at
// the end the account leaves the box, and nothing of it plays any more.
func TestAnEvening(t *testing.T) {
	for lang := range strings.SplitSeq(*evenings, ",") {
		t.Run(lang, func(t *testing.T) { anEvening(t, lang) })
	}
}

func anEvening(t *testing.T, lang string) {
	needs(t, "mpv", "zbarimg")
	shop := startShop(t, "-open-house=false")
	state := filepath.Join(t.TempDir(), "state")
	d := startDemo(t, "-config", shop.config("issuer = \""+strings.TrimSuffix(shop.url, "/")+"\"\n"), "-state", state)
	s := openScreen(t, d)
	s.on("home")
	s.waitFor("posters", posters)
	s.speak(lang)
	s.home()

	s.lookUp("Little Dragon", "house:little-dragon-big-umbrella")
	s.press(kb.Enter)
	d.waitPhase("playing", 20*time.Second)
	s.stop(d)

	phone := s.subscribe(d)
	s.stop(d)
	s.begin(d, "house:midnight-tram") // so that there is something to go on with

	s.menu("who")
	s.on("who")
	s.makeChild("2580")
	s.childSeesNothing(d)

	s.buy(phone, "Glass Harbour", "house:glass-harbour", "rent")
	s.focusOn(kb.ArrowRight, "buy/buttons|play")
	s.press(kb.Enter)
	d.waitPhase("playing", 30*time.Second)
	if out := d.must("ledger", "verify"); !strings.Contains(out, "1 entries") {
		t.Errorf("ledger: %s", out)
	}
	s.stop(d)
	s.buy(phone, "The Cartographer", "house:cartographers-daughter", "buy")
	s.focusOn(kb.ArrowRight, "buy/buttons|close")
	s.press(kb.Enter)
	s.giveBack(d, shop, phone)

	d.must("unpair")
	eventually(t, 10*time.Second, "no account", func() bool { return strings.HasSuffix(d.account(), "not connected") })
	for _, id := range []string{"house:glass-harbour", "house:paper-train"} {
		if out, code := d.usher("play", id); code == 0 {
			t.Errorf("%s plays without an account: %s", id, out)
		}
	}
	d.must("play", "house:little-dragon-big-umbrella")
	d.waitPhase("playing", 20*time.Second)
	nothingLeft(t, state)
}

// config is a configuration of a box that carries this service.
func (s *shop) config(more string) string {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "usher.toml")
	text := fmt.Sprintf("[[service]]\nid = \"house\"\nurl = %q\n%s", s.url, more)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return file
}

// lookUp opens a title by its English name, typed letter by letter.
func (s *screen) lookUp(name, id string) {
	s.t.Helper()
	for _, r := range strings.ToLower(name) {
		s.press(string(r))
	}
	s.on("search")
	s.waitFor("a result", `document.getElementById("search/found|`+id+`") !== null`)
	s.focusOn(kb.ArrowRight, "search/found|"+id)
	s.press(kb.Enter)
	s.on("details")
}

// stop ends the film and goes home.
func (s *screen) stop(d *demo) {
	s.t.Helper()
	d.must("stop")
	d.waitPhase("idle", 10*time.Second)
	s.home()
}

// subscribe plays a title of the subscription on a box without an account: it
// says so, shows a code, and plays when a phone has approved it.
func (s *screen) subscribe(d *demo) (phone *screen) {
	s.t.Helper()
	s.lookUp("The Paper Train", "house:paper-train")
	s.press(kb.Enter)
	s.waitFor("the way to an account", `document.querySelector(".panel.failed .code")?.textContent === "pairing_required"`)
	s.shot("failed")
	s.press(kb.Enter)
	s.on("account")
	s.waitFor("a code", `document.querySelector(".account-page .user-code") !== null`)
	phone = openPhone(s, s.scan())
	phone.signIn()
	s.pair("evening-pair", phone)
	phone.tap(`button[value=allow]`)
	d.waitPhase("playing", 30*time.Second)
	return phone
}

// begin watches the beginning of a title.
func (s *screen) begin(d *demo, id string) {
	s.t.Helper()
	d.must("play", id)
	d.waitPhase("playing", 30*time.Second)
	d.must("seek", "20s") // which opens it again
	eventually(s.t, 20*time.Second, "it is begun", func() bool {
		now := d.status()
		return now.Playback.Phase == "playing" && now.position() > 20 && now.position() < 60
	})
	s.stop(d)
	s.waitFor("a place to go on", `document.getElementById("home/continue|`+id+`") !== null`)
}

// childSeesNothing switches to the child: the film for adults is not there.
func (s *screen) childSeesNothing(d *demo) {
	s.t.Helper()
	s.focusOn(kb.ArrowDown, "who/buttons|edit")
	s.press(kb.Enter)
	s.focusOn(kb.ArrowRight, "Ida")
	s.press(kb.Enter)
	s.on("home")
	s.waitFor("posters", posters)
	s.shot("evening-child")
	if out, code := d.usher("search", "midnight"); code == 0 {
		s.t.Errorf("a child finds it: %s", out)
	}
	if out, code := d.usher("play", "house:midnight-tram"); code == 0 || strings.Contains(out, "Tram") {
		s.t.Errorf("a child plays it: %s", out)
	}
	for _, way := range [][]string{{"cache", "prefetch", "house:midnight-tram"}, {"cache", "pin", "house:midnight-tram"}, {"resume"}, {"next"}} {
		if out, code := d.usher(way...); code == 0 || strings.Contains(out, "Tram") {
			s.t.Errorf("a child comes to it by %q: %s", way, out)
		}
	}
	s.namesNot("Midnight Tram", "midnight-tram")
	for _, r := range "midnight" {
		s.press(string(r))
	}
	s.waitFor("nothing is found", `document.querySelector(".on-search .found.none") !== null`)
	s.namesNot("Midnight Tram", "midnight-tram")
	s.menu("who")
	s.on("who")
	s.focusOn(kb.ArrowLeft, "who/faces|main")
	s.press(kb.Enter)
	s.enter("2580")
	s.on("home")
	s.waitFor("posters", posters)
}

func (s *screen) namesNot(words ...string) {
	s.t.Helper()
	page := s.eval(`document.documentElement.outerHTML`)
	for _, word := range words {
		if strings.Contains(page, word) {
			i := strings.Index(page, word)
			s.t.Errorf("the page names %q: %s", word, page[max(i-200, 0):min(i+200, len(page))])
		}
	}
}

// buy pays for a film with the PIN on the box, and on the phone with the sheet.
func (s *screen) buy(phone *screen, name, id, kind string) {
	s.t.Helper()
	shot := func(name string) {
		if kind == "buy" { // one picture of each moment
			s.shot(name)
		}
	}
	s.home()
	s.lookUp(name, id)
	shot("evening-ways")
	s.wish(id, kind)
	shot("buy")
	link := s.scan()
	phone.do(chromedp.Navigate(link))
	s.pair("evening-buy", phone)
	phone.tap(`button[value=sheet]`)
	s.waitFor("the phone has it", `document.querySelector(".buy .standing.scanned") !== null`)
	shot("buy-scanned")
	phone.tap(`button[value=confirm]`)
	s.waitFor("paid", `document.querySelector(".buy .standing.fulfilled") !== null`)
	shot("buy-paid")
	s.pair("evening-paid", phone)
}

// wish presses a button that buys, on the page of a title, and enters the PIN.
func (s *screen) wish(id, kind string) {
	s.t.Helper()
	s.focusOn(kb.ArrowRight, "details/"+id+"/buttons|buy:"+kind)
	s.press(kb.Enter)
	s.enter("2580")
	s.on("buy")
	s.waitFor("a code", `document.querySelector(".buy .qr") !== null`)
}

// giveBack has the money for what was bought and never watched given back on
// the phone, while the television shows the purchases.
func (s *screen) giveBack(d *demo, shop *shop, phone *screen) {
	s.t.Helper()
	s.menu("account")
	s.on("account")
	s.focusOn(kb.ArrowRight, "account/buttons|bought")
	s.press(kb.Enter)
	s.on("bought")
	s.waitFor("two purchases", `document.querySelectorAll(".bought .row-item .good").length === 2`)
	phone.do(chromedp.Navigate(shop.url + "account"))
	phone.tap(`button[value=refund]`)
	s.waitFor("the money that came back", `document.querySelectorAll(".bought .row-item .good").length === 1 && document.querySelector(".bought .row-item .back") !== null`)
	s.shot("bought")
	s.pair("evening-back", phone)
	if out := d.must("ledger", "verify"); !strings.Contains(out, "3 entries") {
		s.t.Errorf("ledger: %s", out)
	}
	s.press(kb.Escape)
	s.on("account")
	eventually(s.t, 20*time.Second, "what was given back does not play", func() bool {
		out, code := d.usher("play", "house:cartographers-daughter")
		return code != 0 && strings.Contains(out, "took the right")
	})
	s.waitFor("why not, on the screen", `document.querySelector(".panel.failed .code")?.textContent === "lease_revoked"`)
	s.home()
}

// pair keeps a picture of the television and the phone side by side.
func (s *screen) pair(name string, phone *screen) {
	s.t.Helper()
	if *screenshots == "" {
		return
	}
	tv, hand := s.snapshot(), phone.snapshot()
	const gap = 40
	b := image.Rect(0, 0, tv.Bounds().Dx()+gap+hand.Bounds().Dx()*tv.Bounds().Dy()/hand.Bounds().Dy(), tv.Bounds().Dy())
	all := image.NewRGBA(b)
	draw.Draw(all, b, image.NewUniform(color.RGBA{0x20, 0x24, 0x2e, 0xff}), image.Point{}, draw.Src)
	draw.Draw(all, tv.Bounds(), tv, image.Point{}, draw.Src)
	place := image.Rect(tv.Bounds().Dx()+gap, 0, b.Dx(), b.Dy())
	for y := range place.Dy() {
		for x := range place.Dx() {
			all.Set(place.Min.X+x, y, hand.At(x*hand.Bounds().Dx()/place.Dx(), y*hand.Bounds().Dy()/place.Dy()))
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, all); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*screenshots, name+".png"), out.Bytes(), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *screen) snapshot() image.Image {
	s.t.Helper()
	s.do(chromedp.Sleep(700 * time.Millisecond)) // pictures fade in
	raw, err := chromedp.Run(s.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		s.t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		s.t.Fatal(err)
	}
	return img
}

// nothingLeft looks for tokens and leases in what the box keeps.
func nothingLeft(t *testing.T, state string) {
	t.Helper()
	for _, folder := range []string{"accounts", "leases"} {
		err := filepath.WalkDir(filepath.Join(state, folder), func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			for _, trace := range []string{"refresh", "access", "eyJ"} {
				if bytes.Contains(data, []byte(trace)) {
					t.Errorf("%s still has %q", path, trace)
				}
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			t.Error(err)
		}
	}
}
