package mpris_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"usher/player"
)

// troubled serves the film through a handler that may spoil it.
func troubled(t *testing.T, spoil func(w http.ResponseWriter, r *http.Request) bool) string {
	t.Helper()
	dir, err := film()
	if err != nil {
		t.Fatal(err)
	}
	files := http.FileServer(http.Dir(dir))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !spoil(w, r) {
			files.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL + "/index.m3u8"
}

// TestMPVStreamBreaksOff: from the third segment on the origin has nothing.
func TestMPVStreamBreaksOff(t *testing.T) {
	t.Parallel()
	for _, ipc := range []bool{true, false} {
		d, _ := mpv(t, ipc)
		url := troubled(t, func(w http.ResponseWriter, r *http.Request) bool {
			lost := strings.HasSuffix(r.URL.Path, ".ts") && !strings.HasSuffix(r.URL.Path, "0.ts") && !strings.HasSuffix(r.URL.Path, "1.ts")
			if lost {
				http.NotFound(w, r)
			}
			return lost
		})
		d.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{URL: url, Volume: -1}})
		watch(t, d, "playing", inPhase(player.Playing))
		got := watch(t, d, "failure", func(s player.Status) bool { return s.Phase == player.Failed || s.Phase == player.Ended })
		if got.Phase != player.Failed || got.Reason != player.ReasonStream || got.Position > 6*time.Second {
			t.Errorf("ipc=%v: %v %q at %v, want failed stream_error at about 4 s", ipc, got.Phase, got.Reason, got.Position)
		}
	}
}

// TestMPVStallIsBuffering: the origin holds the fifth segment back for a while.
// (FFmpeg looks at the first 5 s before it shows anything.)
func TestMPVStallIsBuffering(t *testing.T) {
	t.Parallel()
	for _, ipc := range []bool{true, false} {
		d, _ := mpv(t, ipc)
		held := make(chan struct{})
		release := sync.OnceFunc(func() { close(held) })
		url := troubled(t, func(_ http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, "4.ts") {
				select {
				case <-held:
				case <-r.Context().Done():
				}
			}
			return false
		})
		t.Cleanup(release)
		d.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{URL: url, Volume: -1, Start: 5 * time.Second}})
		watch(t, d, "playing", inPhase(player.Playing))
		got := watch(t, d, "buffering", inPhase(player.Buffering))
		if got.Position < 7*time.Second || got.Position > 9*time.Second {
			t.Errorf("ipc=%v: stalls at %v, want about 8 s", ipc, got.Position)
		}
		release()
		watch(t, d, "playing again", inPhase(player.Playing))
	}
}

// TestMPVReadsCaptions: side-loaded captions are fetched by mpv.
func TestMPVReadsCaptions(t *testing.T) {
	t.Parallel()
	d, _ := mpv(t, true)
	var asked atomic.Bool
	url := troubled(t, func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, ".vtt") {
			return false
		}
		asked.Store(true)
		_, _ = w.Write([]byte("WEBVTT\n\n00:00.000 --> 00:05.000\nHello\n"))
		return true
	})
	d.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{
		URL: url, Volume: -1, Subtitle: []string{"de"},
		Captions: []player.Captions{{URL: strings.Replace(url, "index.m3u8", "de.vtt", 1), Language: "de", Name: "Deutsch"}},
	}})
	watch(t, d, "playing", inPhase(player.Playing))
	watch(t, d, "progress with captions read", func(s player.Status) bool { return asked.Load() && s.Position > time.Second })
}

// TestMPVThatHangsIsReplaced: a stopped process is killed and started anew.
func TestMPVThatHangsIsReplaced(t *testing.T) {
	t.Parallel()
	d, l := mpv(t, true)
	d.Do(player.Command{Session: 1, Op: player.Open, Media: player.Media{URL: origin(t) + "/index.m3u8", Volume: -1}})
	watch(t, d, "playing", inPhase(player.Playing))
	pid := l.PID()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	await[player.Lost](t, d)
	if got := await[player.Ready](t, d); got.Info.PID == pid {
		t.Errorf("still process %d", pid)
	}
	t.Logf("a hung player was replaced after %v", time.Since(begun))
}
