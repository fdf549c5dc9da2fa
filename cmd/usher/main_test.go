package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"usher/internal/box"
	"usher/internal/offer"
	"usher/internal/ui"
	"usher/internal/ui/uitest"
)

func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"usher": func() { os.Exit(realMain()) }})
}

// leakChecked looks for goroutines left behind by the tests.
type leakChecked struct{ *testing.M }

func (m leakChecked) Run() int {
	code := m.M.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		return 1
	}
	return code
}

// bridge serves a real bridge with a pretended box on a unix socket.
func bridge(t testing.TB, b *uitest.Box, socket string) (stop func()) {
	t.Helper()
	return bridgeFor(t, b, socket, "local")
}

// bridgeFor takes everybody for somebody of a role.
func bridgeFor(t testing.TB, b *uitest.Box, socket, role string) (stop func()) {
	t.Helper()
	u, err := ui.New(ui.Options{
		Box: b, Catalogue: uitest.Catalogue{}, Doctor: sick{}, Explainer: sage{}, Cache: shelf{}, Profiles: uitest.Household{}, Sales: uitest.Sales{}, WiFi: kitchenWiFi{}, Phones: newPocket(), Version: "1.2.3", Port: 1, Token: ui.NewToken(),
		Caller: func(context.Context) string { return role },
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: u.Local(), ReadHeaderTimeout: time.Minute}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 2)
	go func() { ended <- u.Run(ctx) }()
	go func() { ended <- server.Serve(listener) }()
	return func() {
		cancel()
		_ = server.Close()
		for range 2 {
			if err := <-ended; err != nil && !errors.Is(err, http.ErrServerClosed) {
				t.Error(err)
			}
		}
	}
}

// sage knows why.
type sage struct{}

func (sage) Why(_ context.Context, topic string) ([]ui.Reason, error) {
	return []ui.Reason{{Subject: "picture", Text: "About " + topic + "."}, {Subject: "link", Text: "It carries about 2.7 Mb/s."}}, nil
}

type sick struct{}

func (sick) Check(context.Context) []ui.Check {
	return []ui.Check{
		{Name: "player", OK: true, Severity: ui.SeverityOK, Text: "mpv is there."},
		{Name: "disk", Severity: ui.SeverityError, Text: "The disk is full.", Hint: "Free some space."},
	}
}

// outcomes are how the titles of the catalogue turn out.
func outcomes(id string, v *box.PlaybackView) {
	problem := func(code, text, hint string) {
		v.Phase, v.Problem = "failed", &box.Problem{Code: code, Text: text, Hint: hint}
	}
	switch id {
	case "demo:garden":
		problem("stream_error", "The film broke off.", "Press OK.")
	case "demo:harbour":
		problem("territory", "It may not be shown in this country.", "Choose another title.")
	case "demo:station":
		v.Phase = "opening"
	case "demo:station-2":
		problem("pairing_required", "This box is not paired.", "Pair it.")
	default:
		v.Phase, v.DurationMS, v.URL = "playing", 600000, "http://127.0.0.1:8788/s/abc/master.m3u8"
		v.Name, v.Chapters = uitest.Titles()[0].Name, uitest.Titles()[0].Chapters
	}
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(e *testscript.Env) error {
			b := uitest.NewBox()
			b.Playing = outcomes
			socket := filepath.Join(e.WorkDir, "s")
			e.Setenv("USHER_SOCKET", socket)
			e.Setenv("LANG", "en_GB.UTF-8")
			e.Setenv("GORACE", "atexit_sleep_ms=0") // each command would end a second later
			role := "local"
			if filepath.Base(e.WorkDir) == "script-wifi" {
				role = "installer" // whose work that is
			}
			e.Defer(bridgeFor(e.T().(testing.TB), b, socket, role))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a command and wants an exit code: exits CODE COMMAND…
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	got := 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v: %v", args[1:], err)
	}
	if args[0] != strconv.Itoa(got) {
		ts.Fatalf("%v: exit %d, want %s", args[1:], got, args[0])
	}
}

