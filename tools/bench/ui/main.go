// Command ui measures the ten-foot page in a headless Chromium on a real
// usherd -demo: how much script it is, how soon the first screen is there, how
// long a key takes to move the focus and to be painted, unthrottled and with
// the processor slowed down six times (what a cheap box is), whether frames are
// lost while a key repeats, and what the page holds after many keys.
//
// Figures depend on the machine; compare within a run.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"time"

	"usher/tools/bench/results"
)

func main() {
	usherd := flag.String("usherd", "../bin/usherd", "the daemon")
	dist := flag.String("dist", "../internal/ui/web/dist", "the built page")
	out := flag.String("out", "", "results file whose section is replaced; empty: print only")
	keys := flag.Int("keys", 10_000, "keys pressed before memory is looked at again")
	loads := flag.Int("loads", 3, "times the page is opened for each speed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *usherd, *dist, *out, *keys, *loads); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, usherd, dist, out string, keys, loads int) (err error) {
	began := time.Now()
	box, err := startBox(ctx, usherd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, box.stop()) }()
	sizes, err := measureFiles(dist)
	if err != nil {
		return err
	}
	costs, err := measureCost(ctx, box.page)
	if err != nil {
		return err
	}
	var found []speed
	for _, slow := range []float64{1, 6} {
		s, err := measureSpeed(ctx, box.page, slow, loads)
		if err != nil {
			return fmt.Errorf("measure ×%.0f: %w", slow, err)
		}
		found = append(found, s)
	}
	held, err := measureMemory(ctx, box.page, keys)
	if err != nil {
		return fmt.Errorf("measure memory: %w", err)
	}
	text := report(sizes, costs, found, held, time.Since(began))
	fmt.Println(text)
	if out == "" {
		return nil
	}
	return results.WriteSection(out, "The page: bytes, first screen, keys, memory", text)
}

// box is usherd in demo mode.
type box struct {
	cmd  *exec.Cmd
	dir  string
	page string
}

func startBox(ctx context.Context, program string) (*box, error) {
	dir, err := os.MkdirTemp("", "bench-ui-")
	if err != nil {
		return nil, err
	}
	b := &box{dir: dir}
	ready := filepath.Join(dir, "ready")
	b.cmd = exec.CommandContext(ctx, program, "-demo", "-listen", "127.0.0.1:0", "-media", "127.0.0.1:0", "-socket", filepath.Join(dir, "s"), "-ready-file", ready)
	b.cmd.Cancel = func() error { return b.cmd.Process.Signal(os.Interrupt) }
	b.cmd.WaitDelay = 10 * time.Second
	if err := b.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start usherd: %w", err), os.RemoveAll(dir))
	}
	for range 1500 {
		var at struct {
			Page string `json:"page"`
		}
		if data, err := os.ReadFile(ready); err == nil && json.Unmarshal(data, &at) == nil && at.Page != "" {
			b.page = at.Page
			return b, nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return nil, errors.Join(errors.New("usherd is not ready within 15 s"), b.stop())
}

func (b *box) stop() error {
	_ = b.cmd.Process.Signal(os.Interrupt)
	_ = b.cmd.Wait() // ended by the signal
	return os.RemoveAll(b.dir)
}
