package cache

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func aNode(name string, c Class, size int64) *node {
	return &node{key: KeyOf(name), class: c, size: size}
}

// TestVictims says in which order things go.
func TestVictims(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(s *shelf)
		want string
	}{
		{"the oldest first", func(s *shelf) { s.fill(Media, "a", "b", "c") }, "abc"},
		{"what was used gets a second chance", func(s *shelf) {
			s.fill(Media, "a", "b", "c")
			s.get(KeyOf("a"))
		}, "bca"},
		{"read-ahead last", func(s *shelf) {
			s.ahead("a", "b")
			s.fill(Media, "c", "d", "e")
		}, "cdeab"},
		{"read-ahead that was used is like the rest", func(s *shelf) {
			s.ahead("a", "b")
			s.fill(Media, "c", "d", "e")
			s.get(KeyOf("a"))
		}, "cdeab"},
		{"too much read-ahead goes first", func(s *shelf) {
			s.ahead("a", "b", "c", "d")
			s.fill(Media, "e")
		}, "aebcd"},
		{"the class that exceeds its share", func(s *shelf) {
			s.fill(Media, "a")
			s.fill(Art, "b", "c")
		}, "bca"},
		{"pinned never", func(s *shelf) {
			s.fill(Media, "a", "b")
			s.pin(s.nodes[KeyOf("a")], true)
		}, "b"},
		{"unpinned again", func(s *shelf) {
			s.fill(Media, "a", "b")
			s.pin(s.nodes[KeyOf("a")], true)
			s.pin(s.nodes[KeyOf("a")], false)
		}, "ba"},
		{"without bytes", func(s *shelf) { s.add(aNode("a", Art, 0)) }, "a"},
		{"nothing", func(*shelf) {}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newShelf(1000, memoryShares())
			c.make(s)
			for i, want := range c.want {
				if v := s.victim(Media, 1); v == nil || v.key != KeyOf(string(want)) {
					t.Fatalf("victim %d is not %c", i, want)
				}
			}
			if s.victim(Media, 1) != nil || s.total != s.pinned {
				t.Errorf("%d bytes left of which %d are pinned", s.total, s.pinned)
			}
		})
	}
}

func (s *shelf) fill(c Class, names ...string) {
	for _, n := range names {
		s.add(aNode(n, c, 100))
	}
}

func (s *shelf) ahead(names ...string) {
	for _, n := range names {
		v := aNode(n, Media, 100)
		v.ahead = true
		s.add(v)
	}
}

// TestFilmLeavesPictures: a stream of film does not push out what belongs to
// other classes.
func TestFilmLeavesPictures(t *testing.T) {
	s := newShelf(10_000, memoryShares())
	for i := range 5 {
		s.add(aNode(fmt.Sprint("art", i), Art, 100))
	}
	for i := range 1000 {
		put(s, aNode(fmt.Sprint("film", i), Media, 500))
	}
	if got := s.usage().Classes[Art].Objects; got != 5 {
		t.Errorf("%d pictures left, want 5", got)
	}
	for i := range 100 {
		put(s, aNode(fmt.Sprint("more", i), Art, 100))
	}
	u := s.usage()
	if a, m := u.Classes[Art].Bytes, u.Classes[Media].Bytes; a < 600 || m < 8000 {
		t.Errorf("%d bytes of pictures and %d of film; each should have its share", a, m)
	}
}

// TestShelfKeepsItsBooks does everything in any order and counts again.
func TestShelfKeepsItsBooks(t *testing.T) {
	for _, c := range rivals() {
		r := rand.New(rand.NewPCG(1, 2))
		s := newShelfOf(5000, memoryShares(), c.of)
		for range 8_000 {
			name := fmt.Sprint(r.IntN(60))
			n := s.nodes[KeyOf(name)]
			switch {
			case n == nil:
				if v := aNode(name, Class(r.IntN(int(classEnds))), r.Int64N(400)); s.room(v.size) {
					v.ahead = r.IntN(3) == 0
					put(s, v)
				}
			case r.IntN(8) == 0:
				s.remove(n)
			case r.IntN(20) == 0:
				s.pin(n, !n.pinned)
			default:
				s.get(n.key)
			}
			checkBooks(t, s)
			if t.Failed() {
				t.Fatal(c.name)
			}
		}
	}
}

