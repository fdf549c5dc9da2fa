package archtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// TestPlantedImportIsFound puts a forbidden import into the real module, by an
// overlay that leaves the disk alone, and sees the check fail.
func TestPlantedImportIsFound(t *testing.T) {
	for _, tc := range []struct{ name, pkg, file, src, want string }{
		{"core imports the world", "internal/box", "planted.go", "package box\n\nimport _ \"net/http\"\n", "internal/box/planted.go: imports net/http: this file is pure"},
		{"core imports the daemon", "internal/box", "planted.go", "package box\n\nimport _ \"usher/internal/daemon\"\n", "internal/box/planted.go: imports usher/internal/daemon: the core is a pure function"},
		{"for another system", "internal/box", "planted_windows.go", "package box\n\nimport _ \"usher/internal/ui\"\n", "internal/box/planted_windows.go: imports usher/internal/ui"},
		{"new package", "internal/util", "util.go", "package util\n", "internal/util: has no rule"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			root, err := filepath.Abs(repository)
			if err != nil {
				t.Fatal(err)
			}
			planted := filepath.Join(t.TempDir(), "planted.go")
			if err := os.WriteFile(planted, []byte(tc.src), 0o600); err != nil {
				t.Fatal(err)
			}
			pkgs, err := load(t.Context(), repository, map[string]string{filepath.Join(root, tc.pkg, tc.file): planted})
			if err != nil {
				t.Fatal(err)
			}
			want(t, checkImports(pkgs, rules(), homes()), tc.want)
		})
	}
}

// want needs one fault that begins as said.
func want(t *testing.T, faults []string, prefix string) {
	t.Helper()
	for _, f := range faults {
		if strings.HasPrefix(f, prefix) {
			return
		}
	}
	t.Errorf("no fault begins with %q in:\n%s", prefix, strings.Join(faults, "\n"))
}

