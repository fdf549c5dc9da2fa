package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// settleTime is how long after its start a box has read what it reads once.
	settleTime = 3 * time.Second
	// frugality is GOGC: half of what is in use may be garbage. What the cache
	// holds is most of it, and costs nothing to look through.
	frugality = 50
	// besides is how much memory there may be beside what the cache holds, and
	// spare how much garbage at least, in bytes: with less, collecting it would
	// not end.
	besides = 18 << 20
	spare   = 10 << 20
	// weighEvery is how often the limit is looked at again.
	weighEvery = 10 * time.Second
)

// settler keeps the memory of a box small. Reading configurations, catalogues
// and stores at the start takes several times what a box at rest needs, and the
// runtime keeps it for minutes in case it is wanted again. Later, garbage may
// grow as large as all that is in use; with a full cache that is twice the
// memory which the cache was given.
type settler struct{ ring int64 } // what the cache may hold, in bytes

// Run gives back what the start took, and then limits garbage, unless the
// environment says how (GOGC, GOMEMLIMIT).
func (s settler) Run(ctx context.Context) error {
	select {
	case <-time.After(settleTime):
		debug.FreeOSMemory()
	case <-ctx.Done():
		return nil
	}
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		<-ctx.Done()
		return nil
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(-1))
	defer debug.SetGCPercent(debug.SetGCPercent(frugality))
	t := time.NewTicker(weighEvery)
	defer t.Stop()
	for late := true; ; late = false {
		debug.SetMemoryLimit(s.limit(live()))
		select {
		case <-t.C:
		case <-ctx.Done():
			return nil
		}
		if late { // a slow box was still at it before
			debug.FreeOSMemory()
		}
	}
}

// limit is how much memory the runtime may take while live bytes are in use.
func (s settler) limit(live int64) int64 { return max(s.ring+besides, live+spare) }

// live is what was in use when garbage was collected last, in bytes.
func live() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
