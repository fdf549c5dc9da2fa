package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// phones is what the tests read of usher phone list --json.
type phones struct {
	On    bool     `json:"on"`
	Hosts []string `json:"hosts"`
	Ended string   `json:"ended"`

	Window *struct {
		Code string `json:"code"`
		URI  string `json:"uri"`
	} `json:"window"`
	Phones []struct {
		ID   string `json:"id"`
		Here bool   `json:"here"`
	} `json:"phones"`
}

func (d *demo) phones() (p phones) {
	d.t.Helper()
	if err := json.Unmarshal([]byte(d.must("phone", "list", "--json")), &p); err != nil {
		d.t.Fatal(err)
	}
	return p
}

// askForPhone goes to the phones in the settings and asks for a code.
func (s *screen) askForPhone() phones {
	s.t.Helper()
	s.setting(slices.Index(sections(), "phones"))
	s.waitFor("the row", `document.activeElement.id === "settings/rows/phones|pair"`)
	s.press(kb.Enter)
	s.waitFor("a code with its picture", `document.querySelector(".phone-code .qr") !== null`)
	return s.demo.phones()
}

// enterCode types the digits on the phone's page.
func (s *screen) enterCode(code string) {
	s.t.Helper()
	s.waitFor("a place for the code", `document.getElementById("code") !== null`)
	s.eval(`(() => { const e = document.getElementById("code"); e.value = "` + code + `"; e.dispatchEvent(new Event("input", { bubbles: true })); })()`)
	s.tap(`form button[type=submit]:not([disabled])`)
}

// handy looks whether a page fits a phone, and has faults against WCAG 2.2 AA where
// axe is there.
func (s *screen) handy(name string) {
	s.t.Helper()
	s.waitFor(name+" no wider than the phone", `document.documentElement?.scrollWidth === innerWidth`)
	if script, err := os.ReadFile(*axeScript); err == nil {
		s.axe(name, string(script))
	}
	s.shot(name)
}

// visits opens an address anew, whatever was open.
func (s *screen) visits(address string) {
	s.t.Helper()
	s.do(chromedp.Navigate("about:blank"), chromedp.Navigate(address))
}

// another is a code that is not this one.
func another(code string) string {
	last := (code[5]-'0'+1)%10 + '0'
	return code[:5] + string(last)
}

// TestPhoneAsRemote: nothing listens until somebody asks on the television; wrong
// codes end it; the right one makes a phone a remote and a keyboard, until it is
// removed.
func TestPhoneAsRemote(t *testing.T) {
	needs(t, "mpv")
	t.Setenv("USHER_PHONE_PORT", "0")
	d := startDemo(t)
	if p := d.phones(); p.On || len(p.Hosts) > 0 {
		t.Fatalf("before anybody asked: %+v", p)
	}
	s := openScreen(t, d)
	s.on("home")
	s.waitFor("posters", posters)
	s.wrongCodes(d)
	hand := s.rightCode(d)
	s.scansAgain(d, hand)
	s.steer(d, hand)
	s.writes(hand)
	s.removed(d, hand)
	leaves(d, hand)
}

// wrongCodes tries three: then nobody listens any more.
func (s *screen) wrongCodes(d *demo) {
	s.t.Helper()
	p := s.askForPhone()
	hand := openHand(s.t, "en", strings.Split(p.Window.URI, "#")[0])
	hand.waitFor("a place for the code", `document.getElementById("code") !== null`)
	hand.handy("phone-code")
	for _, told := range []string{"Tries left: 2", "Tries left: 1", "shows no code now"} {
		hand.enterCode(another(p.Window.Code))
		hand.waitFor("it is told: "+told, `document.querySelector("[role=alert]")?.textContent.includes("`+told+`") === true`)
	}
	s.waitFor("the television says so", `document.querySelector(".on-settings .rows").textContent.includes("Three wrong codes")`)
	eventually(s.t, 20*time.Second, "nobody listens", func() bool {
		resp, err := http.Get("http://" + p.Hosts[0] + "/")
		if err == nil {
			_ = resp.Body.Close()
		}
		return err != nil
	})
	if now := d.phones(); now.Ended != "tries" || len(now.Phones) > 0 || now.On {
		s.t.Fatalf("afterwards: %+v", now)
	}
}

// rightCode reads the picture on the television with a camera, and opens what is
// in it.
func (s *screen) rightCode(d *demo) (hand *screen) {
	s.t.Helper()
	p := s.askForPhone()
	s.shot("phones-code")
	uri := p.Window.URI
	if scanned := s.scan(); scanned != uri {
		s.t.Fatalf("the picture says %s, want %s", scanned, uri)
	}
	hand = openHand(s.t, "en", uri)
	hand.waitFor("the remote", `document.querySelector(".remote .pad") !== null`)
	if left := hand.eval(`location.hash`); left != "" {
		s.t.Errorf("the code is still in the address: %s", left)
	}
	s.waitFor("the phone in the list", `document.querySelector('[id^="settings/rows/phones|phone "] .value.good') !== null`)
	s.shot("phones-list")
	if p := d.phones(); len(p.Phones) != 1 || !p.Phones[0].Here || p.Window != nil {
		s.t.Fatalf("%+v", p)
	}
	return hand
}

