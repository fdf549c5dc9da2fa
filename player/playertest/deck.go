package playertest

import (
	"sync"
	"time"
)

// deck is the state of the fake player: what a real one would show. Safe for
// any goroutine.
type deck struct {
	mu       sync.Mutex
	clock    func() time.Time
	status   string // Playing, Paused, Stopped
	url      string
	track    int
	duration time.Duration
	buffered time.Duration // the clock stops here until more is fetched
	pos      time.Duration
	at       time.Time
	rate     float64
	volume   float64
	loaded   bool
	old      string    // the title before
	opened   time.Time // when the present one was
}

func newDeck() *deck { return &deck{clock: time.Now, status: "Stopped", rate: 1, volume: 1} }

// State is what the fake player truly does.
type State struct {
	Status   string // PlaybackStatus of MPRIS
	URL      string
	Position time.Duration
	Duration time.Duration // 0: not known, or live
	Rate     float64
	Volume   float64
}

func (d *deck) state() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	return State{d.status, d.url, d.positionLocked(), d.duration, d.rate, d.volume}
}

// positionLocked is where the picture is now.
func (d *deck) positionLocked() time.Duration {
	if d.status != "Playing" || !d.loaded {
		return d.pos
	}
	pos := d.pos + time.Duration(float64(d.clock().Sub(d.at))*d.rate)
	return max(min(pos, d.buffered), d.pos)
}

// anchorLocked makes the present position the new starting point of the clock.
func (d *deck) anchorLocked() { d.pos, d.at = d.positionLocked(), d.clock() }

// open loads a URL; held keeps a pause. It gives the number of the title.
func (d *deck) open(url string, held bool) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.track++
	d.old, d.opened = d.url, d.clock()
	d.url, d.pos, d.at, d.duration, d.buffered, d.loaded = url, 0, d.clock(), 0, 0, false
	if !held || d.status != "Paused" {
		d.status = "Playing"
	}
	return d.track
}

// fetched says that the stream of a title is there up to the position
// buffered. A title that was replaced meanwhile has nothing to say.
func (d *deck) fetched(track int, buffered, duration time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if track != d.track {
		return
	}
	d.anchorLocked()
	d.buffered, d.duration, d.loaded = buffered, duration, true
}

// setStatus plays or pauses; an empty deck does neither.
func (d *deck) setStatus(status string) (changed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.url == "" || d.status == status {
		return false
	}
	d.anchorLocked()
	d.status = status
	return true
}

// clear ends whatever title there is.
func (d *deck) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clearLocked()
}

// over ends one title, unless it was replaced.
func (d *deck) over(track int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if track == d.track {
		d.clearLocked()
	}
}

func (d *deck) clearLocked() {
	d.status, d.url, d.pos, d.duration, d.buffered, d.loaded = "Stopped", "", 0, 0, 0, false
}

// jump moves the position. The clock stands until the place is fetched.
func (d *deck) jump(pos time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pos, d.at, d.buffered = max(pos, 0), d.clock(), max(pos, 0)
}

func (d *deck) setRate(rate float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.anchorLocked()
	d.rate = rate
}

func (d *deck) setVolume(v float64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.volume = max(v, 0)
}

// before is the title that was replaced by the present one, and how long ago.
func (d *deck) before() (url string, since time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.old, d.clock().Sub(d.opened)
}

// earlier is the title before the present one, or the present one.
func (d *deck) earlier() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.old == "" {
		return d.url
	}
	return d.old
}

// rolling says whether the picture moves.
func (d *deck) rolling() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.status == "Playing" && d.loaded && d.positionLocked() < d.buffered
}
