package oem_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"usher/internal/config"
	"usher/internal/jws"
	"usher/internal/oem"
	"usher/internal/rights"
)

// lantern is a brand's folder; change may spoil it.
func lantern(change ...func(fstest.MapFS)) fstest.MapFS {
	folder := fstest.MapFS{}
	for name, text := range map[string]string{
		"overlay.toml": "name = \"lantern\"\nversion = \"2026.11\"\n",
		"usher.toml": `theme = "oem:theme.toml"
[tv]
name = "Lantern"
[remote]
keymap = "oem:keymap.json"
[bundle]
keys = "oem:installers.json"
[firmware]
url = "https://updates.lantern.example"
root = "oem:root.json"
board = "lantern-one"
record = "/dev/disk/by-partlabel/usher-record"
slots = ["/dev/disk/by-partlabel/usher-a", "/dev/disk/by-partlabel/usher-b"]
[[service]]
id = "lantern"
url = "https://tv.lantern.example"
`,
		"theme.toml":      "name = \"Lantern\"\nlogo = \"logo.svg\"\n[colors]\naccent = \"#ffd166\"\n",
		"logo.svg":        `<svg xmlns="http://www.w3.org/2000/svg"/>`,
		"keymap.json":     `{"remotes": [{"name": "Lantern", "match": {"name": "^LNT"}, "keys": {"KEY_F1": "search"}}]}`,
		"installers.json": `{"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","kid":"k1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`,
		"root.json":       `{"signatures":[{"keyid":"a"},{"keyid":"b"}],"signed":{"_type":"root","expires":"2027-11-21T00:00:00Z","roles":{"root":{"threshold":2}}}}`,
	} {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	for _, c := range change {
		c(folder)
	}
	return folder
}

func with(name, text string) func(fstest.MapFS) {
	return func(f fstest.MapFS) { f[name] = &fstest.MapFile{Data: []byte(text)} }
}

func without(name string) func(fstest.MapFS) { return func(f fstest.MapFS) { delete(f, name) } }

// swap replaces text in a file.
func swap(name, old, text string) func(fstest.MapFS) {
	return func(f fstest.MapFS) {
		f[name] = &fstest.MapFile{Data: bytes.Replace(f[name].Data, []byte(old), []byte(text), 1)}
	}
}

func key(t testing.TB) (jws.Key, rights.Keys) {
	t.Helper()
	k, _, err := jws.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := rights.ParseKeys([]byte(k.Public()))
	if err != nil {
		t.Fatal(err)
	}
	return k, keys
}

// packed is the brand's overlay.
func packed(t testing.TB, k jws.Key) (*oem.Overlay, []byte) {
	t.Helper()
	o, problems := oem.ReadFolder(lantern())
	r := o.Lint()
	if len(problems) > 0 || len(r.Problems) > 0 || len(r.Notes) > 0 {
		t.Fatalf("a good folder: %v %+v", problems, r)
	}
	o.Keep(r.Files)
	data, err := oem.Pack(o, k)
	if err != nil {
		t.Fatal(err)
	}
	return o, data
}

func TestWhatIsPackedIsReadBack(t *testing.T) {
	k, keys := key(t)
	o, data := packed(t, k)
	if _, again := packed(t, k); !bytes.Equal(data, again) {
		t.Error("the same folder and key gave two overlays")
	}
	got, err := oem.Parse(data, keys)
	if err != nil {
		t.Fatal(err)
	}
	o.Signer = k.ID
	if d := cmp.Diff(o, got); d != "" {
		t.Errorf("(-packed +read):\n%s", d)
	}
	if r := got.Lint(); len(r.Problems) > 0 || len(r.Files) != 6 {
		t.Errorf("%+v", r)
	}
}

func TestABoxTakesIt(t *testing.T) {
	k, _ := key(t)
	_, data := packed(t, k)
	dir := t.TempDir()
	name, keys := filepath.Join(dir, "o"), filepath.Join(dir, "k")
	write(t, name, data)
	write(t, keys, []byte(k.Public()))
	l, err := config.Load(config.Input{Overlay: oem.Open, Environ: []string{"USHER_OEM_OVERLAY=" + name, "USHER_OEM_KEYS=" + keys}})
	if err != nil {
		t.Fatal(err)
	}
	if l.TV.Name != "Lantern" || l.Overlay.Signer != k.ID || l.Source("theme").String() != "overlay lantern 2026.11, usher.toml:1" {
		t.Errorf("%+v", l)
	}
	if data, err := l.ReadFile(l.Firmware.Root, 1000); err != nil || !bytes.Contains(data, []byte("_type")) {
		t.Errorf("%q, %v", data, err)
	}
}

// TestWhatABoxDoesNotTake: each with the next step.
func TestWhatABoxDoesNotTake(t *testing.T) {
	k, _ := key(t)
	other, _ := key(t)
	_, data := packed(t, k)
	line, body, _ := bytes.Cut(data, []byte("\n"))
	for name, tt := range map[string]struct {
		file, keys []byte
		want, hint string
	}{
		"another key":     {data, []byte(other.Public()), "signed with a key", "add its public key"},
		"no keys":         {data, nil, "cannot be verified", "usher oem key"},
		"keys that none":  {data, []byte("{}"), "cannot be verified", "oem.keys"},
		"a changed file":  {bytes.Replace(data, []byte("ffd166"), []byte("ff0000"), 1), []byte(k.Public()), "theme.toml was changed", "copy it"},
		"a changed head":  {append([]byte("f"), data[1:]...), []byte(k.Public()), "JWS", "usher oem pack"},
		"cut short":       {data[:len(data)-1], []byte(k.Public()), "ends before the end", "copy it"},
		"more":            {append(slices.Clone(data), 'x'), []byte(k.Public()), "something follows", "copy it"},
		"without files":   {line, []byte(k.Public()), "no signature", "copy it"},
		"another thing":   {append([]byte(k.Sign("usher-bundle+jwt", []byte("{}"))+"\n"), body...), []byte(k.Public()), "typ", "usher oem pack"},
		"a film":          {bytes.Repeat([]byte{0x47}, oem.MaxBytes+10), []byte(k.Public()), "longer than", "copy it"},
		"empty":           {nil, []byte(k.Public()), "no signature", "copy it"},
		"no usher.toml":   {signed(k, `{"name":"a","version":"1","files":[]}`), []byte(k.Public()), "no usher.toml", "copy it"},
		"unknown member":  {signed(k, `{"name":"a","version":"1","files":[],"run":"sh"}`), []byte(k.Public()), "run", "copy it"},
		"a name with dir": {signed(k, `{"name":"a","version":"1","files":[{"name":"../x","size":0,"sha256":""}]}`), []byte(k.Public()), "cannot be called that", "copy it"},
		"a size below 0":  {signed(k, `{"name":"a","version":"1","files":[{"name":"x","size":-1,"sha256":""}]}`), []byte(k.Public()), "ends before", "copy it"},
		"no version":      {signed(k, `{"name":"a","version":"","files":[]}`), []byte(k.Public()), "version", "copy it"},
	} {
		dir := t.TempDir()
		file, keys := filepath.Join(dir, "o"), filepath.Join(dir, "k")
		write(t, file, tt.file)
		if tt.keys != nil {
			write(t, keys, tt.keys)
		}
		_, err := oem.Open(file, keys)
		e, ok := errors.AsType[*config.Error](err)
		if !ok || !strings.Contains(e.Text, tt.want) || !strings.Contains(e.Hint, tt.hint) || e.Where != file {
			t.Errorf("%s: %v; want %q and %q", name, err, tt.want, tt.hint)
		}
	}
	if _, err := oem.Open(filepath.Join(t.TempDir(), "gone"), "k"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("not there: %v", err)
	}
}

func signed(k jws.Key, payload string) []byte {
	return []byte(k.Sign(oem.Type, []byte(payload)) + "\n")
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestEveryMistakeHasAFileAndANextStep(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(fstest.MapFS)
		want   string // "file key: … text … > … hint"
	}{
		"unknown key":       {swap("usher.toml", "name =", "nmae ="), "usher.toml:3 tv.nmae: no such key > did you mean tv.name?"},
		"bad value":         {swap("usher.toml", "https://updates", "ftp://updates"), `usher.toml:9 firmware.url: "ftp://updates.lantern.example" must be > see firmware.url`},
		"file that is gone": {without("keymap.json"), "usher.toml:5 remote.keymap: \"oem:keymap.json\" is no file of the overlay > put keymap.json beside"},
		"file misspelt":     {swap("usher.toml", "oem:theme.toml", "oem:them.toml"), "usher.toml:1 theme: \"oem:them.toml\" is no file of the overlay > did you mean oem:theme.toml?"},
		"syntax":            {with("usher.toml", "theme ="), "usher.toml:1 theme: not TOML > docs/usher.toml"},
		"no usher.toml":     {without("usher.toml"), "usher.toml : is missing > docs/usher.toml"},
		"theme's key":       {swap("theme.toml", "accent", "acent"), `theme.toml : there is no key "colors.acent"; did you mean colors.accent? > docs/theme.md`},
		"theme's contrast":  {swap("theme.toml", "#ffd166", "#202020"), "theme.toml colors.accent on colors.background: the contrast is > docs/theme.md"},
		"no logo":           {without("logo.svg"), "theme.toml logo: > docs/theme.md"},
		"no picture":        {with("logo.svg", "<html>"), "theme.toml logo: \"logo.svg\" is no picture > docs/theme.md"},
		"keymap":            {swap("keymap.json", `"search"`, `"serch"`), `keymap.json:1 : key "serch" is not known > did you mean "search"?`},
		"quirks": {func(f fstest.MapFS) {
			swap("usher.toml", "name = \"Lantern\"", "quirks = \"oem:sets.json\"")(f)
			with("sets.json", `[{"vendor": "LG", "hold": "long"}]`)(f)
		}, `sets.json : row 1: hold is "long" > docs/cec.md`},
		"keys":                {with("installers.json", "{}"), "installers.json keys: not a usable key set > usher bundle key"},
		"private half":        {swap("installers.json", `"kid"`, `"d":"AAAA","kid"`), "installers.json d: holds the private half of key \"k1\" > take d out"},
		"private key":         {with("site-key.pem", "-----BEGIN PRIVATE KEY-----\n"), "site-key.pem : holds a private key > move it out"},
		"another metadata":    {swap("root.json", `"root","expires`, `"targets","expires`), `root.json _type: is "targets" > 1.root.json`},
		"too few signatures":  {swap("root.json", `,{"keyid":"b"}`, ""), "root.json signatures: 1 of 2 > usher-release sign"},
		"no metadata":         {with("root.json", "-----"), "root.json : not JSON > 1.root.json"},
		"label misspelt":      {swap("overlay.toml", "version", "verson"), "overlay.toml verson: no such key > did you mean version?"},
		"label without name":  {swap("overlay.toml", "lantern", "lantern tv"), `overlay.toml name: must be a word > name = "lantern"`},
		"label that is none":  {with("overlay.toml", "name"), "overlay.toml : not TOML > version ="},
		"no label":            {without("overlay.toml"), "overlay.toml name: must be a word > write name"},
		"more than fits":      {with("big.bin", strings.Repeat("x", oem.MaxBytes)), "too large > 4 MiB"},
		"service without url": {swap("usher.toml", "url = \"https://tv", "ulr = \"https://tv"), "usher.toml:14 service 1: ulr: no such key > did you mean service 1: url?"},
	} {
		o, problems := oem.ReadFolder(lantern(tt.change))
		problems = append(problems, o.Lint().Problems...)
		if !slices.ContainsFunc(problems, func(p oem.Problem) bool { return fits(p, tt.want) }) {
			t.Errorf("%s: %+v; want %q", name, problems, tt.want)
		}
		for _, p := range problems {
			if p.File == "" || p.Text == "" || p.Hint == "" {
				t.Errorf("%s: half a problem: %+v", name, p)
			}
		}
	}
}

func fits(p oem.Problem, want string) bool {
	said, hint, _ := strings.Cut(want, " > ")
	return strings.Contains(fmt.Sprintf("%s %s: %s", p.File, p.Key, p.Text), said) && strings.Contains(p.Hint, hint)
}

func TestNotesAreNoProblems(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(fstest.MapFS)
		want   string
	}{
		"a file too many": {with("notes.txt", "x"), "notes.txt : is not taken into the overlay > oem:notes.txt"},
		"no service":      {swap("usher.toml", "[[service]]\nid = \"lantern\"\nurl = \"https://tv.lantern.example\"\n", ""), "service: the boxes carry no service > [[service]]"},
		"no brand":        {with("usher.toml", "[[service]]\nid='a'\nurl='https://a.example'"), "theme: the page has Usher's own look > docs/theme.md"},
		"no name":         {swap("usher.toml", "name = \"Lantern\"", ""), "tv.name: televisions call the box Usher > 14 letters"},
		"half a firmware": {swap("usher.toml", "board =", "#"), "firmware.url: without firmware.board a box > every image"},
		"RAUC's factory":  {swap("usher.toml", "board =", "kind = \"rauc\"\nboard ="), "firmware.url: without firmware.version a box > every image"},
		"on the disk":     {swap("usher.toml", "oem:keymap.json", "/etc/keymap.json"), "remote.keymap: /etc/keymap.json is not in the overlay > oem:keymap.json"},
	} {
		o, problems := oem.ReadFolder(lantern(tt.change))
		r := o.Lint()
		if len(problems)+len(r.Problems) > 0 || !slices.ContainsFunc(r.Notes, func(p oem.Problem) bool { return fits(p, tt.want) }) {
			t.Errorf("%s: %v %+v; want %q", name, problems, r, tt.want)
		}
		if slices.Contains(r.Files, "notes.txt") {
			t.Errorf("%s: %v are packed", name, r.Files)
		}
	}
}

