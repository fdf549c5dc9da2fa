package image

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"usher/firmware"
)

const (
	testChunk = 64 << 10
	testBlock = MinBlock
)

// picture is an image of n blocks: text, noise, zeros and repetitions.
func picture(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	var b bytes.Buffer
	for b.Len() < n*testBlock {
		block := make([]byte, testBlock)
		switch r.IntN(4) {
		case 0: // zeros
		case 1:
			for i := range block {
				block[i] = byte(r.Uint32())
			}
		default:
			text := fmt.Sprintf("block %d of %d, and so on. ", b.Len(), r.IntN(1000))
			copy(block, strings.Repeat(text, testBlock/len(text)+1))
		}
		b.Write(block)
	}
	return b.Bytes()
}

// made is a packed image.
type made struct {
	img, data, frames []byte
	x                 Index
	r                 firmware.Release
	lengths           []int // of frames
}

func pack(t testing.TB, img []byte) made {
	t.Helper()
	return packInto(t, img, nil)
}

func packInto(t testing.TB, img []byte, frames io.Writer) made {
	t.Helper()
	var data bytes.Buffer
	p, err := Pack(bytes.NewReader(img), testChunk, testBlock, &data, frames)
	if err != nil {
		t.Fatal(err)
	}
	r := firmware.Release{Version: "1", Boards: []string{"x"}, Percent: 100, Size: p.Size, Chunk: testChunk, Chunks: p.Chunks}
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	x, err := DecodeIndex(p.Index.Encode(), r)
	if err != nil {
		t.Fatal(err)
	}
	if x.DataLength() != int64(data.Len()) {
		t.Fatalf("%d bytes of data, the index says %d", data.Len(), x.DataLength())
	}
	return made{img: img, data: data.Bytes(), x: x, r: r, lengths: p.Frames}
}

// memory is Stored in memory; it counts.
type memory struct {
	data    []byte
	read    int64
	reads   int
	longest int64
	err     error
}

func (m *memory) Read(_ context.Context, at int64, b []byte, until int64) error {
	if until < at+int64(len(b)) || until > int64(len(m.data)) {
		return fmt.Errorf("read of %d at %d, until %d", len(b), at, until)
	}
	m.longest = max(m.longest, until-at)
	m.read, m.reads = m.read+int64(len(b)), m.reads+1
	copy(b, m.data[at:])
	return m.err
}

// weave puts a whole image together, as slots do: what is wrong is asked for
// again, once.
func weave(w *Weaver, r firmware.Release) ([]byte, error) {
	var all []byte
	for i := range r.Chunks {
		b := make([]byte, r.Length(i))
		if err := w.Chunk(context.Background(), i, b); err != nil {
			return all, err
		}
		if sha256.Sum256(b) != r.Chunks[i] {
			if err := w.Chunk(context.Background(), i, b); err != nil {
				return all, err
			}
		}
		all = append(all, b...)
	}
	return all, nil
}

