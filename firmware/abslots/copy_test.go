//go:build linux

package abslots

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"usher/firmware"
	"usher/firmware/firmwaretest"
)

// media is a slot that counts, and can do what File can.
type media struct {
	Disk
	read    atomic.Int64 // bytes
	zeroed  [][2]int64   // stretches
	zero    func() error // nil: there is no such thing
	lies    bool         // about zeros
	mu      sync.Mutex
	going   map[int64]bool // stretches that were started
	most    int            // of those at a time
	refused error          // by Finish
}

func (m *media) ReadAt(b []byte, at int64) (int, error) {
	m.read.Add(int64(len(b)))
	return m.Disk.ReadAt(b, at)
}

func (m *media) Zero(at, length int64) error {
	if m.zero == nil {
		return unix.EOPNOTSUPP
	}
	m.zeroed = append(m.zeroed, [2]int64{at, length})
	if m.lies {
		return m.zero()
	}
	_, err := m.WriteAt(make([]byte, length), at)
	return errors.Join(err, m.zero())
}

func (m *media) Start(at, _ int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.going == nil {
		m.going = map[int64]bool{}
	}
	m.going[at] = true
	m.most = max(m.most, len(m.going))
	return nil
}

func (m *media) Finish(at, _ int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.going, at)
	return m.refused
}

func (m *media) Sync() error {
	m.mu.Lock()
	clear(m.going)
	m.mu.Unlock()
	return m.Disk.Sync()
}

// on is Slots whose second image is on m.
func on(d *firmwaretest.Disk, m *media) *Slots {
	s := rig(d, 0, faulty{})
	m.Disk = s.opt.Images[1]
	s.opt.Images[1] = m
	return s
}

// knowing is a source that knows more than its chunks.
type knowing struct {
	bytesSource
	hints   firmware.Hints
	athand  map[int]bool // chunks
	wrong   map[int]bool // those of them that are others
	entries []string
}

func (k *knowing) Hints(context.Context) firmware.Hints { return k.hints }

func (k *knowing) Early(_ context.Context, i int, into []byte) (filled, later bool) {
	entry := "early " + string(rune('0'+i))
	again := slices.Contains(k.entries, entry)
	k.entries = append(k.entries, entry)
	if !k.athand[i] || again {
		return false, true
	}
	if copy(into, k.img[i*chunk:]); k.wrong[i] {
		into[0] ^= 1
	}
	return true, false
}

func (k *knowing) Chunk(ctx context.Context, i int, into []byte) error {
	k.entries = append(k.entries, "chunk "+string(rune('0'+i)))
	return k.bytesSource.Chunk(ctx, i, into)
}

func hints(img []byte, length int) firmware.Hints {
	h := firmware.Hints{Length: length}
	for at := 0; at < len(img); at += chunk {
		sum := sha256.Sum256(img[at:min(at+length, len(img))])
		h.Sums = append(h.Sums, firmware.Hint(sum[:]))
	}
	return h
}

// inSlot says whether slot b holds an image.
func inSlot(d *firmwaretest.Disk, img []byte) bool {
	return bytes.Equal(d.Image()[recordRoom+slotRoom:][:len(img)], img)
}

func TestHintsSaveReading(t *testing.T) {
	img := image(2, imageSize)
	for name, tc := range map[string]struct {
		hints    firmware.Hints
		mostRead int
	}{
		"right":          {hints(img, 64), 5*64 + imageSize}, // all of it once, when it was written
		"none":           {firmware.Hints{}, 2 * imageSize},
		"of another one": {hints(image(9, 3*chunk), 64), 2 * imageSize},
		"longer":         {hints(img, 2*chunk), 2 * imageSize},
		"wrong":          {hints(image(9, imageSize), 64), 5*64 + imageSize},
	} {
		t.Run(name, func(t *testing.T) {
			d, m := firmwaretest.NewDisk(factory(t)), &media{}
			s, src := on(d, m), &knowing{bytesSource: bytesSource{img: img}, hints: tc.hints, athand: map[int]bool{}}
			if err := s.Write(t.Context(), release("2", 2, img), src, nil); err != nil || !inSlot(d, img) {
				t.Fatal(err)
			}
			if n := m.read.Load(); n > int64(tc.mostRead) {
				t.Errorf("%d bytes read", n)
			}
			src.asked = 0
			if err := s.Write(t.Context(), release("2", 2, img), src, nil); err != nil || !inSlot(d, img) {
				t.Fatal(err)
			}
			if name != "wrong" && src.asked != 0 {
				t.Errorf("%d chunks fetched that are there", src.asked)
			}
		})
	}
}

