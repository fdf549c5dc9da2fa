package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	bolt "go.etcd.io/bbolt"
	"golang.org/x/sys/unix"

	"usher/internal/box"
)

func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// reopen closes s as a clean end would and opens the folder again.
func reopen(t testing.TB, s *Store) *Store {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, s.dir)
}

func at(ms int64) box.Progress {
	return box.Progress{PositionMS: ms, DurationMS: 90_000, UpdatedMS: 1_700_000_000_000 + ms}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func checkProgress(t testing.TB, s *Store, want map[string]box.Progress) {
	t.Helper()
	got, err := s.Progress("")
	must(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}

func TestProgressAndSettingsLast(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := open(t, dir)
	done := at(5)
	done.Finished = true
	must(t, s.SaveProgress("", "demo:a", at(1)))
	must(t, s.SaveProgress("", "demo:b", done))
	must(t, s.SaveProgress("", "demo:a", at(2)))
	must(t, s.SetSetting("language", "de"))
	must(t, s.SetSetting("empty", ""))
	s = reopen(t, s)
	checkProgress(t, s, map[string]box.Progress{"demo:a": at(2), "demo:b": done})
	for key, want := range map[string]string{"language": "de", "empty": ""} {
		if v, ok, err := s.Setting(key); v != want || !ok || err != nil {
			t.Errorf("Setting(%q) = %q, %v, %v", key, v, ok, err)
		}
	}
	if v, ok, err := s.Setting("none"); v != "" || ok || err != nil {
		t.Errorf("Setting(none) = %q, %v, %v", v, ok, err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder mode %v, %v; want 0700", info.Mode(), err)
	}
}

func TestRunningPositionIsMerged(t *testing.T) {
	s := open(t, t.TempDir())
	must(t, s.SaveProgress("", "demo:a", at(1)))
	must(t, s.SaveRunning("", "demo:a", at(2)))
	must(t, s.SaveRunning("", "demo:a", at(3)))
	s = reopen(t, s)
	checkProgress(t, s, map[string]box.Progress{"demo:a": at(3)})
	must(t, s.SaveProgress("", "demo:a", at(1))) // a person went back: older than the slots, but later
	s = reopen(t, s)
	checkProgress(t, s, map[string]box.Progress{"demo:a": at(1)})
}

func TestRunningPositionOfAnotherTitleIsNotLost(t *testing.T) {
	s := open(t, t.TempDir())
	must(t, s.SaveRunning("", "demo:a", at(1)))
	must(t, s.SaveRunning("", "demo:b", at(2)))
	must(t, s.SaveRunning("", "demo:b", at(3)))
	must(t, s.SaveProgress("", "demo:c", at(4))) // says nothing about b
	s = reopen(t, s)
	checkProgress(t, s, map[string]box.Progress{"demo:a": at(1), "demo:b": at(3), "demo:c": at(4)})
}

func TestClockMayJumpBack(t *testing.T) {
	s := open(t, t.TempDir())
	must(t, s.SaveProgress("", "demo:a", at(1)))
	early := box.Progress{PositionMS: 7, UpdatedMS: 1000}
	must(t, s.SaveRunning("", "demo:a", early))
	checkProgress(t, reopen(t, s), map[string]box.Progress{"demo:a": early})
}

func TestLostRunningFileStartsAfterWhatIsCovered(t *testing.T) {
	s := open(t, t.TempDir())
	for i := range 5 {
		must(t, s.SaveRunning("", "demo:a", at(int64(i))))
	}
	s = reopen(t, s) // covers the five
	must(t, s.Close())
	must(t, os.Remove(filepath.Join(s.dir, "running")))
	s = open(t, s.dir)
	must(t, s.SaveRunning("", "demo:a", at(9)))
	checkProgress(t, reopen(t, s), map[string]box.Progress{"demo:a": at(9)})
}

func TestLimits(t *testing.T) {
	s := open(t, t.TempDir())
	long := strings.Repeat("x", MaxID)
	must(t, s.SaveRunning("", long, at(1)))
	must(t, s.SaveProgress("", long, at(1)))
	for name, err := range map[string]error{
		"empty id": s.SaveProgress("", "", at(1)), "long id": s.SaveProgress("", long+"x", at(1)),
		"empty running id": s.SaveRunning("", "", at(1)), "long running id": s.SaveRunning("", long+"x", at(1)),
		"empty key": s.SetSetting("", "x"), "long key": s.SetSetting(strings.Repeat("k", MaxKey+1), "x"),
		"long value": s.SetSetting("k", strings.Repeat("v", MaxValue+1)),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestOldestProgressIsDropped(t *testing.T) {
	s := open(t, t.TempDir())
	must(t, s.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(progressBucket))
		for i := range MaxProgress {
			value, err := json.Marshal(at(int64(i)))
			if err != nil {
				return err
			}
			if err := b.Put(fmt.Appendf(nil, "demo:%04d", (i+7)%MaxProgress), value); err != nil {
				return err
			}
		}
		return nil
	}))
	old := at(-1)
	must(t, s.SaveProgress("", "demo:new", old)) // older than all, but just now
	got, err := s.Progress("")
	must(t, err)
	_, kept := got["demo:0007"] // the oldest, in the middle of the keys
	if _, isNew := got["demo:new"]; len(got) != MaxProgress || kept || !isNew {
		t.Errorf("%d entries, oldest kept: %v, new kept: %v", len(got), kept, isNew)
	}
}

func TestSecondOpenerIsRefused(t *testing.T) {
	s := open(t, t.TempDir())
	_, err := Open(s.dir, Options{})
	var e *Error
	if !errors.Is(err, ErrLocked) || !errors.As(err, &e) || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("err = %v, want ErrLocked naming process %d", err, os.Getpid())
	}
	must(t, s.SaveProgress("", "demo:a", at(1))) // the first one is not disturbed
	checkProgress(t, reopen(t, s), map[string]box.Progress{"demo:a": at(1)})
}

func TestDatabaseHeldByAnotherProgram(t *testing.T) {
	dir := t.TempDir()
	must(t, open(t, dir).Close())
	db, err := bolt.Open(filepath.Join(dir, dbName), 0o600, nil)
	must(t, err)
	defer db.Close()
	if _, err := Open(dir, Options{LockTimeout: 1}); !errors.Is(err, ErrLocked) {
		t.Errorf("err = %v, want ErrLocked", err)
	}
}

// asNobody runs f in a thread without root's right to write everywhere.
func asNobody(t *testing.T, f func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		if os.Geteuid() == 0 {
			if _, err := unix.SetfsuidRetUid(65534); err != nil {
				t.Error(err)
			}
		}
		f()
	}()
	<-done
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	parent := t.TempDir()
	must(t, os.Chmod(filepath.Dir(parent), 0o755))
	must(t, os.Chmod(parent, 0o555))
	for _, dir := range []string{parent, filepath.Join(parent, "below")} {
		asNobody(t, func() {
			_, err := Open(dir, Options{})
			if !errors.Is(err, os.ErrPermission) || !strings.Contains(err.Error(), "right to write") {
				t.Errorf("err = %v, want a permission error with a hint", err)
			}
		})
	}
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	if _, err := Open(file, Options{}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file instead of a folder: %v", err)
	}
}

