package trust

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"usher/firmware"
)

type rawMessage = json.RawMessage

func TestListIsBelieved(t *testing.T) {
	r := newRepo(t)
	b := newBox(t, r)
	b.mustHave(r, "2")
	r.release("10", 3)
	r.release("9", 3)
	b.mustHave(r, "10", "9", "2")
	list, err := b.keeper().Known()
	if err != nil || len(list) != 3 {
		t.Fatalf("without a network: %v %v", list, err)
	}
	e := list[0]
	if e.Name != "10.json" || e.Length != int64(len("description of 10.json")) || e.Sum == (firmware.Sum{}) || e.Release.Counter != 3 {
		t.Errorf("%+v", e)
	}
}

func TestNothingKnown(t *testing.T) {
	if _, err := newBox(t, newRepo(t)).keeper().Known(); !errors.Is(err, ErrNothing) || !hasReason(err, firmware.Unreachable) {
		t.Errorf("%v", err)
	}
}

func TestSecondRefreshIsOneRequestForEachList(t *testing.T) {
	r := newRepo(t)
	b := newBox(t, r)
	b.mustHave(r, "2")
	r.asked = nil
	b.mustHave(r, "2")
	if got := fmt.Sprint(r.asked); got != "[2.root.json timestamp.json]" {
		t.Errorf("asked for %s", got)
	}
}

func hasReason(err error, why firmware.Reason) bool {
	var e *firmware.Error
	return errors.As(err, &e) && e.Reason == why
}

// Each attack is on a box that has seen a good list; afterwards the good
// repository must be taken again.
func TestAttacks(t *testing.T) {
	for name, a := range map[string]struct {
		attack func(r *repo) // on what the box has seen
		want   error
		why    firmware.Reason
	}{
		"one signature of two on the list": {func(r *repo) {
			r.sign[metadata.TARGETS] = 1
			r.release("3", 3)
		}, ErrSignatures, firmware.Untrusted},
		"list signed by the online keys": {func(r *repo) {
			r.keys[metadata.TARGETS] = append(r.keys[metadata.TIMESTAMP], r.keys[metadata.SNAPSHOT]...)
			r.release("3", 3)
		}, ErrSignatures, firmware.Untrusted},
		"one signature of two on a root": {func(r *repo) {
			r.version[metadata.ROOT], r.sign[metadata.ROOT] = 2, 1
			r.root()
		}, ErrSignatures, firmware.Untrusted},
		"root of a stranger": {func(r *repo) {
			r.version[metadata.ROOT], r.keys[metadata.ROOT] = 2, newKeys(r.t, 3)
			r.root()
		}, ErrSignatures, firmware.Untrusted},
		"one key twice": {func(r *repo) {
			r.version[metadata.ROOT]++
			r.keys[metadata.ROOT] = keys{r.keys[metadata.ROOT][0], r.keys[metadata.ROOT][0]}
			r.sign[metadata.ROOT] = 1
			r.root()
		}, ErrSignatures, firmware.Untrusted},
		"root that skips one": {func(r *repo) {
			r.version[metadata.ROOT] = 3
			r.root()
			r.files["2.root.json"] = r.files["3.root.json"]
		}, ErrRollback, firmware.Untrusted},
		"downgrade of the timestamp": {func(r *repo) {
			old := r.clone()
			old.version[metadata.TIMESTAMP] = 1
			old.timestamp()
			r.files = old.files
		}, ErrRollback, firmware.Untrusted},
		"downgrade of the snapshot": {func(r *repo) {
			r.version[metadata.SNAPSHOT] = 1
			r.snapshot()
			r.version[metadata.TIMESTAMP]++
			r.timestamp()
		}, ErrRollback, firmware.Untrusted},
		"downgrade of the list": {func(r *repo) {
			r.version[metadata.TARGETS] = 1
			r.targets()
			r.raiseOnline()
		}, ErrRollback, firmware.Untrusted},
		"freeze": {func(r *repo) {
			r.expires[metadata.TIMESTAMP] = today.Add(-time.Hour)
			r.version[metadata.TIMESTAMP]++
			r.timestamp()
		}, ErrExpired, firmware.Untrusted},
		"expired snapshot": {func(r *repo) {
			r.expires[metadata.SNAPSHOT] = today.Add(-time.Hour)
			r.raise(metadata.SNAPSHOT, metadata.TIMESTAMP)
		}, ErrExpired, firmware.Untrusted},
		"expired list": {func(r *repo) {
			r.expires[metadata.TARGETS] = today.Add(-time.Hour)
			r.raise(metadata.TARGETS, metadata.SNAPSHOT, metadata.TIMESTAMP)
		}, ErrExpired, firmware.Untrusted},
		"mix and match: another list under the name": {func(r *repo) {
			r.release("3", 3)
			delete(r.releases, "3.json")
			r.releases["4.json"] = firmware.Release{Version: "4", Boards: []string{"stick"}, Counter: 3, Percent: 100}
			r.targets() // signed by all who must, and as long, but not what the snapshot names
		}, ErrMismatch, firmware.Untrusted},
		"mix and match: an older snapshot under the new name": {func(r *repo) {
			r.release("3", 3)
			r.files[fmt.Sprintf("%d.snapshot.json", r.version[metadata.SNAPSHOT])] = r.files[fmt.Sprintf("%d.snapshot.json", r.version[metadata.SNAPSHOT]-1)]
		}, ErrMismatch, firmware.Untrusted},
		"endless data": {func(r *repo) {
			r.files["timestamp.json"] = bytes.Repeat([]byte(" "), maxTimestamp+1)
		}, nil, firmware.Untrusted},
		"a place that says more than it was asked for": {func(r *repo) {
			r.files["2.root.json"] = bytes.Repeat([]byte("{"), 1000)
		}, ErrFormat, firmware.Untrusted},
		"nothing there": {func(r *repo) { delete(r.files, "timestamp.json") }, nil, firmware.Unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRepo(t)
			b := newBox(t, r)
			r.raise(metadata.TARGETS, metadata.SNAPSHOT, metadata.TIMESTAMP)
			b.mustHave(r, "2")
			evil := r.clone()
			a.attack(evil)
			list, err := b.refresh(evil)
			if err == nil || list != nil || !hasReason(err, a.why) || a.want != nil && !errors.Is(err, a.want) {
				t.Fatalf("%v %v", list, err)
			}
			t.Log(err)
			r.version[metadata.TIMESTAMP]++ // the owner goes on
			r.version[metadata.SNAPSHOT]++
			r.release("5", 5)
			b.mustHave(r, "5", "2")
		})
	}
}

