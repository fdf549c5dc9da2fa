package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// result is what became of a box whose power went.
type result struct {
	Number  int
	What    string        // the moment
	Up      time.Duration // from the power to a system that answers
	Settled time.Duration // … to a box with nothing under way, a trial included
	Version string        // that it runs
	Slot    string        // from which
	A, B    string        // how the slots stand
	Next    string        // the version of an update after that, which was kept
	Fetched int64         // bytes of it
}

func (r result) String() string {
	text := fmt.Sprintf("%s: up after %.0f s, runs %s from slot %s after %.0f s, a %s, b %s",
		r.What, r.Up.Seconds(), r.Version, r.Slot, r.Settled.Seconds(), r.A, r.B)
	if r.Next != "" {
		text += fmt.Sprintf("; the next update, to %s, took %s and was kept", r.Next, megabytes(r.Fetched))
	}
	return text
}

// write leaves it with the logs of its case.
func (r result) write(dir string) error {
	data, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "result.json"), data, 0o644)
}

// table writes the results of all cuts that the folder has, of this run and
// those before on the same images, as they stand in docs/firmware.md.
func (l *lab) table() error {
	names, err := filepath.Glob(l.at("runs", "cuts-*", "result.json"))
	if err != nil || len(names) == 0 {
		return err
	}
	var list []result
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		var r result
		if err := json.Unmarshal(data, &r); err != nil {
			return err
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b result) int { return a.Number - b.Number })
	var b strings.Builder
	b.WriteString("| | the power goes | up again after | settled after | runs | from | slot b | next update |\n|---|---|---|---|---|---|---|---|\n")
	for _, r := range list {
		after := ""
		if r.Next != "" {
			after = fmt.Sprintf("%s, kept (%s)", r.Next, megabytes(r.Fetched))
		}
		fmt.Fprintf(&b, "| %d | %s | %.0f s | %.0f s | %s | %s | `%s` | %s |\n", r.Number, r.What, r.Up.Seconds(), r.Settled.Seconds(), r.Version, r.Slot, r.B, after)
	}
	say("%d cuts: %s", len(list), l.at("cuts.md"))
	return os.WriteFile(l.at("cuts.md"), []byte(b.String()), 0o644)
}
