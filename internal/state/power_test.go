package state

import (
	"bufio"
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"usher/internal/box"
)

// childVar turns the test binary into a process that saves until it is killed.
const childVar = "USHER_STATE_TEST_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childVar); dir != "" {
		os.Exit(saveForever(dir))
	}
	goleak.VerifyTestMain(m)
}

// saveForever prints each position after it was saved.
func saveForever(dir string) int {
	s, err := Open(dir, Options{})
	if err != nil {
		os.Stderr.WriteString(err.Error())
		return 1
	}
	for n := int64(1); ; n++ {
		p := at(n)
		save := s.SaveRunning
		if n%50 == 0 {
			save = s.SaveProgress
		}
		if err := save("", "demo:a", p); err != nil {
			os.Stderr.WriteString(err.Error())
			return 1
		}
		os.Stdout.WriteString(strconv.FormatInt(n, 10) + "\n")
	}
}

func TestKillLosesAtMostOneWrite(t *testing.T) {
	for range 20 {
		dir := t.TempDir()
		last := killedAt(t, dir)
		got := readBack(t, dir)
		if got.PositionMS < last || got.PositionMS > last+1 {
			t.Errorf("position %d, want %d or the one after it", got.PositionMS, last)
		}
		if want := at(got.PositionMS); got != want {
			t.Errorf("progress %+v, want %+v", got, want)
		}
	}
}

// killedAt runs the child, kills it at some moment, and gives the last
// position that it said was saved.
func killedAt(t *testing.T, dir string) int64 {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVar+"="+dir)
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(out)
	for range 1 + rand.IntN(120) {
		if !lines.Scan() {
			t.Fatalf("child ended by itself: %s", &trouble)
		}
	}
	must(t, cmd.Process.Kill())
	last := lines.Text()
	for lines.Scan() { // what it still said before it died
		last = lines.Text()
	}
	_ = cmd.Wait() // killed
	n, err := strconv.ParseInt(last, 10, 64)
	must(t, err)
	return n
}

func readBack(t *testing.T, dir string) box.Progress {
	t.Helper()
	s, err := Open(dir, Options{})
	must(t, err)
	defer s.Close()
	if len(s.Warnings()) != 0 {
		t.Errorf("warnings %+v", s.Warnings())
	}
	all, err := s.Progress("")
	must(t, err)
	return all["demo:a"]
}

// images gives the running file before and after its n-th write, which goes to
// the slot at off.
func images(t *testing.T, n int) (before, after []byte, off int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "running")
	r, err := openRunning(path)
	must(t, err)
	defer r.close()
	for i := range n - 1 {
		must(t, r.write(slot{id: "demo:title-" + strconv.Itoa(i), progress: at(int64(i + 1))}))
	}
	before, err = os.ReadFile(path)
	must(t, err)
	must(t, r.write(slot{id: "demo:a", progress: at(int64(n))}))
	after, err = os.ReadFile(path)
	must(t, err)
	return before, after, n % 2 * slotStride
}

func newest(t *testing.T, image []byte) uint64 {
	t.Helper()
	path := filepath.Join(t.TempDir(), "running")
	must(t, os.WriteFile(path, image, 0o600))
	r, err := openRunning(path)
	must(t, err)
	defer r.close()
	return r.last.seq
}

// TestPowerLossWhileWriting stops the write of one slot at every byte, in both
// directions, and lets the block be lost in other ways: what is read is the
// write before or the new one, never anything else.
func TestPowerLossWhileWriting(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4} {
		before, after, off := images(t, n)
		damage := map[string][]byte{}
		for cut := 0; cut <= slotSize; cut += 3 {
			front, back := bytes.Clone(before), bytes.Clone(after)
			copy(front[off:], after[off:off+cut])
			copy(back[off:], before[off:off+cut])
			damage["first "+strconv.Itoa(cut)+" bytes written"] = front
			damage["first "+strconv.Itoa(cut)+" bytes missing"] = back
		}
		zero, ones := bytes.Clone(after), bytes.Clone(after)
		block := min(off+slotStride, len(after))
		clear(zero[off:block])
		for i := range ones[off:block] {
			ones[off+i] = 0xff
		}
		damage["block zero"], damage["block ones"], damage["lost"], damage["whole"] = zero, ones, before, after
		for how, image := range damage {
			got := newest(t, image)
			if got != uint64(n) && got != uint64(n-1) {
				t.Errorf("write %d, %s: newest is %d", n, how, got)
			}
			if bytes.Equal(image, after) && got != uint64(n) {
				t.Errorf("write %d, %s: the new one was not found", n, how)
			}
		}
	}
}