// An owner who lets the root expire has to sign another one, and may do so
// when it is too late.
func TestExpiredRoot(t *testing.T) {
	r := newRepo(t)
	b := newBox(t, r)
	r.raise(metadata.TIMESTAMP)
	b.mustHave(r, "2")
	b.wall = today.AddDate(1, 0, 1)
	for _, role := range []string{metadata.TARGETS, metadata.SNAPSHOT, metadata.TIMESTAMP} {
		r.expires[role] = b.wall.AddDate(0, 1, 0)
	}
	r.release("3", 3)
	if _, err := b.refresh(r); !errors.Is(err, ErrExpired) {
		t.Fatal(err)
	}
	old := r.clone()
	r.expires[metadata.ROOT] = b.wall.AddDate(1, 0, 0)
	r.rotate()
	// The box remembers what it saw before the root expired.
	old.files["2.root.json"] = r.files["2.root.json"]
	old.version[metadata.TIMESTAMP] = 1
	old.timestamp()
	if _, err := b.refresh(old); !errors.Is(err, ErrRollback) {
		t.Errorf("an older timestamp after a new root: %v", err)
	}
	b.mustHave(r, "3", "2")
}

func (r *repo) raiseOnline() {
	for _, role := range []string{metadata.SNAPSHOT, metadata.TIMESTAMP} {
		r.version[role]++
	}
	r.snapshot()
	r.timestamp()
}

// A thief of both online keys says that the next version is far away, so that
// no list of the owner is ever new again. A root that takes the keys back ends
// that.
func TestFastForwardIsRecovered(t *testing.T) {
	r := newRepo(t)
	b := newBox(t, r)
	thief := r.clone()
	thief.version[metadata.SNAPSHOT], thief.version[metadata.TIMESTAMP] = 1<<40, 1<<40
	thief.publish()
	b.mustHave(thief, "2")
	r.release("3", 3)
	if _, err := b.refresh(r); !errors.Is(err, ErrRollback) {
		t.Fatalf("the attack is not one: %v", err)
	}
	r.rotate(metadata.SNAPSHOT, metadata.TIMESTAMP)
	r.publish()
	b.mustHave(r, "3", "2")
	if _, err := b.refresh(thief); !errors.Is(err, ErrSignatures) && !errors.Is(err, ErrRollback) {
		t.Errorf("the thief's key: %v", err)
	}
}

// Taking back one of the two is enough, whichever: the other's file names the
// version that the thief chose.
func TestFastForwardOfTheSnapshotOnly(t *testing.T) {
	r := newRepo(t)
	b := newBox(t, r)
	thief := r.clone()
	thief.version[metadata.SNAPSHOT] = 1 << 40
	thief.version[metadata.TIMESTAMP]++
	thief.publish()
	b.mustHave(thief, "2")
	r.version[metadata.TIMESTAMP] += 2
	r.rotate(metadata.SNAPSHOT)
	r.release("3", 3)
	b.mustHave(r, "3", "2")
}