// planted is a package with one file.
func planted(t *testing.T, path, name, src string) []pkg {
	t.Helper()
	f, err := newFile(name, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return []pkg{{path: path, files: []file{f}}}
}

func TestForbiddenImports(t *testing.T) {
	for _, tc := range []struct{ pkg, file, imp, want string }{
		{"player", "x.go", "usher/device", "a vocabulary imports nothing of ours"},
		{"internal/ui", "x.go", "usher/internal/daemon", "through interfaces"},
		{"internal/ui", "x.go", "usher/internal/catalog", "through interfaces"},
		{"internal/catalog", "x.go", "usher/internal/ui", "meet in the core's types only"},
		{"internal/daemon", "x.go", "usher/player/mpris", "through interfaces"},
		{"cmd/usher", "x.go", "usher/internal/daemon", "client of the local API"},
		{"cmd/boxoffice", "x.go", "usher/internal/box", "other side"},
		{"internal/ui", "x.go", "usher/internal/ui/uitest", "through interfaces"},
		{"internal/ui", "x_test.go", "usher/internal/ui/uitest", ""},
		{"internal/ui", "x_test.go", "usher/internal/daemon", "not in its tests either"},
		{"player/mpris", "x_test.go", "usher/player/playertest", ""},
		{"cmd/usherd", "x.go", "usher/player/mpris", ""},
		{"cmd/usherd", "x.go", "usher/internal/sim", ""},
		{"internal/sim", "x.go", "usher/player/launch", ""},
		{"internal/sim", "x.go", "usher/internal/daemon", "swaps edges"},
		{"cmd/usherd", "x.go", "usher/nowhere", "has no rule"},
		{"internal/daemon", "x.go", "github.com/godbus/dbus/v5", "lives in player/mpris"},
		{"cache/serve", "x.go", "go.etcd.io/bbolt/errors", "lives in cache"},
		{"cache/serve", "x_test.go", "github.com/grafov/m3u8", ""},
		{"cache/serve", "x.go", "github.com/grafov/m3u8", "lives in cache/hls"},
		{"internal/box", "x_test.go", "github.com/google/go-cmp/cmp", ""},
		{"internal/box", "x.go", "github.com/google/go-cmp/cmp", "lives in"},
		{"internal/box", "x.go", "example.com/new", "without a home"},
		{"internal/ui", "x.go", "syscall", "drivers"},
		{"internal/state", "x.go", "golang.org/x/sys/unix", ""},
		{"internal/box", "x.go", "sync/atomic", "pure"},
		{"internal/box", "x_test.go", "os", ""},
		{"cache/hls", "x.go", "net/url", ""},
		{"cache/hls", "x.go", "os", "pure"},
		{"cache/prefetch", "policy.go", "context", "pure"},
		{"cache/prefetch", "runner.go", "context", ""},
	} {
		src := "package x\n\nimport _ \"" + tc.imp + "\"\n"
		faults := checkImports(planted(t, tc.pkg, tc.file, src), rules(), homes())
		switch {
		case tc.want == "" && len(faults) > 0:
			t.Errorf("%s/%s may import %s, but: %v", tc.pkg, tc.file, tc.imp, faults)
		case tc.want != "" && (len(faults) != 1 || !strings.Contains(faults[0], tc.want)):
			t.Errorf("%s/%s imports %s: faults %q, want one with %q", tc.pkg, tc.file, tc.imp, faults, tc.want)
		}
	}
}

func TestDriversAndFakesAreForTheTop(t *testing.T) {
	table := []rule{{pkg: "a", may: []string{"..."}}, {pkg: "d", role: driver}, {pkg: "f", role: fake}, {pkg: "e", role: edges}}
	for imp, why := range map[string]string{"usher/d": "import drivers", "usher/f": "import fakes", "usher/e": "demo's edges"} {
		faults := checkImports(planted(t, "a", "x.go", "package x\n\nimport _ \""+imp+"\"\n"), table, nil)
		if len(faults) != 1 || !strings.Contains(faults[0], why) {
			t.Errorf("%s: %q, want one fault with %q", imp, faults, why)
		}
	}
}

const commented = "// Package x does nothing, for a test of tests.\npackage x\n\n"

func TestSourceFaults(t *testing.T) {
	body := func(n int) string { return commented + "func f() {" + strings.Repeat("\n\t_ = 1", n-2) + "\n}\n" }
	for name, tc := range map[string]struct{ pkg, file, src, want string }{
		"no comment":          {"internal/ui", "x.go", "package x\n", "no package comment"},
		"bare comment":        {"internal/ui", "x.go", "// Package x.\npackage x\n", "no package comment"},
		"comment":             {"internal/ui", "x.go", commented, ""},
		"init":                {"internal/ui", "x.go", commented + "func init() {}\n", "init function"},
		"method init":         {"internal/ui", "x.go", commented + "type t int\n\nfunc (t) init() {}\n", ""},
		"long function":       {"internal/ui", "x.go", body(61), "function f has 61 lines"},
		"not too long":        {"internal/ui", "x.go", body(60), ""},
		"excused":             {"internal/x", "x.go", body(100), ""},
		"beyond excuse":       {"internal/x", "x.go", body(101), "more than 100"},
		"long file":           {"internal/ui", "x.go", commented + strings.Repeat("\n", maxFile), "more than 450"},
		"long test":           {"internal/ui", "x_test.go", commented + strings.Repeat("\n", maxFile), ""},
		"tag":                 {"internal/ui", "x.go", "//go:build linux\n\n" + commented, "build constraint"},
		"tag by name":         {"internal/ui", "x_linux.go", commented, "build constraint"},
		"tag in driver":       {"player/launch", "x_linux.go", commented, ""},
		"variable":            {"internal/ui", "x.go", commented + "var n int\n", "variable n"},
		"variable with value": {"internal/ui", "x.go", commented + "var n = 1\n", "variable n"},
		"variable from call":  {"internal/ui", "x.go", commented + "var n = f()\n\nfunc f() int { return 1 }\n", "variable n"},
		"map made":            {"internal/ui", "x.go", commented + "var m = make(map[string]int)\n", "variable m"},
		"linked version":      {"cmd/usher", "x.go", "// Command x does nothing, for a test of tests.\npackage main\n\nvar version = \"dev\"\n", ""},
		"other version":       {"internal/ui", "x.go", commented + "var version = \"dev\"\n", "variable version"},
		"exported table":      {"internal/ui", "x.go", commented + "var T = []int{1}\n", "variable T"},
		"table":               {"internal/ui", "x.go", commented + "var t = [...]int{1}\n", ""},
		"written table":       {"internal/ui", "x.go", commented + "var t = map[int]int{}\n\nfunc f() { t[1] = 2 }\n", "variable t"},
		"appended table":      {"internal/ui", "x.go", commented + "var t = []int{}\n\nfunc f() { t = append(t, 2) }\n", "variable t"},
		"pointed-to table":    {"internal/ui", "x.go", commented + "var t = []int{1}\n\nfunc f() *int { return &t[0] }\n", "variable t"},
		"counted field":       {"internal/ui", "x.go", commented + "var t = struct{ n int }{}\n\nfunc f() { t.n++ }\n", "variable t"},
		"pointer":             {"internal/ui", "x.go", commented + "var t = &struct{}{}\n", "variable t"},
		"sentinel":            {"internal/ui", "x.go", commented + "import \"errors\"\n\nvar ErrX = errors.New(\"x\")\n", ""},
		"guard":               {"internal/ui", "x.go", commented + "var _ error = T{}\n\ntype T struct{ error }\n", ""},
		"embed":               {"internal/ui", "x.go", commented + "import \"embed\"\n\n//go:embed x\nvar files embed.FS\n", ""},
		"clock":               {"internal/box", "x.go", commented + "import \"time\"\n\nfunc f() time.Time { return time.Now() }\n", "uses time.Now"},
		"clock value":         {"internal/box", "x.go", commented + "import \"time\"\n\nfunc f() func() time.Time { return time.Now }\n", "uses time.Now"},
		"time as data":        {"internal/box", "x.go", commented + "import \"time\"\n\nfunc f(t time.Time) time.Duration { return t.Sub(time.Time{}) }\n", ""},
		"library type":        {"player/mpris", "x.go", commented + "import \"github.com/godbus/dbus/v5\"\n\nfunc F(*dbus.Conn) {}\n", "exports dbus.Conn"},
		"library field":       {"cache", "x.go", commented + "import bolt \"go.etcd.io/bbolt\"\n\ntype S struct{ DB *bolt.DB }\n", "exports bolt.DB"},
		"private field":       {"cache", "x.go", commented + "import bolt \"go.etcd.io/bbolt\"\n\ntype S struct{ db *bolt.DB }\n\nfunc (s *S) get() *bolt.DB { return s.db }\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			excuses := map[string]string{"internal/x.f": "for the test"}
			faults := checkSource(planted(t, tc.pkg, tc.file, tc.src), rules(), homes(), excuses)
			switch {
			case tc.want == "" && len(faults) > 0:
				t.Errorf("faults %q, want none", faults)
			case tc.want != "" && (len(faults) != 1 || !strings.Contains(faults[0], tc.want)):
				t.Errorf("faults %q, want one with %q", faults, tc.want)
			}
		})
	}
}

