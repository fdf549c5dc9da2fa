package shelf

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type record struct{ N int }

func put(t *testing.T, s *Shelf, key string, n int) {
	t.Helper()
	if err := s.Update(func(tx *Tx) error { return tx.Put("d", key, record{n}) }); err != nil {
		t.Fatal(err)
	}
}

func all(t *testing.T, s *Shelf, prefix string) (list []record) {
	t.Helper()
	if err := s.View(func(tx *Tx) (err error) { list, err = All[record](tx, "d", prefix); return err }); err != nil {
		t.Fatal(err)
	}
	return list
}

func open(t *testing.T, file string) *Shelf {
	t.Helper()
	s, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestShelf(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.db")
	for name, s := range map[string]*Shelf{"memory": New(), "file": open(t, file)} {
		put(t, s, "a/1", 1)
		put(t, s, "a/2", 2)
		put(t, s, "b/1", 3)
		err := s.Update(func(tx *Tx) error {
			tx.Delete("d", "a/1")
			if _, found, err := Get[record](tx, "d", "a/1"); found || err != nil {
				t.Errorf("%s: a deleted record is found", name)
			}
			return tx.Put("d", "a/3", record{4})
		})
		if d := cmp.Diff([]record{{2}, {4}}, all(t, s, "a/")); d != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, d)
		}
		stop := errors.New("stop")
		err = s.Update(func(tx *Tx) error {
			tx.Delete("d", "b/1")
			return errors.Join(tx.Put("d", "a/3", record{9}), stop)
		})
		if d := cmp.Diff([]record{{2}, {4}, {3}}, all(t, s, "")); d != "" || !errors.Is(err, stop) {
			t.Errorf("%s: an update that failed: %v\n%s", name, err, d)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if d := cmp.Diff([]record{{2}, {4}, {3}}, all(t, open(t, file), "")); d != "" {
		t.Errorf("after opening again:\n%s", d)
	}
}

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.db")
	open(t, file)
	if _, err := Open(file); err == nil || !strings.Contains(err.Error(), "another boxoffice") {
		t.Errorf("a file in use: %v", err)
	}
	if _, err := Open(t.TempDir()); err == nil {
		t.Error("a folder is opened")
	}
}

func TestDamagedRecord(t *testing.T) {
	s := New()
	s.drawers["d"] = map[string][]byte{"a": []byte("{")}
	err := s.View(func(tx *Tx) error { _, _, err := Get[record](tx, "d", "a"); return err })
	if err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
}

// TestKilled: what an update said was stored is there after kill -9. The other
// process is this test, started again.
func TestKilled(t *testing.T) {
	if file := os.Getenv("SHELF_TEST_FILE"); file != "" {
		scribble(t, file)
		return
	}
	file := filepath.Join(t.TempDir(), "x.db")
	for round := range 3 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), "SHELF_TEST_FILE="+file)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last, lines := 0, bufio.NewScanner(out)
		for lines.Scan() && last < (round+1)*20 {
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				last = n
			}
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		s, err := Open(file)
		if err != nil {
			t.Fatal(err)
		}
		a, b := all(t, s, "a"), all(t, s, "b")
		if len(a) != 1 || a[0].N < last || b[0].N != a[0].N {
			t.Errorf("%d was stored, %v and %v are there", last, a, b)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// scribble counts in two records at once, and says how far it is.
func scribble(t *testing.T, file string) {
	s := open(t, file)
	for {
		n := 0
		if old := all(t, s, "a"); len(old) > 0 {
			n = old[0].N
		}
		err := s.Update(func(tx *Tx) error {
			return errors.Join(tx.Put("d", "a", record{n + 1}), tx.Put("d", "b", record{n + 1}))
		})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(n + 1)
	}
}
