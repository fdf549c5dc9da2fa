package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"usher/tools/bench/results"
)

// slack is how long a player may take beyond the playing time of a stream.
const slack = 60 * time.Second

// player is a native player, and how it is told to play without a screen.
type player struct {
	name    string
	program string
	args    func(link string, st stream, live time.Duration) []string
	env     []string
	without *regexp.Regexp // a line about a screen or a desktop that is not there; nil: none
	bad     *regexp.Regexp // any other line that is an error
	chatter *regexp.Regexp // any other line that says nothing; what is left is a warning
	ends    bool           // it cannot be told for how long: it is interrupted
	user    uint32         // it refuses to run as root
	crawls  bool           // it reads no playlist: that is done for it
	cannot  map[string]string
	results []result
}

func players() []*player {
	return []*player{mpv(), vlc(), ffplay(), gstreamer(), {
		name: "curl", program: "curl", bad: regexp.MustCompile(`.`), crawls: true,
		cannot: map[string]string{secondLanguage: "takes all"},
	}}
}

func mpv() *player {
	return &player{
		name: "mpv", program: "mpv", bad: regexp.MustCompile(`(?i)^\[.*(error|failed)|^Failed|^Errors`),
		args: func(link string, st stream, live time.Duration) []string {
			a := []string{"--no-config", "--vo=null", "--ao=null", "--msg-level=all=warn", "--no-input-terminal", "--really-quiet=no", "--term-status-msg="}
			if st.language != "" {
				a = append(a, "--alang="+st.language)
			}
			if st.live {
				return append(a, fmt.Sprintf("--length=%.0f", live.Seconds()), link)
			}
			return append(a, "--untimed", "--ao-null-untimed=yes", link)
		},
	}
}

func vlc() *player {
	return &player{
		name: "VLC", program: "vlc", user: 65534, ends: true,
		// The program vlc always tries to be driven over D-Bus and by the keys of
		// an X display. There are neither, and no option leaves it out.
		without: regexp.MustCompile(`dbus interface error: Failed to connect to the D-Bus session|main interface error: no suitable interface module|main libvlc error: interface "(dbus|globalhotkeys),none" initialization failed`),
		bad:     regexp.MustCompile(`(?i)error|failed`),
		chatter: regexp.MustCompile(`^VLC media player|idummy demux: command |using the dummy interface|end of playlist|AAC channels: |adaptive demux: (Changing stream format|Ending demuxer stream)`),
		args: func(link string, st stream, _ time.Duration) []string {
			a := []string{"--intf=dummy", "--ignore-config", "--no-metadata-network-access", "--no-lua", "--vout=vdummy", "--aout=adummy", "--verbose=0", "--play-and-exit"}
			if st.language != "" {
				a = append(a, "--audio-language="+st.language)
			}
			return append(a, link, "vlc://quit")
		},
	}
}

func ffplay() *player {
	return &player{
		name: "ffplay", program: "ffplay", env: []string{"SDL_VIDEODRIVER=dummy", "SDL_AUDIODRIVER=dummy"}, ends: true,
		// SDL's dummy screen has no graphics processor; ffplay goes on without.
		without: regexp.MustCompile(`Failed to initialize a hardware accelerated renderer`),
		bad:     regexp.MustCompile(`(?i)error|fail|invalid`),
		args: func(link string, st stream, _ time.Duration) []string {
			a := []string{"-hide_banner", "-loglevel", "warning", "-nostats", "-autoexit"}
			if st.language != "" {
				a = append(a, "-ast", "a:1")
			}
			return append(a, link)
		},
	}
}

func gstreamer() *player {
	return &player{
		name: "GStreamer", program: "gst-play-1.0", ends: true,
		bad:     regexp.MustCompile(`ERROR|CRITICAL`),
		chatter: regexp.MustCompile(`^(Press|Now playing|Reached end|Pipeline|Preroll|Redistribute|Interrupt|Setting|Volume|\d|Loading|Buffering|Got|Missing)`),
		cannot:  map[string]string{secondLanguage: "cannot be told"},
		args: func(link string, _ stream, _ time.Duration) []string {
			// Without a clock (sync=false) GStreamer 1.22 stops for ever in one of
			// twenty plays on a busy machine, from the service itself as well.
			const sink = "fakesink sync=true"
			return []string{"--no-interactive", "--videosink=" + sink, "--audiosink=" + sink, link}
		},
	}
}

