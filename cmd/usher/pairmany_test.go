package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"usher/internal/box"
	"usher/internal/ui"
	"usher/internal/ui/uitest"
)

// flat is a building full of boxes, each a real bridge on a socket of its own.
type flat struct {
	dir   string
	boxes []*uitest.Box
	codes atomic.Int64 // asked for
}

// building has n boxes, whose people approve at once, but for those that turn
// out otherwise.
func building(t *testing.T, n int, otherwise map[int]box.AccountView) *flat {
	t.Helper()
	f := &flat{dir: t.TempDir()}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 3*n)
	running := 0
	for i := range n {
		b := uitest.NewBox()
		f.boxes = append(f.boxes, b)
		u, err := ui.New(ui.Options{Box: b, Catalogue: uitest.Catalogue{}, Version: "1", Port: 1, Token: ui.NewToken()})
		if err != nil {
			t.Fatal(err)
		}
		listener, err := (&net.ListenConfig{}).Listen(ctx, "unix", f.socket(i))
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: u.Local(), ReadHeaderTimeout: time.Minute}
		end, special := otherwise[i]
		if !special {
			end = box.AccountView{Phase: box.AccountPaired, Bound: true}
		}
		go func() { ended <- u.Run(ctx) }()
		go func() { ended <- server.Serve(listener) }()
		go func() { ended <- f.people(ctx, b, end) }()
		context.AfterFunc(ctx, func() { _ = server.Close() })
		running += 3
	}
	t.Cleanup(func() {
		cancel()
		for range running {
			if err := <-ended; err != nil && !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		}
	})
	return f
}

func (f *flat) socket(i int) string { return filepath.Join(f.dir, fmt.Sprint(i)) }

// people approve, or not, once there is a code.
func (f *flat) people(ctx context.Context, b *uitest.Box, end box.AccountView) error {
	end.Service = "demo"
	for ctx.Err() == nil {
		if b.View().Pairing.Accounts[0].Phase == box.AccountWaiting {
			f.codes.Add(1)
			b.SetAccount(end)
		}
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
	return nil
}

// list writes the list of all boxes, and of one that is not there.
func (f *flat) list(t *testing.T) string {
	t.Helper()
	text := "box,address\n# the second floor\n"
	for i := range f.boxes {
		text += fmt.Sprintf("box-%03d,unix:%s\n", i, f.socket(i))
	}
	text += "cellar,unix:" + filepath.Join(f.dir, "nobody") + ",demo\n"
	file := filepath.Join(f.dir, "list.csv")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func commanded(t *testing.T, args ...string) ran {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, &out, &errs, func(string) string { return "" })
	return ran{code, out.String(), errs.String()}
}

// TestTwoHundredBoxes: each has its own outcome, and running it again does only
// the rest.
func TestTwoHundredBoxes(t *testing.T) {
	declined := box.AccountView{Phase: box.AccountDenied, Problem: &box.Problem{Code: "pairing_denied", Text: "Somebody declined on the phone.", Hint: "Ask again."}}
	f := building(t, 200, map[int]box.AccountView{17: declined, 99: declined})
	list, report := f.list(t), filepath.Join(f.dir, "report.csv")
	began := time.Now()
	first := commanded(t, "pair", "--from", list, "--jobs", "50", "--report", report)
	t.Logf("200 boxes in %v", time.Since(began).Round(time.Millisecond))
	if first.code != exitPartly || !strings.Contains(first.out, "198 connected, 0 were so already, 3 not") || !strings.Contains(first.err, "3 of 201 boxes") {
		t.Fatalf("%d\n%.2000s\n%s", first.code, first.out, first.err)
	}
	raw, err := os.ReadFile(report)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"box-017,unix:" + f.socket(17) + ",,failed,pairing_denied,Somebody declined", "cellar,", "daemon_unreachable", "box-000,unix:" + f.socket(0) + ",,connected,"} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	asked := f.codes.Load()
	began = time.Now()
	second := commanded(t, "pair", "--from", list, "--json")
	t.Logf("the rest in %v", time.Since(began).Round(time.Millisecond))
	if second.code != exitPartly || strings.Count(second.out, `"result":"already"`) != 198 {
		t.Errorf("%d, %d already", second.code, strings.Count(second.out, `"result":"already"`))
	}
	if n := f.codes.Load() - asked; n != 2 {
		t.Errorf("%d more codes, want those of the two that were declined", n)
	}
}

func TestListsThatAreNone(t *testing.T) {
	dir := t.TempDir()
	for text, want := range map[string]string{
		"":                         "has 0 boxes",
		"a\n":                      "line 1: 2 or 3 columns",
		"a,10.0.0.1\n":             "unix:PATH, ssh:HOST",
		"a,ssh:-oProxyCommand=x\n": "unix:PATH, ssh:HOST",
		"a,ssh:x\nb,ssh:x\n":       "line 2: ssh:x is there twice",
		"a,ssh:x,demo,y\n":         "2 or 3 columns",
		"\"a,ssh:x\n":              "is not CSV",
		",ssh:x\n":                 "unix:PATH, ssh:HOST",
	} {
		file := filepath.Join(dir, "list.csv")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := commanded(t, "pair", "--from", file); got.code != exitUsage || !strings.Contains(got.err, want) {
			t.Errorf("%q: %d %s, want %q", text, got.code, got.err, want)
		}
	}
	if got := commanded(t, "pair", "--from", filepath.Join(dir, "none")); got.code != exitUsage {
		t.Errorf("no list: %+v", got)
	}
}
