package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// record keeps what a viewing's figures were made of, with -keep: a line for
// each look that differs from the one before, and one for each fetch.
func record(dir string, samples []sample, fetches []fetch, began time.Time) error {
	f, err := os.Create(filepath.Join(dir, "viewing.jsonl"))
	if err != nil {
		return fmt.Errorf("keep the record: %w", err)
	}
	lines := json.NewEncoder(f)
	var last sight
	for _, s := range samples {
		if s.sight != last {
			err = lines.Encode(map[string]any{"at": s.at.Seconds(), "place": s.place.Seconds(), "height": s.height, "first": !s.first.IsZero(), "ended": s.ended})
			last = s.sight
		}
	}
	for _, g := range fetches {
		if g.ended.IsZero() { // it went on to the end
			g.ended = g.began
		}
		if err == nil {
			err = lines.Encode(map[string]any{
				"rung": g.rung, "segment": g.segment, "bytes": g.bytes, "size": g.size,
				"from": g.began.Sub(began).Seconds(), "to": g.ended.Sub(began).Seconds(),
			})
		}
	}
	if bad := f.Close(); err == nil {
		err = bad
	}
	if err != nil {
		return fmt.Errorf("keep the record: %w", err)
	}
	return nil
}
