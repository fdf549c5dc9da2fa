// Command remotes records how a box does with its remotes and its television: how
// long a key takes from the kernel to the player, how long a box in standby
// takes to a picture that moves, what it says on the cable at rest, and its
// memory. The first, third and fourth are from the guest of make e2e-vm (a real
// kernel, its clock counts instructions, so that figures repeat anywhere); the
// second is from the real mpv on this machine.
//
// It blocks for five minutes, and changes nothing but its section of the results
// file. A figure that is missing is an error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"usher/tools/bench/results"
)

// heading is that of the section.
const heading = "Remotes and television: a key to the player, waking, memory"

func main() {
	root := flag.String("root", "..", "the repository")
	out := flag.String("out", "", "results file whose section is replaced; empty: print only")
	wakes := flag.Int("wakes", 4, "how often the test of waking is run; it wakes twice")
	keep := flag.Bool("keep", false, "take what the guests said last, instead of starting them")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *root, *out, *wakes, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root, out string, wakes int, keep bool) error {
	began := time.Now()
	if !keep {
		if _, err := output(ctx, root, "tools/vm/e2e.sh", "latency", "usherd", "rest"); err != nil {
			return err
		}
	}
	logs, err := consoles(root, "latency", "usherd", "rest")
	if err != nil {
		return err
	}
	woke, err := output(ctx, filepath.Join(root, "tools"), "go", "test", "-v", "-timeout", "20m",
		"-count="+strconv.Itoa(wakes), "-run", "TestStandbyHoldsTheFilmAndWakeGoesOn", "./e2e")
	if err != nil {
		return err
	}
	f, err := read(logs, woke)
	if err != nil {
		return err
	}
	text := f.report(time.Since(began))
	fmt.Println(text)
	if out == "" {
		return nil
	}
	return results.WriteSection(out, heading, text)
}

// output runs a program in a folder; what it said is in the error when it fails.
func output(ctx context.Context, dir, program string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	text, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", program, strings.Join(args, " "), err, text)
	}
	return string(text), nil
}

// consoles is what the guests of the cases said.
func consoles(root string, cases ...string) (string, error) {
	var all strings.Builder
	for _, c := range cases {
		text, err := os.ReadFile(filepath.Join(root, "build/vm", c, "console.log"))
		if err != nil {
			return "", fmt.Errorf("read what the guest said: %w", err)
		}
		all.Write(text)
	}
	return all.String(), nil
}

// times are of one kind of key.
type times struct{ p50, p95, p99, most time.Duration }

// figures are what was found.
type figures struct {
	keys   map[string]times // evdev, CEC
	idle   int              // MB
	film   int
	frames int
	wakes  []float64 // ms
}

// read finds the figures in what guest and test said.
func read(guest, test string) (figures, error) {
	f := figures{keys: map[string]times{}}
	var errs []error
	for _, way := range []string{"evdev", "CEC"} {
		t, err := readTimes(guest, way)
		f.keys[way], errs = t, append(errs, err)
	}
	for _, n := range []struct {
		to   *int
		line string
	}{
		{&f.idle, `idle it takes (\d+) MB`},
		{&f.film, `with a film on it takes (\d+) MB`},
		{&f.frames, `frames in an hour at rest: (\d+)`},
	} {
		m := regexp.MustCompile(n.line).FindStringSubmatch(guest)
		if m == nil {
			errs = append(errs, fmt.Errorf("the guest did not say %q", n.line))
			continue
		}
		*n.to, _ = strconv.Atoi(m[1]) // digits
	}
	for _, m := range regexp.MustCompile(`looked at, (\S+) after the command began`).FindAllStringSubmatch(test, -1) {
		d, err := time.ParseDuration(m[1])
		f.wakes, errs = append(f.wakes, float64(d.Microseconds())/1000), append(errs, err)
	}
	if len(f.wakes) == 0 {
		errs = append(errs, errors.New("the test of waking said no time"))
	}
	return f, errors.Join(errs...)
}

func readTimes(guest, way string) (t times, err error) {
	m := regexp.MustCompile(`key \(` + way + `\) to the call on D-Bus: p50 (\S+), p95 (\S+), p99 (\S+), most (\S+) of`).FindStringSubmatch(guest)
	if m == nil {
		return t, fmt.Errorf("the guest said no times of keys by %s", way)
	}
	for i, to := range []*time.Duration{&t.p50, &t.p95, &t.p99, &t.most} {
		if *to, err = time.ParseDuration(m[i+1]); err != nil {
			return t, fmt.Errorf("times of keys by %s: %w", way, err)
		}
	}
	return t, nil
}

// The budgets.
const (
	keyBudget  = 5 * time.Millisecond
	wakeBudget = 1000 // ms
	idleBudget = 30   // MB
)

func (f figures) report(took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s; %s; took %s. `make bench-remotes` repeats it.\n", time.Now().UTC().Format("2006-01-02"), results.Machine(), took.Round(time.Second))
	b.WriteString("Keys, memory and frames: the whole `usherd -demo`, its service and a simulated player included, on a real kernel in QEMU (`make e2e-vm`, cases latency, usherd, rest): two processors " +
		"with a thousand million instructions a second between them, less than the slowest box has. Waking: the real mpv on this machine, from the start of `usher wake` until its position had moved, looked at with playerctl.\n\n")
	ms := func(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d.Microseconds())/1000) }
	var t results.Table
	t.Add("key to the call on D-Bus, ms", "p50", "p95", "p99", "most of 200", "budget, p99", "")
	for _, way := range []string{"evdev", "CEC"} {
		k := f.keys[way]
		t.Add(map[string]string{"evdev": "remote of the box (evdev)", "CEC": "remote of the television (CEC frame)"}[way],
			ms(k.p50), ms(k.p95), ms(k.p99), ms(k.most), "< "+ms(keyBudget), verdict(k.p99 < keyBudget))
	}
	b.WriteString(t.String() + "\n")
	slowest := results.Quantile(f.wakes, 1)
	t = results.Table{}
	t.Add("what", "found", "budget", "")
	t.Add(fmt.Sprintf("standby to a picture that moves, ms: median (slowest of %d)", len(f.wakes)),
		fmt.Sprintf("%.0f (%.0f)", results.Median(f.wakes), slowest), fmt.Sprintf("< %d", wakeBudget), verdict(slowest < wakeBudget))
	t.Add("memory at rest, MB", strconv.Itoa(f.idle), fmt.Sprintf("< %d", idleBudget), verdict(f.idle < idleBudget))
	t.Add("memory with a film on, MB (of its RAM ring what the film filled)", strconv.Itoa(f.film), fmt.Sprintf("< %d + the ring (64)", idleBudget), verdict(f.film < idleBudget+64))
	t.Add("frames that the box puts on the cable in an hour at rest", strconv.Itoa(f.frames), "0", verdict(f.frames == 0))
	b.WriteString(t.String())
	return b.String()
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "missed"
}