func checkBooks(t *testing.T, s *shelf) {
	t.Helper()
	var total, pinned int64
	used := [classEnds]int64{}
	for _, n := range s.nodes {
		total += n.size
		if n.pinned {
			pinned += n.size
		} else {
			used[n.class] += n.size
		}
	}
	if total != s.total || pinned != s.pinned || used != s.used || total > s.budget {
		t.Errorf("books %d, %d, %v; shelf %d, %d, %v; budget %d", s.total, s.pinned, s.used, total, pinned, used, s.budget)
	}
}

func TestAdmission(t *testing.T) {
	well := means{disk: true, kept: ClassesOf(Init, Art), budget: 1000, allowance: 500}
	with := func(change func(*means)) means {
		m := well
		change(&m)
		return m
	}
	for _, c := range []struct {
		name string
		c    candidate
		m    means
		want Why
	}{
		{"film", candidate{class: Media, size: 10}, well, WhyStreamed},
		{"read-ahead", candidate{class: Media, purpose: Ahead, size: 10}, well, WhyStreamed},
		{"film, little memory", candidate{class: Media, size: 10}, with(func(m *means) { m.short = true }), WhyWindow},
		{"read-ahead, little memory", candidate{class: Media, purpose: Ahead, size: 600}, with(func(m *means) { m.short = true }), WhyWindow},
		{"playlist, little memory", candidate{class: Playlist, size: 10}, with(func(m *means) { m.short = true }), WhyStreamed},
		{"kit", candidate{class: Media, purpose: Kit, size: 500}, well, WhyKit},
		{"kit, worn", candidate{class: Media, purpose: Kit, size: 501}, well, WhyWorn},
		{"picture", candidate{class: Art, size: 10}, well, WhyKept},
		{"picture, worn", candidate{class: Art, size: 10}, with(func(m *means) { m.allowance = -1 }), WhyWorn},
		{"download, worn", candidate{class: Media, purpose: Download, size: 10}, with(func(m *means) { m.allowance = -1 }), WhyDownload},
		{"pinned, worn", candidate{class: Media, pinned: true, size: 10}, with(func(m *means) { m.allowance = -1 }), WhyPinned},
		{"pinned, larger than the disk", candidate{class: Media, pinned: true, size: 1001}, well, WhyTooLarge},
		{"pinned key", candidate{class: Secret, pinned: true, size: 16}, with(func(m *means) { m.kept = AllClasses }), WhySecret},
		{"download with no-store", candidate{class: Media, purpose: Download, volatile: true}, well, WhyNoStore},
		{"kit, no disk", candidate{class: Media, purpose: Kit}, means{}, WhyNoDisk},
		{"kit, disk rests", candidate{class: Media, purpose: Kit}, with(func(m *means) { m.resting = true }), WhyResting},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := admit(c.c, c.m); got != c.want {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
	if Why(whyEnds).String() != "unknown" || !WhyWindow.Writes() || WhyStreamed.Writes() {
		t.Error("reasons are mixed up")
	}
}

// FuzzRecord: no record is taken for another, and none is made up.
func FuzzRecord(f *testing.F) {
	f.Add(record{size: 7, length: 300, class: Art}.encode(KeyOf("x")))
	f.Add(record{}.encode(KeyOf("y")))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		k := KeyOf("x")
		r, ok := decodeRecord(k, b)
		if ok && string(r.encode(k)) != string(b) {
			t.Fatalf("%x was read as %+v", b, r)
		}
		if _, ok := decodeRecord(KeyOf("other"), b); ok && r != (record{}) {
			t.Fatal("a record fits two keys")
		}
		if w, ok := decodeWear(b); ok && string(w.encode()) != string(b) {
			t.Fatalf("%x was read as %+v", b, w)
		}
		if len(b) == recordSize { // right checksum, wrong content
			binary.BigEndian.PutUint32(b[recordSize-4:], sumOf(k, b[:recordSize-4]))
			if r, ok := decodeRecord(k, b); ok && (r.size < 0 || r.length < r.size || r.class >= classEnds) {
				t.Fatalf("accepted %+v", r)
			}
		}
	})
}

