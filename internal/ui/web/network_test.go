package web

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTheNetworkIsHandedWhatItImports: the script about the network takes modules
// of the page from the page (src/network.ts), and every name that it imports from
// one is among what it is handed there; of nothing that it shares has it a copy.
func TestTheNetworkIsHandedWhatItImports(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("src", "network.ts"))
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(text), "const shared = {")
	list, _, _ = strings.Cut(list, "\n};")
	handed := map[string][]string{}
	for _, m := range regexp.MustCompile(`(?m)^  "?([\w/-]+)"?: \{ (.+) \},$`).FindAllStringSubmatch(list, -1) {
		handed[m[1]] = strings.Split(m[2], ", ")
	}
	script := string(read(t, "network.js"))
	taken := regexp.MustCompile(`usher\.shared(?:\.(\w+)|\["([\w/-]+)"\])`).FindAllStringSubmatch(script, -1)
	if len(taken) < 5 || len(taken) != len(handed) {
		t.Errorf("network.js takes %q, and is handed %v", taken, handed)
	}
	files, err := filepath.Glob(filepath.Join("src", "net", "*.ts*"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%q, %v", files, err)
	}
	imports := regexp.MustCompile(`(?m)^import \{ ([^}]+) \} from "(?:\.\./)?([\w/-]+)";`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range imports.FindAllStringSubmatch(string(source), -1) {
			for _, name := range strings.Split(m[1], ", ") {
				if !strings.HasPrefix(name, "type ") && !slices.Contains(handed[m[2]], name) {
					t.Errorf("%s imports %s from %s: hand it over in src/network.ts", file, name, m[2])
				}
			}
		}
	}
}
