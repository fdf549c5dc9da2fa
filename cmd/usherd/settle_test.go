package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"testing"
	"testing/synctest"
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
		if err := settle(ctx); err != nil {
			t.Error(err)
		}
	})
	if more := heapHeld() - before; more > much/2 {
		t.Errorf("%d MiB more are still held", more>>20)
	}
}

// heapHeld is the memory that the heap keeps from the system, bytes.
func heapHeld() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapSys - m.HeapReleased)
}
