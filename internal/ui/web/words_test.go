package web

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// notOnTheScreen are the problems that only other programs can run into: they
// answer methods that the page never calls.
func notOnTheScreen() map[string]bool {
	return map[string]bool{
		"cache_off": true, "cache_full": true, "cache_no_disk": true, "cache_busy": true, "not_http": true,
		"remotes_off": true, "no_wipe": true, "nothing_pressed": true, "journal_off": true, "profiles_off": true,
		"firmware_absent": true, "firmware_none": true, "firmware_busy": true, "firmware_watching": true,
		"bundle_off": true, "bundle_watching": true, "bundle_clock": true, "bundle_foreign": true, "bundle_early": true, "bundle_expired": true,
		"bundle_old": true, "bundle_damaged": true, "bundle_signature": true,
		"wifi_none":            true,
		"firmware_putoff_long": true, "firmware_putoff_often": true,
	}
}

// TestEveryProblemHasWords: what the daemon may report is told in each of the
// page's languages, with a next step.
func TestEveryProblemHasWords(t *testing.T) {
	var document struct {
		Problems map[string]string `json:"x-problems"`
	}
	readJSON(t, filepath.Join("..", "schema", "openrpc.json"), &document)
	if len(document.Problems) < 40 {
		t.Fatalf("%d problems in openrpc.json; the key of this test is out of date", len(document.Problems))
	}
	for code := range notOnTheScreen() {
		if document.Problems[code] == "" {
			t.Errorf("openrpc.json does not know %q any more", code)
		}
	}
	files, err := filepath.Glob(filepath.Join("src", "i18n", "*.json"))
	if err != nil || len(files) != 5 {
		t.Fatalf("languages %q, %v", files, err)
	}
	for _, file := range files {
		var words map[string]string
		readJSON(t, file, &words)
		problemsIn(t, file, document.Problems, words)
	}
}

// problemsIn compares the problems with the words of one language, both ways.
func problemsIn(t *testing.T, file string, problems, words map[string]string) {
	t.Helper()
	for code := range problems {
		for _, part := range []string{"text", "hint"} {
			if word := "problem." + code + "." + part; !notOnTheScreen()[code] && words[word] == "" {
				t.Errorf("%s lacks %s", file, word)
			}
		}
	}
	for word := range words {
		code, is := strings.CutPrefix(strings.TrimSuffix(strings.TrimSuffix(word, ".text"), ".hint"), "problem.")
		if is && problems[code] == "" && code != "bridge_away" { // which is the page's own
			t.Errorf("%s has %s, which the daemon never reports", file, word)
		}
	}
}

func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
