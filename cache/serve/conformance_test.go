package serve_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestConformanceTableIsTrue wants all items of the checklist in the table,
// each with a test, and every test to exist.
func TestConformanceTableIsTrue(t *testing.T) {
	table, err := os.ReadFile(filepath.Join("..", "..", "docs", "hls-conformance.md"))
	if err != nil {
		t.Fatal(err)
	}
	there := testsBelow(t, "..")
	items := 0
	for line := range strings.SplitSeq(string(table), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 7 || !regexp.MustCompile(`^ \d+ $`).MatchString(cells[1]) {
			continue
		}
		if items++; strings.TrimSpace(cells[1]) != fmt.Sprint(items) {
			t.Errorf("item %s in place %d", cells[1], items)
		}
		if !regexp.MustCompile("`(Test|Fuzz|Benchmark)").MatchString(cells[5]) {
			t.Errorf("item %d names no test", items)
		}
	}
	if items != 60 {
		t.Errorf("%d items, want 60", items)
	}
	for _, m := range regexp.MustCompile("`((?:Test|Fuzz|Benchmark)[A-Z]\\w*)`").FindAllStringSubmatch(string(table), -1) {
		if !there[m[1]] {
			t.Errorf("%s is named and does not exist", m[1])
		}
	}
}

// testsBelow are the names of all tests, fuzz targets and benchmarks.
func testsBelow(t *testing.T, dir string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`).FindAllSubmatch(text, -1) {
			all[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