func TestWhatIsAtHandComesFirst(t *testing.T) {
	d := firmwaretest.NewDisk(factory(t))
	img := image(2, imageSize)
	src := &knowing{bytesSource: bytesSource{img: img}, athand: map[int]bool{1: true, 4: true}}
	var last firmware.Progress
	if err := rig(d, 0, faulty{}).Write(t.Context(), release("2", 2, img), src, func(p firmware.Progress) { last = p }); err != nil || !inSlot(d, img) {
		t.Fatal(err)
	}
	want := []string{"early 0", "early 1", "early 2", "early 3", "early 4", "chunk 0", "chunk 2", "chunk 3"}
	if !slices.Equal(src.entries, want) || last.Done != imageSize {
		t.Errorf("%v, %+v", src.entries, last)
	}
	// What is at hand is believed no more than anything else.
	evil := &knowing{bytesSource: bytesSource{img: image(9, imageSize)}, athand: map[int]bool{1: true}}
	before := d.Image()
	err := rig(d, 0, faulty{}).Write(t.Context(), release("3", 3, image(3, imageSize)), evil, nil)
	if e, ok := errors.AsType[*firmware.Error](err); !ok || e.Reason != firmware.Untrusted || !bytes.Equal(d.Image()[recordRoom:], before[recordRoom:]) {
		t.Errorf("%v", err)
	}
}

// What is at hand is a guess: a wrong one is asked for when all was looked at.
func TestWhatIsAtHandMayBeWrong(t *testing.T) {
	d := firmwaretest.NewDisk(factory(t))
	img := image(2, imageSize)
	all := map[int]bool{0: true, 1: true, 2: true, 3: true, 4: true}
	src := &knowing{bytesSource: bytesSource{img: img}, athand: all, wrong: map[int]bool{1: true, 4: true}}
	var last firmware.Progress
	if err := rig(d, 0, faulty{}).Write(t.Context(), release("2", 2, img), src, func(p firmware.Progress) { last = p }); err != nil || !inSlot(d, img) {
		t.Fatal(err)
	}
	if n := len(src.entries); n != 9 || src.asked != 2 || src.entries[n-2] != "chunk 1" || src.entries[n-1] != "chunk 4" || last.Done != imageSize {
		t.Errorf("%v, %+v", src.entries, last)
	}
}

func TestZeros(t *testing.T) {
	img := image(2, imageSize)
	clear(img[chunk : 3*chunk])
	for name, m := range map[string]*media{
		"made":          {zero: func() error { return nil }},
		"cannot":        {},
		"fail":          {zero: func() error { return unix.EIO }},
		"only promised": {zero: func() error { return nil }, lies: true},
	} {
		t.Run(name, func(t *testing.T) {
			before := factory(t)
			for i := range before[recordRoom+slotRoom:] {
				before[recordRoom+slotRoom+i] = 0xff
			}
			d := firmwaretest.NewDisk(before)
			src := &bytesSource{img: img}
			if err := on(d, m).Write(t.Context(), release("2", 2, img), src, nil); err != nil || !inSlot(d, img) {
				t.Fatal(err)
			}
			if src.asked != 3 {
				t.Errorf("%d chunks fetched", src.asked)
			}
			if m.zero != nil && len(m.zeroed) != 2 {
				t.Errorf("zeros at %v", m.zeroed)
			}
		})
	}
}

func TestFlow(t *testing.T) {
	d := firmwaretest.NewDisk(make([]byte, 64))
	m := &media{Disk: part{d, 0, 64}}
	f := flow{d: m}
	for i := range int64(40) {
		if err := f.wrote(i*window/4, window/4); err != nil {
			t.Fatal(err)
		}
		if f.bytes > window {
			t.Fatalf("%d bytes under way", f.bytes)
		}
	}
	if m.most == 0 || m.most > 5 {
		t.Errorf("%d stretches at a time", m.most)
	}
	m.refused = unix.EIO
	if err := f.wrote(0, window); !errors.Is(err, unix.EIO) {
		t.Errorf("what could not be written: %v", err)
	}
}

// unsure is a source whose chunks are wrong when they are asked for the first
// time.
type unsure struct {
	bytesSource
	wrong func(i int) bool
	asks  map[int]int // of each chunk
}

func (u *unsure) Chunk(ctx context.Context, i int, into []byte) error {
	err := u.bytesSource.Chunk(ctx, i, into)
	if u.asks[i]++; u.asks[i] == 1 && u.wrong(i) {
		into[0] ^= 1
	}
	return err
}

func TestWhatIsWrongIsAskedForAgain(t *testing.T) {
	img := image(2, imageSize)
	for name, wrong := range map[string]func(int) bool{
		"one": func(i int) bool { return i == 2 }, "the last": func(i int) bool { return i == 4 }, "all": func(int) bool { return true }, "none": func(int) bool { return false },
	} {
		t.Run(name, func(t *testing.T) {
			d, src := firmwaretest.NewDisk(factory(t)), &unsure{bytesSource: bytesSource{img: img}, wrong: wrong, asks: map[int]int{}}
			var last firmware.Progress
			if err := rig(d, 0, faulty{}).Write(t.Context(), release("2", 2, img), src, func(p firmware.Progress) { last = p }); err != nil || !inSlot(d, img) {
				t.Fatal(err)
			}
			for i, n := range src.asks {
				if want := map[bool]int{false: 1, true: 2}[wrong(i)]; n != want {
					t.Errorf("chunk %d was asked for %d times", i, n)
				}
			}
			if last.Done != imageSize {
				t.Errorf("%+v", last)
			}
		})
	}
}
