package leases

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"usher/internal/rights"
)

// wire is a service that holds its answers until there is news.
type wire struct {
	*world
	mu      sync.Mutex
	seq     uint64
	all     map[uint64]string // leases, by the number of their change
	bell    chan struct{}
	full    int // how often all were asked for
	waited  int // how often news was waited for
	revoked []string
	broken  bool
}

func (w *wire) keeper() *Keeper {
	k := New(Options{
		Services: []Service{{ID: "films", Issuer: "https://films.example"}}, Dir: w.dir, Entitlements: w.entitlements,
		Keys: func(context.Context, string) ([]byte, error) { return w.signer.keys(), nil },
		Thumbprint: func(string) (string, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.jkt == "" {
				return "", errors.New("not paired")
			}
			return w.jkt, nil
		},
		Now: func(string) time.Time { return epoch() },
		Revoked: func(_ string, contents []string) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.revoked = append(w.revoked, contents...)
		},
	})
	if err := k.Open(); err != nil {
		w.t.Fatal(err)
	}
	return k
}

func (w *wire) entitlements(ctx context.Context, _ string, since uint64, wait time.Duration) ([]byte, error) {
	w.mu.Lock()
	bell, quiet := w.bell, w.seq <= since
	if wait > 0 {
		w.waited++
	} else {
		w.full++
	}
	w.mu.Unlock()
	if wait > 0 && quiet {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-bell:
		case <-timer.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken {
		return nil, errors.New("broken")
	}
	some := []string{}
	for seq := range w.all {
		if seq > since {
			some = append(some, w.all[seq])
		}
	}
	return json.Marshal(answer{Seq: w.seq, Leases: some})
}

// tell is a change at the service.
func (w *wire) tell(l rights.Lease) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seq++
	l.Seq = w.seq
	w.all[w.seq] = w.signer.sign(w.t, l)
	close(w.bell)
	w.bell = make(chan struct{})
}

func (w *wire) change(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// followed runs a keeper at a service that holds its answers.
func followed(t *testing.T, f func(t *testing.T, w *wire, k *Keeper)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{world: newWorld(t), all: map[uint64]string{}, bell: make(chan struct{})}
		k := w.keeper()
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- k.Run(ctx) }()
		synctest.Wait()
		f(t, w, k)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

// TestNewsIsKnownAtOnce: what is bought on the phone, and what is taken back,
// is known here without anybody asking, and nothing is written meanwhile.
func TestNewsIsKnownAtOnce(t *testing.T) {
	followed(t, func(t *testing.T, w *wire, k *Keeper) {
		reason(t, k, film("a"), rights.PurchaseRequired)
		w.tell(lease("a", 0))
		synctest.Wait()
		reason(t, k, film("a"), rights.Leased)
		time.Sleep(2 * time.Second)
		w.tell(lease("b", 0))
		synctest.Wait()
		reason(t, k, film("b"), rights.Leased)
		reason(t, k, film("a"), rights.Leased)
		before, err := os.Stat(k.file("films"))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if after, err := os.Stat(k.file("films")); err != nil || !os.SameFile(before, after) {
			t.Errorf("an hour without news is written to the disk, %v", err)
		}
		back := lease("a", 0)
		back.Grant.Revoked = true
		w.tell(back)
		time.Sleep(2 * newsGap) // it may have been between two questions
		synctest.Wait()
		reason(t, k, film("a"), rights.LeaseRevoked)
		reason(t, k, film("b"), rights.Leased)
		w.change(func() {
			if !slices.Equal(w.revoked, []string{"a"}) || w.full != 1 || w.waited > 70 {
				t.Errorf("revoked %v; asked for all %d times, for news %d times", w.revoked, w.full, w.waited)
			}
		})
	})
}

// TestAllAreAskedForTwiceADay: leases end, and some without a word.
func TestAllAreAskedForTwiceADay(t *testing.T) {
	followed(t, func(t *testing.T, w *wire, k *Keeper) {
		w.tell(lease("a", 0))
		synctest.Wait()
		w.change(func() { clear(w.all) })
		time.Sleep(12*time.Hour + 2*time.Minute)
		synctest.Wait()
		reason(t, k, film("a"), rights.PurchaseRequired)
		k.Refresh("films") // ends the waiting
		synctest.Wait()
		w.change(func() {
			if w.full != 3 {
				t.Errorf("all were asked for %d times", w.full)
			}
		})
	})
}

// TestTroubleWhileFollowing: a service that breaks is asked ever less often;
// one that lost changes is asked for all; and what comes after the account
// left is not kept.
func TestTroubleWhileFollowing(t *testing.T) {
	followed(t, func(t *testing.T, w *wire, k *Keeper) {
		w.tell(lease("a", 0))
		synctest.Wait()
		w.change(func() { w.broken, w.waited = true, 0 })
		time.Sleep(4 * time.Hour)
		synctest.Wait()
		w.change(func() {
			if w.broken = false; w.waited < 10 || w.waited > 30 {
				t.Errorf("asked %d times in four hours of trouble", w.waited)
			}
		})
		time.Sleep(20 * time.Minute)
		w.change(func() { w.seq, w.full = 0, 0 })
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		w.change(func() {
			if w.full == 0 || w.full > 2 {
				t.Errorf("a service that lost changes was asked for all %d times", w.full)
			}
			w.seq = 10
		})
		time.Sleep(40 * time.Minute)
		w.change(func() { w.jkt = "" })
		if err := k.Wipe("films"); err != nil {
			t.Fatal(err)
		}
		w.tell(lease("c", 0))
		time.Sleep(time.Hour)
		synctest.Wait()
		if left, err := os.ReadDir(w.dir); err != nil || len(left) != 0 {
			t.Errorf("%v is left of an account that left, %v", left, err)
		}
	})
}
