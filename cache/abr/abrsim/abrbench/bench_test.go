package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"usher/cache/abr/abrsim"
)

// TestReportNamesEverybody plays one link and looks at what is printed.
func TestReportNamesEverybody(t *testing.T) {
	title := abrsim.Generated(1)
	title.Sizes = title.Sizes[:20]
	b := bench{titles: []*abrsim.Title{title}}
	b.add("a & b", 0, abrsim.Synthetic(abrsim.WiFi, 1))
	b.play()
	text := b.markdown()
	for _, want := range append(names(), "**a & b** (1 sessions each", "NO RECORDED TRACES") {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	d := xml.NewDecoder(strings.NewReader(b.plot()))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("plot: %v", err)
		}
	}
}

// TestLoad: each title over each trace once, and not all from the beginning.
func TestLoad(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("bbb.json", `{"segment_duration_ms":3000,"bitrates_kbps":[1,2],"segment_sizes_bits":[[1,2]]}`)
	for _, n := range []string{"a/1", "a/2", "a/3", "b/1", "b/2"} {
		write(n+".json", `[{"duration_ms":1000,"bandwidth_kbps":900,"latency_ms":20}]`)
	}
	var b bench
	if err := b.load(dir); err != nil {
		t.Fatal(err)
	}
	seen, later := map[string]int{}, 0
	for _, p := range b.cases {
		seen[p.set+p.trace.Name+p.title.Name]++
		if p.offset > 0 {
			later++
		}
	}
	if want := 2 * (5 + 3*seeds); len(seen) != want || len(b.cases) != want || later < want/2 {
		t.Errorf("%d cases, %d different, %d not from the beginning; want %d", len(b.cases), len(seen), later, want)
	}
	if err := (&bench{}).load(t.TempDir()); err == nil {
		t.Error("an empty folder was taken")
	}
}
