package trust

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"testing"
	"time"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"
	"go.uber.org/goleak"

	"usher/firmware"
	"usher/firmware/image"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	built = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	today = built.AddDate(0, 0, 20)
)

// keys are the signing keys of a role.
type keys []ed25519.PrivateKey

func newKeys(t testing.TB, n int) keys {
	t.Helper()
	var list keys
	for range n {
		_, k, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, k)
	}
	return list
}

// repo is a repository, and whoever owns it: in these tests that is also the
// attacker, who has some of its keys.
type repo struct {
	t          testing.TB
	keys       map[string]keys
	thresholds map[string]int
	sign       map[string]int // how many sign; default all
	version    map[string]int64
	expires    map[string]time.Time
	releases   map[string]firmware.Release
	files      map[string][]byte
	asked      []string
	err        map[string]error
	roots      []keys // whose signatures the next root has besides its own
}

func newRepo(t testing.TB) *repo {
	r := &repo{
		t: t, keys: map[string]keys{}, thresholds: map[string]int{}, sign: map[string]int{}, version: map[string]int64{},
		expires: map[string]time.Time{}, files: map[string][]byte{}, err: map[string]error{},
		releases: map[string]firmware.Release{"2.json": {Version: "2", Boards: []string{"stick"}, Counter: 2, Percent: 100}},
	}
	for role, of := range map[string][2]int{metadata.ROOT: {2, 3}, metadata.TARGETS: {2, 3}, metadata.SNAPSHOT: {1, 1}, metadata.TIMESTAMP: {1, 1}} {
		r.thresholds[role], r.keys[role], r.sign[role] = of[0], newKeys(t, of[1]), of[0]
		r.expires[role] = today.AddDate(0, 1, 0)
		r.version[role] = 1
	}
	r.expires[metadata.ROOT] = today.AddDate(1, 0, 0)
	r.root()
	r.publish()
	return r
}

// Metadata implements Place.
func (r *repo) Metadata(_ context.Context, name string, limit int64) ([]byte, error) {
	r.asked = append(r.asked, name)
	if err := r.err[name]; err != nil {
		return nil, err
	}
	data, ok := r.files[name]
	if !ok {
		return nil, fmt.Errorf("get %s: %w", name, fs.ErrNotExist)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("get %s: longer than %d bytes", name, limit)
	}
	return data, nil
}

func signed[T metadata.Roles](r *repo, m *metadata.Metadata[T], with keys) []byte {
	r.t.Helper()
	for _, k := range with {
		s, err := signature.LoadSigner(k, crypto.Hash(0))
		if err != nil {
			r.t.Fatal(err)
		}
		if _, err := m.Sign(s); err != nil {
			r.t.Fatal(err)
		}
	}
	data, err := m.ToBytes(false)
	if err != nil {
		r.t.Fatal(err)
	}
	return data
}

// root publishes the root of the present version.
func (r *repo) root() []byte {
	r.t.Helper()
	m := metadata.Root(r.expires[metadata.ROOT])
	m.Signed.Version = r.version[metadata.ROOT]
	for role, list := range r.keys {
		for _, k := range list {
			key, err := metadata.KeyFromPublicKey(k.Public())
			if err != nil {
				r.t.Fatal(err)
			}
			if err := m.Signed.AddKey(key, role); err != nil {
				r.t.Fatal(err)
			}
		}
		m.Signed.Roles[role].Threshold = r.thresholds[role]
	}
	with := append(keys{}, r.keys[metadata.ROOT][:r.sign[metadata.ROOT]]...)
	for _, more := range r.roots {
		for _, k := range more {
			if !containsKey(with, k) {
				with = append(with, k)
			}
		}
	}
	data := signed(r, m, with)
	r.files[fmt.Sprintf("%d.root.json", m.Signed.Version)] = data
	return data
}

func containsKey(list keys, k ed25519.PrivateKey) bool {
	for _, x := range list {
		if x.Equal(k) {
			return true
		}
	}
	return false
}

// rotate makes new keys for a role and publishes a root signed by old and new.
func (r *repo) rotate(roles ...string) {
	r.t.Helper()
	old := r.keys[metadata.ROOT][:2]
	for _, role := range roles {
		r.keys[role] = newKeys(r.t, len(r.keys[role]))
	}
	r.version[metadata.ROOT]++
	r.roots = []keys{old}
	r.root()
}

// publish makes the list, the snapshot and the timestamp of their present
// versions.
func (r *repo) publish() {
	r.t.Helper()
	r.targets()
	r.snapshot()
	r.timestamp()
}

func (r *repo) with(role string) keys { return r.keys[role][:r.sign[role]] }

