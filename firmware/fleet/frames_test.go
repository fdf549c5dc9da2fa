package fleet

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// prose is text of n bytes.
func prose(n, seed int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "Line %d of text %d: %x.\n", i, seed, i*i*seed)
	}
	return b.Bytes()[:n]
}

// counting is a web server that counts what it sends of each file.
type counting struct {
	files http.Handler
	mu    sync.Mutex
	sent  map[string]int // bytes
}

func (c *counting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.files.ServeHTTP(counted{w, c, filepath.Base(r.URL.Path)}, r)
}

// since is what was sent since the last call, of the longest file and of the one
// after it: blocks and frames.
func (c *counting) since(blocks, frames string) (b, f int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	b, f = c.sent[blocks], c.sent[frames]
	clear(c.sent)
	return b, f
}

type counted struct {
	http.ResponseWriter
	c    *counting
	name string
}

func (c counted) Write(b []byte) (int, error) {
	c.c.mu.Lock()
	c.c.sent[c.name] += len(b)
	c.c.mu.Unlock()
	return c.ResponseWriter.Write(b)
}

// A box without anything takes frames, one with most of it blocks, and one that
// lacks a chunk a frame between blocks.
func TestFramesAndBlocks(t *testing.T) {
	h := newHouse(t)
	one := prose(4<<20, 1)
	two := bytes.Clone(one)
	copy(two[100_000:], prose(5000, 2))
	copy(two[2<<20:], prose(1<<20, 3))
	copy(two[3<<20+100_000:], prose(5000, 4))
	h.issue(two, terms("2"))
	web := &counting{files: http.FileServer(http.Dir(h.Public())), sent: map[string]int{}}
	server := httptest.NewTLSServer(web)
	t.Cleanup(server.Close)
	b := h.box(server.URL, server.Client().Transport)
	o, _, err := b.Check(t.Context(), Present{Version: "1"})
	h.must(err)
	if o.description.Frames == nil {
		t.Fatal("the release has no frames")
	}
	blocks, frames := o.description.Data, o.description.Frames.Data
	if got := b.take(o, nil); !bytes.Equal(got, two) {
		t.Fatal("another image")
	}
	if nb, nf := web.since(blocks.Sum.String(), frames.Sum.String()); nb != 0 || int64(nf) != frames.Length || frames.Length >= blocks.Length {
		t.Errorf("with nothing on the box %d bytes of blocks and %d of frames of %d", nb, nf, frames.Length)
	}
	if got := b.take(o, one); !bytes.Equal(got, two) {
		t.Fatal("another image")
	}
	if nb, nf := web.since(blocks.Sum.String(), frames.Sum.String()); nb == 0 || nb > 20_000 || nf == 0 || nf > o.description.Frames.Lengths[2] {
		t.Errorf("with most of it on the box %d bytes of blocks and %d of frames", nb, nf)
	}
	h.must(os.WriteFile(filepath.Join(h.Public(), "files", frames.Sum.String()), make([]byte, frames.Length), 0o600))
	if got := b.take(o, nil); !bytes.Equal(got, two) {
		t.Error("another image, where frames are damaged")
	}
}
