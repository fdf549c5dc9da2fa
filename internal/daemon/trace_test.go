package daemon

import (
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"usher/device/remote"
	"usher/internal/box"
)

// steps is a tracer that keeps the names.
type steps struct {
	mu    sync.Mutex
	names []string
}

func (s *steps) Press(name string, _ time.Time, _ ...string) { s.add(name) }

func (s *steps) Step(name string, begin, end time.Time, _ ...string) {
	if end.Before(begin) {
		name += " ends before it begins"
	}
	s.add(name)
}

func (s *steps) add(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names = append(s.names, name)
}

// TestKeysAreTraced: a key is followed through the loop; what has no key
// before it is not told.
func TestKeysAreTraced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := new(steps)
		d, stop := running(t, newEdges(), func(o *Options) { o.Trace = told })
		submit(t, d, box.VolumeRequested{Change: box.VolumeMute})
		submit(t, d, box.KeyPressed{Key: remote.Event{Key: remote.OK, Action: remote.Press}, By: box.ByCLI})
		synctest.Wait()
		stop()
		if want := []string{"key ok", "wait for the loop", "core decides", "edges are told", "view"}; !slices.Equal(told.names, want) {
			t.Errorf("told %v, want %v", told.names, want)
		}
	})
}