func (r *repo) targets() {
	m := metadata.Targets(r.expires[metadata.TARGETS])
	m.Signed.Version = r.version[metadata.TARGETS]
	for name, rel := range r.releases {
		f, err := metadata.TargetFile().FromBytes(name, []byte("description of "+name), "sha256")
		if err != nil {
			r.t.Fatal(err)
		}
		custom, err := image.EncodeTerms(rel)
		if err != nil {
			r.t.Fatal(err)
		}
		f.Custom = (*rawMessage)(&custom)
		m.Signed.Targets[name] = f
	}
	r.files[fmt.Sprintf("%d.targets.json", m.Signed.Version)] = signed(r, m, r.with(metadata.TARGETS))
}

func (r *repo) snapshot() {
	m := metadata.Snapshot(r.expires[metadata.SNAPSHOT])
	m.Signed.Version = r.version[metadata.SNAPSHOT]
	m.Signed.Meta["targets.json"] = r.meta("%d.targets.json", metadata.TARGETS)
	r.files[fmt.Sprintf("%d.snapshot.json", m.Signed.Version)] = signed(r, m, r.with(metadata.SNAPSHOT))
}

func (r *repo) timestamp() {
	m := metadata.Timestamp(r.expires[metadata.TIMESTAMP])
	m.Signed.Version = r.version[metadata.TIMESTAMP]
	m.Signed.Meta["snapshot.json"] = r.meta("%d.snapshot.json", metadata.SNAPSHOT)
	r.files["timestamp.json"] = signed(r, m, r.with(metadata.TIMESTAMP))
}

func (r *repo) meta(name, role string) *metadata.MetaFiles {
	m := metadata.MetaFile(r.version[role])
	data := r.files[fmt.Sprintf(name, r.version[role])]
	hashes, err := metadata.TargetFile().FromBytes(name, data, "sha256")
	if err != nil {
		r.t.Fatal(err)
	}
	m.Length, m.Hashes = int64(len(data)), hashes.Hashes
	return m
}

// raise gives roles new versions and publishes.
func (r *repo) raise(roles ...string) {
	r.t.Helper()
	for _, role := range roles {
		r.version[role]++
	}
	r.publish()
}

func (r *repo) release(version string, counter uint64) {
	r.releases[version+".json"] = firmware.Release{Version: version, Boards: []string{"stick"}, Counter: counter, Percent: 100}
	r.raise(metadata.TARGETS, metadata.SNAPSHOT, metadata.TIMESTAMP)
}

// clone is the repository as it is now: what an attacker may keep.
func (r *repo) clone() *repo {
	c := *r
	c.files, c.version, c.releases = maps.Clone(r.files), maps.Clone(r.version), maps.Clone(r.releases)
	c.keys, c.sign, c.expires = maps.Clone(r.keys), maps.Clone(r.sign), maps.Clone(r.expires)
	return &c
}

// memory is a Disk in memory.
type memory struct{ b []byte }

func newMemory() *memory { return &memory{make([]byte, DiskSize)} }

func (m *memory) ReadAt(b []byte, at int64) (int, error)  { return copy(b, m.b[at:]), nil }
func (m *memory) WriteAt(b []byte, at int64) (int, error) { return copy(m.b[at:], b), nil }
func (m *memory) Sync() error                             { return nil }
func (m *memory) Size() int64                             { return int64(len(m.b)) }

// box is a box of the tests.
type box struct {
	t    testing.TB
	disk *memory
	root []byte
	wall time.Time
	mono time.Duration
	sync bool
	*Clock
}

func newBox(t testing.TB, r *repo) *box {
	b := &box{t: t, disk: newMemory(), root: r.files["1.root.json"], wall: today}
	b.restart()
	return b
}

func (b *box) restart() {
	b.Clock = NewClock(ClockOptions{
		Built: built, Wall: func() time.Time { return b.wall }, Mono: func() time.Duration { return b.mono }, Synced: func() bool { return b.sync },
	})
}

func (b *box) keeper() *Keeper {
	b.t.Helper()
	k, err := New(Options{Root: b.root, Disk: b.disk, Clock: b.Clock, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.t.Fatal(err)
	}
	return k
}

// refresh starts the program again and asks.
func (b *box) refresh(from Place) ([]Entry, error) {
	b.t.Helper()
	return b.keeper().Refresh(context.Background(), from)
}

func (b *box) mustHave(from Place, versions ...string) {
	b.t.Helper()
	list, err := b.refresh(from)
	if err != nil {
		b.t.Fatal(err)
	}
	var got []string
	for _, e := range list {
		got = append(got, e.Release.Version)
	}
	if fmt.Sprint(got) != fmt.Sprint(versions) {
		b.t.Fatalf("releases %v, want %v", got, versions)
	}
}