// TestDamagedIndex damages the index in places of all kinds: nothing panics,
// and no object is lost or confused.
func TestDamagedIndex(t *testing.T) {
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	d := mustOpenDisk(t, dir, log)
	for i := range 40 {
		b := NewBlob(Art, Meta{}, []byte(fmt.Sprint("object ", i)))
		if err := d.Put(KeyOf(fmt.Sprint(i)), b); err != nil {
			t.Fatal(err)
		}
		b.Release()
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "index.db")
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 60 {
		bad := damage(r, sound)
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		d := mustOpenDisk(t, dir, log)
		if n := d.Usage().Objects; n != 40 {
			t.Errorf("damage %d: %d objects, want 40", i, n)
		}
		b, err := d.Get(KeyOf("7"))
		if err != nil {
			t.Fatalf("damage %d: %v", i, err)
		}
		if got, err := b.Bytes(t.Context()); err != nil || string(got) != "object 7" {
			t.Fatalf("damage %d: %q, %v", i, got, err)
		}
		b.Release()
		d.Remove(KeyOf("absent")) // a change, for Close to write
		if err := d.Close(); err != nil {
			t.Logf("damage %d: Close: %v", i, err)
		}
	}
}

// damage flips bits, overwrites a stretch, or cuts.
func damage(r *rand.Rand, sound []byte) []byte {
	bad := append([]byte(nil), sound...)
	switch r.IntN(4) {
	case 0:
		for range 1 + r.IntN(50) {
			bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
		}
	case 1:
		at := r.IntN(len(bad))
		for i := at; i < min(at+r.IntN(9000), len(bad)); i++ {
			bad[i] = byte(r.Uint32())
		}
	case 2:
		at := r.IntN(len(bad))
		clear(bad[at:min(at+r.IntN(9000), len(bad))])
	case 3:
		bad = bad[:r.IntN(len(bad))]
	}
	return bad
}

func mustOpenDisk(t *testing.T, dir string, log *slog.Logger) *Disk {
	t.Helper()
	d, err := OpenDisk(dir, 1<<20, log)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestIndexIsWrittenInBatches: many objects, few transactions.
func TestIndexIsWrittenInBatches(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	x := openIndex(filepath.Join(t.TempDir(), "index.db"), log)
	defer x.close()
	writes := 0
	for i := range 640 {
		x.put(KeyOf(fmt.Sprint(i)), record{size: 1, length: 300, class: Art}, nil)
		if x.flush(x.take(false, newWear())) > 0 {
			writes++
		}
	}
	if writes != 10 {
		t.Errorf("%d transactions for 640 objects, want 10", writes)
	}
	x.remove(KeyOf("1"))
	if x.flush(x.take(false, newWear())) != 0 {
		t.Error("one change was written at once")
	}
	x.flushed = time.Now().Add(-indexEvery)
	if x.flush(x.take(false, newWear())) == 0 {
		t.Error("one change was not written in time")
	}
}

// TestIndexSavesReadingFiles: an index that is sound is believed, so that a
// start opens no object, and one after a clean end says nothing.
func TestIndexSavesReadingFiles(t *testing.T) {
	dir := t.TempDir()
	var said strings.Builder
	log := slog.New(slog.NewTextHandler(&said, nil))
	for start := range 3 {
		d := mustOpenDisk(t, dir, log)
		for i := range start * 10 {
			b := NewBlob(Art, Meta{}, []byte(fmt.Sprint(start, i)))
			if err := d.Put(KeyOf(fmt.Sprint(i)), b); err != nil {
				t.Fatal(err)
			}
			b.Release()
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	x := openIndex(filepath.Join(dir, "index.db"), log)
	defer x.close()
	if len(x.loaded) != 20 || !x.hasWear {
		t.Errorf("the index has %d objects, want 20; account %v", len(x.loaded), x.hasWear)
	}
	d, err := openDisk(osFiles{}, dir, 1<<20, x, log)
	if err != nil {
		t.Fatal(err)
	}
	if len(d.index.pending) != 0 || d.Usage().Objects != 20 {
		t.Errorf("%d of %d objects were read again", len(d.index.pending), d.Usage().Objects)
	}
	if said.Len() > 0 {
		t.Errorf("logged: %s", said.String())
	}
}
