package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"usher/internal/box"
	"usher/internal/ui"
)

// shelf is a pretended cache.
type shelf struct{}

func (shelf) Status() ui.CacheStatus {
	return ui.CacheStatus{
		Hits: 40, Misses: 7, Collapsed: 5, Abandoned: 1, FetchedBytes: 5_000_000, PrefetchedBytes: 1_000_000, PrefetchedUnreadBytes: 300_000,
		ServedBytes: 9 << 20, FlashTotalBytes: 3 << 30, MemoryBytes: 2 << 20, MemoryBudget: 64 << 20, MemoryObjects: 2,
		DiskBytes: 1 << 20, DiskBudget: 2 << 30, DiskObjects: 1, PinnedBytes: 1 << 20,
		Classes: []ui.CacheClass{{Class: "media", MemoryBytes: 2 << 20, MemoryBudget: 32 << 20, Hits: 40, HitBytes: 9 << 20, FetchedBytes: 5_000_000}},
	}
}

func (shelf) URL(_ context.Context, raw string) (string, error) {
	if !strings.HasPrefix(raw, "https://") {
		return "", &box.Problem{Code: "not_http", Text: "Only http and https addresses can be cached.", Hint: "Give the address of a playlist or segment."}
	}
	return "http://127.0.0.1:8788/s/abc/film.m3u8", nil
}

func (shelf) Prefetch(_ context.Context, raw string, length time.Duration) (ui.CacheAmount, error) {
	if strings.Contains(raw, "away") {
		return ui.CacheAmount{}, &box.Problem{Code: "service_unreachable", Text: "The service cannot be reached.", Hint: "Check the network."}
	}
	n := int(length / time.Second)
	return ui.CacheAmount{Objects: n, Bytes: int64(n) << 20 / 10}, nil
}

func (shelf) Pin(_ context.Context, raw string, _ bool) (int, error) {
	if strings.Contains(raw, "film") {
		return 3, nil
	}
	return 0, nil
}

func (shelf) Clear(classes []string, pinned bool) (ui.CacheAmount, error) {
	if pinned {
		return ui.CacheAmount{Objects: 99}, nil
	}
	return ui.CacheAmount{Objects: len(classes), Bytes: int64(len(classes)) << 8}, nil
}

func (shelf) Verify(context.Context) (ui.CacheVerified, error) {
	return ui.CacheVerified{Objects: 9, Bad: 1, Bytes: 3072}, nil
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1 << 20: "1.0 MiB", 3 << 29: "1.5 GiB", 1 << 60: "1048576.0 TiB"} {
		if got := size(n); got != want {
			t.Errorf("%d = %s, want %s", n, got, want)
		}
	}
}
