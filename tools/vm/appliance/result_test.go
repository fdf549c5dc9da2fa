package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTable: what cuts leave comes into one table, in the order of their moments.
func TestTable(t *testing.T) {
	l := &lab{out: t.TempDir()}
	if err := l.table(); err != nil {
		t.Errorf("without a cut: %v", err)
	}
	for _, c := range []struct {
		folder string
		result result
	}{
		{"cuts-10", result{Number: 10, What: "at the reset", Up: 20 * time.Second, Settled: time.Minute, Version: good, Slot: "b", A: "good", B: "good", Next: next, Fetched: 30_000_000}},
		{"cuts-2", result{Number: 2, What: "at 20 %", Up: 9 * time.Second, Settled: 11 * time.Second, Version: first, Slot: "a", A: "good", B: "empty (interrupted)"}},
	} {
		dir := l.at("runs", c.folder)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := c.result.write(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.table(); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(l.out, "cuts.md"))
	if err != nil {
		t.Fatal(err)
	}
	want := `| | the power goes | up again after | settled after | runs | from | slot b | next update |
|---|---|---|---|---|---|---|---|
| 2 | at 20 % | 9 s | 11 s | 2026.11.1 | a | ` + "`empty (interrupted)`" + ` |  |
| 10 | at the reset | 20 s | 60 s | 2026.11.2 | b | ` + "`good`" + ` | 2026.11.3, kept (30.0 MB) |
`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestSh: an answer is the one to its own question.
func TestSh(t *testing.T) {
	near, far := net.Pipe()
	g := &guest{line: near, lines: make(chan string, 16), console: &console{}}
	go g.read()
	go func() { // a box that starts anew with a question in its ears
		defer far.Close()
		r := bufio.NewReader(far)
		for i, answer := range []string{"=LAB b\n", "old\n=DONE 1 0\n=END 0\nnew\nlast=DONE 2 0\n", "=END 0\nbad\n=DONE 3 4\n"} {
			if line, err := r.ReadString('\n'); err != nil || !strings.HasSuffix(line, fmt.Sprintf("echo \"=DONE %d $?\"\n", i+1)) {
				t.Errorf("asked %q, %v", line, err)
			}
			_, _ = io.WriteString(far, answer) // the bench may have ended
		}
	}()
	if _, err := g.sh("one"); !errors.Is(err, errAnew) || g.slot != "b" {
		t.Errorf("a box that started anew: %v, slot %q", err, g.slot)
	}
	if out, err := g.sh("two"); err != nil || out != "new\nlast" {
		t.Errorf("two: %q, %v", out, err)
	}
	if out, err := g.sh("three"); err == nil || out != "bad\n" {
		t.Errorf("three: %q, %v", out, err)
	}
}
