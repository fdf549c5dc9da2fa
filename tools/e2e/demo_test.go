// Package e2e drives the built product as a person would: the real daemon in
// demo mode, the real mpv, the real Chromium, key presses only.
//
// It needs bin/ (make build) and the demo's streams (make streams); make e2e
// brings both.
package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

var binaries = flag.String("bin", "../../bin", "folder of usherd and usher")

// demo is one running usherd -demo.
type demo struct {
	t     *testing.T
	args  []string
	cmd   *exec.Cmd
	ready ready
	out   *bytes.Buffer
	ended chan error
}

// ready is what usherd writes to its ready file.
type ready struct {
	Page   string `json:"page"`
	Media  string `json:"media"`
	Socket string `json:"socket"`
	PID    int    `json:"pid"`
}

// startDemo starts usherd -demo on free ports and waits until it is ready.
func startDemo(t *testing.T, args ...string) *demo {
	t.Helper()
	return startUsherd(t, append([]string{"-demo"}, args...)...)
}

// startUsherd starts usherd on free ports and waits until it is ready.
func startUsherd(t *testing.T, args ...string) *demo {
	t.Helper()
	dir := t.TempDir()
	if *storm != "" && slices.Contains(args, "-demo") && !slices.Contains(args, "-state") {
		args = append(args, "-state", filepath.Join(dir, "state")) // it has to outlive the storm
	}
	d := &demo{t: t, out: &bytes.Buffer{}, args: append([]string{
		"-listen", "127.0.0.1:0", "-media", "127.0.0.1:0",
		"-socket", filepath.Join(dir, "s"), "-ready-file", filepath.Join(dir, "ready"),
	}, args...)}
	d.start(d.args...)
	t.Cleanup(d.stop)
	return d
}

func (d *demo) start(args ...string) {
	d.t.Helper()
	file := args[slices.Index(args, "-ready-file")+1]
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		d.t.Fatal(err)
	}
	d.cmd, d.ended = exec.Command(program(d.t, "usherd"), args...), make(chan error, 1)
	d.cmd.Stdout, d.cmd.Stderr = d.out, d.out
	d.cmd.Env = append(os.Environ(), "TMPDIR="+d.t.TempDir())
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	go func(cmd *exec.Cmd, ended chan<- error) { ended <- cmd.Wait() }(d.cmd, d.ended)
	d.waitReady(file)
}

func program(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(*binaries, name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%s is not built; run make build: %v", name, err)
	}
	return path
}

func (d *demo) waitReady(file string) {
	d.t.Helper()
	eventually(d.t, 15*time.Second, "usherd is ready", func() bool {
		select {
		case err := <-d.ended:
			d.t.Fatalf("usherd ended before it was ready: %v\n%s", err, d.out)
		default:
		}
		data, err := os.ReadFile(file)
		return err == nil && json.Unmarshal(data, &d.ready) == nil
	})
}

// stop ends the demo as Ctrl-C does.
func (d *demo) stop() {
	_ = d.cmd.Process.Signal(os.Interrupt)
	select {
	case <-d.ended:
	case <-time.After(patience):
		d.t.Errorf("usherd does not end on an interrupt:\n%s", d.out)
		_ = syscall.Kill(-d.cmd.Process.Pid, syscall.SIGKILL)
	}
	if d.t.Failed() {
		d.t.Logf("usherd said:\n%s", d.out)
	}
}

// usher runs the command line; the exit code is not an error here.
func (d *demo) usher(args ...string) (stdout string, code int) {
	d.t.Helper()
	cmd := exec.Command(program(d.t, "usher"), args...)
	cmd.Env = append(os.Environ(), "USHER_SOCKET="+d.ready.Socket)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out // the same one: it is written by one goroutine then
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return out.String(), exit.ExitCode()
	}
	if err != nil {
		d.t.Fatalf("usher %s: %v", strings.Join(args, " "), err)
	}
	return out.String(), 0
}

// must runs the command line and wants it to succeed.
func (d *demo) must(args ...string) string {
	d.t.Helper()
	out, code := d.usher(args...)
	if code != 0 {
		d.t.Fatalf("usher %s: exit %d\n%s", strings.Join(args, " "), code, out)
	}
	return out
}

// status is what the tests read of usher status --json.
type status struct {
	Playback struct {
		Phase      string  `json:"phase"`
		TitleID    string  `json:"titleId"`
		PositionMS int64   `json:"positionMs"`
		AtMS       int64   `json:"atMs"`
		DurationMS int64   `json:"durationMs"`
		Rate       float64 `json:"rate"`
		URL        string  `json:"url"`
	} `json:"playback"`
	System struct {
		PlayerReady bool `json:"playerReady"`
		Player      struct {
			BusName    string `json:"busName"`
			BusAddress string `json:"busAddress"`
			PID        int    `json:"pid"`
			Simulated  bool   `json:"simulated"`
		} `json:"player"`
		TV struct {
			Power  string `json:"power"`
			Active bool   `json:"active"`
		} `json:"tv"`
		Power struct {
			State string `json:"state"`
		} `json:"power"`
	} `json:"system"`
}

func (d *demo) status() status {
	d.t.Helper()
	var s status
	if err := json.Unmarshal([]byte(d.must("status", "--json")), &s); err != nil {
		d.t.Fatal(err)
	}
	return s
}

// position is where the picture is now, in seconds.
func (s status) position() float64 {
	ms := s.Playback.PositionMS
	if s.Playback.Phase == "playing" {
		ms += time.Now().UnixMilli() - s.Playback.AtMS
	}
	return float64(ms) / 1000
}

func (d *demo) waitPhase(phase string, within time.Duration) status {
	d.t.Helper()
	var s status
	eventually(d.t, within, "phase "+phase, func() bool {
		s = d.status()
		return s.Playback.Phase == phase
	})
	return s
}

// patience is what a machine gets that has much else to do.
const patience = time.Minute

// eventually polls until ok. within is how long it may take where nothing else
// runs; it fails when patience is over as well.
func eventually(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	within = max(within, patience)
	for deadline := time.Now().Add(within); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}

// needs skips a test loudly when a program is missing.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skipf("SKIPPED: %s is not installed; make e2e installs it", p)
		}
	}
}
