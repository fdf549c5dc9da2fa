// Command abr runs the simulator of rendition policies (cache/abr/abrsim/abrbench)
// from the repository's root, and writes what it prints, with machine and date,
// as the section "abr" of a results file. It blocks for some minutes, most of
// them for the offline optimum.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"usher/tools/bench/results"
)

func main() {
	root := flag.String("root", "..", "the repository")
	traces := flag.String("traces", os.Getenv("USHER_TRACES"), "folder of traces; default $USHER_TRACES; none: links are generated")
	out := flag.String("out", "", "write the section \"abr\" of this Markdown file")
	svg := flag.String("svg", "", "write the plot to this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *root, *traces, *out, *svg); err != nil {
		fmt.Fprintln(os.Stderr, "bench-abr:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, root, traces, out, svg string) error {
	cmd := exec.CommandContext(ctx, "go", "run", "./cache/abr/abrsim/abrbench", "-traces", traces, "-svg", svg)
	cmd.Dir, cmd.Stderr = root, os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("run simulator: %w", err)
	}
	head := fmt.Sprintf("%s; %s. `make bench-abr` repeats it.\n", time.Now().Format(time.DateOnly), results.Machine())
	fmt.Print(head, string(text))
	if out == "" {
		return nil
	}
	return results.WriteSection(out, "abr", head+string(text))
}