func TestWatchPrintsWhatChanges(t *testing.T) {
	b := uitest.NewBox()
	socket := filepath.Join(t.TempDir(), "s")
	defer bridge(t, b, socket)()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan int, 1)
	var errs bytes.Buffer
	go func() {
		code := run(ctx, []string{"-socket", socket, "watch"}, writer, &errs, func(string) string { return "" })
		_ = writer.Close()
		ended <- code
	}()
	lines := bufio.NewScanner(reader)
	expect := func(pattern string) {
		t.Helper()
		if !lines.Scan() || !regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{3}  `+pattern+`$`).MatchString(lines.Text()) {
			t.Errorf("line %q, want %s", lines.Text(), pattern)
		}
	}
	expect(`playback  idle`)
	expect(`system    player mpv on org\.mpris\.MediaPlayer2\.mpv \(no display: no picture\)`)
	b.Submit(box.PlayRequested{TitleID: "demo:tide"})
	expect(`playback  playing  Winter Tide  0:00:00 / 0:10:00`)
	b.SetProgress("demo:tide", box.Progress{PositionMS: 61000, DurationMS: 600000, UpdatedMS: 2})
	expect(`progress  demo:tide at 0:01:01 of 0:10:00`)
	if code := run(t.Context(), []string{"-socket", socket, "key", "ok"}, io.Discard, &errs, func(string) string { return "" }); code != 0 {
		t.Errorf("key: exit %d", code)
	}
	expect(`keys      ok press`)
	cancel()
	for lines.Scan() {
		t.Errorf("another line %q", lines.Text())
	}
	if code := <-ended; code != 0 || errs.Len() != 0 {
		t.Errorf("watch: exit %d, %s", code, errs.String())
	}
}

// TestWatchComesBack has the daemon go away, and another come in its place.
func TestWatchComesBack(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	stop := bridge(t, uitest.NewBox(), socket)
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan int, 1)
	var errs bytes.Buffer
	go func() {
		code := run(ctx, []string{"-socket", socket, "watch", "--json"}, writer, &errs, func(string) string { return "" })
		_ = writer.Close()
		ended <- code
	}()
	dec := json.NewDecoder(reader)
	next := func() (e event) {
		t.Helper()
		if err := dec.Decode(&e); err != nil || e.Epoch == "" {
			t.Fatalf("event %+v: %v", e, err)
		}
		return e
	}
	first := next()
	next()
	stop()
	b := uitest.NewBox()
	b.Update(func(v *box.View) { v.Playback.Phase = "failed" })
	defer bridge(t, b, socket)()
	var v box.PlaybackView
	if e := next(); e.Topic != "playback" || e.Epoch == first.Epoch || json.Unmarshal(e.State, &v) != nil || v.Phase != "failed" {
		t.Errorf("after the break: %+v", e)
	}
	for e := next(); e.Topic != "progress"; e = next() { // system and progress anew
	}
	cancel()
	_, _ = io.Copy(io.Discard, reader)
	if code := <-ended; code != exitDone || !strings.Contains(errs.String(), "it is looked for") {
		t.Errorf("exit %d, %s", code, errs.String())
	}
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]struct {
		at       time.Duration
		relative bool
	}{
		"+30": {30 * time.Second, true}, "-10": {-10 * time.Second, true}, "90": {90 * time.Second, false},
		"90s": {90 * time.Second, false}, "12:34": {12*time.Minute + 34*time.Second, false},
		"1:23:45": {time.Hour + 23*time.Minute + 45*time.Second, false}, "+1:00": {time.Minute, true},
		"-1m30s": {-90 * time.Second, true}, "0": {0, false}, "1500ms": {1500 * time.Millisecond, false},
	} {
		if at, relative, err := parseTime(text); err != nil || at != want.at || relative != want.relative {
			t.Errorf("%q = %v %v %v, want %v", text, at, relative, err, want)
		}
	}
	for _, text := range []string{"", "+", "-", "x", "1:60", "1:2:3:4", "+-3", "--3", "1:", ":1", "49:00:00", "1e3", "3 s", "99999999999999999999", "+ 5"} {
		if at, _, err := parseTime(text); err == nil {
			t.Errorf("%q = %v, want an error", text, at)
		}
	}
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"+30", "-10", "1:23:45", "90s", "::", "+-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at, relative, err := parseTime(s)
		if err == nil && (at > 48*time.Hour || at < -48*time.Hour || at < 0 && !relative) {
			t.Errorf("%q = %v %v", s, at, relative)
		}
	})
}

func TestVolumeWords(t *testing.T) {
	for word, want := range map[string]string{
		"40": `{"level":0.4}`, "40%": `{"level":0.4}`, "+5": `{"by":0.05}`, "-5": `{"by":-0.05}`,
		"mute": `{"mute":true}`, "unmute": `{"mute":false}`, "toggle": `{"mute":"toggle"}`,
	} {
		params, err := volumeParams(word)
		got, _ := json.Marshal(params)
		if err != nil || string(got) != want {
			t.Errorf("%s = %s %v, want %s", word, got, err, want)
		}
	}
	for _, word := range []string{"", "loud", "101", "NaN", "-101", "%"} {
		if params, err := volumeParams(word); err == nil {
			t.Errorf("%q = %v, want an error", word, params)
		}
	}
}

func TestManyCandidatesAreCut(t *testing.T) {
	titles := make([]offer.Title, mostCandidates+3)
	for i := range titles {
		titles[i] = offer.Title{ID: "demo:" + strconv.Itoa(i), Name: offer.Text{"en": "Winter " + strconv.Itoa(i)}}
	}
	text := (&app{lang: "en"}).ambiguous("winter", fittest(titles, "winter")).Error()
	if lines := strings.Split(text, "\n"); len(lines) != mostCandidates+2 || lines[len(lines)-1] != "  and 3 more" {
		t.Errorf("%s", text)
	}
	if best := fittest(titles, "WINTER 3"); len(best) != 1 || best[0].ID != "demo:3" {
		t.Errorf("an equal name is not the best: %v", best)
	}
}
