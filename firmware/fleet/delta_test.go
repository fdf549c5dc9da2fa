package fleet

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// The pair of images of the bench: ext4 with blocks of 4 KiB, 256 MiB, 204 MiB of
// files of this machine, and the same with parts of 46 of 368 files replaced.
const (
	pairSize    = 256 << 20
	pairFiles   = 368
	pairChanged = 46
	pairBytes   = 204 << 20
	pairNew     = 9 << 20
	pairBudget  = 8_000_000 // bytes that may be fetched
)

// BenchmarkDelta fetches the second image of a pair for a box that has the
// first, and fails when it fetches more than 8 MB.
func BenchmarkDelta(b *testing.B) {
	one, two := pair(b)
	h := newHouse(b)
	h.issue(one, terms("1"))
	begin := time.Now()
	h.issue(two, terms("2"))
	build := time.Since(begin)
	web := httptest.NewTLSServer(http.FileServer(http.Dir(h.Public())))
	defer web.Close()
	ideal := changedBlocks(one, two)
	for b.Loop() {
		x := h.box(web.URL, web.Client().Transport)
		o, _, err := x.Check(b.Context(), Present{Version: "1"})
		if err != nil || o == nil {
			b.Fatal(err)
		}
		spent := x.fetch(b, o, one, sha256.Sum256(two))
		whole := h.box(web.URL, web.Client().Transport)
		full := whole.fetch(b, o.of(whole), nil, sha256.Sum256(two))
		b.ReportMetric(float64(spent)/1e6, "MB-fetched")
		b.ReportMetric(float64(ideal)/1e6, "MB-of-changed-blocks")
		b.ReportMetric(float64(full)/1e6, "MB-without-old")
		b.ReportMetric(pairSize/build.Seconds()/1e6, "MB/s-build")
		if spent > pairBudget {
			b.Fatalf("%d bytes were fetched", spent)
		}
	}
}

// changedBlocks is how many bytes of two are in blocks that one does not have.
func changedBlocks(one, two []byte) (n int64) {
	have := map[[32]byte]bool{}
	for at := 0; at < len(one); at += 4096 {
		have[sha256.Sum256(one[at:at+4096])] = true
	}
	for at := 0; at < len(two); at += 4096 {
		if !have[sha256.Sum256(two[at:at+4096])] {
			n += 4096
		}
	}
	return n
}

// of is the same offer for another box.
func (o *Offer) of(b *box) *Offer {
	c := *o
	c.repository = b.Repository
	return &c
}

// fetch reads all chunks and says how many bytes came in.
func (x *box) fetch(b *testing.B, o *Offer, old []byte, want [32]byte) int64 {
	b.Helper()
	begin := time.Now()
	d, err := o.Open(b.Context(), bytes.NewReader(old), int64(len(old)))
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	sum, buf := sha256.New(), make([]byte, o.Release.Chunk)
	for i := range o.Release.Chunks {
		c := buf[:o.Release.Length(i)]
		if err := d.Chunk(b.Context(), i, c); err != nil {
			b.Fatal(err)
		}
		sum.Write(c)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if [32]byte(sum.Sum(nil)) != want {
		b.Fatal("another image")
	}
	b.Logf("%d of %d bytes taken from the old image, %.1f MB fetched in %v, %.1f MB more memory", d.Taken(), len(old), float64(x.budget.Spent())/1e6, time.Since(begin).Round(time.Millisecond), (float64(after.HeapAlloc)-float64(before.HeapAlloc))/1e6)
	return x.budget.Spent()
}

// pair makes the images.
func pair(b *testing.B) (one, two []byte) {
	b.Helper()
	if _, err := exec.LookPath("mkfs.ext4"); err != nil {
		b.Skip("SKIP: mkfs.ext4 not installed; apt-get install e2fsprogs")
	}
	dir := b.TempDir()
	tree := filepath.Join(dir, "tree")
	files, donors := local(b)
	for i, f := range files {
		write(b, filepath.Join(tree, fmt.Sprintf("usr/lib/%03d", i)), f)
	}
	one = mkfs(b, tree, filepath.Join(dir, "1.img"))
	donor := bytes.Join(donors, nil)
	for i := range pairChanged {
		f := bytes.Clone(files[i*pairFiles/pairChanged])
		n := min(pairNew/pairChanged, len(f)/2)
		copy(f[len(f)/4:len(f)/4+n], donor[i*n:])
		write(b, filepath.Join(tree, fmt.Sprintf("usr/lib/%03d", i*pairFiles/pairChanged)), f)
	}
	return one, mkfs(b, tree, filepath.Join(dir, "2.img"))
}

// local are programs and libraries of this machine, of the sizes wanted.
func local(b *testing.B) (files, donors [][]byte) {
	b.Helper()
	var total, spare int
	_ = filepath.WalkDir("/usr/lib", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || spare > 2*pairNew {
			return nil
		}
		info, err := d.Info()
		if err != nil || info.Size() < 300<<10 || info.Size() > 1200<<10 {
			return nil
		}
		data, err := os.ReadFile(name)
		switch {
		case err != nil:
		case len(files) < pairFiles && total+len(data) <= pairBytes:
			files, total = append(files, data), total+len(data)
		default:
			donors, spare = append(donors, data), spare+len(data)
		}
		return nil
	})
	if len(files) < pairFiles/2 || spare < pairNew {
		b.Skipf("SKIP: this machine has %d files of the right size for the images; more packages make more", len(files))
	}
	for i := 0; len(files) < pairFiles; i++ {
		files = append(files, files[i][:len(files[i])/2])
	}
	b.Logf("%d files, %d bytes", len(files), total)
	return files, donors
}

func write(b *testing.B, name string, data []byte) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		b.Fatal(err)
	}
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(name, day, day); err != nil {
		b.Fatal(err)
	}
}

// mkfs makes an image as docs/firmware.md says.
func mkfs(b *testing.B, tree, name string) []byte {
	b.Helper()
	const id = "5c1d3f10-0000-4000-8000-000000000001"
	c := exec.Command("mkfs.ext4", "-q", "-F", "-b", "4096", "-U", id, "-E", "hash_seed="+id, "-d", tree, name, fmt.Sprintf("%dM", pairSize>>20))
	c.Env = append(os.Environ(), "E2FSPROGS_FAKE_TIME=1767225600")
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	return data
}
