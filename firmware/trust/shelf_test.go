package trust

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"usher/firmware"
	"usher/firmware/firmwaretest"
)

var states = flag.Int("states", 50_000, "how many states after a power cut to look at")

// generationOf is what a box remembers after save number n: of another length
// each time, so that pieces of two do not fit by chance.
func generationOf(n uint64) held {
	h := held{seq: n, good: built.Add(time.Duration(n) * time.Hour)}
	for i := range h.file {
		h.file[i] = bytes.Repeat([]byte{byte(n), byte(i)}, 100+int(n*37)%300)
	}
	return h
}

func equal(a, b held) bool {
	if a.seq != b.seq || !a.good.Equal(b.good) && a.seq != 0 {
		return false
	}
	for i := range a.file {
		if !bytes.Equal(a.file[i], b.file[i]) {
			return false
		}
	}
	return true
}

const smallDisk = 8 << 10

// faulty is a disk with one of the classic mistakes in what stands above it.
type faulty struct {
	*firmwaretest.Disk
	noSync, onePlace bool
}

func (f faulty) Sync() error {
	if f.noSync {
		return nil
	}
	return f.Disk.Sync()
}

func (f faulty) WriteAt(b []byte, at int64) (int, error) { return f.Disk.WriteAt(b, f.at(at)) }
func (f faulty) ReadAt(b []byte, at int64) (int, error)  { return f.Disk.ReadAt(b, f.at(at)) }

func (f faulty) at(at int64) int64 {
	if f.onePlace {
		return at % (smallDisk / 2)
	}
	return at
}

// cut saves some generations, and looks at what every power cut leaves. It
// gives the number of states, and what is wrong with the first bad one.
func cut(t *testing.T, first, last, seed uint64, mistake faulty) (seen int, wrong string) {
	t.Helper()
	before := make([]byte, smallDisk)
	d := firmwaretest.NewDisk(before)
	if first > 1 { // there is something already
		start := shelf{faulty{Disk: d, onePlace: mistake.onePlace}}
		if err := start.save(generationOf(first - 1)); err != nil {
			t.Fatal(err)
		}
		before = d.Image()
		d = firmwaretest.NewDisk(before)
	}
	mistake.Disk = d
	for n := first; n <= last; n++ {
		if err := (shelf{mistake}).save(generationOf(n)); err != nil {
			t.Fatal(err)
		}
	}
	seen = firmwaretest.Crash(before, d, 40, seed, func(step int, disk []byte) bool {
		m := mistake
		m.Disk = firmwaretest.NewDisk(disk)
		done := first - 1 + uint64(step)/2 // a save is a write and a flush
		if m.noSync {
			done = first - 1 + uint64(step)
		}
		got, _ := shelf{m}.load()
		switch {
		case got.seq < done:
			wrong = fmt.Sprintf("generation %d after %d was saved", got.seq, done)
		case got.seq > 0 && !equal(got, generationOf(got.seq)):
			wrong = "a mixture"
		}
		return wrong == ""
	})
	return seen, wrong
}

func TestPowerCutsKeepAGeneration(t *testing.T) {
	seen := 0
	for seed := uint64(1); seen < *states; seed++ {
		n, wrong := cut(t, 1+seed%5, 6+seed%5, seed, faulty{})
		if wrong != "" {
			t.Fatalf("seed %d: %s", seed, wrong)
		}
		seen += n
	}
	t.Logf("%d states", seen)
}

func TestClassicMistakesAreFound(t *testing.T) {
	for name, mistake := range map[string]faulty{"no flush": {noSync: true}, "one generation": {onePlace: true}} {
		found := ""
		for seed := uint64(1); seed < 50 && found == ""; seed++ {
			_, found = cut(t, 2, 6, seed, mistake)
		}
		if found == "" {
			t.Errorf("%s: not found", name)
		}
		t.Logf("%s: %s", name, found)
	}
}

// Whatever happens to the disk, the next refresh works: the library's own
// cache failed for ever in nine of such cases.
func TestDamageCostsMemoryOnly(t *testing.T) {
	r := newRepo(t)
	b := newBox(t, r)
	b.mustHave(r, "2")
	r.release("3", 3)
	b.mustHave(r, "3", "2")
	good := bytes.Clone(b.disk.b)
	half := DiskSize / 2
	for name, damage := range map[string]func(generation []byte){
		"empty":    func(g []byte) { clear(g) },
		"ones":     func(g []byte) { copy(g, bytes.Repeat([]byte{0xff}, len(g))) },
		"half":     func(g []byte) { clear(g[1500:]) },
		"head":     func(g []byte) { clear(g[:512]) },
		"one bit":  func(g []byte) { g[2000] ^= 1 },
		"lengths":  func(g []byte) { copy(g[24:40], bytes.Repeat([]byte{0xff}, 16)) },
		"sequence": func(g []byte) { g[8] ^= 2 },
	} {
		for _, which := range [][]int{{0}, {1}, {0, 1}} {
			copy(b.disk.b, good)
			for _, n := range which {
				damage(b.disk.b[n*half : (n+1)*half])
			}
			b.restart()
			t.Run(fmt.Sprint(name, which), func(t *testing.T) { b.mustHave(r, "3", "2") })
		}
	}
}

func TestDiskTroubleIsAnError(t *testing.T) {
	r := newRepo(t)
	full := firmwaretest.NewDisk(make([]byte, DiskSize))
	full.Fail(func(int) error { return firmwaretest.ErrFull })
	b := newBox(t, r)
	k, err := New(Options{Root: b.root, Disk: full, Clock: b.Clock, Logger: b.keeper().o.Logger})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Refresh(context.Background(), r); !errors.Is(err, firmwaretest.ErrEnd) || !hasReason(err, firmware.ReadOnly) {
		t.Errorf("%v", err)
	}
	if err := (shelf{firmwaretest.NewDisk(make([]byte, 1024))}).save(generationOf(1)); !errors.Is(err, errRoom) {
		t.Errorf("a small disk: %v", err)
	}
	h := held{seq: 1}
	h.file[partTimestamp] = make([]byte, maxTimestamp+1)
	if _, err := h.encode(); !errors.Is(err, errRoom) {
		t.Errorf("a large part: %v", err)
	}
}

func TestFileIsMadeOnce(t *testing.T) {
	name := filepath.Join(t.TempDir(), "metadata")
	for range 2 {
		f, err := OpenFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s := shelf{f}
		h, err := s.load()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.save(generationOf(h.seq + 1)); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode().Perm() != 0o600 || info.Size() != DiskSize {
		t.Errorf("%v %v", info, err)
	}
	f, err := OpenFile(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if h, err := (shelf{f}).load(); err != nil || !equal(h, generationOf(2)) {
		t.Errorf("%v %v", h.seq, err)
	}
	if _, err := OpenFile(filepath.Join(name, "below")); err == nil {
		t.Error("a file below a file")
	}
}

func FuzzDecodeHeld(f *testing.F) {
	b, err := generationOf(3).encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(shelfMagic))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := decodeHeld(data[:min(len(data), shelfHead)], data[min(len(data), shelfHead):])
		if err != nil {
			return
		}
		again, err := h.encode()
		if err != nil || !bytes.Equal(again, data) {
			t.Errorf("%v", err)
		}
	})
}
