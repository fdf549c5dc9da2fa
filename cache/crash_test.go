package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"
)

// history is a disk store with everything that was asked of it.
type history struct {
	t     *testing.T
	files *crashFiles
	d     *Disk
	put   map[Key][][]byte // every version ever put
	marks []mark
}

// mark is what was true after a call, and after how many steps it returned.
type mark struct {
	steps   int
	has     map[Key][]byte // what Get must give
	pins    map[Key]bool
	cleared map[Key]bool   // what Get must not give
	index   map[Key]record // what an index written now would say
}

func newHistory(t *testing.T, budget int64) *history {
	h := &history{t: t, files: newCrashFiles(), put: map[Key][][]byte{}}
	h.d = reopen(t, h.files, nil, budget)
	h.mark(nil)
	return h
}

func reopen(t *testing.T, f *crashFiles, known map[Key]record, budget int64) *Disk {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	x := newIndex(log)
	for k, r := range known {
		x.loaded[k] = r
	}
	d, err := openDisk(f, "/cache", budget, x, log)
	if err != nil {
		t.Fatalf("open after the crash: %v", err)
	}
	return d
}

func (h *history) mark(change func(*mark)) {
	m := mark{steps: len(h.files.steps), has: map[Key][]byte{}, pins: map[Key]bool{}, cleared: map[Key]bool{}, index: map[Key]record{}}
	for k, n := range h.d.shelf.nodes {
		versions := h.put[k]
		m.has[k] = versions[len(versions)-1]
		info, err := h.files.open(h.d.path(k))
		if err != nil {
			h.t.Fatal(err)
		}
		st, _ := info.Stat()
		m.index[k] = record{size: n.size, length: st.Size(), class: n.class}
	}
	for k := range h.d.pins {
		m.pins[k] = true
	}
	if len(h.marks) > 0 {
		for k := range h.marks[len(h.marks)-1].cleared {
			if m.has[k] == nil {
				m.cleared[k] = true
			}
		}
	}
	if change != nil {
		change(&m)
	}
	h.marks = append(h.marks, m)
}

func (h *history) store(i, version, size int) {
	k := KeyOf(fmt.Sprint(i))
	data := bytes.Repeat([]byte{byte(i), byte(version), byte(size)}, size/3+1)[:size]
	h.put[k] = append(h.put[k], data)
	b := NewBlob([]Class{Art, Init, Media}[i%3], Meta{ETag: fmt.Sprint(version)}, data)
	defer b.Release()
	if err := h.d.Put(k, b); err != nil && !errors.Is(err, ErrFull) {
		h.t.Fatal(err)
	} else if err != nil {
		h.put[k] = h.put[k][:len(h.put[k])-1]
	}
	h.mark(nil)
}

// live is a life of a store: fills, replacements, evictions, pins, removals.
func (h *history) live(r *rand.Rand, calls int) {
	for v := range calls {
		i := r.IntN(9)
		k := KeyOf(fmt.Sprint(i))
		switch r.IntN(12) {
		case 0:
			if err := h.d.Remove(k); err != nil {
				h.t.Fatal(err)
			}
			h.mark(nil)
		case 1, 2:
			if err := h.d.Pin(k, r.IntN(3) > 0); err != nil {
				h.t.Fatal(err)
			}
			h.mark(nil)
		case 3:
			if _, err := h.d.Clear(ClassesOf(Media)); err != nil {
				h.t.Fatal(err)
			}
			h.mark(func(m *mark) { // also what was removed before, and not synced
				for i := 2; i < 9; i += 3 {
					k := KeyOf(fmt.Sprint(i))
					m.cleared[k] = m.has[k] == nil
				}
			})
		default:
			h.store(i, v, 1+r.IntN(3000))
		}
	}
}

// TestPowerCutAtEveryStep cuts the power behind every step of lives of a
// store, with lost, torn and reordered writes, and with an index of any age.
// Afterwards every hit is byte-exact, what was promised is there, and the
// store goes on.
func TestPowerCutAtEveryStep(t *testing.T) {
	const budget = 9000
	lives, cuts := uint64(3), 0
	if testing.Short() || Raced {
		lives = 1
	}
	for seed := range lives {
		r := rand.New(rand.NewPCG(seed, 1))
		h := newHistory(t, budget)
		h.live(r, 60)
		for n := range len(h.files.steps) + 1 {
			for how := range outcomes {
				for range 1 + 2*min(int(how/torn), 1) {
					cuts++
					if !h.check(n, how, r, budget) {
						t.Fatalf("life %d, cut behind step %d of %d, outcome %d", seed, n, len(h.files.steps), how)
					}
				}
			}
		}
	}
	t.Logf("%d power cuts", cuts)
}

