// Command box measures the whole daemon against the budgets of the design:
// how soon it is ready, what it costs when idle, and how long a press takes to
// reach the player and to come back to a screen. It starts the real usherd in
// demo mode with the real mpv, on this machine, and uses nothing but its unix
// socket. Figures are medians of several rounds; a loaded machine shows.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"usher/tools/bench/bridge"
)

func main() {
	usherd := flag.String("usherd", "../bin/usherd", "the daemon")
	film := flag.String("film", "demo:lantern-coast", "title to play")
	rounds := flag.Int("rounds", 7, "starts of the daemon")
	presses := flag.Int("presses", 200, "pauses and resumes in one film")
	flag.Parse()
	if err := run(*usherd, *film, *rounds, *presses); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// figure is one line of the result.
type figure struct {
	what, budget string
	values       []float64 // in unit
	unit         string
	tail         bool // the 99th percentile counts, not the median
}

func run(usherd, film string, rounds, presses int) error {
	ready := figure{what: "start to ready", budget: "< 150 ms", unit: "ms"}
	idle := figure{what: "resident memory, idle (demo, with its service)", budget: "< 30 MB", unit: "MB"}
	cpu := figure{what: "CPU over 5 s, idle", budget: "0.0 %", unit: "%"}
	start := figure{what: "OK to playing, cold cache, service on this machine", budget: "-", unit: "ms"}
	again := figure{what: "OK to playing, segments in the cache", budget: "< 300 ms", unit: "ms"}
	pause := figure{what: "press to confirmed by the player and seen by a watcher, p99", budget: "-", unit: "ms", tail: true}
	for i := range rounds {
		d, took, err := startDaemon(usherd)
		if err != nil {
			return err
		}
		ready.add(ms(took))
		err = d.measure(film, i, presses, &idle, &cpu, &start, &again, &pause)
		d.stop()
		if err != nil {
			return err
		}
	}
	fmt.Printf("%-62s %10s %10s %10s\n", "what", "min", "median", "budget")
	for _, f := range []figure{ready, idle, cpu, start, again, pause} {
		fmt.Println(f)
	}
	return nil
}

// measure is one round in a running daemon. Idle CPU and presses take long, so
// they are measured in the first round alone.
func (d *daemon) measure(film string, round, presses int, idle, cpu, start, again, pause *figure) error {
	c, err := bridge.Dial(d.socket)
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.UntilPlayer(); err != nil {
		return err
	}
	time.Sleep(300 * time.Millisecond)
	idle.add(d.residentMB())
	if round == 0 {
		cpu.add(d.idleCPU(5 * time.Second))
	}
	for _, f := range []*figure{start, again} {
		took, err := c.Timed("player.play", map[string]any{"titleId": film, "from": "start"}, "playing")
		if err != nil {
			return err
		}
		f.add(ms(took))
		if _, err := c.Timed("player.stop", nil, "idle"); err != nil {
			return err
		}
	}
	if round > 0 {
		return nil
	}
	return pressKeys(c, film, presses, pause)
}

// pressKeys pauses and resumes a film, no faster than the bridge allows.
func pressKeys(c *bridge.Client, film string, n int, pause *figure) error {
	if _, err := c.Timed("player.play", map[string]any{"titleId": film, "from": "start"}, "playing"); err != nil {
		return err
	}
	for i := range n {
		method, phase := "player.pause", "paused"
		if i%2 == 1 {
			method, phase = "player.resume", "playing"
		}
		took, err := c.Timed(method, nil, phase)
		if err != nil {
			return err
		}
		pause.add(ms(took))
		time.Sleep(110 * time.Millisecond) // ten calls a second
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (f *figure) add(v float64) { f.values = append(f.values, v) }

// String is a line of the table.
func (f figure) String() string {
	v := slices.Sorted(slices.Values(f.values))
	if len(v) == 0 {
		return fmt.Sprintf("%-62s not measured", f.what)
	}
	at := len(v) / 2
	if f.tail {
		at = min(len(v)*99/100, len(v)-1)
	}
	return fmt.Sprintf("%-62s %7.1f %s %7.1f %s %10s", f.what, v[0], f.unit, v[at], f.unit, f.budget)
}

// daemon is a running usherd.
type daemon struct {
	cmd    *exec.Cmd
	dir    string
	socket string
}

// startDaemon starts usherd and says how long it took to be ready.
func startDaemon(usherd string) (*daemon, time.Duration, error) {
	dir, err := os.MkdirTemp("", "bench-box-")
	if err != nil {
		return nil, 0, err
	}
	d := &daemon{dir: dir, socket: filepath.Join(dir, "s")}
	file := filepath.Join(dir, "ready")
	d.cmd = exec.Command(usherd, "-demo", "-listen", "127.0.0.1:0", "-media", "127.0.0.1:0", "-socket", d.socket, "-ready-file", file)
	began := time.Now()
	if err := d.cmd.Start(); err != nil {
		return nil, 0, fmt.Errorf("start usherd: %w", err)
	}
	for time.Since(began) < 10*time.Second {
		if data, err := os.ReadFile(file); err == nil && json.Valid(data) {
			return d, time.Since(began), nil
		}
		time.Sleep(200 * time.Microsecond)
	}
	d.stop()
	return nil, 0, fmt.Errorf("usherd is not ready within 10 s")
}

func (d *daemon) stop() {
	_ = d.cmd.Process.Signal(os.Interrupt)
	_ = d.cmd.Wait()
	_ = os.RemoveAll(d.dir)
}

func (d *daemon) residentMB() float64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", d.cmd.Process.Pid))
	for _, line := range strings.Split(string(data), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024
		}
	}
	return 0
}

// idleCPU is the share of one core that the daemon uses, in percent.
func (d *daemon) idleCPU(over time.Duration) float64 {
	before := d.ticks()
	time.Sleep(over)
	const hz = 100 // USER_HZ of Linux
	return float64(d.ticks()-before) / hz / over.Seconds() * 100
}

func (d *daemon) ticks() int64 {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.cmd.Process.Pid))
	_, rest, _ := strings.Cut(string(data), ") ")
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return user + system
}
