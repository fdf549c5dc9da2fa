//go:build linux

package slotd

import (
	"bytes"
	"context"
	"crypto/sha256"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"usher/firmware"
	"usher/firmware/firmwaretest"
)

// knowing is a source that has every second chunk at hand, and hints.
type knowing struct {
	firmwaretest.Source
	hints   firmware.Hints
	none    bool  // nothing is at hand
	entries []int // chunks at hand that were asked for, and -1 for each other one
}

func (k *knowing) Hints(context.Context) firmware.Hints { return k.hints }

func (k *knowing) Early(ctx context.Context, i int, into []byte) (filled, later bool) {
	k.entries = append(k.entries, i)
	if k.none {
		return false, false
	}
	return i%2 == 1 && k.Source.Chunk(ctx, i, into) == nil, i%2 == 0
}

func (k *knowing) Chunk(ctx context.Context, i int, into []byte) error {
	k.entries = append(k.entries, -1)
	return k.Source.Chunk(ctx, i, into)
}

// TestWhatASourceKnows: hints and what is at hand go through the helper, and
// wrong ones do no harm.
func TestWhatASourceKnows(t *testing.T) {
	img := firmwaretest.Image(2, 20<<10)
	r := firmwaretest.Describe("2", 5, board, img)
	right := firmware.Hints{Length: 512}
	for i := range r.Chunks {
		sum := sha256.Sum256(img[r.At(i):][:min(512, r.Length(i))])
		right.Sums = append(right.Sums, firmware.Hint(sum[:]))
	}
	wrong := firmware.Hints{Length: 512, Sums: make([]firmware.Hint, len(r.Chunks))}
	for name, tc := range map[string]struct {
		hints       firmware.Hints
		none        bool
		first, then []int // what is asked for, and again when all of it is there
	}{
		"all":             {right, false, []int{0, 1, 2, 3, 4, -1, -1, -1}, nil},
		"wrong hints":     {wrong, false, []int{0, 1, 2, 3, 4, -1, -1, -1}, []int{0, 1, 2, 3, 4, -1, -1, -1}},
		"no hints":        {firmware.Hints{Length: 9}, false, []int{0, 1, 2, 3, 4, -1, -1, -1}, nil},
		"nothing at hand": {right, true, []int{0, -1, -1, -1, -1, -1}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files(t, dir)
			by := &register{}
			h := serve(t, dir, 0, by, nil)
			for _, want := range [][]int{tc.first, tc.then} {
				src := &knowing{Source: firmwaretest.Source{Image: img}, hints: tc.hints, none: tc.none}
				if err := (signing{NewClient(h.socket, nil), by}).Write(t.Context(), r, src, nil); err != nil {
					t.Fatal(err)
				}
				if got, err := os.ReadFile(filepath.Join(dir, "b")); err != nil || !bytes.Equal(got[:len(img)], img) {
					t.Fatalf("another image: %v", err)
				}
				if !slices.Equal(src.entries, want) {
					t.Errorf("asked for %v, want %v", src.entries, want)
				}
			}
		})
	}
}
