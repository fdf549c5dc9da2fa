//go:build linux

package abslots

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"usher/firmware"
	"usher/firmware/firmwaretest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func states2(t *testing.T, s *Slots) map[string]firmware.SlotInfo {
	t.Helper()
	list, err := s.Slots(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]firmware.SlotInfo{}
	for _, i := range list {
		m[i.Name] = i
	}
	return m
}

func TestUpdateAndRollback(t *testing.T) {
	d := firmwaretest.NewDisk(factory(t))
	s, img := rig(d, 0, faulty{}), image(2, imageSize)
	var last firmware.Progress
	if err := s.Write(t.Context(), release("2", 7, img), &bytesSource{img: img}, func(p firmware.Progress) { last = p }); err != nil {
		t.Fatal(err)
	}
	if last != (firmware.Progress{Done: imageSize, Total: imageSize}) {
		t.Errorf("progress ends with %+v", last)
	}
	if got := states2(t, s)["b"]; got.State != firmware.Written || got.Version != "2" || got.Primary {
		t.Errorf("written: %+v", got)
	}
	if err := s.Activate(t.Context()); err != nil {
		t.Fatal(err)
	}
	// It never comes up: three attempts, then the old one starts and says why.
	for i := range attempts {
		if name, err := Start(s.opt.Record); name != "b" || err != nil {
			t.Fatalf("start %d is from %s, %v", i+1, name, err)
		}
	}
	if name, err := Start(s.opt.Record); name != "a" || err != nil {
		t.Fatalf("after %d attempts it starts %s, %v", attempts, name, err)
	}
	got := states2(t, s)
	if b := got["b"]; b.State != firmware.Bad || b.Reason != firmware.NoStart || got["a"].State != firmware.Good || !got["a"].Primary {
		t.Errorf("after the rollback: %+v", got)
	}
	if floor, _ := s.Floor(t.Context()); floor != 1 {
		t.Errorf("a firmware that never proved itself raised the floor to %d", floor)
	}
	if r, err := s.book.read(); err != nil || r.failed != 7 {
		t.Errorf("the release that failed is %d, %v", r.failed, err)
	}
}

func TestProvedAndGivenUp(t *testing.T) {
	d := firmwaretest.NewDisk(factory(t))
	img := image(2, imageSize)
	s := rig(d, 0, faulty{})
	if err := errors.Join(s.Write(t.Context(), release("2", 7, img), &bytesSource{img: img}, nil), s.Activate(t.Context())); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(s.opt.Record); err != nil {
		t.Fatal(err)
	}
	s = rig(d, 1, faulty{})
	if err := s.Good(t.Context()); err != nil {
		t.Fatal(err)
	}
	if floor, _ := s.Floor(t.Context()); floor != 7 {
		t.Errorf("floor %d", floor)
	}
	writes := d.Writes()
	if err := s.Good(t.Context()); err != nil || d.Writes() != writes {
		t.Errorf("said again, it writes: %v", err)
	}
	if err := s.Bad(t.Context(), firmware.NoPlayer); err != nil {
		t.Fatal(err)
	}
	got := states2(t, s)
	if b := got["b"]; b.State != firmware.Bad || b.Reason != firmware.NoPlayer || !got["a"].Primary {
		t.Errorf("given up: %+v", got)
	}
	if floor, _ := s.Floor(t.Context()); floor != 7 {
		t.Errorf("the floor fell to %d", floor)
	}
	old := image(1, imageSize)
	err := rig(d, 0, faulty{}).Write(t.Context(), release("1.1", 6, old), &bytesSource{img: old}, nil)
	if e, ok := errors.AsType[*firmware.Error](err); !ok || e.Reason != firmware.Downgrade {
		t.Errorf("a downgrade: %v", err)
	}
}

