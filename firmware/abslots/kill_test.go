//go:build linux

package abslots

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	"usher/firmware"
	"usher/firmware/firmwaretest"
)

// files are a record and two slots in a folder, as a box has left the factory.
func files(t *testing.T, dir string) {
	t.Helper()
	for name, size := range map[string]int64{"record": 1 << 20, "a": 64 << 10, "b": 64 << 10} {
		if err := errors.Join(os.WriteFile(filepath.Join(dir, name), nil, 0o600), os.Truncate(filepath.Join(dir, name), size)); err != nil {
			t.Fatal(err)
		}
	}
	img := firmwaretest.Image(1, 40<<10)
	rec := opened(t, dir, "record")
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "a"), img, 0o600), os.Truncate(filepath.Join(dir, "a"), 64<<10), Format(rec, "1", 1)); err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T, dir, name string) *File {
	t.Helper()
	f, err := OpenFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

// bench is a box whose slots are files.
func bench(t *testing.T, dir string) firmwaretest.Bench {
	record, images := opened(t, dir, "record"), [2]Disk{opened(t, dir, "a"), opened(t, dir, "b")}
	booted := 0
	return firmwaretest.Bench{
		Board: "test", Room: 64 << 10,
		Slots: func() firmware.Slots {
			return New(Options{Record: record, Images: images, Booted: booted, Board: "test", Logger: slog.New(slog.DiscardHandler)})
		},
		Reboot: func() {
			name, err := Start(record)
			if err != nil {
				t.Error(err)
			}
			booted = bytes.IndexByte([]byte("ab"), name[0])
		},
	}
}

func TestContract(t *testing.T) {
	firmwaretest.Contract(t, func(t *testing.T) firmwaretest.Bench {
		dir := t.TempDir()
		files(t, dir)
		return bench(t, dir)
	})
}

// killed is the image of that update; one of its chunks is zeros.
func killed() []byte {
	img := firmwaretest.Image(2, 40<<10)
	clear(img[5*4096:][:4096])
	return img
}

const killEnv = "USHER_TEST_KILL_AT"

// TestKilledChild is an update in a process of its own; without the variable it
// is nothing.
func TestKilledChild(t *testing.T) {
	at, err := strconv.Atoi(os.Getenv(killEnv))
	if err != nil {
		t.Skip("SKIP: this test is the child of TestKilledAnywhere")
	}
	dir := os.Getenv("USHER_TEST_DIR")
	var left atomic.Int64
	left.Store(int64(at))
	disk := func(name string) Disk { return firmwaretest.Mortal{File: opened(t, dir, name), Left: &left} }
	img := killed()
	s := New(Options{Record: disk("record"), Images: [2]Disk{disk("a"), disk("b")}, Board: "test", Logger: slog.New(slog.DiscardHandler)})
	r := firmwaretest.Describe("2", 5, "test", img)
	if err := errors.Join(s.Write(context.Background(), r, &firmwaretest.Source{Image: img}, nil), s.Activate(context.Background())); err != nil {
		t.Fatal(err)
	}
}

// TestKilledAnywhere kills an update with SIGKILL before each of its writes and
// flushes, and in the middle of each write: what starts is whole, the old
// firmware is as it was, and the next update fetches at most a chunk again.
func TestKilledAnywhere(t *testing.T) {
	ended := false
	for at := 0; !ended; at++ {
		dir := t.TempDir()
		files(t, dir)
		if err := os.WriteFile(filepath.Join(dir, "b"), bytes.Repeat([]byte{0xff}, 64<<10), 0o600); err != nil {
			t.Fatal(err)
		}
		ended = updateKilledAt(t, dir, at)
		old, err := os.ReadFile(filepath.Join(dir, "a"))
		if err != nil || !bytes.Equal(old[:40<<10], firmwaretest.Image(1, 40<<10)) {
			t.Fatalf("killed at %d: the old firmware was changed: %v", at, err)
		}
		img := killed()
		written, err := os.ReadFile(filepath.Join(dir, "b"))
		if err != nil {
			t.Fatal(err)
		}
		whole := 0
		for ; whole < 10 && bytes.Equal(written[whole*4096:][:4096], img[whole*4096:][:4096]); whole++ {
			continue
		}
		b := bench(t, dir)
		b.Reboot()
		if x := current(t, b); x == "2" {
			if whole != 10 {
				t.Fatalf("killed at %d: a firmware of %d chunks starts", at, whole)
			}
			continue
		}
		src, want := &firmwaretest.Source{Image: img}, 10-whole
		if whole <= 5 {
			want-- // zeros are not fetched
		}
		if err := b.Slots().Write(t.Context(), firmwaretest.Describe("2", 5, "test", img), src, nil); err != nil || src.Asked != want {
			t.Fatalf("killed at %d: the next update: %v, %d chunks with %d there", at, err, src.Asked, whole)
		}
	}
}

// updateKilledAt says whether the update came to its end.
func updateKilledAt(t *testing.T, dir string, at int) bool {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledChild$")
	cmd.Env = append(os.Environ(), killEnv+"="+strconv.Itoa(at), "USHER_TEST_DIR="+dir)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return true
	}
	if st, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || st.Signal() != syscall.SIGKILL {
		t.Fatalf("the child: %v\n%s", err, out)
	}
	return false
}

func current(t *testing.T, b firmwaretest.Bench) string {
	t.Helper()
	list, err := b.Slots().Slots(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		if x.Booted {
			return x.Version
		}
	}
	return ""
}
