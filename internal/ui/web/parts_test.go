package web

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestScreensHaveTheirWords: every word that a screen says in English is in the
// script that draws it, or in the page's, which is there always.
func TestScreensHaveTheirWords(t *testing.T) {
	var shared map[string][]string
	readJSON(t, filepath.Join("src", "parts", "words.json"), &shared)
	english := dictionary(t, "en")
	scripts := map[string]string{"app": "main.tsx"}
	for part := range shared {
		if part != "first" {
			scripts[part] = filepath.Join("parts", part+".ts")
		}
	}
	if len(scripts) < 6 {
		t.Fatalf("scripts %v; the file of this test is out of date", scripts)
	}
	checked := 0
	for script, entry := range scripts {
		for file := range reach(t, entry) {
			if dir := filepath.Dir(file); dir != "screens" && dir != "net" && file != "demo.tsx" {
				continue // what others say is for whoever draws it
			}
			for _, word := range said(t, file, english) {
				checked++
				if !inScript("app", word, shared) && !inScript(script, word, shared) {
					t.Errorf("src/%s says %q, which the script %s does not have: src/parts/words.json", file, word, script)
				}
			}
		}
	}
	if checked < 300 {
		t.Errorf("only %d words found; the patterns of this test are out of date", checked)
	}
}

// TestPartsAreNamed: each part is a script of its own, has its words, and no word
// is said to be somewhere that no language knows.
func TestPartsAreNamed(t *testing.T) {
	var shared map[string][]string
	readJSON(t, filepath.Join("src", "parts", "words.json"), &shared)
	files, err := filepath.Glob(filepath.Join("src", "parts", "*.ts"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != len(shared)-1 {
		t.Errorf("parts %q, and words of %q", files, slices.Sorted(maps.Keys(shared)))
	}
	english := slices.Collect(maps.Keys(dictionary(t, "en")))
	for part, begins := range shared {
		if part != "first" && !strings.Contains(string(read(t, part+".js")), `from"/app.js"`) {
			t.Errorf("%s.js has a page of its own", part)
		}
		for _, b := range begins {
			if !slices.ContainsFunc(english, func(word string) bool { return strings.HasPrefix(word, b) }) {
				t.Errorf("%s: no word begins with %q", part, b)
			}
		}
	}
}

// inScript is what tools/web does.
func inScript(script, word string, shared map[string][]string) bool {
	begins := func(b string) bool { return strings.HasPrefix(word, b) }
	if script != "app" {
		return slices.ContainsFunc(shared[script], begins)
	}
	for part, list := range shared {
		if part != "first" && slices.ContainsFunc(list, begins) {
			return slices.Contains(shared["first"], word)
		}
	}
	return true
}

// reach are the sources that an entry point consists of.
func reach(t *testing.T, entry string) map[string]bool {
	t.Helper()
	imports := regexp.MustCompile(`(?m)^(?:import|export) (?:\{[^}]*\}|\* as \w+) from "(\.[^"]+)";`)
	found := map[string]bool{}
	for todo := []string{entry}; len(todo) > 0; {
		file := todo[0]
		todo = todo[1:]
		if found[file] {
			continue
		}
		found[file] = true
		source, err := os.ReadFile(filepath.Join("src", file))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range imports.FindAllStringSubmatch(string(source), -1) {
			name := filepath.Join(filepath.Dir(file), m[1])
			for _, ext := range []string{".ts", ".tsx"} {
				if _, err := os.Stat(filepath.Join("src", name+ext)); err == nil {
					todo = append(todo, name+ext)
				}
			}
		}
	}
	return found
}

// said are the words that a source names, in full or by their beginning.
func said(t *testing.T, file string, english map[string]string) (words []string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("src", file))
	if err != nil {
		t.Fatal(err)
	}
	text := regexp.MustCompile(`//.*|\b(act|ask|call)\("[^"]*"`).ReplaceAllString(string(source), "")
	for _, m := range regexp.MustCompile(`"([a-z]+(?:\.[\w.]+)?)"`).FindAllStringSubmatch(text, -1) {
		if english[m[1]] != "" && strings.Contains(m[1], ".") {
			words = append(words, m[1])
		}
	}
	for _, m := range regexp.MustCompile("`([a-z]+\\.[\\w.]*)\\$\\{").FindAllStringSubmatch(text, -1) {
		for word := range english {
			if strings.HasPrefix(word, m[1]) {
				words = append(words, word)
			}
		}
	}
	return words
}
