package cache

import (
	"errors"
	"testing"
)

// TestBytesInFlightAreBounded: fills that come together hold no more than the
// memory; the one that would is for its reader to pass on, and the others end
// well.
func TestBytesInFlightAreBounded(t *testing.T) {
	const budget = 8 * pageSize
	c, err := Open(Options{Memory: budget, MaxObject: budget})
	if err != nil {
		t.Fatal(err)
	}
	var readers []*Reader
	var fills []*Fill
	for _, name := range []string{"a", "b", "c"} {
		r, f := c.Acquire(KeyOf(name), Media)
		defer r.Close()
		readers, fills = append(readers, r), append(fills, f)
		if err := f.Describe(Meta{Size: 4 * pageSize}); err != nil {
			t.Fatal(err)
		}
	}
	page := make([]byte, pageSize)
	for range 3 {
		for i, f := range fills {
			if _, err := f.Write(page); err != nil && !(i == 2 && errors.Is(err, ErrTooLarge)) {
				t.Errorf("fill %d: %v", i, err)
			}
			if held := c.Stats().FillingBytes; held > budget {
				t.Fatalf("%d bytes are being filled, the memory is %d", held, int64(budget))
			}
		}
	}
	if _, err := readers[2].Bytes(t.Context()); !errors.Is(err, ErrTooLarge) {
		t.Errorf("the reader of the third is told %v, want ErrTooLarge", err)
	}
	for i, f := range fills[:2] {
		if _, err := f.Write(page); err != nil {
			t.Errorf("fill %d: %v", i, err)
		}
		if err := f.Commit(); err != nil {
			t.Errorf("fill %d: %v", i, err)
		}
	}
	if held := c.Stats().FillingBytes; held != 0 {
		t.Errorf("%d bytes are still counted as being filled", held)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