func TestRefuses(t *testing.T) {
	img := image(2, imageSize)
	good := release("2", 2, img)
	change := func(f func(*firmware.Release)) firmware.Release { r := good; f(&r); return r }
	big := image(2, slotRoom+1)
	for _, tc := range []struct {
		name string
		rel  firmware.Release
		want firmware.Reason
	}{
		{"another board", change(func(r *firmware.Release) { r.Boards = []string{"other"} }), firmware.WrongBoard},
		{"below the floor", change(func(r *firmware.Release) { r.Counter = 0 }), firmware.Downgrade},
		{"too large", release("2", 2, big), firmware.NoSpace},
		{"chunks missing", change(func(r *firmware.Release) { r.Chunks = r.Chunks[1:] }), firmware.Untrusted},
		{"chunks of no size", change(func(r *firmware.Release) { r.Chunk = 0 }), firmware.Untrusted},
		{"no version", change(func(r *firmware.Release) { r.Version = "" }), firmware.Untrusted},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := firmwaretest.NewDisk(factory(t))
			err := rig(d, 0, faulty{}).Write(t.Context(), tc.rel, &bytesSource{img: big}, nil)
			if e, ok := errors.AsType[*firmware.Error](err); !ok || e.Reason != tc.want {
				t.Errorf("got %v, want %s", err, tc.want)
			}
			if d.Writes() != 0 {
				t.Error("something was written all the same")
			}
		})
	}
	d := firmwaretest.NewDisk(factory(t))
	if err := rig(d, 0, faulty{}).Activate(t.Context()); !errors.Is(err, errNothing) {
		t.Errorf("an empty slot is activated: %v", err)
	}
	if err := rig(d, 0, faulty{}).Bad(t.Context(), firmware.ByHand); !errors.Is(err, errNowhere) {
		t.Errorf("the only firmware is given up: %v", err)
	}
}

// What does not fit its digest never reaches the slot.
func TestTamperedChunk(t *testing.T) {
	before := factory(t)
	img := image(2, imageSize)
	rel := release("2", 2, img)
	evil := bytes.Clone(img)
	evil[2*chunk+5] ^= 1
	d := firmwaretest.NewDisk(before)
	err := rig(d, 0, faulty{}).Write(t.Context(), rel, &bytesSource{img: evil}, nil)
	if e, ok := errors.AsType[*firmware.Error](err); !ok || e.Reason != firmware.Untrusted {
		t.Fatalf("got %v", err)
	}
	at := recordRoom + slotRoom + 2*chunk
	if !bytes.Equal(d.Image()[at:at+chunk], before[at:at+chunk]) {
		t.Error("the chunk was written")
	}
}

func TestResumeAndDelta(t *testing.T) {
	d := firmwaretest.NewDisk(factory(t))
	img := image(2, imageSize)
	rel, cut := release("2", 2, img), errors.New("the network is gone")
	s := rig(d, 0, faulty{})
	src := &bytesSource{img: img, before: func(i int) error {
		if i == 3 {
			return cut
		}
		return nil
	}}
	if err := s.Write(t.Context(), rel, src, nil); !errors.Is(err, cut) {
		t.Fatalf("got %v", err)
	}
	if b := states2(t, s)["b"]; b.State != firmware.Empty || b.Reason != firmware.Interrupted {
		t.Errorf("cut off: %+v", b)
	}
	src = &bytesSource{img: img}
	var last firmware.Progress
	if err := s.Write(t.Context(), rel, src, func(p firmware.Progress) { last = p }); err != nil {
		t.Fatal(err)
	}
	if src.asked != 2 || last.Kept != 3*chunk {
		t.Errorf("%d of 5 chunks fetched again, %d bytes kept", src.asked, last.Kept)
	}
	// The next release differs in one chunk.
	next := bytes.Clone(img)
	next[chunk] ^= 0xff
	src, writes := &bytesSource{img: next}, d.Writes()
	if err := s.Write(t.Context(), release("3", 3, next), src, nil); err != nil {
		t.Fatal(err)
	}
	if src.asked != 1 || d.Writes()-writes != 3 { // one chunk, two records
		t.Errorf("%d chunks fetched, %d writes", src.asked, d.Writes()-writes)
	}
}

