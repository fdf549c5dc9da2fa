package image

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	fastflate "github.com/klauspost/compress/flate"
)

// kinds are images that bring out every kind of block and code.
func kinds() map[string][]byte {
	r := rand.New(rand.NewPCG(3, 4))
	skew := make([]byte, testChunk) // codes of every length
	for i := range skew {
		skew[i] = byte(min(r.ExpFloat64()*6, 255))
	}
	far := bytes.Repeat(picture(9, 7), 3) // distances of up to the whole window
	own, _ := os.ReadFile("/proc/self/exe")
	return map[string][]byte{
		"text and noise": picture(5, 16), "skewed": skew, "far": far[:min(len(far), testChunk)], "one byte": bytes.Repeat([]byte{7}, testChunk),
		"program": own[len(own)/2:][:testChunk], "short": []byte("a"),
	}
}

// deflate stores an image in blocks, as Pack does at one level.
func deflate(t testing.TB, img []byte, level int) (stored [][]byte) {
	t.Helper()
	var held bytes.Buffer
	w, err := flate.NewWriter(&held, level)
	if err != nil {
		t.Fatal(err)
	}
	for b := range blocksOf(img) {
		held.Reset()
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		stored = append(stored, bytes.Clone(bytes.TrimSuffix(held.Bytes(), syncMark())))
	}
	return stored
}

func blocksOf(img []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(img) > 0 {
			n := min(len(img), testBlock)
			if !yield(img[:n]) {
				return
			}
			img = img[n:]
		}
	}
}

func TestInflate(t *testing.T) {
	for name, img := range kinds() {
		for _, level := range []int{flate.HuffmanOnly, flate.NoCompression, 1, 6, 9} {
			t.Run(fmt.Sprint(name, level), func(t *testing.T) {
				var f inflater
				chunk, at := make([]byte, len(img)), 0
				for _, stored := range deflate(t, img, level) {
					end := min(at+testBlock, len(img))
					if err := f.inflate(chunk, at, end, stored); err != nil {
						t.Fatalf("block at %d: %v", at, err)
					}
					if !bytes.Equal(chunk[at:end], img[at:end]) {
						t.Fatalf("block at %d is another", at)
					}
					at = end
				}
			})
		}
	}
}

// What is cut short or damaged is an error or other bytes, and never more than
// was asked for.
func TestInflateDamaged(t *testing.T) {
	img := kinds()["program"]
	stored := deflate(t, img, 6)[0]
	var f inflater
	for cut := range stored {
		if cut < len(stored)-8 && f.inflate(make([]byte, testBlock), 0, testBlock, stored[:cut]) == nil {
			t.Fatalf("%d of %d bytes are enough", cut, len(stored))
		}
	}
	for i := range stored {
		evil, chunk := bytes.Clone(stored), bytes.Repeat([]byte{0xee}, 2*testBlock)
		evil[i] ^= 0x5a
		_ = f.inflate(chunk, 0, testBlock, evil)
		if !bytes.Equal(chunk[testBlock:], bytes.Repeat([]byte{0xee}, testBlock)) {
			t.Fatalf("damage at %d writes beyond the block", i)
		}
	}
}

// FuzzInflate holds the decoder against Go's own.
func FuzzInflate(f *testing.F) {
	for _, img := range kinds() {
		for _, level := range []int{flate.HuffmanOnly, 1, 9} {
			list := deflate(f, img, level)
			f.Add(img[:min(len(img), testBlock)], list[len(list)/2])
		}
	}
	f.Add([]byte("before"), []byte{0x03, 0x00})
	f.Fuzz(func(t *testing.T, before, stored []byte) {
		before = before[max(0, len(before)-32<<10):]
		want := make([]byte, testBlock)
		n, err := io.ReadFull(flate.NewReaderDict(bytes.NewReader(stored), before), want) // what is stored of a block needs no mark
		var own inflater
		got := append(bytes.Clone(before), make([]byte, testBlock)...)
		ownErr := own.inflate(got, len(before), len(got), stored)
		if err == nil && (ownErr != nil || !bytes.Equal(got[len(before):], want)) {
			t.Fatalf("Go unpacks it, this does not: %v", ownErr)
		}
		if ownErr == nil && err == nil {
			return
		}
		if ownErr == nil && !bytes.Equal(got[len(before):][:n], want[:n]) {
			t.Fatalf("other bytes, %d of them: %v", n, err)
		}
	})
}

// BenchmarkInflate unpacks blocks of a program, beside Go's own decoder.
func BenchmarkInflate(b *testing.B) {
	own, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		b.Fatal(err)
	}
	img := own[:min(len(own), 4<<20)&^(1<<20-1)]
	var list [][]byte
	for at := 0; at < len(img); at += 1 << 20 {
		list = append(list, deflate(b, img[at:at+1<<20], 6)...)
	}
	chunk := make([]byte, 1<<20)
	run := func(name string, block func(at int, stored []byte) error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(img)))
			for b.Loop() {
				for i, stored := range list {
					if err := block(i*testBlock%len(chunk), stored); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
	var f inflater
	run("inplace", func(at int, stored []byte) error { return f.inflate(chunk, at, at+testBlock, stored) })
	stream := func(r io.Reader, reset func(io.Reader, []byte) error) func(int, []byte) error {
		return func(at int, stored []byte) error {
			src := bytes.NewReader(append(bytes.Clone(stored), syncMark()...))
			if err := reset(src, chunk[max(0, at-32<<10):at]); err != nil {
				return err
			}
			_, err := io.ReadFull(r, chunk[at:at+testBlock])
			return err
		}
	}
	std := flate.NewReader(nil)
	run("compress-flate", stream(std, std.(flate.Resetter).Reset)) //nolint:errcheck,forcetypeassert // it is one
	fast := fastflate.NewReader(nil)
	run("klauspost-flate", stream(fast, fast.(fastflate.Resetter).Reset)) //nolint:errcheck,forcetypeassert // it is one
}
