package cache

import (
	"bytes"
	"testing"
)

// TestSmallObjectsOfUnknownLengthTakeNoPage: a subtitle sent in chunks must
// not hold a whole page, nor lose a byte when the page is changed under it.
func TestSmallObjectsOfUnknownLengthTakeNoPage(t *testing.T) {
	for _, n := range []int{1, 2000, pageSize, pageSize + 1} {
		c, err := Open(Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, f := c.Acquire(KeyOf("a"), Subtitle)
		if err := f.Describe(Meta{Size: -1}); err != nil {
			t.Fatal(err)
		}
		want := bytes.Repeat([]byte("usher"), n)[:n]
		if _, err := f.Write(want); err != nil {
			t.Fatal(err)
		}
		if err := f.Commit(); err != nil {
			t.Fatal(err)
		}
		last := r.Blob.pages[len(r.Blob.pages)-1]
		if spare := cap(last) - (n - (len(r.Blob.pages)-1)*pageSize); spare > 4096 {
			t.Errorf("%d bytes: %d to spare in the last page", n, spare)
		}
		got, err := r.Bytes(t.Context())
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: %d came back, %v", n, len(got), err)
		}
		r.Close()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
