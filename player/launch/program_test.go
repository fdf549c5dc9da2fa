//go:build linux

package launch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/player"
)

// TestPlayerIsRestrained reads what the kernel says of a player's process.
func TestPlayerIsRestrained(t *testing.T) {
	needBus(t)
	dir := folder(t)
	p, news := run(t, Options{Dir: dir, MPV: sleeper(dir)})
	if err := next(t, news); err != nil {
		t.Fatal(err)
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", p.PID()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range [][]string{{"Max", "open", "files", fmt.Sprint(maxFiles), fmt.Sprint(maxFiles)}, {"Max", "core", "file", "size", "0", "0"}} {
		if !slices.ContainsFunc(strings.Split(string(limits), "\n"), func(line string) bool {
			words := strings.Fields(line)
			return len(words) >= len(want) && slices.Equal(words[:len(want)], want)
		}) {
			t.Errorf("no limit %v in\n%s", want, limits)
		}
	}
	score, err := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", p.PID()))
	if err != nil || strings.TrimSpace(string(score)) != fmt.Sprint(oomScore) {
		t.Errorf("OOM score %q, %v; want %d", score, err, oomScore)
	}
}

func TestAnotherProgramRuns(t *testing.T) {
	needBus(t)
	dir := folder(t)
	program := Other{Program: sleeper(dir).Program, Env: []string{"COLOUR=blue"}}
	p, news := run(t, Options{Dir: dir, Program: program})
	if err := next(t, news); err != nil {
		t.Fatal(err)
	}
	var env []byte
	for limit := time.Now().Add(time.Minute); len(env) == 0 && time.Now().Before(limit); time.Sleep(time.Millisecond) {
		env, _ = os.ReadFile(fmt.Sprintf("/proc/%d/environ", p.PID())) // empty until it has begun
	}
	for _, want := range []string{"COLOUR=blue", "DBUS_SESSION_BUS_ADDRESS=" + p.Address(), "HOME=" + filepath.Join(dir, "home")} {
		if !slices.Contains(strings.Split(string(env), "\x00"), want) {
			t.Errorf("%s is not in its environment", want)
		}
	}
}

func TestProgramsSayWhatIsMissing(t *testing.T) {
	for _, program := range []Program{VLC{Program: "no-such-vlc"}, Other{Program: "no-such-player"}} {
		var problem *Problem
		if err := program.Check(); !errors.As(err, &problem) || problem.Reason != player.ReasonNoPlayer || problem.Hint == "" {
			t.Errorf("%s: told %v", program.Name(), err)
		}
	}
}

func TestVLCWithoutAScreen(t *testing.T) {
	v := VLC{Program: "sh", Headless: true, Args: []string{"--mine"}} // any program there is
	c, err := v.command(place{dir: "/d", bus: "b"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"--vout=vdummy", "--play-and-stop", "--control=dbus"} {
		if !slices.Contains(c.args, want) {
			t.Errorf("without %s: %v", want, c.args)
		}
	}
	if c.args[len(c.args)-1] != "--mine" || v.Video() {
		t.Error("the configuration's own arguments do not win, or a picture is promised")
	}
	if os.Getuid() == 0 && v.user() != Nobody {
		t.Error("VLC would refuse to run as root")
	}
}

func TestPrivateBusLetsThePlayersUserIn(t *testing.T) {
	own := fmt.Sprintf("%q", fmt.Sprint(os.Getuid()))
	for user, want := range map[uint32]int{0: 1, 4711: 2} {
		text := privateBus{dir: "/d", user: user}.allowed()
		if strings.Count(text, "<allow user=") != want || !strings.Contains(text, own) {
			t.Errorf("for user %d: %s", user, text)
		}
	}
}
