package keymap

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usher/device/remote"
)

func code(t *testing.T, name string) uint32 {
	t.Helper()
	c, ok := NewCodes().Code(name)
	if !ok {
		t.Fatalf("no key %s", name)
	}
	return c
}

func TestBuiltinKnowsItsNames(t *testing.T) {
	codes := NewCodes()
	for name, k := range linux() {
		if _, ok := codes.byName[name]; !ok || !k.Valid() {
			t.Errorf("%s means %q: one of the two does not exist", name, k)
		}
	}
	for code, k := range cec() {
		if !k.Valid() {
			t.Errorf("CEC code 0x%02x means %q, which does not exist", code, k)
		}
	}
	if n := strings.Count(codesText, "\n"); n != len(codes.byName) {
		t.Errorf("%d lines, %d names", n, len(codes.byName))
	}
}

// The list is what its script makes of the kernel's header.
func TestCodesAreTheKernels(t *testing.T) {
	const header = "/usr/include/linux/input-event-codes.h"
	if _, err := os.Stat(header); err != nil {
		t.Skip("SKIP: linux-libc-dev not installed, the names of keys are not compared; make test installs it with gcc")
	}
	dir := t.TempDir()
	script, err := os.ReadFile("codes.sh")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "codes.sh"), script, 0o700); err != nil { //nolint:gosec // a script is run
		t.Fatal(err)
	}
	if out, err := exec.Command(filepath.Join(dir, "codes.sh")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	made, err := os.ReadFile(filepath.Join(dir, "codes.txt"))
	if err != nil {
		t.Fatal(err)
	}
	has := NewCodes()
	for line := range strings.Lines(string(made)) {
		name, _, _ := strings.Cut(line, " ")
		if _, ok := has.byName[name]; !ok {
			t.Logf("%s is newer than the list: run codes.sh", name) // another kernel than Debian 12's
			continue
		}
		if !strings.Contains(codesText, line) {
			t.Errorf("the kernel says %q", line)
		}
	}
}

const living = `{
  "comment": "ours",
  "cec": { "0x76": { "short": "info", "long": "menu" }, "0x0d": "home" },
  "remotes": [
    { "name": "Living room",
      "match": { "name": "^ACME", "vendor": "0x1d57", "bus": "bluetooth" },
      "use": true,
      "keys": { "KEY_F1": "search", "0x1d2": { "short": "ok", "double": "home" }, "KEY_MAIL": "", "KEY_BACK": "home" } },
    { "name": "The cat's keyboard", "match": { "unique": "aa:bb" }, "use": false }
  ]
}`

