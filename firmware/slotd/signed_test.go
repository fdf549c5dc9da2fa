//go:build linux

package slotd

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"usher/firmware"
	"usher/firmware/abslots"
	"usher/firmware/firmwaretest"
	"usher/firmware/image"
	"usher/firmware/release"
	"usher/firmware/trust"
)

// house is whoever makes boxes, and the folder that its web server serves. It
// is the daemon's Place.
type house struct {
	*release.Spot
	dir    string // what is served; another one is what a thief shows
	lie    func(name string, data []byte) []byte
	broken error
}

func newHouse(t *testing.T) *house {
	t.Helper()
	spot, err := release.NewSpot(filepath.Join(t.TempDir(), "repo"), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return &house{Spot: spot, dir: spot.Public()}
}

func (h *house) Metadata(_ context.Context, name string, _ int64) ([]byte, error) {
	return h.read(filepath.Join("metadata", name))
}

func (h *house) Description(_ context.Context, name string, f image.File) ([]byte, error) {
	return h.read(filepath.Join("targets", filepath.Dir(name), f.Sum.String()+"."+filepath.Base(name)))
}

func (h *house) read(name string) ([]byte, error) {
	if h.broken != nil {
		return nil, h.broken
	}
	data, err := os.ReadFile(filepath.Join(h.dir, name))
	if h.lie != nil {
		data = h.lie(name, data)
	}
	return data, err
}

// issue signs and publishes a release, and gives it as the signed list and its
// description have it.
func (h *house) issue(t *testing.T, version, board string, counter uint64, img []byte) firmware.Release {
	t.Helper()
	terms := firmware.Release{Version: version, Boards: []string{board}, Counter: counter, Percent: 100}
	if _, err := h.Release(bytes.NewReader(img), terms); err != nil {
		t.Fatal(err)
	}
	r := terms
	r.Size, r.Chunk = int64(len(img)), release.Chunk
	r.Chunks = firmwaretest.Describe(version, counter, board, img).Chunks[:0:0]
	p, err := image.Pack(bytes.NewReader(img), release.Chunk, image.MinBlock, io.Discard, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Chunks = p.Chunks
	return r
}

// helper makes a helper that believes the house, with a memory of its own.
func (h *house) helper(t *testing.T, dir string) *Client {
	t.Helper()
	root, err := h.Root()
	if err != nil {
		t.Fatal(err)
	}
	disk, err := trust.OpenFile(filepath.Join(dir, "trust"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	clock := trust.NewClock(trust.ClockOptions{Built: time.Now().AddDate(0, 0, -1), Wall: time.Now, Mono: func() time.Duration { return 0 }})
	keeper, err := trust.New(trust.Options{Root: root, Disk: disk, Clock: clock, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return NewClient(serve(t, dir, 0, Signed{Keeper: keeper, Board: board}, nil).socket, h)
}

// whole gives the chunks of an image, of a mebibyte each.
type whole []byte

func (w whole) Chunk(_ context.Context, i int, into []byte) error {
	copy(into, w[i*release.Chunk:])
	return nil
}

// TestSignedReleaseIsWritten, by the real way from keys to a slot.
func TestSignedReleaseIsWritten(t *testing.T) {
	h, dir := newHouse(t), t.TempDir()
	files(t, dir)
	img := firmwaretest.Image(2, 40<<10)
	r := h.issue(t, "2", board, 5, img)
	c := h.helper(t, dir)
	if err := errors.Join(c.Write(t.Context(), r, whole(img), nil), c.Activate(t.Context()), c.Activate(t.Context())); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, "b")); err != nil || !bytes.Equal(got[:len(img)], img) {
		t.Errorf("slot b is not the image: %v", err)
	}
	if b := slotOf(t, c, "b"); b.State != firmware.Trying || !b.Primary || b.Version != "2" || b.Counter != 5 {
		t.Errorf("%+v", b)
	}
}

// TestTakenOverDaemon: whoever has the daemon cannot have anything written that
// is not signed for this box, in the newest list, and above the floor.
func TestTakenOverDaemon(t *testing.T) {
	img, evil := firmwaretest.Image(2, 40<<10), firmwaretest.Image(9, 40<<10)
	for name, attack := range map[string]func(t *testing.T, h *house, dir string) (*Client, firmware.Release, []byte){
		"an image of its own": func(t *testing.T, h *house, dir string) (*Client, firmware.Release, []byte) {
			h.issue(t, "2", board, 5, img)
			return h.helper(t, dir), firmwaretest.Describe("2", 5, board, evil), evil
		},
		"a version that nobody signed": func(t *testing.T, h *house, dir string) (*Client, firmware.Release, []byte) {
			r := h.issue(t, "2", board, 5, img)
			r.Version = "3"
			return h.helper(t, dir), r, img
		},
		"a release for another box": func(t *testing.T, h *house, dir string) (*Client, firmware.Release, []byte) {
			r := h.issue(t, "2", "another", 5, img)
			r.Boards = []string{board}
			return h.helper(t, dir), r, img
		},
		"other bytes": func(t *testing.T, h *house, dir string) (*Client, firmware.Release, []byte) {
			return h.helperAfter(t, dir, func() firmware.Release { return h.issue(t, "2", board, 5, img) }, evil)
		},
		"another description": func(t *testing.T, h *house, dir string) (*Client, firmware.Release, []byte) {
			c, r, img := h.helperAfter(t, dir, func() firmware.Release { return h.issue(t, "2", board, 5, img) }, img)
			h.lie = func(name string, data []byte) []byte {
				if filepath.Dir(filepath.Dir(name)) == "targets" {
					data = bytes.Replace(data, []byte(`"size"`), []byte(`"sizf"`), 1)
				}
				return data
			}
			return c, r, img
		},
		"a list from before": func(t *testing.T, h *house, dir string) (*Client, firmware.Release, []byte) {
			r := h.issue(t, "2", board, 5, img)
			old := filepath.Join(t.TempDir(), "old")
			if err := os.CopyFS(old, os.DirFS(h.dir)); err != nil {
				t.Fatal(err)
			}
			c := h.helper(t, dir)
			if err := h.StageTerms(board+"/2.json", 1, func(*firmware.Release) bool { return false }); err != nil {
				t.Fatal(err)
			}
			r3 := h.issue(t, "3", board, 5, evil) // without 2: it was withdrawn
			if err := c.Write(t.Context(), r3, whole(evil), nil); err != nil {
				t.Fatal(err)
			}
			h.dir = old
			return c, r, img
		},
		"a list of another house": func(t *testing.T, h *house, dir string) (*Client, firmware.Release, []byte) {
			h.issue(t, "1.5", board, 5, img)
			c := h.helper(t, dir)
			thief := newHouse(t)
			r := thief.issue(t, "2", board, 5, evil)
			h.dir = thief.dir
			return c, r, evil
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			files(t, dir)
			c, r, bytesOf := attack(t, newHouse(t), dir)
			before, err := os.ReadFile(filepath.Join(dir, "b"))
			if err != nil {
				t.Fatal(err)
			}
			err = c.Write(t.Context(), r, whole(bytesOf), nil)
			if t.Logf("refused: %v", err); !isReason(err, firmware.Untrusted) {
				t.Errorf("got %v", err)
			}
			after, err := os.ReadFile(filepath.Join(dir, "b"))
			if err != nil || !bytes.Equal(before, after) {
				t.Errorf("the slot was written: %v", err)
			}
		})
	}
}

func (h *house) helperAfter(t *testing.T, dir string, issue func() firmware.Release, img []byte) (*Client, firmware.Release, []byte) {
	t.Helper()
	r := issue()
	return h.helper(t, dir), r, img
}

// TestTheNetworkFails: the daemon hears what its own place said, not what the
// helper made of that.
func TestTheNetworkFails(t *testing.T) {
	h, dir := newHouse(t), t.TempDir()
	files(t, dir)
	img := firmwaretest.Image(2, 40<<10)
	r := h.issue(t, "2", board, 5, img)
	c := h.helper(t, dir)
	h.broken = &fs.PathError{Op: "get", Path: "metadata", Err: errors.New("no route")}
	if err := c.Write(t.Context(), r, whole(img), nil); !errors.Is(err, h.broken) {
		t.Errorf("got %v", err)
	}
	h.broken = nil
	if err := c.Write(t.Context(), r, whole(img), nil); err != nil {
		t.Errorf("and then: %v", err)
	}
	if _, err := abslots.OpenRunning(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a slot that is not there: %v", err)
	}
}
