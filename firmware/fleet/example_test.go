package fleet_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"usher/firmware"
	"usher/firmware/fetch"
	"usher/firmware/fleet"
	"usher/firmware/release"
	"usher/firmware/trust"
)

// A release is made, published, found by a box and fetched: all the parts, put
// together.
func Example() {
	dir, err := os.MkdirTemp("", "fleet-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	// Whoever makes boxes.
	spot, err := release.NewSpot(filepath.Join(dir, "repo"), time.Now)
	if err != nil {
		fmt.Println(err)
		return
	}
	img := bytes.Repeat([]byte("a firmware, "), 100_000)
	if _, err := spot.Release(bytes.NewReader(img), firmware.Release{Version: "2026.11.2", Boards: []string{"stick"}, Counter: 1, Percent: 100}); err != nil {
		fmt.Println(err)
		return
	}
	web := httptest.NewTLSServer(http.FileServer(http.Dir(spot.Public())))
	defer web.Close()

	// A box.
	version, size, err := take(context.Background(), spot, web, filepath.Join(dir, "metadata"))
	fmt.Println(version, size == int64(len(img)), err)
	// Output: 2026.11.2 true <nil>
}

func take(ctx context.Context, spot *release.Spot, web *httptest.Server, state string) (version string, size int64, err error) {
	root, err := spot.Root() // of a real box: a file of its image
	if err != nil {
		return "", 0, err
	}
	start := time.Now()
	clock := trust.NewClock(trust.ClockOptions{Built: start.AddDate(0, -1, 0), Wall: time.Now, Mono: func() time.Duration { return time.Since(start) }})
	disk, err := trust.OpenFile(state)
	if err != nil {
		return "", 0, err
	}
	defer disk.Close()
	keeper, err := trust.New(trust.Options{Root: root, Disk: disk, Clock: clock, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return "", 0, err
	}
	gate := &fetch.Gate{} // shut while a film plays
	server, err := fetch.New(fetch.Options{
		Base: web.URL, Clock: clock, Gate: gate, Budget: fetch.NewBudget(1<<30, 0),
		Transport: web.Client().Transport, // of a real box: nil
	})
	if err != nil {
		return "", 0, err
	}
	defer server.Close()

	var client fleet.Client = &fleet.Static{
		Repository: &fleet.Repository{Keeper: keeper, Server: server}, Box: fleet.Box{ID: "0042", Board: "stick"}, Clock: clock,
	}
	offer, _, err := client.Check(ctx, fleet.Present{Version: "2026.10.1"})
	if err != nil || offer == nil {
		return "", 0, err
	}
	source, err := offer.Open(ctx, nil, 0) // of a real box: the slot that runs
	if err != nil {
		return "", 0, err
	}
	defer source.Close()
	return offer.Release.Version, written(ctx, offer.Release, source), nil // of a real box: Slots.Write
}

func written(ctx context.Context, r firmware.Release, from firmware.Source) (n int64) {
	for i := range r.Chunks {
		c := make([]byte, r.Length(i))
		if err := from.Chunk(ctx, i, c); err != nil {
			return n
		}
		m, _ := io.Discard.Write(c)
		n += int64(m)
	}
	return n
}