// FuzzParse: whatever is believed, is whole, and is read the same again.
func FuzzParse(f *testing.F) {
	k, keys := key(f)
	_, data := packed(f, k)
	line, body, _ := bytes.Cut(data, []byte("\n"))
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(string(line), ".")[1])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload, body)
	f.Add([]byte(`{"name":"a","version":"1","files":[{"name":"usher.toml","size":0,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}]}`), []byte{})
	f.Add([]byte(`{}`), []byte("x"))
	f.Fuzz(func(t *testing.T, payload, body []byte) {
		packed := append([]byte(k.Sign(oem.Type, payload)+"\n"), body...)
		o, err := oem.Parse(packed, keys)
		if err != nil {
			return
		}
		total := 0
		for _, data := range o.Files {
			total += len(data)
		}
		if total != len(body) || o.Files[config.OverlayText] == nil {
			t.Fatalf("%d of %d bytes", total, len(body))
		}
		o.Lint()
		again, err := oem.Pack(o, k)
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := oem.Parse(again, keys); err != nil || !cmp.Equal(twice, o) {
			t.Fatalf("%v, %v", twice, err)
		}
		if _, err := oem.Parse(append(slices.Clone(packed[:len(packed)-len(body)]), append([]byte("x"), body...)...), keys); err == nil {
			t.Fatal("a changed file is believed")
		}
	})
}