func TestNewerSchemaIsRefusedUntouched(t *testing.T) {
	s := open(t, t.TempDir())
	must(t, s.SaveProgress("", "demo:a", at(1)))
	must(t, s.SaveRunning("", "demo:a", at(2)))
	must(t, s.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(metaBucket)).Put([]byte(schemaKey), []byte("99"))
	}))
	must(t, s.Close())
	before := contents(t, s.dir)
	_, err := Open(s.dir, Options{})
	if !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "schema is 99") {
		t.Errorf("err = %v, want ErrNewer naming the schema", err)
	}
	if diff := cmp.Diff(before, contents(t, s.dir)); diff != "" {
		t.Error("the folder was changed")
	}
}

func contents(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name()))
		must(t, err)
	}
	return files
}

func TestMigrationsRunInOrderAndOnce(t *testing.T) {
	s := open(t, t.TempDir())
	var ran []string
	step := func(name string) migration {
		return func(*bolt.Tx) error { ran = append(ran, name); return nil }
	}
	steps := append(migrations(), step("1 to 2"), step("2 to 3"))
	must(t, migrate(s.db, steps))
	if err := migrate(s.db, steps[:2]); !errors.Is(err, ErrNewer) {
		t.Errorf("older program: %v, want ErrNewer", err)
	}
	must(t, migrate(s.db, steps))
	if diff := cmp.Diff([]string{"1 to 2", "2 to 3"}, ran); diff != "" {
		t.Errorf("migrations (-want +got):\n%s", diff)
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	s := open(t, t.TempDir())
	steps := append(migrations(), func(tx *bolt.Tx) error {
		return errors.Join(tx.DeleteBucket([]byte(progressBucket)), errors.New("broken"))
	})
	if err := migrate(s.db, steps); err == nil || !strings.Contains(err.Error(), "migrate from schema 1: broken") {
		t.Errorf("err = %v", err)
	}
	must(t, s.SaveProgress("", "demo:a", at(1)))
	checkProgress(t, reopen(t, s), map[string]box.Progress{"demo:a": at(1)})
}

func TestDamagedDatabaseIsMovedAside(t *testing.T) {
	whole := func() []byte {
		s := open(t, t.TempDir())
		for i := range 200 {
			must(t, s.db.Update(func(tx *bolt.Tx) error { return put(tx, "", fmt.Sprint("demo:", i), at(1)) }))
		}
		must(t, s.Close())
		return contents(t, s.dir)[dbName]
	}()
	zeroed := bytes.Clone(whole)
	clear(zeroed[8192:])
	noise := bytes.Clone(whole)
	for i := 8192; i < len(noise); i++ {
		noise[i] ^= byte(i*7 + 1)
	}
	for name, data := range map[string][]byte{
		"garbage": bytes.Repeat([]byte("usher"), 5000), "short": whole[:100], "cut": whole[:12288], "zeroed": zeroed, "noise": noise,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			first := open(t, dir)
			must(t, first.SaveRunning("", "demo:a", at(3)))
			must(t, first.Close())
			for n := 1; n <= 2; n++ { // twice: the second must not overwrite the first
				must(t, os.WriteFile(filepath.Join(dir, dbName), data, 0o600))
				s, err := Open(dir, Options{})
				must(t, err)
				if w := s.Warnings(); len(w) != 1 || w[0].Code != "state_damaged" || !strings.Contains(w[0].Hint, dir) {
					t.Errorf("warnings = %+v", w)
				}
				checkProgress(t, s, map[string]box.Progress{"demo:a": at(3)})
				aside := contents(t, dir)[fmt.Sprint(dbName, ".corrupt-", n)]
				if !bytes.Equal(aside, data) {
					t.Errorf("%d bytes moved aside, want the %d damaged ones", len(aside), len(data))
				}
				must(t, s.Close())
			}
			s := open(t, dir)
			if len(s.Warnings()) != 0 {
				t.Errorf("warned again: %+v", s.Warnings())
			}
		})
	}
}
