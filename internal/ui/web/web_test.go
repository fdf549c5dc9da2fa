package web

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every file the page refers to is there, and nothing it refers to lies
// elsewhere: the page makes no request beyond its own address.
func TestDistIsComplete(t *testing.T) {
	reference := regexp.MustCompile(`(?:src|href)="([^"]+)"|url\("?([^")]+)"?\)`)
	for _, name := range []string{"index.html", "app.css"} {
		found := 0
		for _, m := range reference.FindAllStringSubmatch(string(read(t, name)), -1) {
			target := m[1] + m[2]
			if strings.Contains(target, "//") || strings.HasPrefix(target, "data:") {
				t.Errorf("%s refers to %q, which the content security policy forbids", name, target)
				continue
			}
			found++
			if _, err := fs.Stat(Files(), strings.TrimLeft(target, "./")); err != nil {
				t.Errorf("%s refers to %q: %v", name, target, err)
			}
		}
		if found == 0 {
			t.Errorf("%s refers to nothing; the pattern of this test is out of date", name)
		}
	}
}

// The policy default-src 'self' forbids scripts and styles inside the page,
// and the bridge puts the token where the element says.
func TestIndexObeysThePolicy(t *testing.T) {
	page := string(read(t, "index.html"))
	for _, bad := range []string{"<style", " style=", " onload=", "javascript:"} {
		if strings.Contains(page, bad) {
			t.Errorf("index.html contains %q", bad)
		}
	}
	if regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(page) {
		t.Error("index.html has a script of its own inside")
	}
	if !strings.Contains(page, `<meta name="usher-token" content="">`) {
		t.Error("index.html has no place for the session token")
	}
	scripts, err := fs.Glob(Files(), "*.js")
	if err != nil || len(scripts) < 6 {
		t.Fatalf("scripts %q, %v", scripts, err)
	}
	for _, name := range scripts {
		if script := read(t, name); bytes.Contains(script, []byte("eval(")) || bytes.Contains(script, []byte("new Function")) {
			t.Errorf("%s evaluates text, which the policy forbids", name)
		}
	}
}

// What a browser fetches for the first screen in English, and for everything in
// every language, leaves room below the budgets of 60 and 120 kB for what is to come.
func TestPageIsSmall(t *testing.T) {
	names, err := fs.Glob(Files(), "*")
	if err != nil {
		t.Fatal(err)
	}
	first, all := 0, 0
	for _, name := range names {
		switch {
		case slices.Contains([]string{"index.html", "app.js", "app.css", "theme.css"}, name):
			first += zipped(t, name)
		case strings.HasPrefix(name, "demo.") || !slices.Contains([]string{".js", ".css", ".json"}, filepath.Ext(name)):
			continue // no box has the demo's television; the fonts are beside both budgets
		}
		all += zipped(t, name)
	}
	if first > 50<<10 || first < 30<<10 {
		t.Errorf("the first screen has %d bytes compressed, of at most %d", first, 50<<10)
	}
	if all > 115<<10 || all < 2*first {
		t.Errorf("the page has %d bytes compressed, of at most %d", all, 115<<10)
	}
}

func zipped(t *testing.T, name string) int {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(read(t, name)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

// The page reads its other languages from beside the scripts: the names of the
// words, and what they are in a language, in the same order.
func TestLanguagesAreBesideTheScript(t *testing.T) {
	type kept struct {
		Mark  string
		Words []string
	}
	var names kept
	if err := json.Unmarshal(read(t, "words.json"), &names); err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"zh-Hans", "de", "id", "th"} {
		var texts kept
		if err := json.Unmarshal(read(t, "words."+lang+".json"), &texts); err != nil {
			t.Fatal(err)
		}
		if texts.Mark != names.Mark || len(texts.Words) != len(names.Words) || names.Mark == "" {
			t.Fatalf("%s: %d words of %q for %d names of %q", lang, len(texts.Words), texts.Mark, len(names.Words), names.Mark)
		}
		got := map[string]string{}
		for i, name := range names.Words {
			got[name] = texts.Words[i]
		}
		if diff := cmp.Diff(dictionary(t, lang), got); diff != "" {
			t.Errorf("%s: dist is out of date; run make web (-src +dist):\n%s", lang, diff)
		}
	}
}

// Every word exists in every language, with the same places to fill in.
func TestLanguagesAreComplete(t *testing.T) {
	want := dictionary(t, "en")
	for _, lang := range []string{"zh-Hans", "de", "id", "th"} {
		got := dictionary(t, lang)
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Errorf("%s has other words than en (-en +%s):\n%s", lang, lang, diff)
		}
		for word, text := range got {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: %s is empty", lang, word)
			}
			if diff := cmp.Diff(places(want[word]), places(text)); diff != "" {
				t.Errorf("%s: %s fills in other places than en:\n%s", lang, word, diff)
			}
		}
	}
}

func places(text string) []string {
	return slices.Sorted(slices.Values(regexp.MustCompile(`\{\w+\}`).FindAllString(text, -1)))
}

func dictionary(t *testing.T, lang string) map[string]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("src", "i18n", lang+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var words map[string]string
	if err := json.Unmarshal(b, &words); err != nil {
		t.Fatalf("%s: %v", lang, err)
	}
	return words
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := fs.ReadFile(Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
