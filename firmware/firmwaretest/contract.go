package firmwaretest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"testing"

	"usher/firmware"
)

// Bench is a backend on a box that can be started again: version "1" runs in the
// first slot, with counter 1, and the other slot is empty.
type Bench struct {
	Slots  func() firmware.Slots // of the system that runs now
	Reboot func()                // starts the system that the boot loader would
	Board  string
	Room   int64 // of a slot, bytes; at least 16 KiB
	// Image makes one that the backend takes, of about size bytes; nil is Image.
	Image func(version byte, size int) []byte
}

func (b Bench) image(version byte, size int) []byte {
	if b.Image != nil {
		return b.Image(version, size)
	}
	return Image(version, size)
}

// contractChunk is the size of the chunks that Contract writes, bytes.
const contractChunk = 4 << 10

// Contract examines a backend. start gives a new box each time.
func Contract(t *testing.T, start func(*testing.T) Bench) {
	t.Helper()
	for name, examine := range map[string]func(*testing.T, Bench){
		"Kept": examineKept, "GivenUp": examineGivenUp, "NeverStarts": examineNeverStarts, "Refusals": examineRefusals,
		"NothingWritten": examineNothing, "SourceFails": examineSource, "Tampered": examineTampered, "OnTrial": examineOnTrial,
	} {
		t.Run(name, func(t *testing.T) { examine(t, start(t)) })
	}
}

// Image is bytes of a firmware, other ones for each version.
func Image(version byte, size int) []byte {
	b := bytes.Repeat([]byte{version | 0x80}, size)
	for i := range b {
		b[i] ^= byte(i / 509)
	}
	return b
}

// Describe is the release of an image.
func Describe(version string, counter uint64, board string, img []byte) firmware.Release {
	r := firmware.Release{Version: version, Boards: []string{board}, Counter: counter, Size: int64(len(img)), Chunk: contractChunk, Percent: 100}
	for at := 0; at < len(img); at += r.Chunk {
		r.Chunks = append(r.Chunks, sha256.Sum256(img[at:min(at+r.Chunk, len(img))]))
	}
	return r
}

// Source hands out an image in chunks of Describe, and fails at one of them.
type Source struct {
	Image []byte
	At    int   // chunk at which it fails
	Err   error // nil: it does not fail
	Asked int   // chunks so far
}

// Chunk implements firmware.Source.
func (s *Source) Chunk(_ context.Context, i int, into []byte) error {
	if s.Err != nil && i == s.At {
		return s.Err
	}
	s.Asked++
	copy(into, s.Image[i*contractChunk:])
	return nil
}

// installed writes version "2" with counter 5 and starts it.
func installed(t *testing.T, b Bench) {
	t.Helper()
	img := b.image(2, 3*contractChunk+100)
	s := b.Slots()
	must(t, s.Write(t.Context(), Describe("2", 5, b.Board, img), &Source{Image: img}, nil))
	if x := slot(t, s, "2"); x.State != firmware.Written || x.Primary || x.Booted {
		t.Errorf("written: %+v", x)
	}
	must(t, s.Activate(t.Context()))
	if x := slot(t, s, "2"); x.State != firmware.Trying || !x.Primary || x.Booted || x.Attempts < 1 {
		t.Errorf("activated: %+v", x)
	}
	b.Reboot()
}

func examineKept(t *testing.T, b Bench) {
	if x := slot(t, b.Slots(), "1"); x.State != firmware.Good || !x.Booted || !x.Primary {
		t.Errorf("as it left the factory: %+v", x)
	}
	installed(t, b)
	s := b.Slots()
	if x := slot(t, s, "2"); x.State != firmware.Trying || !x.Booted {
		t.Fatalf("started: %+v", x)
	}
	if floor, err := s.Floor(t.Context()); err != nil || floor != 1 {
		t.Errorf("floor %d, %v before the proof", floor, err)
	}
	must(t, s.Good(t.Context()))
	must(t, s.Good(t.Context()))
	for range 5 {
		b.Reboot()
	}
	s = b.Slots()
	if x := slot(t, s, "2"); x.State != firmware.Good || !x.Booted || !x.Primary {
		t.Errorf("kept: %+v", x)
	}
	if floor, err := s.Floor(t.Context()); err != nil || floor != 5 {
		t.Errorf("floor %d, %v after the proof", floor, err)
	}
}

func examineGivenUp(t *testing.T, b Bench) {
	installed(t, b)
	must(t, b.Slots().Bad(t.Context(), firmware.NoPlayer))
	b.Reboot()
	s := b.Slots()
	if x := slot(t, s, "1"); !x.Booted || !x.Primary || x.State != firmware.Good {
		t.Errorf("the one before: %+v", x)
	}
	if x := slot(t, s, "2"); x.State != firmware.Bad || x.Reason != firmware.NoPlayer {
		t.Errorf("given up: %+v", x)
	}
	if s.Bad(t.Context(), firmware.ByHand) == nil {
		t.Error("the only firmware that starts was given up")
	}
	if floor, err := s.Floor(t.Context()); err != nil || floor != 1 {
		t.Errorf("floor %d, %v", floor, err)
	}
}

