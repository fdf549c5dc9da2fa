//go:build linux

package launch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/player"
)

// victim, set in the environment, makes the test binary an usherd that is
// about to be killed.
const victim = "USHER_LAUNCH_VICTIM"

func TestMain(m *testing.M) {
	if dir := os.Getenv(victim); dir != "" {
		beVictim(dir)
		return
	}
	goleak.VerifyTestMain(m)
}

// beVictim starts a bus and a player, prints the player's process id, and
// waits to be killed.
func beVictim(dir string) {
	p := New(Options{Dir: dir, MPV: sleeper(dir), Logger: slog.New(slog.DiscardHandler)})
	go func() {
		for p.PID() == 0 {
			time.Sleep(time.Millisecond)
		}
		fmt.Println(p.PID())
	}()
	_ = p.Run(context.Background())
}

// sleeper is a player that does nothing for a minute.
func sleeper(dir string) MPV { return script(dir, "exec sleep 60") }

// script is a player that is a shell script.
func script(dir, body string) MPV {
	program, plugin := filepath.Join(dir, "player"), filepath.Join(dir, "mpris.so")
	if err := errors.Join(os.WriteFile(program, []byte("#!/bin/sh\n"+body+"\n"), 0o700), os.WriteFile(plugin, nil, 0o600)); err != nil {
		panic(err)
	}
	return MPV{Program: program, Plugin: plugin, Headless: true}
}

// folder is a short one, because it holds sockets.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "usher-launch-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func needBus(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("dbus-daemon"); err != nil {
		t.Skip("SKIP: dbus-daemon not installed; make test installs it")
	}
}

// run starts p and gives what its Notify says.
func run(t *testing.T, o Options) (*Player, <-chan error) {
	t.Helper()
	news := make(chan error, 100)
	o.Notify = func(err error) { news <- err }
	o.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	p := New(o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = p.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return p, news
}

func next(t *testing.T, news <-chan error) error {
	t.Helper()
	select {
	case err := <-news:
		return err
	case <-time.After(time.Minute):
		t.Fatal("no news within a minute")
		return nil
	}
}

func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// gone waits until a process is.
func gone(t *testing.T, pid int) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); alive(pid); time.Sleep(5 * time.Millisecond) {
		if stat, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); strings.Contains(string(stat), ") Z ") {
			return // dead; its new parent has not noticed
		}
		if time.Now().After(limit) {
			t.Fatalf("process %d lives on", pid)
		}
	}
}

func TestKilledPlayerIsBackAtOnce(t *testing.T) {
	needBus(t)
	dir := folder(t)
	p, news := run(t, Options{Dir: dir, MPV: sleeper(dir)})
	if err := next(t, news); err != nil {
		t.Fatal(err)
	}
	first := p.PID()
	begun := time.Now()
	p.Kill()
	var problem *Problem
	if err := next(t, news); !errors.As(err, &problem) || problem.Reason != player.ReasonPlayerLost || !strings.Contains(problem.Text, "crashed") {
		t.Errorf("told %v, want a crash", err)
	}
	if err := next(t, news); err != nil {
		t.Fatal(err)
	}
	t.Logf("back after %v", time.Since(begun))
	if p.PID() == first || !alive(p.PID()) {
		t.Errorf("process %d after %d", p.PID(), first)
	}
}

func TestMissingThingsAreToldApart(t *testing.T) {
	dir := folder(t)
	good := sleeper(dir)
	tests := []struct {
		name string
		mpv  MPV
		want player.Reason
	}{
		{"program", MPV{Program: "no-such-player", Plugin: good.Plugin}, player.ReasonNoPlayer},
		{"plug-in", MPV{Program: good.Program, Plugin: filepath.Join(dir, "none.so")}, player.ReasonNoPlugin},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var problem *Problem
			if err := test.mpv.Check(); !errors.As(err, &problem) || problem.Reason != test.want || problem.Hint == "" {
				t.Errorf("told %v, want %s with a hint", err, test.want)
			}
		})
	}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}

func TestExitIsNoCrash(t *testing.T) {
	needBus(t)
	dir := folder(t)
	_, news := run(t, Options{Dir: dir, MPV: script(dir, "exit 0")})
	for range 100 {
		if err := next(t, news); err != nil {
			if !strings.Contains(err.Error(), "ended by itself") {
				t.Errorf("told %v", err)
			}
			return
		}
	}
}

