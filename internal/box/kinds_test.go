package box

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"testing"
)

// TestEventsAreAll finds the kinds of events in the sources.
func TestEventsAreAll(t *testing.T) {
	var listed, found []string
	for _, e := range Events() {
		listed = append(listed, reflect.TypeOf(e).Name())
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`func \((\w+)\) boxEvent\(\)`).FindAllSubmatch(text, -1) {
			found = append(found, string(m[1]))
		}
	}
	slices.Sort(listed)
	slices.Sort(found)
	if !slices.Equal(listed, found) {
		t.Errorf("Events has\n%v, the sources\n%v", listed, found)
	}
}
