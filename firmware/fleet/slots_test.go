//go:build linux

package fleet

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"usher/firmware"
	"usher/firmware/abslots"
)

// slots are two slots in files; the first runs an image.
func slots(t *testing.T, running []byte, size int64) (*abslots.Slots, abslots.Options) {
	t.Helper()
	dir := t.TempDir()
	open := func(name string, size int64, data []byte) *abslots.File {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, data, 0o600), os.Truncate(path, size)); err != nil {
			t.Fatal(err)
		}
		f, err := abslots.OpenFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	record, a, b := open("record", 1<<20, nil), open("a", size, running), open("b", size, nil)
	if err := abslots.Format(record, "1", 1); err != nil {
		t.Fatal(err)
	}
	o := abslots.Options{Record: record, Images: [2]abslots.Disk{a, b}, Board: "stick", Logger: slog.New(slog.DiscardHandler)}
	return abslots.New(o), o
}

// An install that is cut off again and again goes on where it was: what is
// fetched twice is a chunk for each time, at most.
func TestInstallIsResumed(t *testing.T) {
	h := newHouse(t)
	one := noise(1<<18, 1)
	two := append(bytes.Clone(one), noise(3<<20+555, 2)...)
	h.issue(one, terms("1"))
	h.issue(two, terms("2"))
	b := h.box(h.serve())
	s, options := slots(t, one, 4<<20)
	o, _, err := b.Check(t.Context(), Present{Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	const cuts = 3
	for i := range cuts + 1 {
		ctx, cancel := context.WithCancel(t.Context())
		d, err := o.Open(ctx, options.Images[0], int64(len(one)))
		if err != nil {
			t.Fatal(err)
		}
		begun := b.budget.Spent()
		err = s.Write(ctx, o.Release, d, func(firmware.Progress) {
			if i < cuts && b.budget.Spent()-begun > 1<<19 {
				cancel()
			}
		})
		d.Close()
		cancel()
		if i < cuts && !errors.Is(err, context.Canceled) || i == cuts && err != nil {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	if most := int64(len(two) - len(one) + cuts*(1<<20) + 1<<18); b.budget.Spent() > most {
		t.Errorf("%d bytes were fetched, %d are the most", b.budget.Spent(), most)
	}
	if err := s.Activate(t.Context()); err != nil {
		t.Error(err)
	}
}

// Slots refuse what is below the floor, and the floor rises when a release has
// proved itself, not before.
func TestFloorRisesWithProof(t *testing.T) {
	h := newHouse(t)
	img := noise(50_000, 1)
	low, high := terms("2"), terms("3")
	high.Counter = 5
	h.issue(img, low)
	h.issue(img, high)
	b := h.box(h.serve())
	s, options := slots(t, img, 4<<20)
	o, _, err := b.Check(t.Context(), Present{Version: "1", Floor: 1})
	if err != nil || o.Release.Counter != 5 {
		t.Fatalf("%+v %v", o, err)
	}
	d, err := o.Open(t.Context(), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := errors.Join(s.Write(t.Context(), o.Release, d, nil), s.Activate(t.Context())); err != nil {
		t.Fatal(err)
	}
	if floor, err := s.Floor(t.Context()); err != nil || floor != 1 {
		t.Errorf("floor %d before the proof: %v", floor, err)
	}
	options.Booted = 1 // the new one was started, and works
	s = abslots.New(options)
	if err := s.Good(t.Context()); err != nil {
		t.Fatal(err)
	}
	floor, err := s.Floor(t.Context())
	if err != nil || floor != 5 {
		t.Errorf("floor %d after the proof: %v", floor, err)
	}
	if _, skipped, err := b.Check(t.Context(), Present{Version: "1", Floor: floor, Failed: map[string]bool{"3": true}}); err != nil || len(skipped) != 2 || skipped[1].Why != BelowIt {
		t.Errorf("%v %v", skipped, err)
	}
}

// A byte that somebody changed on the way never reaches a slot.
func TestNothingUnverifiedIsWritten(t *testing.T) {
	h := newHouse(t)
	img := noise(100_000, 1)
	h.issue(img, terms("2"))
	var evil atomic.Bool
	files := http.FileServer(http.Dir(h.Public()))
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if evil.Load() && r.Header.Get("Range") != "" {
			w = flipped{w}
		}
		files.ServeHTTP(w, r)
	}))
	defer web.Close()
	b := h.box(web.URL, web.Client().Transport)
	o, _, err := b.Check(t.Context(), Present{Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	d, err := o.Open(t.Context(), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	evil.Store(true)
	s, _ := slots(t, img, 4<<20)
	wrote := int64(0)
	err = s.Write(t.Context(), o.Release, d, func(p firmware.Progress) { wrote = p.Done })
	if !hasReason(err, firmware.Untrusted) || wrote != 0 {
		t.Errorf("%d bytes were written: %v", wrote, err)
	}
}

// flipped changes a bit of each piece that it sends.
type flipped struct{ http.ResponseWriter }

func (f flipped) Write(b []byte) (int, error) {
	b = bytes.Clone(b)
	if len(b) > 0 {
		b[len(b)/2] ^= 1
	}
	return f.ResponseWriter.Write(b)
}
