// Command abrbench plays titles over traces with Usher's policy, others, and the
// offline optimum, and prints what viewers would have had as Markdown. With -svg
// it draws the comparison too. It reads the traces' folder, writes the one file
// it is told to, and uses no network.
//
//	abrbench [-traces FOLDER] [-svg FILE]
//
// The folder holds bbb.json and folders of traces in Sabre's format; without one
// it generates the links and says so.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	traces := flag.String("traces", os.Getenv("USHER_TRACES"), "folder with bbb.json and folders of traces; default $USHER_TRACES")
	svg := flag.String("svg", "", "write a plot to this file")
	flag.Parse()
	if err := run(*traces, *svg); err != nil {
		fmt.Fprintln(os.Stderr, "abrbench:", err)
		os.Exit(1)
	}
}

func run(folder, svg string) error {
	b := bench{}
	if err := b.load(folder); err != nil {
		return err
	}
	b.play()
	if _, err := os.Stdout.WriteString(b.markdown()); err != nil {
		return fmt.Errorf("print results: %w", err)
	}
	if svg == "" {
		return nil
	}
	if err := os.WriteFile(svg, []byte(b.plot()), 0o644); err != nil {
		return fmt.Errorf("write plot: %w", err)
	}
	return nil
}
