package image

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"usher/firmware"
)

// reader is an old image that counts what is read of it.
type reader struct {
	b    []byte
	read atomic.Int64
}

func (r *reader) ReadAt(b []byte, at int64) (int, error) {
	n, err := bytes.NewReader(r.b).ReadAt(b, at)
	r.read.Add(int64(n))
	return n, err
}

// remembering is a Weaver for m on a box that runs old and remembers wrote of it.
func remembering(m made, old *reader, wrote Index) (*Weaver, *memory) {
	from := &memory{data: m.data}
	o := NewOld(old, int64(len(old.b)), m.x)
	o.Remember(wrote)
	return NewWeaver(m.r, m.x, from, o), from
}

// What is remembered of the old image is not read to find out, and is found
// wherever it stood.
func TestWhatIsRememberedIsNotRead(t *testing.T) {
	one := pack(t, picture(1, 300))
	two := pack(t, append(changed(one.img[40*testBlock:], 3, 4, 5, 77, 200), one.img[:20*testBlock]...))
	plain := &memory{data: two.data}
	if _, err := weave(NewWeaver(two.r, two.x, plain, NewOld(bytes.NewReader(one.img), int64(len(one.img)), two.x)), two.r); err != nil {
		t.Fatal(err)
	}
	old := &reader{b: one.img}
	w, from := remembering(two, old, one.x)
	got, err := weave(w, two.r)
	if err != nil || !bytes.Equal(got, two.img) {
		t.Fatal(err)
	}
	if from.read != plain.read {
		t.Errorf("%d bytes fetched, %d by reading the old image", from.read, plain.read)
	}
	if old.read.Load() != w.Taken() {
		t.Errorf("%d bytes of the old image were read, %d taken", old.read.Load(), w.Taken())
	}
}

func TestWhatIsRememberedComesEarly(t *testing.T) {
	one := pack(t, picture(1, 64))
	two := pack(t, changed(one.img, 20))
	w, _ := remembering(two, &reader{b: one.img}, one.x)
	for i := range two.r.Chunks {
		b := make([]byte, two.r.Length(i))
		filled, later := w.Early(t.Context(), i, b)
		if filled != (i != 1) || later || filled && !bytes.Equal(b, two.img[two.r.At(i):][:len(b)]) {
			t.Errorf("chunk %d: %v %v", i, filled, later)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Chunk(ctx, 0, make([]byte, testChunk)); !errors.Is(err, context.Canceled) {
		t.Errorf("a chunk that was wrong, as is all that is remembered: %v", err)
	}
}

// What is at hand is a guess where nothing is remembered. A wrong one is made good
// when it is asked for again, and costs no byte more than the right one.
func TestEarlyIsAGuess(t *testing.T) {
	one := pack(t, picture(1, 64))
	for name, tc := range map[string]struct {
		block  int // that is new
		filled bool
	}{"a block that is not looked at": {21, true}, "one that is": {16, false}} {
		two := pack(t, changed(one.img, tc.block))
		from := &memory{data: two.data}
		w := NewWeaver(two.r, two.x, from, NewOld(&reader{b: one.img}, int64(len(one.img)), two.x))
		wrong := tc.block / (testChunk / testBlock)
		for i := range two.r.Chunks {
			b := make([]byte, two.r.Length(i))
			filled, later := w.Early(t.Context(), i, b)
			if filled != (i != wrong || tc.filled) || later == filled || filled && i != wrong && !bytes.Equal(b, two.img[two.r.At(i):][:len(b)]) {
				t.Errorf("%s: chunk %d: %v %v", name, i, filled, later)
			}
		}
		b := make([]byte, two.r.Length(wrong))
		if filled, later := w.Early(t.Context(), wrong, b); filled || !later {
			t.Errorf("%s: asked for again: %v %v", name, filled, later)
		}
		if err := w.Chunk(t.Context(), wrong, b); err != nil || !bytes.Equal(b, two.img[two.r.At(wrong):][:len(b)]) {
			t.Errorf("%s: %v", name, err)
		}
		if most := int64(two.x.Stored(tc.block)); from.read > most+gap {
			t.Errorf("%s: %d bytes fetched for a block of %d", name, from.read, most)
		}
		want := int64(len(two.img) - testBlock)
		for n := range testChunk / testBlock {
			if two.x.Stored(wrong*testChunk/testBlock+n) == 0 {
				want -= testBlock // zeros come from nowhere
			}
		}
		if w.Taken() != want {
			t.Errorf("%s: %d bytes taken, %d are there", name, w.Taken(), want)
		}
	}
}

// What is remembered may be of another image altogether: it costs reading, and
// nothing that the box has is fetched.
func TestWhatIsRememberedIsNotTrusted(t *testing.T) {
	old := picture(1, 300)
	two := pack(t, changed(old, 3, 200))
	foreign, short := pack(t, picture(2, 300)), pack(t, picture(1, 200))
	mixed := pack(t, append(bytes.Clone(two.img[:150*testBlock]), picture(3, 150)...))
	torn := two.x
	torn.table = bytes.Clone(two.x.table)
	for i := range torn.table {
		if i%indexEntry < 8 && i > len(torn.table)/2 {
			torn.table[i] ^= byte(i / indexEntry)
		}
	}
	for name, wrote := range map[string]Index{"another image": foreign.x, "the new one": two.x, "a shorter one": short.x, "a mixture": mixed.x, "damaged": torn, "none": {}} {
		w, from := remembering(two, &reader{b: old}, wrote)
		got, err := weave(w, two.r)
		if err != nil || !bytes.Equal(got, two.img) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "the new one" && from.read > int64(2*testChunk) {
			t.Errorf("%s: %d bytes fetched", name, from.read)
		}
	}
}

// What comes from elsewhere and is wrong twice is not given.
func TestWrongTwice(t *testing.T) {
	m := pack(t, picture(5, 64))
	w := NewWeaver(m.r, m.x, &memory{data: bytes.Repeat([]byte{0}, len(m.data))}, nil)
	b := make([]byte, testChunk)
	err := w.Chunk(t.Context(), 0, b)
	if err == nil {
		err = w.Chunk(t.Context(), 0, b)
	}
	if e, ok := errors.AsType[*firmware.Error](err); !ok || e.Reason != firmware.Untrusted {
		t.Errorf("%v", err)
	}
}