func TestWholeImage(t *testing.T) {
	for _, size := range []int{1, 100, testBlock, testBlock + 1, testChunk - 1, testChunk, testChunk + 1, 5*testChunk + 777} {
		m := pack(t, picture(uint64(size), 100)[:size])
		from := &memory{data: m.data}
		got, err := weave(NewWeaver(m.r, m.x, from, nil), m.r)
		if err != nil || !bytes.Equal(got, m.img) {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if from.read != int64(len(m.data)) {
			t.Errorf("%d bytes: read %d of %d", size, from.read, len(m.data))
		}
	}
}

// changed is an image with some blocks replaced, and the rest moved.
func changed(img []byte, blocks ...int) []byte {
	b := bytes.Clone(img)
	for _, i := range blocks {
		copy(b[i*testBlock:], picture(uint64(i)+1000, 8)[3*testBlock:4*testBlock])
		copy(b[i*testBlock:], fmt.Sprint("new ", i))
	}
	return b
}

func TestOnlyChangedBlocksAreFetched(t *testing.T) {
	old := picture(1, 300)
	m := pack(t, changed(old, 3, 4, 5, 77, 200, 299))
	from := &memory{data: m.data}
	w := NewWeaver(m.r, m.x, from, NewOld(bytes.NewReader(old), int64(len(old)), m.x))
	got, err := weave(w, m.r)
	if err != nil || !bytes.Equal(got, m.img) {
		t.Fatal(err)
	}
	var want int64
	for _, i := range []int{3, 4, 5, 77, 200, 299} {
		want += int64(m.x.Stored(i))
	}
	if from.read < want || from.read > want+4*gap || from.reads > 4 {
		t.Errorf("%d bytes in %d reads; the changed blocks are %d", from.read, from.reads, want)
	}
	if zeros := int64(len(m.img)) - w.Taken() - 6*testBlock; zeros < 0 || zeros%testBlock != 0 {
		t.Errorf("%d bytes of %d taken", w.Taken(), len(m.img))
	}
}

// Where a block stood does not matter.
func TestMovedBlocksAreFound(t *testing.T) {
	old := picture(2, 100)
	img := append(bytes.Clone(old[40*testBlock:]), old[:40*testBlock]...)
	m := pack(t, img)
	from := &memory{data: m.data}
	got, err := weave(NewWeaver(m.r, m.x, from, NewOld(bytes.NewReader(old), int64(len(old)), m.x)), m.r)
	if err != nil || !bytes.Equal(got, img) || from.read != 0 {
		t.Errorf("%d bytes read: %v", from.read, err)
	}
}

// fickle is an old image that changes under one's feet, or cannot be read.
type fickle struct {
	b     []byte
	reads atomic.Int32
	after int32 // reads; it is read through in five
	err   error
}

func (f *fickle) ReadAt(b []byte, at int64) (int, error) {
	if f.reads.Add(1) > f.after {
		if f.err != nil {
			return 0, f.err
		}
		return copy(b, bytes.Repeat([]byte{7}, len(b))), nil
	}
	return bytes.NewReader(f.b).ReadAt(b, at)
}

func TestOldImageIsNotTrusted(t *testing.T) {
	old := picture(3, 300)
	m := pack(t, changed(old, 9))
	for name, f := range map[string]*fickle{
		"changes":          {b: old, after: 6},
		"breaks":           {b: old, after: 6, err: errors.New("input/output error")},
		"never readable":   {b: old, err: errors.New("input/output error")},
		"something at all": {b: old},
	} {
		from := &memory{data: m.data}
		got, err := weave(NewWeaver(m.r, m.x, from, NewOld(f, int64(len(old)), m.x)), m.r)
		if err != nil || !bytes.Equal(got, m.img) || from.read == 0 || f.after > 0 && f.reads.Load() <= f.after {
			t.Errorf("%s: %v after %d reads", name, err, f.reads.Load())
		}
	}
}

// Two blocks with the same short sum: the chunk's own sum tells them apart.
func TestShortSumsProveNothing(t *testing.T) {
	old := picture(4, 32)
	m := pack(t, changed(old, 1))
	o := NewOld(bytes.NewReader(old), int64(len(old)), m.x)
	if err := o.scan(t.Context(), m.r, m.x); err != nil {
		t.Fatal(err)
	}
	// The old block 1 pretends to be the new one, as far as the index sees it.
	sum := shorten(old[testBlock : 2*testBlock])
	copy(m.x.table[1*indexEntry:], sum[:])
	from := &memory{data: m.data}
	got, err := weave(NewWeaver(m.r, m.x, from, o), m.r)
	if err != nil || !bytes.Equal(got, m.img) {
		t.Error(err)
	}
}

func TestBadDataIsUntrusted(t *testing.T) {
	m := pack(t, picture(5, 64))
	var e *firmware.Error
	for at := 0; at < len(m.data); at += 4999 {
		bad := bytes.Clone(m.data)
		bad[at] ^= 0x10
		got, err := weave(NewWeaver(m.r, m.x, &memory{data: bad}, nil), m.r)
		// A flipped bit may fall on padding, and then changes nothing.
		if err == nil && !bytes.Equal(got, m.img) || err != nil && (!errors.As(err, &e) || e.Reason != firmware.Untrusted) {
			t.Fatalf("byte %d: %v", at, err)
		}
	}
	// What the old image has a part in is right, or there is none.
	old := changed(m.img, 3, 20, 40, 63)
	for at := 0; at < len(m.data); at += 997 {
		bad := bytes.Clone(m.data)
		bad[at] ^= 0x10
		got, err := weave(NewWeaver(m.r, m.x, &memory{data: bad}, NewOld(bytes.NewReader(old), int64(len(old)), m.x)), m.r)
		if err != nil && (!errors.As(err, &e) || e.Reason != firmware.Untrusted) || !bytes.HasPrefix(m.img, got) || err == nil && len(got) != len(m.img) {
			t.Fatalf("byte %d, with most of it on the box: %v", at, err)
		}
	}
	broken := errors.New("broken")
	if _, err := weave(NewWeaver(m.r, m.x, &memory{data: m.data, err: broken}, nil), m.r); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	w := NewWeaver(m.r, m.x, &memory{data: m.data}, nil)
	if w.Chunk(t.Context(), 99, nil) == nil || w.Chunk(t.Context(), 0, make([]byte, 5)) == nil {
		t.Error("chunks that are not there")
	}
}

func TestScanEndsWithItsContext(t *testing.T) {
	m := pack(t, picture(6, 64))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := NewWeaver(m.r, m.x, &memory{data: m.data}, NewOld(bytes.NewReader(m.img), int64(len(m.img)), m.x))
	if err := w.Chunk(ctx, 0, make([]byte, testChunk)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestReadAheadIsBounded(t *testing.T) {
	noise := make([]byte, 5<<20)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(noise)
	m := pack(t, noise)
	from := &memory{data: m.data}
	if _, err := weave(NewWeaver(m.r, m.x, from, nil), m.r); err != nil {
		t.Fatal(err)
	}
	if from.longest < ahead || from.longest > ahead+testChunk {
		t.Errorf("reads ahead %d bytes", from.longest)
	}
}

func TestPackIsReproducible(t *testing.T) {
	a, b := packFramed(t, picture(7, 50)), packFramed(t, picture(7, 50))
	if !bytes.Equal(a.data, b.data) || !bytes.Equal(a.x.Encode(), b.x.Encode()) || !bytes.Equal(a.frames, b.frames) {
		t.Error("not the same twice")
	}
	if BlockFor(1) != 4096 || BlockFor(2<<30) != 4096 || BlockFor(2<<30+1) != 8192 || BlockFor(1<<40) != 0 {
		t.Error("blocks of another size")
	}
	if _, err := Pack(strings.NewReader(""), testChunk, testBlock, io.Discard, nil); !errors.Is(err, ErrIndex) {
		t.Errorf("an empty image: %v", err)
	}
}

func TestTermsAndDescription(t *testing.T) {
	m := pack(t, picture(8, 20))
	terms := firmware.Release{Version: "2", Boards: []string{"a", "b"}, Counter: 7, Percent: 5, Groups: []string{"lab"}}
	data, err := EncodeTerms(terms)
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecodeTerms(data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(terms, back); diff != "" {
		t.Error(diff)
	}
	d := Description{Size: m.r.Size, Chunk: m.r.Chunk, Chunks: m.r.Chunks, Notes: map[string]string{"de": "Neu"}, Index: File{sha256.Sum256(m.x.Encode()), 100}, Data: File{sha256.Sum256(m.data), 5}}
	data, err = d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, r, err := DecodeDescription(data, back)
	if err != nil || r.Size != m.r.Size || r.Version != "2" || r.Notes["de"] != "Neu" || got.Index != d.Index {
		t.Errorf("%+v %v", r, err)
	}
	if _, err := EncodeTerms(firmware.Release{Version: "1"}); !errors.Is(err, firmware.ErrRelease) {
		t.Errorf("no board: %v", err)
	}
	for _, bad := range []string{``, `{}`, `{"format":1}`, `{"format":1,"version":"1","boards":["x"]}`, `{"format":2,"version":"1","boards":["x"],"percent":1}`, `{"format":1,"version":"1","boards":["x"],"percent":1}{}`, `{"format":1,"version":"1","boards":["x"],"percent":101}`, strings.Repeat(" ", MaxTerms) + "{}"} {
		if _, err := DecodeTerms([]byte(bad)); !errors.Is(err, firmware.ErrRelease) {
			t.Errorf("%.80s: %v", bad, err)
		}
	}
	for name, change := range map[string]func(*Description){
		"index":  func(d *Description) { d.Index.Length = MaxIndex + 1 },
		"data":   func(d *Description) { d.Data.Length = d.Size + 1 },
		"chunks": func(d *Description) { d.Chunks = d.Chunks[1:] },
		"frames": func(d *Description) { d.Frames = &Frames{Lengths: []int{1}} },
		"frame":  func(d *Description) { d.Frames = &Frames{File{Length: testChunk}, []int{testChunk, 0}} },
		"below":  func(d *Description) { d.Frames = &Frames{File{}, []int{1, -1}} },
	} {
		bad := d
		change(&bad)
		data, err := bad.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := DecodeDescription(data, back); !errors.Is(err, firmware.ErrRelease) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzDecodeIndex(f *testing.F) {
	m := pack(f, picture(9, 4))
	f.Add(m.x.Encode(), m.data)
	f.Fuzz(func(t *testing.T, index, data []byte) {
		x, err := DecodeIndex(index, m.r)
		if err != nil || x.DataLength() != int64(len(data)) {
			return
		}
		if !bytes.Equal(x.Encode(), index) {
			t.Error("another index")
		}
		remembers := NewOld(bytes.NewReader(m.img), m.r.Size, m.x)
		remembers.Remember(x)
		for _, old := range []*Old{nil, NewOld(bytes.NewReader(m.img), m.r.Size, x), remembers} {
			if got, err := weave(NewWeaver(m.r, x, &memory{data: data}, old), m.r); err == nil && !bytes.Equal(got, m.img) {
				t.Error("another image")
			}
		}
	})
}

func FuzzDecodeDescription(f *testing.F) {
	f.Add([]byte(`{"format":1,"size":5,"chunkSize":1024,"chunks":["`+strings.Repeat("0", 64)+`"],"index":{"length":50},"data":{"length":1},"frames":{"data":{"length":3},"lengths":[3]}}`), []byte(`{"format":1,"version":"1","boards":["x"],"percent":1}`))
	f.Add([]byte(`{"format":1,"size":1,"chunkSize":1024,"chunks":["`+strings.Repeat("0", 64)+`"],"index":{"length":50},"data":{"length":1}}`), []byte(`{"format":1,"version":"1","boards":["x"],"percent":1}`))
	f.Fuzz(func(t *testing.T, description, terms []byte) {
		r, err := DecodeTerms(terms)
		if err != nil {
			return
		}
		if again, err := EncodeTerms(r); err != nil || !json.Valid(again) {
			t.Errorf("%s: %v", again, err)
		}
		if _, r, err := DecodeDescription(description, r); err == nil && r.Check() != nil {
			t.Error(r.Check())
		}
	})
}

func BenchmarkPack(b *testing.B) {
	img := picture(1, 4096)
	b.SetBytes(int64(len(img)))
	for b.Loop() {
		pack(b, img)
	}
}

func BenchmarkWeave(b *testing.B) {
	m := pack(b, picture(1, 4096))
	b.SetBytes(int64(len(m.img)))
	b.ReportAllocs()
	for b.Loop() {
		w := NewWeaver(m.r, m.x, &memory{data: m.data}, nil)
		buf := make([]byte, testChunk)
		for i := range m.r.Chunks {
			if err := w.Chunk(b.Context(), i, buf[:m.r.Length(i)]); err != nil {
				b.Fatal(err)
			}
		}
	}
}
