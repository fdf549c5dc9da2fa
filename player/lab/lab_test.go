//go:build linux

package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/player/playertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// simulated puts the simulated player on a bus of its own, as a player that
// runs already.
func simulated(t *testing.T, q playertest.Quirks) (address string) {
	t.Helper()
	for _, program := range []string{"dbus-daemon", "ffmpeg"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("SKIP: %s not installed; make test installs it", program)
		}
	}
	dir, err := os.MkdirTemp("", "usher-lab-bus-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	address = "unix:path=" + filepath.Join(dir, "bus")
	daemon := exec.CommandContext(t.Context(), "dbus-daemon", "--session", "--nofork", "--nopidfile", "--address="+address)
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = daemon.Process.Kill(); _ = daemon.Wait() })
	if err := within(t.Context(), 5*time.Second, func() bool { _, err := os.Stat(filepath.Join(dir, "bus")); return err == nil }); err != nil {
		t.Fatal("no bus")
	}
	p := playertest.NewPlayer(playertest.Options{Address: address, Quirks: q, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return address
}

// TestRowsSeeWhatThePlayerDoes examines players whose faults are known.
func TestRowsSeeWhatThePlayerDoes(t *testing.T) {
	good := []string{"properties", "open-url", "status-playing", "length", "pause", "stop", "stale-track", "usher-finds", "usher-opens"}
	tests := []struct {
		name   string
		quirks playertest.Quirks
		rows   []string
		fails  []string
	}{
		{"keeps the specification", playertest.Quirks{}, good, nil},
		{
			"many faults",
			playertest.Quirks{StaleTrack: playertest.StaleHonoured, StoppedLies: true, Narrow: true, NoSeeked: true},
			[]string{"types", "open-url", "status-playing", "stale-track", "seeked-sent", "usher-finds"},
			[]string{"types", "status-playing", "stale-track", "seeked-sent"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, err := Run(t.Context(), Options{
				Player: playertest.SimulatedName, Bus: simulated(t, test.quirks), Logger: slog.New(slog.DiscardHandler),
				Rows: func(id string) bool { return slices.Contains(test.rows, id) },
			})
			if err != nil {
				t.Fatal(err)
			}
			if r.Identity != playertest.SimulatedIdentity || len(r.Rows) != len(test.rows) {
				t.Errorf("examined %q in %d rows, want %d", r.Identity, len(r.Rows), len(test.rows))
			}
			for _, row := range r.Rows {
				want := Pass
				if slices.Contains(test.fails, row.ID) {
					want = Fail
				}
				if row.Result != want || row.Seen == "" {
					t.Errorf("%s: %s (%s), want %s", row.ID, row.Result, row.Seen, want)
				}
			}
		})
	}
}

func TestNoPlayerIsAnError(t *testing.T) {
	for name, o := range map[string]Options{
		"not known":     {Player: "wind-up gramophone"},
		"not installed": {Player: "x", Command: []string{"no-such-player"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath("ffmpeg"); err != nil {
				t.Skip("SKIP: ffmpeg not installed; make test installs it")
			}
			o.Logger = slog.New(slog.DiscardHandler)
			if _, err := Run(t.Context(), o); err == nil {
				t.Error("there was something to examine")
			}
		})
	}
}

func TestRowsAreNamedOnce(t *testing.T) {
	ids := IDs()
	slices.Sort(ids)
	if n := len(slices.Compact(slices.Clone(ids))); n != len(ids) || n < 50 {
		t.Errorf("%d rows with %d names", len(ids), n)
	}
	for _, b := range bugs() {
		if !slices.Contains(ids, b.row) {
			t.Errorf("a bug of %s names row %q, which is none", b.player, b.row)
		}
	}
}

func sample() *Report {
	return &Report{
		Player: "p", Identity: "P | Q", BusName: "org.mpris.MediaPlayer2.p", At: time.Date(2026, 11, 21, 20, 15, 0, 0, time.UTC),
		Rows: []Row{
			{ID: "a", Area: "one", Item: "does a", Required: true, Result: Pass, Seen: "done"},
			{ID: "b", Area: "two", Item: "does b", Result: Fail, Seen: "left | right", Bug: "p#1"},
			{ID: "c", Area: "two", Item: "does c", Required: true, Result: None, Seen: "cannot"},
		},
		Figures: []Figure{{Name: "speed", Value: "1ms", Budget: "5 ms"}},
	}
}

func TestReportIsGreenWithoutRequiredFailures(t *testing.T) {
	r := sample()
	if !r.Green() {
		t.Error("an informing row makes it red")
	}
	r.Rows[0].Result = Fail
	if r.Green() {
		t.Error("a required row that fails leaves it green")
	}
}

func TestReportIsWritten(t *testing.T) {
	r := sample()
	var text, md, js bytes.Buffer
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteMarkdown(&md); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteJSON(&js); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"fail  b", "[p#1]", "speed: 1ms (budget 5 ms)", "1 pass, 1 fail, 1 not applicable"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("text lacks %q:\n%s", want, text.String())
		}
	}
	if !strings.Contains(md.String(), `left \| right`) {
		t.Errorf("a bar ends a cell:\n%s", md.String())
	}
	var back Report
	if err := json.Unmarshal(js.Bytes(), &back); err != nil || len(back.Rows) != 3 || back.Rows[1].Bug != "p#1" {
		t.Errorf("JSON gives %+v, %v", back, err)
	}
}

func TestOriginSpoils(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "film"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"s02.ts", "s03.ts", "s05.ts"} {
		if err := os.WriteFile(filepath.Join(dir, "film", name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := &origin{files: http.FileServer(http.Dir(dir)), asked: map[string]int{}}
	get := func(path string) (int, string) {
		w := httptest.NewRecorder()
		o.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code, w.Body.String()
	}
	for path, want := range map[string]int{"/a/s03.ts": 200, "/broken/s02.ts": 200, "/broken/s03.ts": 404, "/none/index.m3u8": 404, "/cc.vtt": 200} {
		if got, _ := get(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	o.beginLive()
	if _, list := get("/live/index.m3u8"); strings.Count(list, "#EXTINF") != 3 || strings.Contains(list, "ENDLIST") {
		t.Errorf("live playlist:\n%s", list)
	}
	release := o.holdBack()
	done := make(chan int, 1)
	go func() { code, _ := get("/stall/s05.ts"); done <- code }()
	if err := within(t.Context(), time.Second, func() bool { return o.asks("/stall/s05.ts") == 1 }); err != nil {
		t.Fatal("nobody asked")
	}
	select {
	case <-done:
		t.Error("the segment did not wait")
	default:
	}
	release()
	if code := <-done; code != 200 {
		t.Errorf("released with %d", code)
	}
}
