package cache

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func sampleHeader() fileHeader {
	return headerOf(KeyOf("x"), Art, Meta{
		Size: 7, ContentType: "image/png", ETag: `W/"1"`, LastModified: "yesterday", Total: 9,
		Stored: time.Unix(1, 0).UTC(), Expires: time.Unix(2, 0).UTC(),
	}, &summer{size: leastBlock, whole: 0xdeadbeef})
}

func TestHeaderRoundTrip(t *testing.T) {
	want := sampleHeader()
	b, err := want.encode()
	if err != nil {
		t.Fatal(err)
	}
	got, body, err := readHeader(bytes.NewReader(append(b, "payload"...)))
	if err != nil || body != int64(len(b)) {
		t.Fatalf("body at %d, %v; want %d", body, err, len(b))
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("header (-want +got):\n%s", d)
	}
}

func TestHeaderTooLong(t *testing.T) {
	h := sampleHeader()
	h.ETag = string(make([]byte, maxFileHeader))
	if _, err := h.encode(); !errors.Is(err, ErrTooLarge) {
		t.Errorf("encode: %v", err)
	}
}

// TestEveryDamagedByteIsNoticed flips each byte of a header in turn.
func TestEveryDamagedByteIsNoticed(t *testing.T) {
	b, err := sampleHeader().encode()
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		c := bytes.Clone(b)
		c[i] ^= 0x20
		if _, _, err := readHeader(bytes.NewReader(c)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("byte %d damaged: %v", i, err)
		}
	}
}

func FuzzReadHeader(f *testing.F) {
	b, err := sampleHeader().encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(fileMagic))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		h, body, err := readHeader(bytes.NewReader(b))
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Fatalf("error %v is not ErrCorrupt", err)
			}
			return
		}
		if h.Size < 0 || h.Class >= classEnds || body > int64(len(b)) {
			t.Fatalf("accepted size %d, class %d, body at %d of %d", h.Size, h.Class, body, len(b))
		}
	})
}