func TestRotation(t *testing.T) {
	r := newRepo(t)
	asleep, awake := newBox(t, r), newBox(t, r)
	awake.mustHave(r, "2")
	for i := range 5 {
		r.rotate(metadata.ROOT, metadata.TARGETS)
		r.release(fmt.Sprint(3+i), 2)
		if i == 2 { // in between, an expired root is followed (5.3.10 asks for the last only)
			r.expires[metadata.ROOT] = built.AddDate(-1, 0, 0)
			r.rotate(metadata.ROOT)
			r.expires[metadata.ROOT] = today.AddDate(1, 0, 0)
			continue
		}
		awake.mustHave(r, versions(3+i)...)
	}
	asleep.mustHave(r, versions(7)...)
	if asleep.keeper().load().seq != 1 {
		t.Error("each root was written")
	}
	// The key loss drill: two of the first three root keys are worth nothing now.
	old := newRepo(t)
	old.version[metadata.ROOT] = r.version[metadata.ROOT] + 1
	old.root()
	r.files[fmt.Sprintf("%d.root.json", old.version[metadata.ROOT])] = old.files[fmt.Sprintf("%d.root.json", old.version[metadata.ROOT])]
	if _, err := asleep.refresh(r); !errors.Is(err, ErrSignatures) {
		t.Errorf("%v", err)
	}
}

func versions(to int) (list []string) {
	for v := to; v >= 2; v-- {
		list = append(list, fmt.Sprint(v))
	}
	return list
}

// A firmware brings a newer root than the one that is remembered.
func TestOwnRootOvertakes(t *testing.T) {
	r := newRepo(t)
	b := newBox(t, r)
	b.mustHave(r, "2")
	r.rotate(metadata.ROOT, metadata.TIMESTAMP)
	r.release("3", 3)
	b.root = r.files["2.root.json"]
	if _, err := b.keeper().Known(); !errors.Is(err, ErrNothing) {
		t.Errorf("what another root's keys signed is known: %v", err)
	}
	b.mustHave(r, "3", "2")
	if _, err := b.keeper().Known(); err != nil {
		t.Error(err)
	}
}

// What is known without a network expires as well.
func TestKnownExpires(t *testing.T) {
	for _, role := range []string{metadata.TARGETS, metadata.SNAPSHOT, metadata.TIMESTAMP, metadata.ROOT} {
		r := newRepo(t)
		for name := range r.expires {
			r.expires[name] = today.AddDate(1, 0, 0)
		}
		r.expires[role] = today.AddDate(0, 0, 1)
		r.rotate()
		r.raise(metadata.TARGETS, metadata.SNAPSHOT, metadata.TIMESTAMP)
		b := newBox(t, r)
		b.mustHave(r, "2")
		b.wall = today.AddDate(0, 0, 2)
		if _, err := b.keeper().Known(); !errors.Is(err, ErrExpired) {
			t.Errorf("%s: %v", role, err)
		}
	}
}

func TestRootOfTheBoxIsChecked(t *testing.T) {
	for _, root := range []string{"", "{}", `{"signed":{"_type":"root"},"signatures":[]}`} {
		if _, err := New(Options{Root: []byte(root), Disk: newMemory(), Clock: newBox(t, newRepo(t)).Clock}); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", root, err)
		}
	}
}

// What a refresh found in order stays, even when the file after it is bad:
// otherwise whoever holds back the last file could roll back the first.
func TestHalfARefreshIsKept(t *testing.T) {
	r := newRepo(t)
	b := newBox(t, r)
	b.mustHave(r, "2")
	before := r.clone()
	r.release("3", 3)
	r.err["2.targets.json"] = errors.New("held back")
	if _, err := b.refresh(r); err == nil {
		t.Fatal("no error")
	}
	if _, err := b.refresh(before); !errors.Is(err, ErrRollback) {
		t.Errorf("an older timestamp was taken: %v", err)
	}
	r.err = nil
	b.mustHave(r, "3", "2")
}

func TestEndedContextIsNoFault(t *testing.T) {
	r := newRepo(t)
	r.err["timestamp.json"] = context.Canceled
	if _, err := newBox(t, r).refresh(r); !errors.Is(err, context.Canceled) || hasReason(err, firmware.Untrusted) {
		t.Errorf("%v", err)
	}
}

// Unreadable releases are for newer boxes, and hide no others.
func TestUnknownTermsAreLeftOut(t *testing.T) {
	r := newRepo(t)
	r.version[metadata.TARGETS]++
	r.targets()
	m, err := metadata.Targets().FromBytes(r.files["2.targets.json"])
	if err != nil {
		t.Fatal(err)
	}
	strange := *m.Signed.Targets["2.json"]
	terms := rawMessage(`{"format":2}`)
	strange.Custom = &terms
	none := *m.Signed.Targets["2.json"]
	none.Custom = nil
	m.Signed.Targets["strange.json"], m.Signed.Targets["none.json"] = &strange, &none
	m.Signatures = nil
	r.files["2.targets.json"] = signed(r, m, r.with(metadata.TARGETS))
	r.raiseOnline()
	newBox(t, r).mustHave(r, "2")
}
