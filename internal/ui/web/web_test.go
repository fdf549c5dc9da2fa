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
	if script := read(t, "app.js"); bytes.Contains(script, []byte("eval(")) || bytes.Contains(script, []byte("new Function")) {
		t.Error("app.js evaluates text, which the policy forbids")
	}
}

// The budget of the first screen.
func TestScriptIsSmall(t *testing.T) {
	const budget = 60 << 10
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(read(t, "app.js")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if out.Len() > budget {
		t.Errorf("app.js has %d bytes compressed, the budget is %d", out.Len(), budget)
	}
}

// The page reads its other languages from beside the script.
func TestLanguagesAreBesideTheScript(t *testing.T) {
	for _, lang := range []string{"zh-Hans", "de", "id", "th"} {
		var got map[string]string
		if err := json.Unmarshal(read(t, "words."+lang+".json"), &got); err != nil {
			t.Fatal(err)
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
