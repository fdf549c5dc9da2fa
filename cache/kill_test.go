package cache_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/cache"
)

const fillFolder = "USHER_CACHE_TEST_FILL"

func TestMain(m *testing.M) {
	if dir := os.Getenv(fillFolder); dir != "" {
		fmt.Fprintln(os.Stderr, fillUntilKilled(dir))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

const names = 60

// told is content that says what it must be.
func told(name, version uint32) []byte {
	r := rand.New(rand.NewPCG(uint64(name), uint64(version)))
	b := binary.BigEndian.AppendUint32(nil, name)
	b = binary.BigEndian.AppendUint32(b, version)
	for n := r.IntN(60_000); len(b) < n; {
		b = binary.BigEndian.AppendUint64(b, r.Uint64())
	}
	return b
}

func isTold(b []byte, name uint32) bool {
	return len(b) >= 8 && binary.BigEndian.Uint32(b) == name && bytes.Equal(b, told(name, binary.BigEndian.Uint32(b[4:])))
}

// fillUntilKilled is the process that gets killed: four goroutines that fill,
// replace, remove and pin.
func fillUntilKilled(dir string) error {
	c, err := cache.Open(cache.Options{Folder: dir, Memory: 1 << 20, Disk: 1 << 20})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	errs := make(chan error, 4)
	for range 4 {
		go func() {
			for {
				if err := fillOne(c, rand.Uint32N(names), rand.Uint32()); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	return <-errs
}

func fillOne(c *cache.Cache, name, version uint32) error {
	k := cache.KeyOf(fmt.Sprint(name))
	switch rand.IntN(8) {
	case 0:
		return c.Remove(k)
	case 1:
		return c.Pin(k, name < 5)
	}
	r, fill := c.AcquireFor(k, []cache.Class{cache.Art, cache.Init, cache.Media}[name%3], cache.Download)
	defer r.Close()
	if fill == nil {
		return nil
	}
	data := told(name, version)
	if err := fill.Describe(cache.Meta{Size: int64(len(data))}); err != nil {
		return err
	}
	for len(data) > 0 {
		n := min(len(data), 9000)
		if _, err := fill.Write(data[:n]); err != nil {
			return err
		}
		data = data[n:]
	}
	return fill.Commit()
}

// TestKilledInTheMiddle kills a process that fills the cache, again and again
// on the same folder. Afterwards every hit is byte-exact.
func TestKilledInTheMiddle(t *testing.T) {
	times := 200
	if testing.Short() || cache.Raced {
		times = 20
	}
	dir, hits := t.TempDir(), 0
	for i := range times {
		killOnce(t, dir, time.Duration(rand.IntN(15_000))*time.Microsecond)
		n := hitsAreExact(t, dir)
		if t.Failed() {
			t.Fatalf("after %d kills", i+1)
		}
		hits += n
	}
	t.Logf("killed %d times, %d hits checked", times, hits)
	if hits == 0 { // a loaded machine lets it write little each time
		t.Errorf("%d hits after %d kills: nothing was tested", hits, times)
	}
}

func killOnce(t *testing.T, dir string, after time.Duration) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fillFolder+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "ready\n" {
		t.Errorf("the process said %q, %v", line, err)
	}
	time.Sleep(after) // the moment of death is the test
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Errorf("the process ended by itself: %v", err)
	}
}

func hitsAreExact(t *testing.T, dir string) (hits int) {
	t.Helper()
	d, err := cache.OpenDisk(dir, 1<<20, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if p, bad := d.Problem(); bad {
		t.Errorf("a kill damaged the store: %v", p)
	}
	for name := range uint32(names) {
		b, err := d.Get(cache.KeyOf(fmt.Sprint(name)))
		if err != nil {
			continue
		}
		hits++
		if got, err := b.Bytes(t.Context()); err != nil || !isTold(got, name) {
			t.Errorf("object %d: other bytes, %v", name, err)
		}
		b.Release()
	}
	return hits
}