func TestParse(t *testing.T) {
	m, err := Parse([]byte(living))
	if err != nil {
		t.Fatal(err)
	}
	acme := m.Of(Device{Name: "ACME Remote 3", Bus: 5, Vendor: 0x1d57, Product: 1})
	if acme.Name != "Living room" || acme.Use != UseAlways {
		t.Errorf("table %q, use %d", acme.Name, acme.Use)
	}
	for name, want := range map[string]remote.Binding{
		"KEY_F1": {Short: remote.Search}, "0x1d2": {Short: remote.OK, Double: remote.Home}, "KEY_BACK": {Short: remote.Home},
		"KEY_OK": {Short: remote.OK}, "KEY_MAIL": {}, "KEY_Q": {},
	} {
		if d := cmp.Diff(want, acme.Keys[code(t, name)]); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	for _, other := range []Device{{Name: "ACME", Bus: 3, Vendor: 0x1d57}, {Name: "My ACME", Bus: 5, Vendor: 0x1d57}, {}} {
		if got := m.Of(other); got.Name != "built in" || got.Keys[code(t, "KEY_BACK")].Short != remote.Back {
			t.Errorf("%+v has %q", other, got.Name)
		}
	}
	if got := m.Of(Device{Unique: "aa:bb"}); got.Use != UseNever {
		t.Errorf("the cat types: %+v", got.Use)
	}
	if got := m.CEC(0x76); got != (remote.Binding{Short: remote.Info, Long: remote.Menu}) || m.CEC(0x0d).Short != remote.Home || m.CEC(0).Short != remote.OK {
		t.Errorf("CEC: %+v", got)
	}
	if b := Builtin(); b.CEC(0x0d).Short != remote.Back || b.CEC(0xee) != (remote.Binding{}) {
		t.Error("a file changed the built-in map")
	}
}

func TestParseNamesTheLine(t *testing.T) {
	for _, tc := range []struct {
		name, file, want string
	}{
		{"unknown key name", "{\n\"remotes\": [\n{\"match\": {\"name\": \"x\"},\n\"keys\": {\n\"KEY_OKK\": \"ok\"}}]}", `line 5: button "KEY_OKK" is not known; did you mean "KEY_OK"?`},
		{"unknown meaning", "{\"cec\": {\n\"0x00\": \"bakc\"\n}}", `line 2: key "bakc" is not known; did you mean "back"?`},
		{"unknown press", "{\"cec\": {\"0x00\":\n{\"shirt\": \"ok\"}}}", `line 2: press "shirt" is not known; did you mean "short"?`},
		{"unknown field", "{\n\"remote\": []}", `line 2: field "remote" is not known; did you mean "remotes"?`},
		{"unknown bus", `{"remotes":[{"match":{"bus":"bluetoth"}}]}`, `line 1: bus "bluetoth" is not known; did you mean "bluetooth"?`},
		{"no match", "{\"remotes\":[\n{\"keys\":{}}]}", "line 2: a remote needs a match that says which device it is about"},
		{"empty match", `{"remotes":[{"match":{}}]}`, "line 1: a remote needs a match that says which device it is about"},
		{"bad expression", `{"remotes":[{"match":{"name":"("}}]}`, `line 1: name "(" is not a regular expression`},
		{"bad number", `{"remotes":[{"match":{"vendor":"0x1ffff"}}]}`, `line 1: vendor "0x1ffff" is not a number such as "0x1d57"`},
		{"twice", "{\"cec\": {\"0x00\": \"ok\",\n\"0x00\": \"back\"}}", `line 2: "0x00" is there twice`},
		{"CEC code", `{"cec":{"0x100":"ok"}}`, `line 1: "0x100" is not a UI command code of CEC, such as "0x0d"`},
		{"number for a key", "{\"cec\":{\n\n\"0x00\": 3}}", "line 3: a key means a name in quotes, or { } with short, long and double"},
		{"list for an object", `[]`, "line 1: the file must be an object in { }"},
		{"cut off", "{\"cec\": {\n\"0x00\": \"ok\"", "line 2: the file ends too early"},
		{"empty", "", "line 1: the file ends too early"},
		{"not JSON", "{\n\n'cec': 1}", "line 3: not JSON: "},
		{"trailing", `{} {}`, "line 1: something follows after the end"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := Parse([]byte(tc.file))
			var e *Error
			if !errors.As(err, &e) || !strings.HasPrefix(err.Error(), tc.want) {
				t.Errorf("got %v\nwant %s", err, tc.want)
			}
		})
	}
	if _, err := Parse(make([]byte, MaxFile+1)); err == nil {
		t.Error("a huge file is read")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(living))
	f.Add([]byte(`{"cec":{"0x00":{"short":"ok","long":"back"}}}`))
	f.Add([]byte(`{"remotes":[{"match":{"name":"a+"},"keys":{"KEY_OK":"ok"}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		var e *Error
		if err != nil {
			if !errors.As(err, &e) || e.Line < 1 || e.Line > 1+strings.Count(string(data), "\n") {
				t.Fatalf("no line in %v", err)
			}
			return
		}
		for _, b := range m.Of(Device{Name: "a"}).Keys {
			for _, k := range []remote.Key{b.Short, b.Long, b.Double} {
				if k != "" && !k.Valid() {
					t.Fatalf("means %q", k)
				}
			}
		}
	})
}