// scansAgain has the phone come by a new code: it is there once. An old code that
// it scans from a picture does no harm either.
func (s *screen) scansAgain(d *demo, hand *screen) {
	s.t.Helper()
	before := d.phones().Phones[0].ID
	d.must("rpc", "phones.pair", "{}")
	p := d.phones()
	hand.visits(p.Window.URI)
	hand.waitFor("the remote", `document.querySelector(".remote .pad") !== null`)
	eventually(s.t, 20*time.Second, "the phone is there once, as another", func() bool {
		now := d.phones()
		return len(now.Phones) == 1 && now.Phones[0].Here && now.Phones[0].ID != before && now.Ended == "paired"
	})
	hand.visits(p.Window.URI)
	hand.waitFor("the remote, by an old code", `document.querySelector(".remote .pad") !== null && document.querySelector(".away").hidden`)
	if now := d.phones(); len(now.Phones) != 1 {
		s.t.Fatalf("%+v", now)
	}
}

// steer finds, starts, pauses and winds a film with the phone alone.
func (s *screen) steer(d *demo, hand *screen) {
	s.t.Helper()
	hand.click(".key.home")
	s.on("home")
	before := s.eval(`document.activeElement.id`)
	hand.click(".key.right")
	s.waitFor("the focus moved", `document.activeElement.id !== "`+before+`"`)
	hand.click(".key.left")
	s.waitFor("the focus is back", `document.activeElement.id === "`+before+`"`)
	hand.click(".key.down")
	s.waitFor("a tile", `document.activeElement.classList.contains("tile")`)
	hand.click(".key.ok")
	s.on("details")
	hand.click(".key.ok")
	s.on("player")
	d.waitPhase("playing", 20*time.Second)
	hand.waitFor("what is playing", `document.querySelector(".now input[type=range]") !== null`)
	hand.handy("phone-remote")
	at := d.status().position()
	hand.tap(`.now .row button:nth-child(3)`)
	eventually(s.t, 20*time.Second, "30 s further", func() bool { return d.status().position() > at+25 })
	hand.click(".key.playpause")
	d.waitPhase("paused", 20*time.Second)
	hand.waitFor("it says so", `document.querySelector(".now").textContent.includes("Paused")`)
	s.reloads(hand)
	hand.click(".key.home") // leaves the film as well
	d.waitPhase("idle", 20*time.Second)
}

// reloads has the phone come back without a code.
func (s *screen) reloads(hand *screen) {
	s.t.Helper()
	before := hand.eval(`performance.timeOrigin`)
	hand.do(chromedp.Reload())
	hand.waitFor("the remote again", `performance.timeOrigin !== `+before+` && document.querySelector(".remote .now input[type=range]") !== null && document.querySelector(".away").hidden`)
}

// writes searches from the phone.
func (s *screen) writes(hand *screen) {
	s.t.Helper()
	s.on("home")
	hand.eval(`(() => { const e = document.querySelector("input[type=search]"); e.value = "lantern"; e.dispatchEvent(new Event("input", { bubbles: true })); })()`)
	s.on("search")
	s.waitFor("the words", `document.querySelector(".query span").textContent === "lantern"`)
	s.waitFor("the focus on what was found", `document.activeElement.id.startsWith("search/found|")`)
	s.shot("phones-search")
	hand.click(".key.ok")
	s.on("details")
}

// removed removes the phone on the television: it is out at once, and stays out.
func (s *screen) removed(d *demo, hand *screen) {
	s.t.Helper()
	s.setting(slices.Index(sections(), "phones"))
	s.press(kb.ArrowDown)
	s.waitFor("the phone", `document.activeElement.id.startsWith("settings/rows/phones|phone ")`)
	s.press(kb.Enter)
	s.waitFor("it is asked again", `document.activeElement.textContent.includes("again")`)
	eventually(s.t, 20*time.Second, "it is removed", func() bool { // a second press that comes too late is a first one
		if strings.HasPrefix(s.eval(`document.activeElement.id`), "settings/rows/phones|phone ") {
			s.press(kb.Enter)
		}
		return len(d.phones().Phones) == 0
	})
	hand.waitFor("the phone is out", `document.querySelector("[role=alert]")?.textContent.includes("removed") === true`)
	if p := d.phones(); len(p.Phones) > 0 || p.On {
		s.t.Fatalf("%+v", p)
	}
}

// leaves disconnects the phone on its own page: it is off the list of the box. A
// page that does not reach the box then tells it when it is opened again.
func leaves(d *demo, hand *screen) {
	d.t.Helper()
	for _, reached := range []bool{true, false} {
		d.must("rpc", "phones.pair", "{}")
		hand.visits(d.phones().Window.URI)
		hand.waitFor("the remote", `document.querySelector(".remote .pad") !== null && document.querySelector(".away").hidden`)
		if !reached {
			hand.eval(`window.WebSocket = function () { return { send() {}, close() {} }; }`)
		}
		hand.tap(`footer .quiet`)
		hand.waitFor("it is asked again", `document.querySelector("footer .quiet").textContent.includes("again")`)
		hand.tap(`footer .quiet`)
		hand.waitFor("a place for the code", `document.getElementById("code") !== null && document.querySelector("[role=alert]") === null`)
		if !reached {
			if now := d.phones(); len(now.Phones) != 1 {
				d.t.Fatalf("before the box could be told: %+v", now)
			}
			hand.do(chromedp.Reload())
		}
		eventually(d.t, 20*time.Second, "the phone is off the list", func() bool { return len(d.phones().Phones) == 0 })
		hand.waitFor("the place for the code stays", `document.getElementById("code") !== null`)
	}
}
