package serve

import (
	"context"
	"errors"
	"time"

	"usher/cache"
)

// The rules of reading ahead.
const (
	silence       = 3 * time.Second  // without a byte of anything: the network is away
	tick          = time.Second      // how often the film looks after itself
	trouble       = 5 * time.Second  // without reading ahead, after an error
	meteredAhead  = 30 * time.Second // the window on a network that is paid by volume
	ringShare     = 60               // percent of the memory budget that may be read ahead and not taken yet
	checkTransfer = 500 * time.Millisecond
)

// meteredBandwidth is the ceiling on a network that is paid by volume, in bit/s.
const meteredBandwidth = 2_500_000

var errSilent = errors.New("no byte comes any more")

// SetMetered says whether the network is paid by volume: then films are read
// ahead less, and at a lower rate.
func (g *Origin) SetMetered(on bool) { g.metered.Store(on) }

// SetMaxHeight sets the tallest picture that requests without a wish of their
// own get from now on, in lines; 0 is Options.MaxHeight.
func (g *Origin) SetMaxHeight(lines int) { g.height.Store(int64(lines)) }

// SetResting says whether the box is in standby: then nothing is read ahead.
// What a player asks for is read all the same.
func (g *Origin) SetResting(on bool) { g.resting.Store(on) }

// window is how far ahead of the playhead is read.
func (f *film) window() time.Duration {
	if f.s.g.metered.Load() {
		return min(f.s.g.o.Ahead, meteredAhead)
	}
	return f.s.g.o.Ahead
}

// ringRoom is how many bytes may be read ahead and not taken yet.
func (g *Origin) ringRoom() int64 { return g.o.Store.MemoryBudget() * ringShare / 100 }

// run reads ahead until the session ends. It begins when the player has begun.
func (f *film) run(ctx context.Context) {
	t := time.NewTicker(tick)
	defer t.Stop()
	for ctx.Err() == nil {
		f.study(ctx)
		if u, ok := f.upgradeNext(time.Now()); ok {
			f.replace(ctx, u)
			continue
		}
		n, sl, ok := f.next(time.Now())
		if ok {
			f.fetch(ctx, n, sl)
			continue
		}
		select {
		case <-f.wake:
		case <-t.C:
		case <-ctx.Done():
		}
	}
}

// study reads the other renditions' playlists once the first segment is on its
// way to the player, so that they do not delay the first picture.
func (f *film) study(ctx context.Context) {
	f.mu.Lock()
	begun := f.acct.count > 0 || f.halfway()
	busy := f.learning != nil
	f.mu.Unlock()
	if f.path == "" || !begun || busy || f.learned(time.Now()) {
		return
	}
	done := make(chan struct{})
	f.mu.Lock()
	f.learning = done
	f.mu.Unlock()
	end := func() {
		f.mu.Lock()
		f.learning = nil
		f.mu.Unlock()
		close(done)
		f.nudge()
	}
	if !f.s.start(func() { defer end(); f.learn(ctx) }) {
		end()
	}
}

// halfway says that half of the first segment has come. The caller holds mu.
func (f *film) halfway() bool {
	sl := f.slots[f.at(f.position(time.Now()))]
	if sl.rung == unbound || sl.reading == 0 {
		return false
	}
	n, ok := f.need(sl.i, sl.rung)
	if !ok {
		return false
	}
	r := f.s.g.o.Store.Peek(n.o.key(n.rng))
	if r == nil {
		return false
	}
	defer r.Close()
	have, _ := r.Have()
	return 16*have > int64(float64(f.rungs[sl.rung].Bandwidth)*sl.takes.Seconds())
}

// next is what to fetch now: of what the window lacks, what is needed first.
// sl is nil for sound. ok is false when all is there, or must not be.
func (f *film) next(now time.Time) (need, *slot, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.jumped = false
	window := f.window()
	if window <= 0 || f.s.g.resting.Load() || f.acct.count == 0 || now.Before(f.rest) {
		return need{}, nil, false
	}
	pos := f.position(now)
	sound, soundOK := f.nextSound(pos, pos+window)
	room := f.s.g.ringRoom()
	for i := f.at(pos); i < len(f.slots) && f.slots[i].at < pos+window; i++ {
		sl := f.slots[i]
		if sl.given {
			continue
		}
		if soundOK && sound.at < sl.at {
			return sound, nil, true
		}
		if f.has(sl) {
			room -= sl.size
			continue
		}
		if room <= 0 {
			return need{}, nil, false
		}
		if sl.rung == unbound {
			f.bind(sl, now)
		}
		if n, ok := f.need(sl.i, sl.rung); ok && now.After(sl.tryNot) {
			return n, sl, true
		}
	}
	return sound, nil, soundOK
}

// nextSound is the first segment of separate sound that is missing. The caller
// holds mu.
func (f *film) nextSound(from, to time.Duration) (need, bool) {
	if f.sound == nil {
		return need{}, false
	}
	p := f.sound.latest()
	if p == nil || len(p.Segments) == 0 {
		return need{}, false
	}
	for i := p.SegmentAt(from); i < len(p.Segments) && p.Segments[i].Start < to; i++ {
		n, ok := segmentNeed(f.sound, p, i)
		if ok && !f.given[n.o.key(n.rng)] && !f.kept(n) {
			return n, true
		}
	}
	return need{}, false
}