// check plays one power cut.
func (h *history) check(n int, how outcome, r *rand.Rand, budget int64) bool {
	before := 0 // the last call that had returned
	for i, m := range h.marks {
		if m.steps <= n {
			before = i
		}
	}
	after := min(before+1, len(h.marks)-1)
	if h.marks[before].steps == n {
		after = before
	}
	var known map[Key]record
	if age := r.IntN(before + 2); age <= before {
		known = h.marks[age].index
	}
	files := h.files.crash(n, how, r)
	// What was removed may be there again, and then push out other objects:
	// so first with room for everything, then with the budget it had.
	d := reopen(h.t, files, known, 1<<20)
	promised := h.marks[before]
	if how == lying {
		promised = mark{}
	}
	ok := h.sound(d, promised, h.marks[after])
	return h.goesOn(reopen(h.t, files, known, budget), files, budget) && ok
}

// sound compares what is left with what may and must be there.
func (h *history) sound(d *Disk, before, after mark) bool {
	ok := true
	for k, versions := range h.put {
		b, err := d.Get(k)
		if err != nil {
			want, promised := before.has[k]
			if promised && bytes.Equal(after.has[k], want) && want != nil {
				ok = h.wrong("%s is lost: %v", k, err)
			}
			continue
		}
		got, err := b.Bytes(context.Background())
		b.Release()
		if err != nil || !oneOf(got, versions) {
			ok = h.wrong("%s: %d bytes that nobody put (%v)", k, len(got), err)
		}
		if before.cleared[k] && after.cleared[k] {
			ok = h.wrong("%s came back after Clear", k)
		}
	}
	for k := range before.pins {
		if after.pins[k] && !d.pins[k] {
			ok = h.wrong("the pin of %s is lost", k)
		}
	}
	return ok
}

func (h *history) wrong(format string, args ...any) bool {
	h.t.Errorf(format, args...)
	return false
}

func oneOf(got []byte, versions [][]byte) bool {
	for _, v := range versions {
		if bytes.Equal(got, v) {
			return true
		}
	}
	return false
}

// goesOn uses the store as if nothing had happened.
func (h *history) goesOn(d *Disk, files *crashFiles, budget int64) bool {
	if u := d.Usage(); u.Bytes > budget && u.Bytes > u.Pinned {
		return h.wrong("%d bytes kept, budget %d", u.Bytes, budget)
	}
	for path := range files.names {
		if k, ok := parseKey(path[len("/cache/blobs/"):][:64]); !ok || path != d.path(k) && path != d.pinPath(k) {
			return h.wrong("left over: %s", path)
		}
	}
	want := []byte("after the crash")
	b := NewBlob(Art, Meta{}, want)
	defer b.Release()
	if err := d.Put(KeyOf("0"), b); err != nil {
		return errors.Is(err, ErrFull) || h.wrong("Put: %v", err)
	}
	again, err := d.Get(KeyOf("0"))
	if err != nil {
		return h.wrong("Get: %v", err)
	}
	defer again.Release()
	got, err := again.Bytes(context.Background())
	if err != nil || !bytes.Equal(got, want) {
		return h.wrong("%q came back: %v", got, err)
	}
	if err := d.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return h.wrong("Close: %v", err)
	}
	return true
}

// TestClearIsForGood: also what was removed just before does not come back.
func TestClearIsForGood(t *testing.T) {
	for how := range lying {
		h := newHistory(t, 9000)
		h.store(2, 1, 1000)
		if err := h.d.Remove(KeyOf("2")); err != nil {
			t.Fatal(err)
		}
		if _, err := h.d.Clear(AllClasses); err != nil {
			t.Fatal(err)
		}
		files := h.files.crash(len(h.files.steps), how, rand.New(rand.NewPCG(1, 1)))
		if b, err := reopen(t, files, nil, 9000).Get(KeyOf("2")); err == nil {
			b.Release()
			t.Errorf("outcome %d: it came back", how)
		}
	}
}