func TestRunLeavesNothingBehind(t *testing.T) {
	needBus(t)
	dir := folder(t)
	// A player that ignores the polite request, with a child of its own.
	mpv := script(dir, "trap '' TERM\nsleep 60 &\necho $! > "+filepath.Join(dir, "child")+"\nwhile :; do wait; sleep 1; done")
	news := make(chan error, 10)
	p := New(Options{Dir: dir, MPV: mpv, Notify: func(err error) { news <- err }, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = p.Run(ctx) }()
	if err := next(t, news); err != nil {
		t.Fatal(err)
	}
	pid, child := p.PID(), 0
	for limit := time.Now().Add(time.Minute); child == 0 && time.Now().Before(limit); time.Sleep(time.Millisecond) {
		text, _ := os.ReadFile(filepath.Join(dir, "child")) // not there yet
		_, _ = fmt.Sscan(string(text), &child)
	}
	if child == 0 {
		t.Fatal("the player did not get going")
	}
	cancel()
	<-done
	gone(t, pid)
	gone(t, child)
	if c, err := net.Dial("unix", filepath.Join(dir, "bus")); err == nil {
		_ = c.Close()
		t.Error("the bus lives on")
	}
}

func TestKilledUsherLeavesNothingBehind(t *testing.T) {
	needBus(t)
	dir := folder(t)
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), victim+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(bufio.NewReader(out), &pid); err != nil {
		t.Fatal(err)
	}
	if !alive(pid) {
		t.Fatal("the player does not run")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	gone(t, pid)
	for limit := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		c, err := net.Dial("unix", filepath.Join(dir, "bus"))
		if err != nil {
			return
		}
		_ = c.Close()
		if time.Now().After(limit) {
			t.Fatal("the bus lives on")
		}
	}
}

func TestBackoff(t *testing.T) {
	var b backoff
	var got []time.Duration
	for range 12 {
		got = append(got, b.ended(time.Second))
	}
	if got[0] != 0 || got[1] != 250*time.Millisecond || got[2] != 500*time.Millisecond || got[11] != 30*time.Second {
		t.Errorf("waits %v", got)
	}
	if w := b.ended(time.Minute); w != 0 {
		t.Errorf("waits %v after a process that ran well", w)
	}
}

func TestOutputIsBoundedAndClean(t *testing.T) {
	var log strings.Builder
	l := newLineLog(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), "mpv")
	if _, err := fmt.Fprintf(l, "Failed to open http://127.0.0.1/secret?token=abc.\nhalf"); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(l, strings.Repeat("x", 10*maxLine)+"\n"+strings.Repeat("again\n", 2*maxLines)); err != nil {
		t.Fatal(err)
	}
	l.flush()
	got := log.String()
	if strings.Contains(got, "secret") || strings.Contains(got, "token") {
		t.Error("an address is in the log")
	}
	if n := strings.Count(got, "\n"); n != maxLines+1 {
		t.Errorf("%d lines in the log, want %d and one that counts the rest", n, maxLines)
	}
	if strings.Contains(got, strings.Repeat("x", maxLine)) || !strings.Contains(got, "halfxxx") {
		t.Error("a long line is not cut at its bound")
	}
}

func TestPrivateBusRefusesOtherNames(t *testing.T) {
	needBus(t)
	dir := folder(t)
	p, news := run(t, Options{Dir: dir, MPV: sleeper(dir)})
	if err := next(t, news); err != nil {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("dbus-send"); err != nil {
		t.Skip("SKIP: dbus-send not installed; make test installs it")
	}
	request := func(name string) error {
		return exec.Command("dbus-send", "--bus="+p.Address(), "--print-reply", "--dest=org.freedesktop.DBus", "/org/freedesktop/DBus",
			"org.freedesktop.DBus.RequestName", "string:"+name, "uint32:0").Run()
	}
	if err := request("org.mpris.MediaPlayer2.test"); err != nil {
		t.Errorf("a player may not have its name: %v", err)
	}
	if request("org.freedesktop.login1") == nil {
		t.Error("another name was given away")
	}
}