// fetch gets one object, and gives it up when the playhead went elsewhere or a
// smaller one would be there in time.
func (f *film) fetch(ctx context.Context, n need, sl *slot) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	rung := unbound
	if sl != nil {
		f.mu.Lock()
		rung = sl.rung
		f.mu.Unlock()
	}
	if err := f.fetchKeys(ctx, n, sl, rung); err != nil {
		f.failed(sl, err)
		return
	}
	size, _, err := f.pull(ctx, cancel, n, sl, func(now time.Time) bool { return f.useless(sl, now) })
	f.mu.Lock()
	if sl != nil {
		sl.size = size
	}
	f.mu.Unlock()
	if err != nil {
		f.failed(sl, err)
	}
}

// pull gets one object into the store, unless it becomes useless meanwhile. It
// says how much of it is there, and whether that is all.
func (f *film) pull(ctx context.Context, cancel context.CancelCauseFunc, n need, sl *slot, useless func(time.Time) bool) (size int64, all bool, err error) {
	r := n.o.openFor(ctx, n.rng, cache.Ahead)
	if r == nil {
		cancel(errClosed)
		return 0, false, nil
	}
	defer r.Close()
	if sl != nil {
		f.mu.Lock()
		sl.began = time.Now()
		f.mu.Unlock()
	}
	before, whole := r.Have()
	ended := make(chan error, 1)
	if !f.s.start(func() { _, err := r.CopyRange(ctx, discard{}, 0, -1); ended <- err }) {
		return 0, false, nil
	}
	err = f.await(ctx, cancel, ended, useless)
	size, all = r.Have()
	if !whole && r.From == cache.Miss {
		f.mu.Lock()
		f.acct.ahead += size - before
		f.mu.Unlock()
	}
	return size, all, err
}

// discard takes bytes that were only waited for.
type discard struct{}

// Write implements io.Writer.
func (discard) Write(p []byte) (int, error) { return len(p), nil }

var errElsewhere = errors.New("the player is elsewhere")

// await waits for a fetch and ends it when it is of no use any more.
func (f *film) await(ctx context.Context, cancel context.CancelCauseFunc, ended <-chan error, useless func(time.Time) bool) error {
	t := time.NewTicker(checkTransfer)
	defer t.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-t.C:
		case <-f.wake:
		}
		if useless(time.Now()) {
			cancel(errElsewhere)
			<-ended
			return nil
		}
		if ctx.Err() != nil {
			return <-ended
		}
	}
}

// useless says that what is being fetched for a slot is not what to fetch.
func (f *film) useless(sl *slot, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if sl == nil || sl.reading > 0 {
		return false
	}
	pos := f.position(now)
	if sl.at+sl.takes < pos || sl.at > pos+f.window()+sl.takes {
		return true
	}
	if f.jumped { // is something needed before it?
		f.jumped = false
		for i := f.at(pos); i < sl.i; i++ {
			if s := f.slots[i]; !s.given && !f.has(s) {
				return true
			}
		}
	}
	return f.better(sl, now)
}

// fetchKeys gets what decrypts a segment, so that it is of use in an outage.
func (f *film) fetchKeys(ctx context.Context, n need, sl *slot, rung int) error {
	if sl == nil {
		return nil
	}
	f.mu.Lock()
	r := f.rungs[rung]
	p, d := r.list, r.doc
	f.mu.Unlock()
	seg := p.Segments[sl.i]
	if seg.KeySet < 0 {
		return nil
	}
	c := collector{d: d, p: p}
	for _, k := range p.KeySets[seg.KeySet] {
		if ref, ok := p.KeyRef(k); ok {
			c.add(ref, n.at)
		}
	}
	for _, k := range c.all {
		if _, err := k.fetch(ctx); err != nil {
			return err
		}
	}
	return nil
}

// failed leaves a slot, or all, alone for a while.
func (f *film) failed(sl *slot, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var t *Trouble
	if sl != nil && errors.As(err, &t) && !t.Passing() {
		sl.tryNot = time.Now().Add(time.Minute) // the player will see for itself
		return
	}
	f.rest = time.Now().Add(trouble)
}

// mind watches over an open title: it tells when bytes merely stop to come,
// and how much is held.
func (s *session) mind(ctx context.Context) {
	t := time.NewTicker(tick)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			s.account()
			return
		}
		if (s.g.meter.silence() > silence && s.waits() || s.listless(time.Now())) && !s.isTroubled() {
			s.tell(&Trouble{Code: Unreachable, Where: redact(s.req.URL), Err: errSilent})
		}
		if f := s.film.Load(); f != nil {
			f.look(time.Now())
		}
	}
}

// account gives the last report of a film.
func (s *session) account() {
	f, ended := s.film.Load(), s.g.o.Ended
	if f == nil || ended == nil {
		return
	}
	ended(s.req.Tag, f.report(time.Now()))
}

// isTroubled says that trouble was told and its end was not.
func (s *session) isTroubled() bool {
	s.telling.Lock()
	defer s.telling.Unlock()
	return s.troubled
}

// waits says that a request of the player, or the reading ahead, waits for the
// service.
func (s *session) waits() bool {
	return s.pulls.Load() > 0
}

// look brings the account up to date and tells how far the film is held.
func (f *film) look(now time.Time) {
	f.mu.Lock()
	pos := f.position(now)
	held := f.held(pos)
	f.acct.look(held, f.s.g.meter.silence(), now)
	until := pos + held
	news := until != f.until && held > 0
	f.until = until
	f.mu.Unlock()
	if tell := f.s.g.o.Held; tell != nil && news {
		tell(f.s.req.Tag, until)
	}
}
