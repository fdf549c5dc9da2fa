package image

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"

	"usher/firmware"
)

// packFramed is pack with frames.
func packFramed(t testing.TB, img []byte) made {
	t.Helper()
	var frames bytes.Buffer
	m := packInto(t, img, &frames)
	m.frames = frames.Bytes()
	return m
}

// framed is a Weaver for m that has frames, and what it reads.
func (m made) framed(t testing.TB, frames []byte, lengths []int, old *Old) (w *Weaver, blocks, whole *memory) {
	t.Helper()
	blocks, whole = &memory{data: m.data}, &memory{data: frames}
	w = NewWeaver(m.r, m.x, blocks, old)
	if err := w.Frames(Frames{File{Length: int64(len(frames))}, lengths}, whole); err != nil {
		t.Fatal(err)
	}
	return w, blocks, whole
}

// plain is an image that compresses, with some zeros and some noise.
func plain(n int) []byte {
	b := bytes.Repeat(picture(11, 24), n/24+1)[:n*testBlock]
	clear(b[testChunk : 2*testChunk])
	_, _ = rand.NewChaCha8([32]byte{7}).Read(b[2*testChunk : 3*testChunk])
	return b
}

func TestWholeChunksComeInFrames(t *testing.T) {
	for _, size := range []int{1, 700, testBlock + 1, testChunk, 5*testChunk + 777} {
		m := packFramed(t, plain(128)[:size])
		w, blocks, whole := m.framed(t, m.frames, m.lengths, nil)
		got, err := weave(w, m.r)
		if err != nil || !bytes.Equal(got, m.img) {
			t.Fatalf("%d bytes: %v", size, err)
		}
		if blocks.read+whole.read > int64(len(m.data)) || whole.read != int64(len(m.frames)) {
			t.Errorf("%d bytes: %d read of %d in blocks, %d of %d in frames", size, blocks.read, len(m.data), whole.read, len(m.frames))
		}
		for i, n := range m.lengths {
			if n > 0 && n >= int(m.x.at[i+1]-m.x.at[i]) {
				t.Errorf("%d bytes: frame %d is no smaller than its blocks", size, i)
			}
		}
	}
}

// Frames are read ahead together, and no further than blocks are.
func TestFramesAreReadAhead(t *testing.T) {
	m := packFramed(t, plain(400))
	w, _, whole := m.framed(t, m.frames, m.lengths, nil)
	if _, err := weave(w, m.r); err != nil {
		t.Fatal(err)
	}
	if whole.longest <= int64(slices.Max(m.lengths)) || whole.longest > ahead+testChunk {
		t.Errorf("reads ahead %d bytes", whole.longest)
	}
}

// What the box has most of comes in blocks.
func TestFramesAreForWhatIsMissing(t *testing.T) {
	one := plain(128)
	two := changed(one, 3, 70)
	copy(two[4*testChunk:5*testChunk], picture(77, 16))
	m := packFramed(t, two)
	for name, old := range map[string]*Old{"read": NewOld(bytes.NewReader(one), int64(len(one)), m.x), "remembered": NewOld(bytes.NewReader(one), int64(len(one)), m.x)} {
		if name == "remembered" {
			old.Remember(pack(t, one).x)
		}
		w, blocks, whole := m.framed(t, m.frames, m.lengths, old)
		got, err := weave(w, m.r)
		if err != nil || !bytes.Equal(got, two) {
			t.Fatal(err)
		}
		if whole.read > int64(m.lengths[4]) || blocks.read > int64(3*testBlock)+2*gap {
			t.Errorf("%s: %d bytes in frames, %d in blocks", name, whole.read, blocks.read)
		}
	}
}

// Frames that are wrong cost what they are long: the chunk comes in blocks then.
func TestWrongFramesDoNoHarm(t *testing.T) {
	m := packFramed(t, plain(64))
	for at := 0; at < len(m.frames); at += 101 {
		bad := bytes.Clone(m.frames)
		bad[at] ^= 0x10
		w, _, _ := m.framed(t, bad, m.lengths, nil)
		if got, err := weave(w, m.r); err != nil || !bytes.Equal(got, m.img) {
			t.Fatalf("byte %d: %v", at, err)
		}
	}
	broken := errors.New("broken")
	w, _, whole := m.framed(t, m.frames, m.lengths, nil)
	whole.err = broken
	if err := w.Chunk(t.Context(), 0, make([]byte, m.r.Length(0))); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
}

