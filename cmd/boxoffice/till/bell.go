package till

import (
	"context"
	"sync"
	"time"

	"usher/cmd/boxoffice/shelf"
)

// bells ring when something about a household changed.
type bells struct {
	mu  sync.Mutex
	all map[string]chan struct{} // closed when it rings; there while somebody waits
}

// wait is closed at the next ring.
func (b *bells) wait(household string) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all[household] == nil {
		if b.all == nil {
			b.all = map[string]chan struct{}{}
		}
		b.all[household] = make(chan struct{})
	}
	return b.all[household]
}

func (b *bells) ring(household string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if bell := b.all[household]; bell != nil {
		close(bell)
		delete(b.all, household)
	}
}

// update changes what is kept of a household, and rings its bell.
func (t *Till) update(household string, f func(*shelf.Tx) error) error {
	err := t.o.Shelf.Update(f)
	if err == nil {
		t.bells.ring(household)
	}
	return err
}

// Ring lets those who wait for news of a household look: a box of it was
// removed.
func (t *Till) Ring(household string) { t.bells.ring(household) }

// Await waits until a household's rights are newer than since, or something
// else about it happened, for so long at most.
func (t *Till) Await(ctx context.Context, household string, since uint64, most time.Duration) error {
	bell := t.bells.wait(household) // before looking, so that no change falls between
	s, err := t.Standing(household)
	if err != nil || s.Seq > since {
		return err
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-bell:
	case <-timer.C:
	case <-ctx.Done():
	}
	return nil
}
