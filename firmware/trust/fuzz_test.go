package trust

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// Owners can err: what they sign must not bring a box down, whatever it is.
// Each of these is signed by all who must.
func TestSignedNonsense(t *testing.T) {
	for name, change := range map[string]struct{ file, from, to string }{
		"no snapshot":        {"timestamp.json", `"snapshot.json":{`, `"other.json":{`},
		"null snapshot":      {"timestamp.json", `"meta":{"snapshot.json":`, `"meta":{"snapshot.json":null,"x.json":`},
		"version zero":       {"timestamp.json", `"version":1}}`, `"version":0}}`},
		"negative length":    {"timestamp.json", `"length":`, `"length":-`},
		"no list":            {"1.snapshot.json", `"targets.json":`, `"else.json":`},
		"null list":          {"1.snapshot.json", `"targets.json":`, `"targets.json":null,"y.json":`},
		"null release":       {"1.targets.json", `"targets":{`, `"targets":{"x":null,`},
		"no signed":          {"1.targets.json", `"signed":`, `"sigmed":`},
		"signatures no list": {"1.targets.json", `"signatures":[`, `"signatures":7,"x":[`},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			data := strings.Replace(string(r.files[change.file]), change.from, change.to, 1)
			if data == string(r.files[change.file]) {
				t.Fatalf("not in %s", data)
			}
			r.files[change.file] = resign(r, []byte(data))
			if change.file == "1.targets.json" {
				r.snapshot()
			}
			if change.file != "timestamp.json" {
				r.timestamp()
			}
			if _, err := newBox(t, r).refresh(r); !errors.Is(err, ErrFormat) {
				t.Errorf("%v", err)
			}
		})
	}
}

// resign gives a file the signatures that it needs, if it can still have them.
func resign(r *repo, data []byte) []byte {
	if m, err := metadata.Timestamp().FromBytes(data); err == nil {
		m.Signatures = nil
		return signed(r, m, r.with(metadata.TIMESTAMP))
	}
	return data
}

// Roots with keys that cannot be keys must be refused before they are used.
func TestRootsWithBadKeys(t *testing.T) {
	r := newRepo(t)
	root := string(r.files["1.root.json"])
	key := strings.SplitN(strings.SplitN(root, `"public":"`, 2)[1], `"`, 2)[0]
	for name, change := range map[string][2]string{
		"short key":       {key, key[:62]},
		"no hex":          {key, strings.Repeat("z", 64)},
		"unknown kind":    {`"keytype":"ed25519"`, `"keytype":"rsa"`},
		"scheme":          {`"scheme":"ed25519"`, `"scheme":"none"`},
		"null key":        {`"keys":{`, `"keys":{"x":null,`},
		"role is missing": {`"timestamp":{"keyids"`, `"other":{"keyids"`},
		"null role":       {`"roles":{`, `"roles":{"mirrors":null,"timestamp":null,"x":{},"`},
		"no threshold":    {`"threshold":1`, `"threshold":0`},
		"key not there":   {`"keyids":["`, `"keyids":["00`},
	} {
		t.Run(name, func(t *testing.T) {
			data := strings.Replace(root, change[0], change[1], 1)
			if data == root {
				t.Fatal("not in " + root)
			}
			if err := sound(partRoot, []byte(data)); !errors.Is(err, ErrFormat) {
				t.Errorf("%v", err)
			}
		})
	}
}

// FuzzMetadata gives the library what sound lets through.
func FuzzMetadata(f *testing.F) {
	r := newRepo(f)
	for i, name := range []string{"1.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"} {
		f.Add(i, r.files[name])
	}
	f.Fuzz(func(t *testing.T, part int, data []byte) {
		if part < 0 || part >= parts || sound(part, data) != nil {
			return
		}
		evil := r.clone()
		evil.files[[]string{"2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"}[part]] = data
		b := &box{t: t, disk: newMemory(), root: r.files["1.root.json"], wall: today}
		b.restart()
		list, err := b.refresh(evil)
		if err == nil && len(list) != 1 {
			t.Errorf("%v", list)
		}
		if err == nil && part == partRoot {
			var m struct {
				Signed struct{ Version int64 } `json:"signed"`
			}
			if json.Unmarshal(data, &m) != nil || m.Signed.Version != 2 {
				t.Errorf("root %s", data)
			}
		}
	})
}
