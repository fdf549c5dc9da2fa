package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// openPhone is a second tab of the browser: a phone that was handed a link.
func openPhone(s *screen, link string) *screen {
	s.t.Helper()
	ctx, stop := chromedp.NewContext(s.ctx)
	s.t.Cleanup(stop)
	p := &screen{t: s.t, ctx: ctx}
	p.do(chromedp.EmulateViewport(390, 844), chromedp.Navigate(link))
	return p
}

// tap presses what a finger would.
func (s *screen) tap(selector string) {
	s.t.Helper()
	s.waitFor(selector, `document.querySelector('`+selector+`') !== null`)
	s.eval(`document.querySelector('` + selector + `').click()`)
}

// signIn signs the demo's household in, whose name and password the page of a
// demo has filled in.
func (s *screen) signIn() {
	s.t.Helper()
	s.tap(`form[action="/signin"] button`)
	s.waitFor("the question", `document.querySelector('button[value=allow]') !== null`)
}

// askForCode goes to the account screen by keys and presses for a code.
func (s *screen) askForCode() (code string) {
	s.t.Helper()
	s.menu("account")
	s.on("account")
	s.waitFor("focus on the button", focused+` === "Show a code" || `+focused+` === "Show a new code"`)
	s.press(kb.Enter)
	s.waitFor("a code", `document.querySelector(".account-page .user-code") !== null`)
	return s.eval(`document.querySelector(".account-page .user-code").textContent`)
}

// scan reads the QR code off a picture of the screen, as a phone's camera does.
func (s *screen) scan() string {
	s.t.Helper()
	needs(s.t, "zbarimg")
	png, err := chromedp.Run(s.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		s.t.Fatal(err)
	}
	file := filepath.Join(s.t.TempDir(), "tv.png")
	if err := os.WriteFile(file, png, 0o600); err != nil {
		s.t.Fatal(err)
	}
	out, err := exec.Command("zbarimg", "--quiet", "--raw", file).Output()
	if err != nil {
		s.t.Fatalf("the QR code on the screen cannot be read: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func (d *demo) account() string {
	d.t.Helper()
	for line := range strings.Lines(d.must("status")) {
		if rest, ok := strings.CutPrefix(line, "Account "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// TestPairByKeysAndPhone: the television shows a code, a phone scans it and
// approves, and the catalogue is on the screen within a second. Then the box is
// disconnected again.
func TestPairByKeysAndPhone(t *testing.T) {
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	s.waitFor("posters", `document.querySelectorAll(".on-home [role=option] img").length > 3`)
	code := s.askForCode()
	s.shot("pairing")
	link := s.scan()
	if !strings.Contains(strings.ReplaceAll(link, "-", ""), strings.ReplaceAll(code, "-", "")) {
		t.Fatalf("the QR code is %q and the letters are %q", link, code)
	}
	phone := openPhone(s, link)
	phone.signIn()
	if asks := phone.eval(`document.querySelector("main").textContent`); !strings.Contains(asks, code) {
		t.Fatalf("the phone does not show %s: %s", code, asks)
	}
	phone.shot("phone-allow")
	approved := time.Now()
	phone.tap(`button[value=allow]`)
	s.on("home")
	if took := time.Since(approved); took > patience/2 { // a second on a machine with nothing else to do; the log has the figure
		t.Errorf("the catalogue came %v after the approval", took)
	} else {
		t.Logf("catalogue on the screen %v after the approval", took.Round(time.Millisecond))
	}
	s.waitFor("posters", `document.querySelectorAll(".on-home [role=option] img").length > 3`)
	if got := d.account(); got != "demo: connected, bound to this box" {
		t.Errorf("account %q", got)
	}
	s.disconnect(d)
}

// disconnect takes two presses, and the code of the next pairing is another.
func (s *screen) disconnect(d *demo) {
	s.t.Helper()
	s.menu("account")
	s.waitFor("focus on the button", focused+` === "Disconnect this box"`)
	s.press(kb.Enter)
	s.waitFor("a question", focused+` === "Press again to disconnect"`)
	s.press(kb.Enter)
	eventually(s.t, 10*time.Second, "no account", func() bool { return d.account() == "demo: not connected" })
	s.waitFor("the way back", focused+` === "Show a code"`)
}

// TestDeclinedOnThePhone: the screen says so, keeps no code, and asks for none
// by itself.
func TestDeclinedOnThePhone(t *testing.T) {
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	code := s.askForCode()
	phone := openPhone(s, s.scan())
	phone.signIn()
	phone.tap(`button[value=decline]`)
	s.waitFor("the end", `document.querySelector(".account-page .standing").textContent.includes("declined")`)
	s.shot("account-declined")
	time.Sleep(3 * time.Second)
	if page := s.eval(`document.body.textContent`); strings.Contains(page, code) || s.eval(`document.querySelector(".account-page .qr") === null`) != "true" {
		t.Errorf("a code is still on the screen: %s", page)
	}
	if next := s.askForCode(); next == code {
		t.Errorf("the code %s came twice", code)
	}
}

// TestNoCodeIsLeftBehind: whoever leaves the screen takes the code back.
func TestNoCodeIsLeftBehind(t *testing.T) {
	d := startDemo(t)
	s := openScreen(t, d)
	s.on("home")
	s.askForCode()
	s.press(kb.Escape)
	s.on("home")
	eventually(t, 5*time.Second, "no code", func() bool { return d.account() == "demo: not connected" })
}
