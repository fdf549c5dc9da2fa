//go:build linux

package abslots

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"log/slog"
	"testing"

	"usher/firmware"
	"usher/firmware/firmwaretest"
)

var states = flag.Int("states", 50_000, "how many states after a power cut to look at")

// The disk of the tests: the boot record, slot a, slot b.
const (
	recordRoom = 2 * 1024
	slotRoom   = 6 * 1024
	chunk      = 1024
)

// part is a stretch of a disk as a disk of its own.
type part struct {
	*firmwaretest.Disk
	from, size int64
}

func (p part) ReadAt(b []byte, at int64) (int, error) {
	if rest := p.size - at; int64(len(b)) > rest {
		b = b[:max(rest, 0)]
	}
	return p.Disk.ReadAt(b, p.from+at)
}

func (p part) WriteAt(b []byte, at int64) (int, error) {
	if at+int64(len(b)) > p.size {
		return 0, firmwaretest.ErrEnd
	}
	return p.Disk.WriteAt(b, p.from+at)
}

func (p part) Size() int64 { return p.size }

func (p part) Sync() error { return p.SyncRange(p.from, p.from+p.size) }

// faulty is a disk with one of the classic mistakes in what stands above it.
type faulty struct {
	part
	noSync   bool // the image is not flushed before the switch
	onePlace bool // the record has one copy, written in place
}

func (f faulty) Sync() error {
	if f.noSync {
		return nil
	}
	return f.part.Sync()
}

func (f faulty) WriteAt(b []byte, at int64) (int, error) {
	if f.onePlace {
		at = 0
	}
	return f.part.WriteAt(b, at)
}

func (f faulty) ReadAt(b []byte, at int64) (int, error) {
	if f.onePlace {
		at = 0
	}
	return f.part.ReadAt(b, at)
}

// rig is Slots on a disk in memory.
func rig(d *firmwaretest.Disk, booted int, mistake faulty) *Slots {
	slotOf := func(i int64) Disk {
		return faulty{part{d, recordRoom + i*slotRoom, slotRoom}, mistake.noSync, false}
	}
	return New(Options{
		Record: faulty{part{d, 0, recordRoom}, false, mistake.onePlace}, Images: [2]Disk{slotOf(0), slotOf(1)},
		Booted: booted, Board: "test", Logger: slog.New(slog.DiscardHandler),
	})
}

// image is a firmware: bytes that say which release they are of.
func image(version byte, size int) []byte {
	b := bytes.Repeat([]byte{version}, size)
	for i := range b {
		b[i] ^= byte(0x40 + i/chunk) // never zero, as an empty slot is
	}
	return b
}

func release(version string, counter uint64, img []byte) firmware.Release {
	r := firmware.Release{Version: version, Boards: []string{"test"}, Counter: counter, Size: int64(len(img)), Chunk: chunk, Percent: 100}
	for at := 0; at < len(img); at += chunk {
		r.Chunks = append(r.Chunks, sha256.Sum256(img[at:min(at+chunk, len(img))]))
	}
	return r
}

// bytesSource hands out an image.
type bytesSource struct {
	img    []byte
	asked  int
	before func(i int) error
}

func (s *bytesSource) Chunk(_ context.Context, i int, into []byte) error {
	if s.before != nil {
		if err := s.before(i); err != nil {
			return err
		}
	}
	s.asked++
	copy(into, s.img[i*chunk:])
	return nil
}

const imageSize = 4*chunk + 300