func TestCancelled(t *testing.T) {
	d := firmwaretest.NewDisk(factory(t))
	img := image(2, imageSize)
	ctx, cancel := context.WithCancel(t.Context())
	src := &bytesSource{img: img, before: func(i int) error {
		if i == 2 {
			cancel()
		}
		return nil
	}}
	if err := rig(d, 0, faulty{}).Write(ctx, release("2", 2, img), src, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if src.asked > 3 {
		t.Errorf("%d chunks after the end", src.asked)
	}
}

// Every write of an update fails in turn: the old firmware starts, and the
// update that follows succeeds.
func TestEveryWriteFails(t *testing.T) {
	before := factory(t)
	d := firmwaretest.NewDisk(before)
	if err := update(d, faulty{}); err != nil {
		t.Fatal(err)
	}
	for _, cause := range []error{unix.ENOSPC, unix.EIO, unix.EROFS} {
		for n := range d.Writes() {
			broken := firmwaretest.NewDisk(before)
			broken.Fail(func(i int) error {
				if i >= n {
					return &fs.PathError{Op: "write", Path: "slot", Err: cause}
				}
				return nil
			})
			img := image(2, imageSize)
			s := rig(broken, 0, faulty{})
			err := s.Write(t.Context(), release("2", 2, img), &bytesSource{img: img}, nil)
			if err == nil {
				err = s.Activate(t.Context())
			}
			if e, ok := errors.AsType[*firmware.Error](err); err != nil && (!ok || e.Reason == firmware.NoReason) {
				t.Fatalf("%v at write %d: no reason in %v", cause, n, err)
			}
			if wrong := sound(broken.Image(), before); wrong != "" {
				t.Fatalf("%v at write %d: %s", cause, n, wrong)
			}
			broken.Fail(nil)
			if err := update(broken, faulty{}); err != nil {
				t.Fatalf("%v at write %d, and the next update: %v", cause, n, err)
			}
		}
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	open := func(name string, size int64) *File {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	rec, a, b := open("record", 1<<20), open("a", 64<<10), open("b", 64<<10)
	if err := Format(rec, "1", 1); err != nil {
		t.Fatal(err)
	}
	if err := Format(rec, "1", 1); err == nil {
		t.Error("a box is formatted twice")
	}
	img := image(2, 40<<10)
	s := New(Options{Record: rec, Images: [2]Disk{a, b}, Board: "test"})
	if err := errors.Join(s.Write(t.Context(), release("2", 2, img), &bytesSource{img: img}, nil), s.Activate(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "b")); err != nil || !bytes.Equal(got[:len(img)], img) || len(got) != 64<<10 {
		t.Errorf("slot b is not the image: %v, %d bytes", err, len(got))
	}
	if name, err := Start(rec); name != "b" || err != nil {
		t.Errorf("starts %s, %v", name, err)
	}
	if _, err := b.WriteAt(make([]byte, 2), 64<<10-1); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("a file grows: %v", err)
	}
	if _, err := OpenFile(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a slot that is not there: %v", err)
	}
}

func TestDamagedCopies(t *testing.T) {
	d := firmwaretest.NewDisk(factory(t))
	b := book{part{d, 0, recordRoom}}
	want, err := b.read()
	if err != nil {
		t.Fatal(err)
	}
	older := int64(1-want.seq%2) * (recordRoom / 2)
	if _, err := d.WriteAt(make([]byte, recordSize), older); err != nil {
		t.Fatal(err)
	}
	if got, err := b.read(); err != nil || got != want {
		t.Errorf("with one copy left: %v", err)
	}
	if err := b.change(func(r *record) error { r.floor = 9; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := b.change(func(r *record) error { r.floor = 2; return nil }); err != nil {
		t.Fatal(err)
	}
	if got, err := b.read(); err != nil || got.floor != 9 {
		t.Errorf("floor %d, %v", got.floor, err)
	}
	if _, err := d.WriteAt(make([]byte, recordRoom), 0); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(part{d, 0, recordRoom}); !errors.Is(err, errNoBook) {
		t.Errorf("without a record: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	r := record{seq: 2, primary: 1, floor: 3, failed: 4, slots: [2]slot{
		{state: firmware.Good, version: "1", counter: 1, size: 5}, {state: firmware.Bad, reason: firmware.NoFilm, version: "2", attempts: 2, image: firmware.Sum{1}},
	}}
	f.Add(r.encode(), 0)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		got, err := decode(b, n&1)
		if err != nil {
			return
		}
		back, err := decode(got.encode(), n&1)
		if d := cmp.Diff(got, back, cmp.AllowUnexported(record{}, slot{})); err != nil || d != "" {
			t.Errorf("%v\n%s", err, d)
		}
	})
}
