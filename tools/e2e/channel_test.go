package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"
)

// shop is a boxoffice of its own, whose network can be taken away.
type shop struct {
	t   *testing.T
	cmd *exec.Cmd
	out *words
	url string
}

// words is what a program says, while it is still speaking.
type words struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(p)
}

func (w *words) find(re *regexp.Regexp) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if m := re.FindStringSubmatch(w.b.String()); m != nil {
		return m[1]
	}
	return ""
}

func startShop(t *testing.T, args ...string) *shop {
	t.Helper()
	s := &shop{t: t, out: &words{}}
	s.cmd = exec.Command(program(t, "boxoffice"), append([]string{"-listen", "127.0.0.1:0"}, args...)...)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Signal(syscall.SIGCONT)
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	})
	serving := regexp.MustCompile(`serving (http://\S+)`)
	eventually(t, 15*time.Second, "boxoffice serves", func() bool { s.url = s.out.find(serving); return s.url != "" })
	return s
}

// away takes the service away as a dead link does: nothing is refused, nothing
// comes.
func (s *shop) away(on bool) {
	s.t.Helper()
	sig := syscall.SIGCONT
	if on {
		sig = syscall.SIGSTOP
	}
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// box is usherd with real mpv and this service.
func (s *shop) box(settings string, args ...string) *demo {
	s.t.Helper()
	file := filepath.Join(s.t.TempDir(), "usher.toml")
	text := fmt.Sprintf("%s\n[[service]]\nid = \"house\"\nurl = %q\n", settings, s.url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return startDemo(s.t, append([]string{"-config", file}, args...)...)
}

// onAir is what these tests read of a channel.
type onAir struct {
	Phase, Outcome           string
	PositionMS, AtMS, HeldMS int64
	Session                  int
	Window                   struct{ StartMS, LiveMS, AtMS, SlackMS, BehindMS int64 }
	Problem, Notice          struct{ Code string }
}

func (d *demo) onAir() onAir {
	d.t.Helper()
	var s struct{ Playback onAir }
	if err := json.Unmarshal([]byte(d.must("status", "--json")), &s); err != nil {
		d.t.Fatal(err)
	}
	return s.Playback
}

// live says whether the picture is live, or as good as.
func (p onAir) live() bool {
	return p.Phase == "playing" && p.Window.LiveMS > 0 && p.Window.BehindMS <= p.Window.SlackMS
}

// TestOutageInALiveChannel: what is on the box plays to its end, the reason is
// said, and when the network is back the channel is live again.
func TestOutageInALiveChannel(t *testing.T) {
	needs(t, "mpv", "playerctl")
	for _, channel := range []string{"lantern-tv", "harbour-voices"} { // MPEG-TS, and CMAF with its sound apart
		t.Run(channel, func(t *testing.T) {
			t.Parallel()
			outlive(t, channel)
		})
	}
}

func outlive(t *testing.T, channel string) {
	s := startShop(t)
	d := s.box("")
	d.must("play", "house:"+channel)
	eventually(t, 30*time.Second, "live", func() bool { return d.onAir().live() })
	var held onAir
	eventually(t, 20*time.Second, "what is held is known", func() bool { held = d.onAir(); return held.HeldMS > held.PositionMS })

	s.away(true)
	gone := time.Now()
	eventually(t, 30*time.Second, "the outage is said", func() bool { return d.onAir().Problem.Code == "network_lost" })
	eventually(t, 60*time.Second, "the end of what is on the box", func() bool { return d.onAir().Phase == "buffering" })
	end := d.onAir()
	if off := end.HeldMS - end.PositionMS; off < -1500 || off > 4500 {
		t.Errorf("stands %d ms before the end of what is held", off)
	}
	if d := 35*time.Second - time.Since(gone); d > 0 { // long enough for the channel to have moved on
		time.Sleep(d)
	}
	s.away(false)
	eventually(t, 60*time.Second, "live again", func() bool { return d.onAir().live() && d.onAir().Problem.Code == "" })
	if back := d.onAir(); back.PositionMS-end.PositionMS < 15_000 {
		t.Errorf("went on where it stood, %d ms further: not live", back.PositionMS-end.PositionMS)
	} else {
		t.Logf("stood at its end, then live %d ms further on; notice %q", back.PositionMS-end.PositionMS, back.Notice.Code)
	}
	d.mpvMoves()
}

// TestAChannelInCMAFFollowsTheLink: on a slow link it is small from the first
// picture on, and on a fast one it soon is not.
func TestAChannelInCMAFFollowsTheLink(t *testing.T) {
	needs(t, "mpv", "playerctl")
	for rate, fits := range map[string]func(height int) bool{
		"1500kbit": func(height int) bool { return height > 0 && height < 720 },
		"20mbit":   func(height int) bool { return height == 720 },
	} {
		t.Run(rate, func(t *testing.T) {
			d := startShop(t, "-rate", rate, "-delay", "25ms").box("")
			d.must("play", "house:harbour-voices")
			d.waitPhase("playing", 60*time.Second)
			var s struct {
				Film struct{ Rungs, Switches, Height, Stalls, StalledMS int }
			}
			eventually(t, 2*time.Minute, "a picture that fits the link", func() bool {
				return json.Unmarshal([]byte(d.must("cache", "status", "--json")), &s) == nil && fits(s.Film.Height)
			})
			if s.Film.Rungs != 3 {
				t.Errorf("chooses among %d renditions", s.Film.Rungs)
			}
			d.mpvMoves()
			t.Logf("%+v\n%s", s.Film, d.must("why", "quality"))
		})
	}
}

// TestChannelFallsOutOfItsWindow: held for longer than the service keeps.
func TestChannelFallsOutOfItsWindow(t *testing.T) {
	needs(t, "mpv", "playerctl")
	d := startShop(t, "-live-window", "40s").box("")
	d.must("play", "house:lantern-tv")
	eventually(t, 30*time.Second, "live", func() bool { return d.onAir().live() })
	d.must("pause")
	d.waitPhase("paused", 10*time.Second)
	held := d.onAir()
	time.Sleep(45 * time.Second)
	d.must("resume")
	eventually(t, 30*time.Second, "it goes on", func() bool { p := d.onAir(); return p.Phase == "playing" && p.Session != held.Session })
	p := d.onAir()
	if p.Notice.Code != "live_window" || p.live() || p.PositionMS < p.Window.StartMS {
		t.Errorf("notice %q, behind %d ms, %d ms in the window", p.Notice.Code, p.Window.BehindMS, p.PositionMS-p.Window.StartMS)
	}
	d.mpvMoves()
	d.must("live")
	eventually(t, 30*time.Second, "live again", func() bool { return d.onAir().live() })
}

// mpvMoves wants mpv's own position to go on.
func (d *demo) mpvMoves() {
	d.t.Helper()
	eventually(d.t, 20*time.Second, "mpv's picture moves", func() bool {
		before := d.mpvPosition()
		time.Sleep(time.Second)
		gain := d.mpvPosition() - before
		return gain > 0.5 && gain < 2
	})
}

// TestLanguagesFromTheStart: what the configuration prefers is what is heard
// and read, without a press.
func TestLanguagesFromTheStart(t *testing.T) {
	needs(t, "mpv", "playerctl")
	d := startShop(t).box("language = \"de\"\nsubtitles = \"zh-Hans\"\n")
	d.must("play", "house:salt-and-starlight")
	d.waitPhase("playing", 20*time.Second)
	type track struct {
		Language string
		Selected bool
	}
	var got struct{ Audio, Subtitles []track }
	on := func(list []track) (language string) {
		for _, x := range list {
			if x.Selected {
				language = x.Language
			}
		}
		return language
	}
	eventually(t, 15*time.Second, "German sound, Chinese subtitles", func() bool {
		return json.Unmarshal([]byte(d.must("tracks", "--json")), &got) == nil && on(got.Audio) == "de" && on(got.Subtitles) == "zh-Hans"
	})
}
