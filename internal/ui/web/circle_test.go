package web

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestNoCircles: no source of the page imports, also for a type only, what
// imports it: each can be understood after those that it stands on.
func TestNoCircles(t *testing.T) {
	imports := map[string][]string{}
	files, err := fs.Glob(os.DirFS("src"), "*.ts*")
	for _, folder := range []string{"net", "parts", "phone", "screens"} {
		more, bad := fs.Glob(os.DirFS("src"), folder+"/*.ts*")
		files, err = append(files, more...), bad
	}
	if err != nil || len(files) < 60 {
		t.Fatalf("%d sources, %v", len(files), err)
	}
	arrow := regexp.MustCompile(`(?:from|import\()\s*"(\.[^"]*)"`)
	arrows := 0
	for _, file := range files {
		text, err := os.ReadFile(path.Join("src", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range arrow.FindAllSubmatch(text, -1) {
			to := path.Join(path.Dir(file), string(m[1]))
			if i := slices.IndexFunc(files, func(f string) bool { return strings.TrimSuffix(f, path.Ext(f)) == to }); i >= 0 {
				imports[file] = append(imports[file], files[i])
				arrows++
			}
		}
	}
	if arrows < 200 {
		t.Fatalf("%d imports were found; the key of this test is out of date", arrows)
	}
	done := map[string]bool{}
	var walk func(file string, way []string)
	walk = func(file string, way []string) {
		if i := slices.Index(way, file); i >= 0 {
			t.Errorf("a circle: %s", strings.Join(append(way[i:], file), " -> "))
			return
		}
		if done[file] {
			return
		}
		for _, to := range imports[file] {
			walk(to, append(way, file))
		}
		done[file] = true
	}
	for _, file := range files {
		walk(file, nil)
	}
}
