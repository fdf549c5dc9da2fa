package main

import (
	"os"
	"path/filepath"
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
