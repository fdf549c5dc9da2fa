package daemon

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"usher/internal/box"
)

// accountLog is accounts that take their time, and keep what they were told.
type accountLog struct {
	mu   sync.Mutex
	told []string
}

func (a *accountLog) note(ctx context.Context, what, service string) {
	select {
	case <-time.After(time.Second):
		a.mu.Lock()
		defer a.mu.Unlock()
		a.told = append(a.told, what+" "+service)
	case <-ctx.Done():
	}
}

func (a *accountLog) Begin(ctx context.Context, s string)  { a.note(ctx, "begin", s) }
func (a *accountLog) Cancel(ctx context.Context, s string) { a.note(ctx, "cancel", s) }
func (a *accountLog) Unpair(ctx context.Context, s string) { a.note(ctx, "unpair", s) }
func (a *accountLog) Read(ctx context.Context, s string, paired bool) {
	a.note(ctx, map[bool]string{true: "read paired", false: "read"}[paired], s)
}

// TestAccountsAreToldInOrder: slow as they are, nothing overtakes, and the
// loop does not wait.
func TestAccountsAreToldInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &accountLog{}
		d, stop := running(t, newEdges(), func(o *Options) {
			o.Accounts = log
			o.Start.Accounts = []box.Account{{Service: "demo", Phase: box.AccountIdle}}
		})
		defer stop()
		began := time.Now()
		submit(t, d, box.PairRequested{Service: "demo", By: box.ByPage})
		submit(t, d, box.PairCancelled{Service: "demo"})
		d.Tell(box.PairingChanged{Account: box.Account{Service: "demo", Phase: box.AccountPaired}})
		submit(t, d, box.UnpairRequested{Service: "demo"})
		if took := time.Since(began); took > 0 {
			t.Errorf("the loop waited %v", took)
		}
		time.Sleep(5 * time.Second)
		synctest.Wait()
		log.mu.Lock()
		defer log.mu.Unlock()
		want := []string{"begin demo", "cancel demo", "read paired demo", "unpair demo"}
		if !slices.Equal(log.told, want) {
			t.Errorf("told %q, want %q", log.told, want)
		}
	})
}
