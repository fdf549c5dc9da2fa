package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"usher/internal/box"
	"usher/internal/ui/uitest"
)

// ran is a run of the command, with how it ended.
type ran struct {
	code     int
	out, err string
}

// paper is what a command prints, also while it does.
type paper struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(b)
}

func (p *paper) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// running starts the command against a pretended box.
func running(t *testing.T, b *uitest.Box, args ...string) (ended <-chan ran, out *paper) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	t.Cleanup(bridge(t, b, socket))
	done, out := make(chan ran, 1), new(paper)
	go func() {
		var errs bytes.Buffer
		code := run(t.Context(), append([]string{"-socket", socket}, args...), out, &errs, func(string) string { return "" })
		done <- ran{code, out.String(), errs.String()}
	}()
	return done, out
}

// until waits for something that takes as long as the machine is busy.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// shown waits until the code is printed: what comes after it may else be all
// that the command sees.
func shown(t *testing.T, out *paper) {
	t.Helper()
	until(t, "a code", func() bool { return strings.Contains(out.String(), "WDJB-MJHT") })
}

// TestPairEnds: each end of a pairing has its exit code and its words.
func TestPairEnds(t *testing.T) {
	problem := &box.Problem{Code: "x", Text: "It ended so.", Hint: "Do this."}
	for name, c := range map[string]struct {
		end      box.AccountView
		code     int
		out, err string
	}{
		"approved": {box.AccountView{Phase: box.AccountPaired, Bound: true}, exitDone, "Connected with demo, bound to this box.", ""},
		"bearer":   {box.AccountView{Phase: box.AccountPaired}, exitDone, "tokens that work elsewhere too", ""},
		"denied":   {box.AccountView{Phase: box.AccountDenied, Problem: problem}, exitRefused, "", "It ended so."},
		"expired":  {box.AccountView{Phase: box.AccountExpired, Problem: problem}, exitTimeout, "", "hint: Do this."},
		"failed":   {box.AccountView{Phase: box.AccountFailed, Problem: problem}, exitFailed, "", "It ended so."},
		"refused":  {box.AccountView{Phase: box.AccountFailed, Problem: &box.Problem{Code: "pairing_refused", Text: "No."}}, exitRefused, "", "No."},
		"taken":    {box.AccountView{Phase: box.AccountIdle}, exitFailed, "", "Somebody took the code back."},
	} {
		t.Run(name, func(t *testing.T) {
			b := uitest.NewBox()
			ended, out := running(t, b, "pair")
			shown(t, out)
			c.end.Service = "demo"
			b.SetAccount(c.end)
			got := <-ended
			if got.code != c.code || !strings.Contains(got.out, c.out) || !strings.Contains(got.err, c.err) {
				t.Errorf("%+v", got)
			}
			if !strings.Contains(got.out, "WDJB-MJHT") || !strings.Contains(got.out, "\x1b[30;107m") {
				t.Errorf("no code or no QR code: %q", got.out)
			}
		})
	}
}

// TestPairGoesOn: a service that is away for a moment ends nothing, and its
// code is printed once.
func TestPairGoesOn(t *testing.T) {
	b := uitest.NewBox()
	ended, out := running(t, b, "pair")
	shown(t, out)
	away := b.View().Pairing.Accounts[0]
	away.Away = true
	b.SetAccount(away)
	time.Sleep(50 * time.Millisecond) // or the two changes are one
	b.SetAccount(box.AccountView{Service: "demo", Phase: box.AccountPaired, Bound: true})
	got := <-ended
	if got.code != exitDone || strings.Count(got.out, "WDJB-MJHT") != 1 {
		t.Errorf("%+v", got)
	}
}

func TestPairIsDoneAlready(t *testing.T) {
	b := uitest.NewBox()
	b.SetAccount(box.AccountView{Service: "demo", Phase: box.AccountPaired, Bound: true})
	ended, _ := running(t, b, "pair")
	if got := <-ended; got.code != exitDone || !strings.Contains(got.out, "Connected with demo") {
		t.Errorf("%+v", got)
	}
	if len(b.Events()) != 0 {
		t.Errorf("the box was asked for %v", b.Events())
	}
}

func TestUnpair(t *testing.T) {
	b := uitest.NewBox()
	b.SetAccount(box.AccountView{Service: "demo", Phase: box.AccountPaired, Bound: true})
	ended, _ := running(t, b, "unpair", "--json")
	until(t, "an unpaired box", func() bool { return b.View().Pairing.Accounts[0].Telling })
	b.SetAccount(box.AccountView{Service: "demo", Phase: box.AccountIdle})
	got := <-ended
	if got.code != exitDone || !strings.Contains(got.out, `"phase":"idle"`) || strings.Contains(got.out, `"telling":true`) {
		t.Errorf("%+v", got)
	}
}
