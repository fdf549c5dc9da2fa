package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"testing/synctest"
	"time"
)

// TestStartIsForgotten: what the start took is the system's again.
func TestStartIsForgotten(t *testing.T) {
	const much = 64 << 20
	debug.FreeOSMemory()
	before := heapHeld()
	taken := make([]byte, much)
	for i := range taken {
		taken[i] = 1
	}
	runtime.KeepAlive(taken)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*settleTime)
		defer cancel()
		if err := (settler{}).Run(ctx); err != nil {
			t.Error(err)
		}
	})
	if more := heapHeld() - before; more > much/2 {
		t.Errorf("%d MiB more are still held", more>>20)
	}
}

// TestGarbageIsLimited: with the cache full, garbage is collected long before
// there is as much of it as the cache holds; a box that needs more than was
// thought is not kept busy collecting.
func TestGarbageIsLimited(t *testing.T) {
	const mib = 1 << 20
	s := settler{ring: 64 * mib}
	for live, want := range map[int64]int64{0: 82 * mib, 70 * mib: 82 * mib, 77 * mib: 87 * mib, 200 * mib: 210 * mib} {
		if got := s.limit(live); got != want {
			t.Errorf("%d MiB in use: %d MiB, want %d", live/mib, got/mib, want/mib)
		}
	}
	runtime.GC()
	if n := live(); n < 100<<10 || n > 1<<30 {
		t.Errorf("%d bytes are in use", n)
	}
	before := debug.SetMemoryLimit(-1)
	var during int64
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*settleTime)
		defer cancel()
		time.AfterFunc(settleTime+time.Second, func() { during = debug.SetMemoryLimit(-1) })
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	if during < 82*mib || during > 1<<40 {
		t.Errorf("the limit is %d MiB", during/mib)
	}
	if after := debug.SetMemoryLimit(-1); after != before {
		t.Errorf("the limit is %d afterwards, was %d", after, before)
	}
}

// heapHeld is the memory that the heap keeps from the system, bytes.
func heapHeld() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapSys - m.HeapReleased)
}
