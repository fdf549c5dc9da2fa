package release

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher/firmware"
	"usher/firmware/trust"
)

var start = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// house is whoever makes boxes: keys in several places, and a repository.
type house struct {
	*Repo
	t              *testing.T
	dir            string
	root, releases []Key
	online         Key
	at             time.Time
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), at: start}
	for i := range 3 {
		h.root = append(h.root, h.key(fmt.Sprint("root", i)))
		h.releases = append(h.releases, h.key(fmt.Sprint("releases", i)))
	}
	h.online = h.key("online")
	repo, err := Open(filepath.Join(h.dir, "repo"), func() time.Time { return h.at })
	h.must(err)
	h.Repo = repo
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) key(name string) Key {
	h.t.Helper()
	k, err := NewKey(filepath.Join(h.dir, name))
	h.must(err)
	return k
}

func (h *house) plan() RootPlan {
	return RootPlan{Root: publics(h.root), Releases: publics(h.releases), Online: []Public{h.online.Public()}, Threshold: 2, Days: 365}
}

func publics(list []Key) (p []Public) {
	for _, k := range list {
		p = append(p, k.Public())
	}
	return p
}

func (h *house) sign(role string, with ...Key) {
	h.t.Helper()
	for _, k := range with {
		h.must(Sign(h.Staged(role), k))
	}
}

func (h *house) publish() Published {
	h.t.Helper()
	p, err := h.Publish(h.online, 7)
	h.must(err)
	return p
}

func (h *house) build(version string) string {
	h.t.Helper()
	img := bytes.NewReader(bytes.Repeat([]byte("firmware "+version+" "), 5_000))
	name, err := h.StageRelease(img, firmware.Release{Version: version, Boards: []string{"stick"}, Counter: 1, Percent: 100, Notes: map[string]string{"en": "New"}}, 90)
	h.must(err)
	return name
}

// begin publishes a root and a first release.
func (h *house) begin() {
	h.t.Helper()
	h.must(h.StageRoot(h.plan()))
	h.sign("root", h.root[:2]...)
	h.build("1.0")
	h.sign("targets", h.releases[1:]...)
	h.publish()
}

// folder is the public folder as a box sees it.
type folder string

func (f folder) Metadata(_ context.Context, name string, _ int64) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(f), "metadata", name))
}

type disk struct{ b []byte }

func (m *disk) ReadAt(b []byte, at int64) (int, error)  { return copy(b, m.b[at:]), nil }
func (m *disk) WriteAt(b []byte, at int64) (int, error) { return copy(m.b[at:], b), nil }
func (*disk) Sync() error                               { return nil }
func (m *disk) Size() int64                             { return int64(len(m.b)) }

// believed is what a box that left the factory with root 1 believes.
func (h *house) believed(d *disk) (string, error) {
	h.t.Helper()
	root, err := os.ReadFile(filepath.Join(h.Public(), "metadata", "1.root.json"))
	h.must(err)
	clock := trust.NewClock(trust.ClockOptions{Built: start.AddDate(0, -1, 0), Wall: func() time.Time { return h.at }, Mono: func() time.Duration { return 0 }})
	k, err := trust.New(trust.Options{Root: root, Disk: d, Clock: clock, Logger: slog.New(slog.DiscardHandler)})
	h.must(err)
	list, err := k.Refresh(context.Background(), folder(h.Public()))
	var versions []string
	for _, e := range list {
		versions = append(versions, e.Release.Version)
	}
	return strings.Join(versions, " "), err
}

func (h *house) wantBelieved(d *disk, want string) {
	h.t.Helper()
	if got, err := h.believed(d); err != nil || got != want {
		h.t.Fatalf("a box believes %q: %v", got, err)
	}
}

func newDisk() *disk { return &disk{make([]byte, trust.DiskSize)} }