// factory is a box as it leaves the factory: version 1 in slot a.
func factory(t *testing.T) []byte {
	t.Helper()
	d := firmwaretest.NewDisk(make([]byte, recordRoom+2*slotRoom))
	if err := Format(part{d, 0, recordRoom}, "1", 1); err != nil {
		t.Fatal(err)
	}
	img := image(1, imageSize)
	disk := d.Image()
	copy(disk[recordRoom:], img)
	// What the factory writes, it vouches for.
	b := book{part{firmwaretest.NewDisk(disk), 0, recordRoom}}
	if err := b.change(func(r *record) error {
		r.slots[0].size, r.slots[0].image = int64(len(img)), release("1", 1, img).Image()
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return b.d.(part).Image()
}

// update is a whole update from version 1 to 2: written, tried, proved good.
func update(d *firmwaretest.Disk, mistake faulty) error {
	ctx := context.Background()
	img := image(2, imageSize)
	s := rig(d, 0, mistake)
	if err := s.Write(ctx, release("2", 2, img), &bytesSource{img: img}, nil); err != nil {
		return err
	}
	if err := s.Activate(ctx); err != nil {
		return err
	}
	if _, err := Start(s.opt.Record); err != nil {
		return err
	}
	return rig(d, 1, mistake).Good(ctx)
}

// sound says what is wrong with a disk after a power cut; "" is nothing.
func sound(disk []byte, before []byte) string {
	d := firmwaretest.NewDisk(disk)
	rec := faulty{part: part{d, 0, recordRoom}}
	r, err := book{rec}.read()
	if err != nil {
		return "no valid boot record"
	}
	i, next := r.starts()
	s := next.slots[i]
	img := disk[recordRoom+i*slotRoom:][:s.size]
	if s.size == 0 || !runs(s) {
		return "starts a slot that holds nothing"
	}
	if release("", 0, img).Image() != s.image {
		return "starts a firmware that is not whole"
	}
	if !bytes.Equal(disk[recordRoom:recordRoom+imageSize], before[recordRoom:recordRoom+imageSize]) {
		return "the old firmware was changed"
	}
	if r.floor > 1 && next.slots[i].counter < r.floor {
		return "starts a firmware below the floor"
	}
	return ""
}

func TestPowerCutsNeverBrick(t *testing.T) {
	before, seen := factory(t), 0
	for seed := uint64(1); seen < *states; seed++ {
		d := firmwaretest.NewDisk(before)
		if err := update(d, faulty{}); err != nil {
			t.Fatal(err)
		}
		seen += firmwaretest.Crash(before, d, 40, seed, func(step int, disk []byte) bool {
			if wrong := sound(disk, before); wrong != "" {
				t.Fatalf("seed %d, power cut after step %d: %s", seed, step, wrong)
			}
			return true
		})
	}
	t.Logf("%d states", seen)
}

// The box that comes back from a power cut can be updated, and a second cut
// does no harm either.
func TestPowerCutsTwice(t *testing.T) {
	before, seen := factory(t), 0
	d := firmwaretest.NewDisk(before)
	if err := update(d, faulty{}); err != nil {
		t.Fatal(err)
	}
	firmwaretest.Crash(before, d, 2, 5, func(step int, disk []byte) bool {
		again := firmwaretest.NewDisk(disk)
		name, err := Start(part{again, 0, recordRoom})
		if err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
		booted := 0
		if name == "b" {
			booted = 1
		}
		img := image(3, imageSize)
		s := rig(again, booted, faulty{})
		if err := errors.Join(
			s.Good(t.Context()), s.Write(t.Context(), release("3", 3, img), &bytesSource{img: img}, nil), s.Activate(t.Context()),
		); err != nil {
			t.Fatalf("step %d: the next update: %v", step, err)
		}
		seen += firmwaretest.Crash(disk, again, 2, 6, func(second int, disk2 []byte) bool {
			r, err := (book{part{firmwaretest.NewDisk(disk2), 0, recordRoom}}).read()
			if err != nil {
				t.Fatalf("steps %d and %d: %v", step, second, err)
			}
			i, next := r.starts()
			if x := next.slots[i]; !runs(x) || release("", 0, disk2[recordRoom+i*slotRoom:][:x.size]).Image() != x.image {
				t.Fatalf("steps %d and %d: starts slot %s, which is not whole", step, second, names[i])
			}
			return true
		})
		return true
	})
	t.Logf("%d states", seen)
}

// The simulator finds the two mistakes that others made: without that, the
// tests above would prove nothing.
func TestClassicMistakesAreFound(t *testing.T) {
	before := factory(t)
	for name, mistake := range map[string]faulty{"image not flushed before the switch": {noSync: true}, "one copy of the record": {onePlace: true}} {
		found := ""
		for seed := uint64(1); seed < 50 && found == ""; seed++ {
			d := firmwaretest.NewDisk(before)
			if err := update(d, mistake); err != nil {
				found = err.Error()
				break
			}
			firmwaretest.Crash(before, d, 40, seed, func(_ int, disk []byte) bool {
				found = sound(disk, before)
				return found == ""
			})
		}
		if found == "" {
			t.Errorf("%s: not found", name)
		}
		t.Logf("%s: %s", name, found)
	}
}
