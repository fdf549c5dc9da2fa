package e2e

import (
	"context"
	"net/url"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

const (
	handUp   = `document.querySelector(".remote .away")?.hidden === true`
	handAway = `document.querySelector(".remote .away")?.hidden === false`
)

// letIn lets a phone in by a new code.
func (s *screen) letIn(d *demo) {
	s.t.Helper()
	code, address := d.codeOn()
	s.visits(address + "#" + code)
	s.waitFor("the remote", handUp)
}

// TestPhonesAndABadNetwork: two phones at once; Wi-Fi that drops and comes back,
// ten minutes of sleep, and a daemon that is killed. Each time the phone is back
// by itself, and shows what is so.
func TestPhonesAndABadNetwork(t *testing.T) {
	needs(t, "mpv")
	t.Setenv("USHER_PHONE_PORT", "0")
	state := filepath.Join(t.TempDir(), "state")
	d := startDemo(t, "-state", state)
	_, address := d.codeOn()
	w := newWire(t, address)
	one, two := openHandset(t, "en", w.flag()), openHandset(t, "en")
	one.letIn(d)
	two.letIn(d)
	if p := d.phones(); len(p.Phones) != 2 {
		t.Fatalf("two phones: %+v", p)
	}
	d.must("play", d.film())
	d.waitPhase("playing", 20*time.Second)
	twoPhones(d, one, two)
	wifiDrops(d, w, one)
	phoneSleeps(d, w, one)
	boxIsKilled(d, address, state, one)
}

// twoPhones: what one does, the other shows.
func twoPhones(d *demo, one, two *screen) {
	d.t.Helper()
	const shows = `document.querySelector(".now")?.textContent.includes("Paused") === `
	one.waitFor("the film", shows+"false")
	two.click(".key.playpause")
	d.waitPhase("paused", 20*time.Second)
	one.waitFor("the other phone's pause", shows+"true")
	one.click(".key.playpause")
	d.waitPhase("playing", 20*time.Second)
	two.waitFor("the film goes on", shows+"false")
}

// wifiDrops: nothing says so, the phone finds out by a key; and is back.
func wifiDrops(d *demo, w *wire, s *screen) {
	d.t.Helper()
	w.die()
	s.click(".key.up")
	s.waitFor("it says that the television is away", handAway)
	d.must("pause")
	w.revive()
	start := time.Now()
	s.eval(`dispatchEvent(new Event("online"))`)
	s.waitFor("it is back", handUp)
	d.t.Logf("Wi-Fi is back: connected after %v", time.Since(start).Round(time.Millisecond))
	s.waitFor("what happened meanwhile", `document.querySelector(".now").textContent.includes("Paused")`)
}

// phoneSleeps for ten minutes in a pocket; its connection is lost without a word.
// A key that is pressed in the first moment is meant.
func phoneSleeps(d *demo, w *wire, s *screen) {
	d.t.Helper()
	look := func(hidden string) string {
		return `(() => { Object.defineProperty(document, "hidden", { value: ` + hidden + `, configurable: true }); document.dispatchEvent(new Event("visibilitychange")); })()`
	}
	s.eval(look("true"))
	w.die()
	d.must("stop")
	d.waitPhase("idle", 20*time.Second)
	s.eval(`(() => { const now = Date.now; Date.now = () => now() + 600000; })()`)
	w.revive()
	start := time.Now()
	s.eval(look("false"))
	s.waitFor("what is so now", handUp+` && document.querySelector(".now") === null`)
	d.t.Logf("taken out again: connected after %v", time.Since(start).Round(time.Millisecond))
}

// boxIsKilled, and started again with what was on its disk, at the same address.
func boxIsKilled(d *demo, address, state string, s *screen) {
	d.t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := syscall.Kill(d.ready.PID, syscall.SIGKILL); err != nil {
		d.t.Fatal(err)
	}
	s.waitFor("it says that the television is away", handAway)
	d.t.Setenv("USHER_PHONE_PORT", at.Port())
	again := startDemo(d.t, "-state", state)
	s.waitFor("it is back", handUp)
	s.click(".key.home")
	eventually(d.t, 20*time.Second, "both phones are known", func() bool {
		p := again.phones()
		return len(p.Phones) == 2 && p.Phones[0].Here
	})
}

// losesAnswer is a phone whose network drops the box's last message of a run,
// once: the box has let it in, and it does not know.
const losesAnswer = `(() => {
	const on = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
	Object.defineProperty(WebSocket.prototype, "onmessage", { ...on, set(f) {
		on.set.call(this, (e) => {
			if (window.answerLost || typeof e.data !== "string" || !e.data.includes("confirm")) return f(e);
			window.answerLost = true;
			this.close();
		});
	} });
})()`

// TestALostAnswerIsNoSecondPhone: the code is used up, and the phone comes in
// all the same, as the one that the box has let in.
func TestALostAnswerIsNoSecondPhone(t *testing.T) {
	t.Setenv("USHER_PHONE_PORT", "0")
	d := startDemo(t)
	s := openHandset(t, "en")
	s.command(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: losesAnswer})
		return err
	})
	s.letIn(d)
	if s.eval("window.answerLost") != "true" {
		t.Error("no answer was lost: this test shows nothing")
	}
	if p := d.phones(); len(p.Phones) != 1 || !p.Phones[0].Here {
		t.Errorf("%+v", p)
	}
	s.do(chromedp.Reload())
	s.waitFor("it is known", handUp)
}