func TestPublishedIsBelieved(t *testing.T) {
	h, d := newHouse(t), newDisk()
	h.begin()
	h.wantBelieved(d, "1.0")
	h.build("1.10")
	h.build("1.9")
	h.sign("targets", h.releases[:2]...)
	if p := h.publish(); p != (Published{List: 2, Timestamp: 2}) {
		t.Errorf("%+v", p)
	}
	h.wantBelieved(d, "1.10 1.9 1.0")
	if p := h.publish(); p != (Published{Timestamp: 3}) {
		t.Errorf("%+v", p)
	}
	h.at = h.at.AddDate(0, 0, 8)
	if _, err := h.believed(d); !errors.Is(err, trust.ErrExpired) {
		t.Errorf("nobody said so for a week: %v", err)
	}
	h.publish()
	h.wantBelieved(d, "1.10 1.9 1.0")
}

func TestNothingIsPublishedUnsigned(t *testing.T) {
	h := newHouse(t)
	if _, err := h.Publish(h.online, 7); !errors.Is(err, ErrNoRoot) {
		t.Errorf("%v", err)
	}
	h.must(h.StageRoot(h.plan()))
	h.sign("root", h.root[0], h.releases[0], h.releases[1])
	if _, err := h.Publish(h.online, 7); !errors.Is(err, ErrUnsigned) {
		t.Errorf("root with one signature: %v", err)
	}
	h.sign("root", h.root[0], h.root[2])
	if _, err := h.Publish(h.online, 7); !errors.Is(err, ErrNothing) {
		t.Errorf("no list: %v", err)
	}
	h.build("1.0")
	h.sign("targets", h.releases[0], h.root[0], h.root[1], h.online)
	if _, err := h.Publish(h.online, 7); !errors.Is(err, ErrUnsigned) {
		t.Errorf("list with one signature: %v", err)
	}
	h.sign("targets", h.releases[2])
	if _, err := h.Publish(h.root[0], 7); !errors.Is(err, ErrUnsigned) {
		t.Errorf("another online key: %v", err)
	}
	h.publish()
	h.wantBelieved(newDisk(), "1.0")
	h.build("2.0")
	h.sign("targets", h.releases...)
	h.must(h.StageTerms("stick/2.0.json", 90, func(r *firmware.Release) bool { r.Percent = 5; return true }))
	if _, err := h.Publish(h.online, 7); !errors.Is(err, ErrUnsigned) {
		t.Errorf("changed after it was signed: %v", err)
	}
}

// Two people sign copies, on machines of their own; the copies come back.
func TestSignedElsewhere(t *testing.T) {
	h := newHouse(t)
	h.must(h.StageRoot(h.plan()))
	h.build("1.0")
	for role, keys := range map[string][]Key{"root": h.root, "targets": h.releases} {
		var copies []string
		for i, k := range keys[:2] {
			name := filepath.Join(h.dir, fmt.Sprint(role, "-copy", i))
			data, err := os.ReadFile(h.Staged(role))
			h.must(err)
			h.must(os.WriteFile(name, data, 0o600))
			h.must(Sign(name, k))
			h.must(Sign(name, k)) // twice is once
			copies = append(copies, name)
		}
		h.must(Join(h.Staged(role), copies...))
	}
	other := filepath.Join(h.dir, "targets-copy0")
	if err := Join(h.Staged("root"), other); !errors.Is(err, errOther) {
		t.Errorf("%v", err)
	}
	var said strings.Builder
	h.must(Describe(&said, h.Staged("root")))
	h.must(Describe(&said, h.Staged("targets")))
	for _, want := range []string{"root 1, until 2027-11-21, 2 signatures", "targets   2 of 3: ", "list 1, until 2027-02-19, 2 signatures", "stick/1.0.json", `"percent":100`} {
		if !strings.Contains(said.String(), want) {
			t.Errorf("%q is not in:\n%s", want, said.String())
		}
	}
	h.publish()
	h.wantBelieved(newDisk(), "1.0")
	h.build("1.1")
	h.must(Sign(h.Staged("targets"), h.releases[0]))
	if err := Join(h.Staged("targets"), other); !errors.Is(err, errOther) {
		t.Errorf("a copy of before: %v", err)
	}
	if Sign(filepath.Join(h.dir, "online"), h.online) == nil || !errors.Is(Describe(&said, h.Staged("root")), ErrNothing) {
		t.Error("signed a key")
	}
}

