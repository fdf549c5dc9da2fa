package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// fakeMPV answers on a socket like mpv's, and says what it is told to.
func fakeMPV(t *testing.T) (socket string, says chan<- string, heard <-chan string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "bl-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket = filepath.Join(dir, "mpv.sock")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	out, in := make(chan string), make(chan string, 10)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			lines := bufio.NewScanner(c)
			for lines.Scan() {
				in <- lines.Text()
			}
		}()
		for line := range out {
			_, _ = fmt.Fprintln(c, line)
		}
		_ = c.Close()
	}()
	return socket, out, in
}

// soon waits for something that has to become true.
func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for limit := time.Now().Add(20 * time.Second); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%s: not within 20 s", what)
		}
	}
}

func TestMPVIsWatchedThroughItsSocket(t *testing.T) {
	socket, says, heard := fakeMPV(t)
	m, err := dialMPV(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	for _, want := range []string{"time-pos", "height"} {
		if got := <-heard; !strings.Contains(got, "observe_property") || !strings.Contains(got, want) {
			t.Errorf("asked for %s, want %s", got, want)
		}
	}
	now := func() sight { s, _ := m.look(); return s }
	says <- `{"event":"property-change","id":1,"name":"time-pos"}`
	says <- `{"event":"property-change","id":2,"name":"height","data":360}`
	soon(t, "the height", func() bool { return now().height == 360 })
	if !now().first.IsZero() {
		t.Error("a picture before playback-restart")
	}
	says <- `{"event":"playback-restart"}`
	says <- `{"event":"property-change","id":1,"name":"time-pos","data":1.25}`
	soon(t, "the place", func() bool { return now().place == 1250*time.Millisecond })
	first := now().first
	says <- `{"event":"playback-restart"}` // after a seek, say
	says <- `{"event":"end-file","reason":"redirect"}`
	says <- `{"event":"property-change","id":1,"name":"time-pos","data":2}`
	soon(t, "the next place", func() bool { return now().place == 2*time.Second })
	if s := now(); s.first != first || first.IsZero() || s.ended {
		t.Errorf("%+v", s)
	}
	says <- `{"event":"end-file","reason":"error"}`
	soon(t, "the end", func() bool { return now().ended })
	m.reset()
	if now() != (sight{}) {
		t.Errorf("after a reset: %+v", now())
	}
	close(says)
	soon(t, "mpv's end", func() bool { _, err := m.look(); return err != nil })
}

// TestVLCIsCounted: pictures make the place; a second that does not fit is a jump.
func TestVLCIsCounted(t *testing.T) {
	var answer vlcStatus
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != "bench" {
			t.Errorf("password %q", password)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{
			"state": answer.State, "time": answer.Time,
			"stats":       map[string]any{"displayedpictures": answer.Stats.Displayed, "lostpictures": answer.Stats.Lost},
			"information": map[string]any{"category": map[string]any{"meta": map[string]string{"title": "x"}, "Stream 0": map[string]string{"Video_resolution": "384x216"}}},
		})
	}))
	defer server.Close()
	v := &vlc{p: &process{done: make(chan struct{})}, base: server.URL, client: server.Client()}
	look := func(state string, seconds, pictures, lost int64) sight {
		answer = vlcStatus{State: state, Time: seconds}
		answer.Stats.Displayed, answer.Stats.Lost = pictures, lost
		s, err := v.look()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := look("playing", 0, 0, 0); !s.first.IsZero() || s.place != 0 {
		t.Errorf("nothing shown: %+v", s)
	}
	if s := look("playing", 1, 30, 5); s.first.IsZero() || s.place != 1400*time.Millisecond || s.height != 216 {
		t.Errorf("35 pictures: %+v", s)
	}
	if s := look("playing", 9, 60, 0); s.place != 9*time.Second {
		t.Errorf("a jump: %+v", s)
	}
	if s := look("playing", 10, 85, 0); s.place != 10*time.Second || s.ended {
		t.Errorf("after the jump: %+v", s)
	}
	if s := look("stopped", 0, 85, 0); !s.ended {
		t.Errorf("stopped: %+v", s)
	}
	close(v.p.done)
	if _, err := v.look(); err == nil {
		t.Error("a VLC that is gone is asked")
	}
}

func TestGstSaysWhenItMoves(t *testing.T) {
	g := &gst{ready: make(chan struct{})}
	g.read(strings.NewReader("ready\n" + `{"place": 0, "first": false, "height": 0, "ended": false}` + "\n" +
		`{"place": 0.5, "first": true, "height": 108, "ended": false}` + "\nno line of ours\n"))
	<-g.ready
	if s, err := g.look(); err == nil || s.first.IsZero() || s.place != 500*time.Millisecond || s.height != 108 || s.ended {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestPlainEnvHasNoScreenAndNoSound(t *testing.T) {
	t.Setenv("DISPLAY", ":0")
	t.Setenv("PULSE_SERVER", "x")
	t.Setenv("BENCH_LINK_TEST", "kept")
	env := strings.Join(plainEnv(), "\n")
	if strings.Contains(env, "DISPLAY=") || strings.Contains(env, "PULSE_SERVER=") || !strings.Contains(env, "BENCH_LINK_TEST=kept") {
		t.Error(env)
	}
}

func TestLaunchEndsWhatItStarted(t *testing.T) {
	p, err := launch(t.TempDir(), 0, nil, "sh", "-c", "trap '' TERM; sleep 60 & wait; sleep 60")
	if err != nil {
		t.Fatal(err)
	}
	if p.ended() {
		t.Error("ended at once")
	}
	p.close()
	if !p.ended() {
		t.Error("it goes on")
	}
	if _, err := launch(t.TempDir(), 0, nil, "no-such-player"); err == nil {
		t.Error("a program that is not there is started")
	}
}