// missing is the program that is not installed; "" when it is.
func (p *player) missing() string {
	if _, err := exec.LookPath(p.program); err != nil {
		return p.program
	}
	return ""
}

var number = regexp.MustCompile(`\d+\.\d+\.\d+`)

// version is the name with the version.
func (p *player) version() string {
	ask := map[string]string{"ffplay": "-version"}[p.program]
	if ask == "" {
		ask = "--version"
	}
	cmd := exec.Command(p.program, ask)
	cmd.SysProcAttr = p.credential()
	out, _ := cmd.Output()
	return strings.TrimSpace(p.name + " " + number.FindString(string(out)))
}

func (p *player) credential() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if p.user != 0 && os.Getuid() == 0 {
		a.Credential = &syscall.Credential{Uid: p.user, Gid: p.user}
	}
	return a
}

// play plays to the end, or live for a while; warnings are what it said.
func (p *player) play(ctx context.Context, dir, link string, st stream, live time.Duration) (warnings []string, err error) {
	if p.crawls {
		return nil, p.crawl(ctx, link, st, live)
	}
	ctx, cancel := context.WithTimeout(ctx, live+slack)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.program, p.args(link, st, live)...)
	var out said
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &out, dir
	cmd.Env = append(append(os.Environ(), "HOME="+dir, "XDG_RUNTIME_DIR="+dir), p.env...)
	cmd.SysProcAttr = p.credential()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	told := make(chan struct{})
	if p.ends && st.live {
		stop := time.AfterFunc(live, func() { out.seal(); close(told); end(cmd) })
		defer stop.Stop()
	}
	err = cmd.Wait()
	select {
	case <-told:
		err = nil // we did that
	default:
	}
	warnings, bad := p.sort(out.String())
	switch {
	case ctx.Err() != nil:
		return nil, fmt.Errorf("it did not end: %s", tail(out.String()))
	case bad != "":
		return nil, errors.New(results.Clean(bad))
	case err != nil:
		return nil, fmt.Errorf("%w: %s", err, tail(out.String()))
	}
	return warnings, nil
}

// end interrupts a player; ffplay may hang in its own end, so it has a moment.
func end(cmd *exec.Cmd) {
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
	time.Sleep(2 * time.Second)
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // of the group: none of it is left when it has ended
}

// said is what a player says until it is sealed. What comes later is of its own
// end: VLC takes the screen away before the decoder has stopped, which then
// reports "decode_slice_header error".
type said struct {
	mu     sync.Mutex
	text   strings.Builder
	sealed bool
}

// Write implements io.Writer; it never fails.
func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.sealed {
		s.text.Write(p)
	}
	return len(p), nil
}

func (s *said) seal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sealed = true
}

// String is what was said so far.
func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

var address = regexp.MustCompile(`(?m)^\[[0-9a-f]{16}\] `)

// sort finds the first error in what a player said; the rest are warnings.
func (p *player) sort(out string) (warnings []string, bad string) {
	fits := func(r *regexp.Regexp, line string) bool { return r != nil && r.MatchString(line) }
	for line := range strings.FieldsFuncSeq(address.ReplaceAllString(out, ""), func(r rune) bool { return r == '\n' || r == '\r' }) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || fits(p.without, line):
		case fits(p.bad, line):
			return nil, line
		case !fits(p.chatter, line):
			warnings = append(warnings, line)
		}
	}
	return warnings, ""
}

func tail(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return results.Clean(s[max(0, len(s)-200):])
}

// plain makes a warning fit to be compared and printed: without addresses
// in memory, and without numbers that differ each time.
func plain(w string) string {
	w = regexp.MustCompile(`0x[0-9a-f]+|\d{4,}|\b\d+ ms`).ReplaceAllString(results.Clean(w), "…")
	return w[:min(len(w), 120)]
}

func get(ctx context.Context, address string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", results.Clean(address), resp.Status)
	}
	return string(body), err
}