// The key loss drill: a root key and a release key are lost, and the online key
// was stolen.
func TestKeyLossDrill(t *testing.T) {
	h, d := newHouse(t), newDisk()
	h.begin()
	h.wantBelieved(d, "1.0")
	kept := h.root[:2]
	h.root = []Key{h.root[0], h.root[1], h.key("root3")}
	h.releases = []Key{h.releases[0], h.key("releases3"), h.key("releases4")}
	h.online = h.key("online2")
	h.must(h.StageRoot(h.plan()))
	h.sign("root", kept...)
	if _, err := h.Publish(h.online, 7); !errors.Is(err, ErrUnsigned) {
		t.Fatalf("the list has signatures of before: %v", err)
	}
	h.must(h.StageList(90))
	h.sign("targets", h.releases[:2]...)
	if p := h.publish(); p.Root != 2 || p.List != 2 {
		t.Errorf("%+v", p)
	}
	h.wantBelieved(d, "1.0")
	h.wantBelieved(newDisk(), "1.0")
}

func TestTermsChangeAndReleasesAreWithdrawn(t *testing.T) {
	h, d := newHouse(t), newDisk()
	h.begin()
	name := h.build("2.0")
	h.must(h.StageTerms(name, 90, func(r *firmware.Release) bool { r.Percent = 5; r.Groups = []string{"lab"}; return true }))
	h.sign("targets", h.releases[:2]...)
	h.publish()
	h.wantBelieved(d, "2.0 1.0")
	h.must(h.StageTerms(name, 90, func(*firmware.Release) bool { return false }))
	h.sign("targets", h.releases[:2]...)
	h.publish()
	h.wantBelieved(d, "1.0")
	if err := h.StageTerms(name, 90, nil); err == nil {
		t.Error("changed what is not there")
	}
	if err := h.StageTerms("stick/1.0.json", 90, func(r *firmware.Release) bool { r.Percent = 101; return true }); !errors.Is(err, firmware.ErrRelease) {
		t.Errorf("%v", err)
	}
}

func TestRefusals(t *testing.T) {
	h := newHouse(t)
	for name, change := range map[string]func(*RootPlan){
		"no online key":     func(p *RootPlan) { p.Online = nil },
		"threshold of 1":    func(p *RootPlan) { p.Threshold = 1 },
		"too few":           func(p *RootPlan) { p.Root = p.Root[:1] },
		"one key, two jobs": func(p *RootPlan) { p.Online = p.Root[:1] },
	} {
		p := h.plan()
		change(&p)
		if h.StageRoot(p) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	lab := h.plan()
	lab.Root, lab.Releases, lab.Threshold = lab.Root[:1], lab.Releases[:1], 1
	h.must(h.StageRoot(lab))
	h.begin()
	for _, r := range []firmware.Release{
		{Version: "../1", Boards: []string{"stick"}}, {Version: "1", Boards: []string{"a/b"}}, {Version: "1"}, {Version: "1.0", Boards: []string{"stick"}},
	} {
		if _, err := h.StageRelease(strings.NewReader("x"), r, 90); err == nil {
			t.Errorf("%v: taken", r)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(h.Public(), "files", ".new-*")); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

func TestKeys(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "k")
	k, err := NewKey(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewKey(name); !errors.Is(err, fs.ErrExist) {
		t.Errorf("written over: %v", err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	again, err := LoadKey(name)
	if err != nil || !again.private.Equal(k.private) {
		t.Errorf("%v", err)
	}
	if pub, err := LoadPublic(name + ".pub"); err != nil || !pub.key.Equal(k.Public().key) {
		t.Errorf("%v", err)
	}
	if _, err := LoadPublic(name); err == nil {
		t.Error("a private key as a public one")
	}
	if err := os.Chmod(name, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKey(name); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("%v", err)
	}
}

func FuzzLoadPublic(f *testing.F) {
	name := filepath.Join(f.TempDir(), "k")
	if _, err := NewKey(name); err != nil {
		f.Fatal(err)
	}
	pub, err := os.ReadFile(name + ".pub")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(pub)
	f.Add([]byte("-----BEGIN PUBLIC KEY-----\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "p")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if p, err := LoadPublic(file); err == nil && len(p.key) != 32 {
			t.Error("a key of another length")
		}
	})
}