func examineNeverStarts(t *testing.T, b Bench) {
	installed(t, b)
	for range 3 {
		b.Reboot()
	}
	s := b.Slots()
	if x := slot(t, s, "1"); !x.Booted {
		t.Errorf("after its attempts: %+v", x)
	}
	if x := slot(t, s, "2"); x.State != firmware.Bad || x.Reason != firmware.NoStart {
		t.Errorf("never started: %+v", x)
	}
}

func examineRefusals(t *testing.T, b Bench) {
	img, huge := b.image(2, contractChunk), Image(2, int(b.Room)+1)
	broken := Describe("2", 5, b.Board, img)
	broken.Chunks = nil
	for want, r := range map[firmware.Reason]firmware.Release{
		firmware.WrongBoard: Describe("2", 5, "another", img), firmware.Downgrade: Describe("0.9", 0, b.Board, img),
		firmware.NoSpace: Describe("2", 5, b.Board, huge), firmware.Untrusted: broken,
	} {
		src := &Source{Image: huge}
		err := b.Slots().Write(t.Context(), r, src, nil)
		if e, ok := errors.AsType[*firmware.Error](err); !ok || e.Reason != want || src.Asked > 0 {
			t.Errorf("%s: %v, %d chunks fetched", want, err, src.Asked)
		}
	}
}

func examineNothing(t *testing.T, b Bench) {
	if b.Slots().Activate(t.Context()) == nil {
		t.Error("an empty slot was activated")
	}
	if b.Slots().Bad(t.Context(), firmware.ByHand) == nil {
		t.Error("the only firmware was given up")
	}
}

var errCut = errors.New("the network is gone")

func examineSource(t *testing.T, b Bench) {
	img := b.image(2, 4*contractChunk)
	r, s := Describe("2", 5, b.Board, img), b.Slots()
	if err := s.Write(t.Context(), r, &Source{Image: img, At: 2, Err: errCut}, nil); !errors.Is(err, errCut) {
		t.Errorf("got %v", err)
	}
	if s.Activate(t.Context()) == nil {
		t.Error("half a firmware was activated")
	}
	b.Reboot()
	s = b.Slots()
	if x := slot(t, s, "1"); !x.Booted || x.State != firmware.Good {
		t.Errorf("after the cut: %+v", x)
	}
	again, last := &Source{Image: img}, firmware.Progress{}
	must(t, s.Write(t.Context(), r, again, func(p firmware.Progress) { last = p }))
	if s.Can().Resume && again.Asked != len(r.Chunks)-2 {
		t.Errorf("%d of %d chunks were fetched again", again.Asked, len(r.Chunks))
	}
	if last.Done != r.Size || last.Total != r.Size {
		t.Errorf("progress ends with %+v", last)
	}
	if !s.Can().Cancel {
		return
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Write(ctx, Describe("3", 6, b.Board, img), &Source{Image: img}, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
}

func examineTampered(t *testing.T, b Bench) {
	img := b.image(2, 2*contractChunk)
	r := Describe("2", 5, b.Board, img)
	img[contractChunk+7] ^= 1
	err := b.Slots().Write(t.Context(), r, &Source{Image: img}, nil)
	if e, ok := errors.AsType[*firmware.Error](err); !ok || e.Reason != firmware.Untrusted {
		t.Errorf("got %v", err)
	}
	if b.Slots().Activate(t.Context()) == nil {
		t.Error("it was activated all the same")
	}
}

// What runs on trial has nothing but the other slot to go back to.
func examineOnTrial(t *testing.T, b Bench) {
	installed(t, b)
	img := b.image(3, contractChunk)
	err := b.Slots().Write(t.Context(), Describe("3", 6, b.Board, img), &Source{Image: img}, nil)
	if e, ok := errors.AsType[*firmware.Error](err); !ok || e.Reason != firmware.Unproved {
		t.Errorf("got %v", err)
	}
	if x := slot(t, b.Slots(), "1"); x.State != firmware.Good {
		t.Errorf("the one to go back to: %+v", x)
	}
}

// slot is the slot that holds a version.
func slot(t *testing.T, s firmware.Slots, version string) firmware.SlotInfo {
	t.Helper()
	list, err := s.Slots(t.Context())
	must(t, err)
	for _, x := range list {
		if x.Version == version {
			return x
		}
	}
	t.Fatalf("no slot holds %q: %+v", version, list)
	return firmware.SlotInfo{}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