// A frame may say that it is anything. It is unpacked into its chunk, or not at all.
func TestFramesAreBounded(t *testing.T) {
	m := packFramed(t, plain(64))
	for name, opts := range map[string][]zstd.EOption{
		"of a stream": {zstd.WithSingleSegment(false)}, "with a window of 64 MiB": {zstd.WithWindowSize(64 << 20)},
	} {
		for _, size := range []int{testChunk - 1, testChunk, testChunk + 1, 64 << 20} {
			e, err := zstd.NewWriter(nil, opts...)
			if err != nil {
				t.Fatal(err)
			}
			var stream bytes.Buffer
			e.Reset(&stream)
			img := append(bytes.Clone(m.img[:min(size, testChunk)]), make([]byte, max(size-testChunk, 0))...)
			_, err = e.Write(img)
			if err = errors.Join(err, e.Close()); err != nil {
				t.Fatal(err)
			}
			lengths := slices.Repeat([]int{0}, len(m.lengths))
			lengths[0] = min(stream.Len(), testChunk-1)
			w, _, _ := m.framed(t, stream.Bytes()[:lengths[0]], lengths, nil)
			allocated := testing.AllocsPerRun(1, func() {
				b := make([]byte, testChunk, testChunk+1)
				w.given[0] = -1
				err := w.unframe(context.Background(), 0, b)
				if err == nil && sha256.Sum256(b) != m.r.Chunks[0] || err != nil && !errors.Is(err, errBlock) || b[:testChunk+1][testChunk] != 0 {
					t.Errorf("%s, %d bytes: %v", name, size, err)
				}
			})
			if allocated > 100 {
				t.Errorf("%s, %d bytes: %v allocations", name, size, allocated)
			}
		}
	}
}

func TestFramesFitTheirRelease(t *testing.T) {
	m := packFramed(t, plain(64))
	for name, f := range map[string]Frames{
		"fewer": {File{}, nil}, "another sum": {File{Length: 1}, m.lengths}, "negative": {File{Length: -1}, []int{-1, 0, 0, 0}}, "as long as a chunk": {File{Length: testChunk}, []int{testChunk, 0, 0, 0}},
	} {
		if err := NewWeaver(m.r, m.x, &memory{data: m.data}, nil).Frames(f, nil); !errors.Is(err, firmware.ErrRelease) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzFrame: whatever a server sends in place of frames, the image is the one that
// was signed.
func FuzzFrame(f *testing.F) {
	m := packFramed(f, picture(11, 20))
	f.Add(m.frames, uint16(m.lengths[0]))
	f.Add(m.frames[:m.lengths[0]], uint16(9))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0, 3, 0, 0}, uint16(16))
	f.Add([]byte{0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0, 0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff}, uint16(16))
	f.Fuzz(func(t *testing.T, frames []byte, first uint16) {
		lengths := []int{min(int(first), len(frames)), 0}
		lengths[1] = len(frames) - lengths[0]
		if lengths[0] >= m.r.Length(0) || lengths[1] >= m.r.Length(1) {
			return
		}
		w, _, _ := m.framed(t, frames, lengths, nil)
		if got, err := weave(w, m.r); err != nil || !bytes.Equal(got, m.img) {
			t.Errorf("%v", err)
		}
	})
}

func BenchmarkFrames(b *testing.B) {
	m := packFramed(b, picture(1, 4096))
	b.SetBytes(int64(len(m.img)))
	b.ReportAllocs()
	for b.Loop() {
		w, _, _ := m.framed(b, m.frames, m.lengths, nil)
		buf := make([]byte, testChunk)
		for i := range m.r.Chunks {
			if err := w.Chunk(b.Context(), i, buf[:m.r.Length(i)]); err != nil {
				b.Fatal(err)
			}
		}
	}
}
