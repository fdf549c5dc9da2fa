package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/cmd/boxoffice/household"
	"usher/cmd/boxoffice/shape"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFlags(t *testing.T) {
	for _, tc := range []struct {
		args string
		want shape.Options
		bad  string
	}{
		{"", shape.Options{}, ""},
		{"-rate 3mbit -delay 50ms -loss 1%", shape.Options{Rate: 3e6, Delay: 50 * time.Millisecond, Loss: .01}, ""},
		{"-rate 0.5gbit -loss 0.02", shape.Options{Rate: 5e8, Loss: .02}, ""},
		{"-rate 800kbit -outage-after 30s -outage-for 60s", shape.Options{Rate: 8e5, OutageAfter: 30 * time.Second, OutageFor: time.Minute}, ""},
		{"-rate 3", shape.Options{}, "-rate"},
		{"-rate -3mbit", shape.Options{}, "-rate"},
		{"-rate NaNmbit", shape.Options{}, "-rate"},
		{"-loss 100%", shape.Options{}, "-loss"},
		{"-loss NaN", shape.Options{}, "-loss"},
		{"-delay -1s", shape.Options{}, "negative"},
		{"-outage-after 30s", shape.Options{}, "-outage-for"},
		{"-tls-cert x", shape.Options{}, "-tls-key"},
		{"-tls-cert x -tls-key y -tls-self-signed", shape.Options{}, "exclude"},
		{"-country Germany", shape.Options{}, "-country"},
		{"-public https://tv.example/x", shape.Options{}, "-public"},
		{"-public http://tv.example", shape.Options{}, "https"},
		{"-public http://127.0.0.1:8790", shape.Options{}, ""},
		{"extra", shape.Options{}, "extra"},
		{"-nonsense", shape.Options{}, "nonsense"},
	} {
		s, err := parse(strings.Fields(tc.args), io.Discard)
		switch {
		case tc.bad == "" && (err != nil || s.link != tc.want):
			t.Errorf("%s: %+v, %v", tc.args, s.link, err)
		case tc.bad != "" && (err == nil || !strings.Contains(err.Error(), tc.bad)):
			t.Errorf("%s: %v does not name %s", tc.args, err, tc.bad)
		}
	}
}

func TestExitCodes(t *testing.T) {
	for args, want := range map[string]int{
		"-version": exitDone, "-h": exitDone, "-rate x": exitUsage,
		"-listen 127.0.0.1:99999": exitFailed, "-tls-cert none -tls-key none": exitFailed,
	} {
		var out, errs bytes.Buffer
		if got := run(t.Context(), strings.Fields(args), &out, &errs); got != want || out.Len()+errs.Len() == 0 {
			t.Errorf("%s: exit %d, want %d: %s%s", args, got, want, &out, &errs)
		}
	}
}

// TestServesHTTPSUntilTold runs the whole command on a free port.
func TestServesHTTPSUntilTold(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	out, w := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"-listen", "127.0.0.1:0", "-tls-self-signed", "-streams", t.TempDir()}, w, io.Discard)
		_ = w.Close()
	}()
	line := make([]byte, 200)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	_, url, _ := strings.Cut(strings.TrimSpace(string(line[:n])), "serving ")
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	resp, err := client.Get(url + ".well-known/usher-service")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	stop()
	if got := <-code; got != exitDone {
		t.Errorf("exit %d", got)
	}
}

// TestSeed puts a household into a file, and serves it.
func TestSeed(t *testing.T) {
	data := filepath.Join(t.TempDir(), "office.db")
	seed := func(args, password string) (code int, said string) {
		var out bytes.Buffer
		code = runSeed(strings.Fields(args), strings.NewReader(password), &out, &out)
		return code, out.String()
	}
	for _, tc := range []struct {
		args, password string
		want           int
		says           string
	}{
		{"-data " + data + " -household smith -plan month", "secret\n", exitDone, `household "smith" is in`},
		{"-data " + data + " -household Smith", "secret\n", exitFailed, "there is a household of that name"},
		{"-data " + data + " -household jones -plan decade", "secret\n", exitFailed, "month and year"},
		{"-data " + data + " -household jones", "\n", exitUsage, "no password"},
		{"-data " + data + " -household jones", "short", exitFailed, "a password 6 to 200"},
		{"-data " + data, "secret\n", exitUsage, "-household"},
		{"-h", "", exitDone, "usage"},
	} {
		if code, said := seed(tc.args, tc.password); code != tc.want || !strings.Contains(said, tc.says) {
			t.Errorf("seed %s: %d %s", tc.args, code, said)
		}
	}
	s, err := parse([]string{"-data", data}, io.Discard)
	if err != nil || s.demo {
		t.Errorf("the demonstration's household is beside real ones: %v, %v", s.demo, err)
	}
	kept, err := s.shelf()
	if err != nil {
		t.Fatal(err)
	}
	defer kept.Close()
	if h, ok, err := household.New(kept).SignIn("smith", "secret"); !ok || err != nil || h.Country != "DE" {
		t.Errorf("sign in: %+v, %v, %v", h, ok, err)
	}
}
