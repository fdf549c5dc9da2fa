package main

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"
)

// TestStartIsForgotten: what the start took is the system's again.
func TestStartIsForgotten(t *testing.T) {
	const much = 64 << 20
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
	var now runtime.MemStats
	runtime.ReadMemStats(&now)
	if held := now.HeapSys - now.HeapReleased; held > much {
		t.Errorf("%d MiB are still held", held>>20)
	}
}
