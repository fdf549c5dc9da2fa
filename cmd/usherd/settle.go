package main

import (
	"context"
	"runtime/debug"
	"time"
)

// settleTime is how long after its start a box has read what it reads once.
const settleTime = 3 * time.Second

// settle gives the memory of the start back: reading configurations, catalogues
// and stores takes several times what a box at rest needs, and the runtime keeps
// it for minutes in case it is wanted again.
func settle(ctx context.Context) error {
	select {
	case <-time.After(settleTime):
		debug.FreeOSMemory()
		<-ctx.Done()
	case <-ctx.Done():
	}
	return nil
}