func TestDeadLinks(t *testing.T) {
	faults, err := checkLinks(fstest.MapFS{
		"README.md": {Data: []byte("# Hello, World\n[a](docs/a.md) [b](docs/b.md) [web](https://x.example/none)\n" +
			"`[code](none)`\n```\n[code](none)\n```\n![p](docs/p.png \"title\") [h](#hello-world) [n](#none) [f](docs/a.md#part-2)\n[d](docs)")},
		"docs/a.md":             {Data: []byte("## Part 2\n[up](../README.md#hello-world) [out](../../etc/passwd) [root](/README.md)")},
		"docs/p.png":            {Data: []byte("png")},
		"node_modules/x/R.md":   {Data: []byte("[x](none)")},
		".git/description.md":   {Data: []byte("[x](none)")},
		"internal/testdata/.md": {Data: []byte("[x](none)")},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(faults, "\n")
	for _, want := range []string{
		`README.md: link "docs/b.md": no such file`, `README.md: link "#none": no such heading`,
		`docs/a.md: link "../../etc/passwd": leaves`, `docs/a.md: link "/README.md": leaves`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("faults lack %s:\n%s", want, got)
		}
	}
	if len(faults) != 4 {
		t.Errorf("%d faults, want 4:\n%s", len(faults), got)
	}
}
