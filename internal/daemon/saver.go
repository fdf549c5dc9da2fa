package daemon

import (
	"log/slog"
	"sync"

	"usher/internal/box"
)

// of is a title, or a series, of one profile.
type of struct{ profile, id string }

// saver writes positions beside the loop. Of several positions of one title
// that wait, only the newest is written; a lasting one is never replaced by a
// running one.
type saver struct {
	keep Keeper
	log  *slog.Logger

	mu      sync.Mutex
	waiting map[of]box.SaveProgress
	order   []of
	chosen  map[of]box.Choice // waiting too
	then    []func()          // waits for all that is written before
	wake    chan struct{}
	closed  bool
}

func newSaver(k Keeper, log *slog.Logger) *saver {
	return &saver{keep: k, log: log, waiting: map[of]box.SaveProgress{}, chosen: map[of]box.Choice{}, wake: make(chan struct{}, 1)}
}

// save queues a position; it does not block.
func (s *saver) save(f box.SaveProgress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := of{f.Profile, f.TitleID}
	before, there := s.waiting[key]
	if !there {
		s.order = append(s.order, key)
	}
	f.Lasting = f.Lasting || before.Lasting
	s.waiting[key] = f
	s.signal()
}

// choose queues a choice of tracks; it does not block.
func (s *saver) choose(f box.SaveChoice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chosen[of{f.Profile, f.ID}] = f.Choice
	s.signal()
}

// forget wipes what is kept for a profile, after all that waits is written; it
// does not block.
func (s *saver) forget(profile string) {
	s.after(func() {
		if err := s.keep.ForgetViewer(profile); err != nil {
			s.log.Error("Profile not wiped", "err", err)
		}
	})
}

// after calls f once everything that waits now is written; it does not block.
func (s *saver) after(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.then = append(s.then, f)
	s.signal()
}

func (s *saver) callThose() {
	s.mu.Lock()
	then := s.then
	s.then = nil
	s.mu.Unlock()
	for _, f := range then {
		f()
	}
}

func (s *saver) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// stop lets run end once everything that waits is written.
func (s *saver) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.signal()
}

func (s *saver) run() {
	for range s.wake {
		for f, ok := s.take(); ok; f, ok = s.take() {
			s.write(f)
		}
		s.writeChoices()
		s.callThose()
		if s.ended() {
			return
		}
	}
}

func (s *saver) ended() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed && len(s.order)+len(s.chosen)+len(s.then) == 0
}

func (s *saver) take() (box.SaveProgress, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.order) == 0 {
		return box.SaveProgress{}, false
	}
	id := s.order[0]
	s.order = s.order[1:]
	f := s.waiting[id]
	delete(s.waiting, id)
	return f, true
}

func (s *saver) writeChoices() {
	s.mu.Lock()
	chosen := s.chosen
	s.chosen = map[of]box.Choice{}
	s.mu.Unlock()
	for key, c := range chosen {
		if err := s.keep.SaveChoice(key.profile, key.id, c); err != nil {
			s.log.Error("Choice of tracks not stored", "err", err)
		}
	}
}

func (s *saver) write(f box.SaveProgress) {
	save := s.keep.SaveRunning
	if f.Lasting {
		save = s.keep.SaveProgress
	}
	if err := save(f.Profile, f.TitleID, f.Progress); err != nil {
		s.log.Error("Position not stored", "err", err)
	}
}