func TestEveryFlippedBitIsNoticed(t *testing.T) {
	_, after, off := images(t, 3)
	good := after[off : off+slotSize]
	for bit := range slotSize * 8 {
		b := bytes.Clone(good)
		b[bit/8] ^= 1 << (bit % 8)
		if s, err := decodeSlot(b, 1); err == nil {
			t.Fatalf("bit %d flipped: read as %+v", bit, s)
		}
	}
	if _, err := decodeSlot(good, 1); err != nil {
		t.Errorf("the good slot: %v", err)
	}
	if _, err := decodeSlot(good, 0); err == nil {
		t.Error("a slot in the wrong place was read")
	}
}

func TestRunningFileThatIsTooShortIsCompleted(t *testing.T) {
	before, after, off := images(t, 2)
	if off != 0 {
		t.Fatal("write 2 goes to slot 0")
	}
	if got := newest(t, after[:slotSize]); got != 2 {
		t.Errorf("newest = %d, want 2: the slot that is there", got)
	}
	if got := newest(t, before[:100]); got != 0 {
		t.Errorf("newest = %d, want none", got)
	}
}

func FuzzDecodeSlot(f *testing.F) {
	f.Add(slot{seq: 1, id: "demo:a", progress: at(5)}.encode(), 1)
	f.Add(slot{seq: 2, id: strings.Repeat("x", MaxID), progress: box.Progress{Finished: true}}.encode(), 0)
	f.Add(make([]byte, slotSize), 0)
	f.Add([]byte("USHR"), 1)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		s, err := decodeSlot(b, n&1)
		if err != nil {
			return
		}
		again, err := decodeSlot(s.encode(), n&1)
		if diff := cmp.Diff(s, again, cmp.AllowUnexported(slot{})); err != nil || diff != "" {
			t.Errorf("encoded and read again: %v\n%s", err, diff)
		}
	})
}

// FuzzSlotRoundTrip covers the values that a checksum keeps FuzzDecodeSlot from finding.
func FuzzSlotRoundTrip(f *testing.F) {
	f.Add(uint64(1), "demo:a", int64(1), int64(-1), int64(0), true)
	f.Fuzz(func(t *testing.T, seq uint64, id string, pos, dur, updated int64, finished bool) {
		if seq == 0 || checkID("", id) != nil {
			t.Skip()
		}
		want := slot{seq, id, box.Progress{PositionMS: pos, DurationMS: dur, Finished: finished, UpdatedMS: updated}}
		got, err := decodeSlot(want.encode(), int(seq%2))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(slot{})); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}

// BenchmarkSaveRunning prints what one call costs and what the kernel sends to
// the disk for it, from /proc/self/io; run it on the disk in question with
// TMPDIR.
func BenchmarkSaveRunning(b *testing.B) {
	s := open(b, b.TempDir())
	before := written(b)
	for b.Loop() {
		if err := s.SaveRunning("", "demo:a", at(time.Now().UnixMilli())); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(written(b)-before)/float64(b.N), "diskB/op")
}

func BenchmarkSaveProgress(b *testing.B) {
	s := open(b, b.TempDir())
	before := written(b)
	for b.Loop() {
		if err := s.SaveProgress("", "demo:a", at(time.Now().UnixMilli())); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(written(b)-before)/float64(b.N), "diskB/op")
}

func written(b *testing.B) int64 {
	data, err := os.ReadFile("/proc/self/io")
	if err != nil {
		b.Skip("SKIP: no /proc/self/io on this kernel")
	}
	_, rest, _ := strings.Cut(string(data), "\nwrite_bytes: ")
	digits, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return n
}
