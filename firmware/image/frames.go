package image

import (
	"context"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"usher/firmware"
)

// Frames are the chunks of an image once more, each compressed as a whole: a
// single zstd frame (RFC 8878). A box that has little of a chunk takes its frame,
// which is smaller than its blocks, and unpacked in a third of the time.
type Frames struct {
	Data    File  `json:"data"`    // the frames, one after the other
	Lengths []int `json:"lengths"` // of the frame of each chunk, bytes; 0: it has none
}

// check refuses lengths that cannot be those of a release.
func (f Frames) check(r firmware.Release) error {
	if len(f.Lengths) != len(r.Chunks) {
		return fmt.Errorf("%w: %d frames for %d chunks", firmware.ErrRelease, len(f.Lengths), len(r.Chunks))
	}
	sum := int64(0)
	for i, n := range f.Lengths {
		if n < 0 || n >= r.Length(i) {
			return fmt.Errorf("%w: a frame of %d bytes", firmware.ErrRelease, n)
		}
		sum += int64(n)
	}
	if sum != f.Data.Length {
		return fmt.Errorf("%w: %d bytes of frames, %d in their file", firmware.ErrRelease, sum, f.Data.Length)
	}
	return nil
}

// framed is how a Weaver takes chunks as a whole.
type framed struct {
	from    Stored
	at      []int64 // where the frame of each chunk begins; one more at the end
	decoder *zstd.Decoder
}

// Frames has chunks of which more bytes are missing than their frame has made
// from that. from reads their file. Call it before any chunk is asked for.
func (w *Weaver) Frames(f Frames, from Stored) error {
	if err := f.check(w.r); err != nil {
		return err
	}
	// One at a time, into a buffer of the chunk's length and no further: no frame
	// makes it allocate more than its tables and one block of 128 KiB.
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecodeAllCapLimit(true),
		zstd.WithDecoderMaxWindow(max(uint64(w.r.Chunk), zstd.MinWindowSize)), zstd.WithDecoderMaxMemory(uint64(w.r.Chunk)))
	if err != nil {
		return fmt.Errorf("unpack frames: %w", err)
	}
	w.framed = &framed{from: from, at: make([]int64, 1, len(f.Lengths)+1), decoder: d}
	for i, n := range f.Lengths {
		w.framed.at = append(w.framed.at, w.framed.at[i]+int64(n))
	}
	return nil
}

// byFrame says whether a chunk is had for less as a whole.
func (w *Weaver) byFrame(i int) bool {
	if w.framed == nil {
		return false
	}
	length := w.framed.at[i+1] - w.framed.at[i]
	if length == 0 {
		return false
	}
	first := i * w.x.perChunk()
	missing := int64(0)
	for b := first; b < min(first+w.x.perChunk(), w.x.Blocks()) && missing < length; b++ {
		if n := w.x.Stored(b); n > 0 && !w.old.has(w.x.sum(b)) {
			missing += int64(n)
		}
	}
	return missing >= length
}

// unframe makes a chunk from its frame.
func (w *Weaver) unframe(ctx context.Context, i int, into []byte) error {
	f := w.framed
	stored := w.room(int(f.at[i+1] - f.at[i]))
	if err := f.from.Read(ctx, f.at[i], stored, w.untilFrame(i)); err != nil {
		return err
	}
	got, err := f.decoder.DecodeAll(stored, into[:0:len(into)])
	if err == nil && len(got) != len(into) {
		err = fmt.Errorf("%d bytes instead of %d", len(got), len(into))
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errBlock, err)
	}
	return nil
}

// untilFrame is how far frames go on to be wanted after that of chunk i.
func (w *Weaver) untilFrame(i int) int64 {
	f := w.framed
	end := i + 1
	last := min(end+max(lookAhead/w.r.Chunk, 1), len(w.r.Chunks))
	for next := end; next < last && f.at[end]-f.at[i] < ahead && (f.at[next] == f.at[next+1] || w.byFrame(next)); next++ {
		end = next + 1
	}
	return f.at[end]
}
