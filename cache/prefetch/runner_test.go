package prefetch

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a service, an origin and a film. It complains about every order
// that must not be.
type world struct {
	t *testing.T
	l Limits

	mu      sync.Mutex
	film    Film
	metered bool
	asked   []string
	orders  []Order
	running int
	day     int64 // bytes in this day
	flash   int64
	rate    int   // bytes a second
	fail    error // of the next order
	record  string
	saves   int
	asleep  int // times that nobody answers at night
}

func (w *world) Load() (string, error) { return w.record, nil }

func (w *world) Save(s string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.record, w.saves = s, w.saves+1
	if len(s) > 4096 {
		w.t.Errorf("a record of %d bytes", len(s))
	}
	return nil
}

func (w *world) Film() Film {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.film
}

func (w *world) isMetered() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.metered
}

func (w *world) Tonight(context.Context) (ids []string, all bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asleep > 0 {
		w.asleep--
		return nil, false
	}
	return []string{"t1", "t2"}, true
}

func forbidden(id string) bool { return strings.HasPrefix(id, "x") }

func (w *world) Prepare(_ context.Context, id string) (Title, error) {
	w.mu.Lock()
	w.asked = append(w.asked, id)
	w.mu.Unlock()
	if forbidden(id) {
		return Title{}, &Hold{For: time.Minute, Err: errors.New("not for you")}
	}
	return Title{ID: id, URL: "http://svc/" + id, Genres: []string{"drama"}}, nil
}

// Kit takes time by the link, and counts.
func (w *world) Kit(ctx context.Context, o Order) (Made, error) {
	w.begin(o)
	size := map[Step]int64{Lists: 20 << 10, Head: 700 << 10, Full: 1400 << 10}[o.Step]
	var got int64
	var err error
	for got < size && got < o.Limit && err == nil {
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-time.After(10 * time.Millisecond):
			got += min(int64(w.rate/100), o.Limit-got, size-got)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	w.day += got
	if o.Flash {
		w.flash += got
	}
	if w.fail != nil {
		err, w.fail = w.fail, nil
	}
	return Made{Bytes: got, Fetched: got, Fresh: time.Now().Add(time.Minute)}, err
}

func (w *world) begin(o Order) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running++; w.running > 1 {
		w.t.Error("two orders at a time")
	}
	w.orders = append(w.orders, o)
	now, f := time.Now(), w.film
	switch {
	case forbidden(o.Title.ID):
		w.t.Errorf("order of %s, which may not be played", o.Title.ID)
	case w.metered:
		w.t.Error("order on a metered link")
	case now.Before(f.Strain):
		w.t.Error("order of a service that is busy")
	case f.On && f.Reserve < w.l.LowWater && !f.Full:
		w.t.Error("order while the film is starved")
	case f.On && now.Before(f.Missed.Add(afterMiss)):
		w.t.Error("order while a player had just waited")
	case w.day+o.Limit > w.l.Day:
		w.t.Errorf("order of up to %d bytes with %d of the day left", o.Limit, w.l.Day-w.day)
	case o.Flash && w.flash+o.Limit > w.l.Flash:
		w.t.Errorf("order of up to %d bytes for the flash with %d left", o.Limit, w.l.Flash-w.flash)
	}
}

// started runs a Runner in the bubble; stop ends it.
func (w *world) started(more ...func(*Options)) (r *Runner, stop func()) {
	o := Options{Origin: w, Titles: w, Keeper: w, Limits: w.l, Metered: w.isMetered}
	for _, f := range more {
		f(&o)
	}
	r = New(o)
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	return r, func() {
		cancel()
		if err := <-ended; err != nil {
			w.t.Errorf("run: %v", err)
		}
	}
}

func newWorld(t *testing.T) *world { return &world{t: t, l: limits(), rate: 400_000} }

func point(r *Runner, id string, s Sign) { r.Note(Signal{Kind: Pointed, ID: id, Sign: s}) }

// steps lists the orders as "id step".
func (w *world) steps() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, o := range w.orders {
		all = append(all, o.Title.ID+" "+o.Step.String())
	}
	return strings.Join(all, ", ")
}

func (w *world) want(what, steps string) {
	w.t.Helper()
	if got := w.steps(); got != steps {
		w.t.Errorf("%s: %s; want %s", what, got, steps)
	}
}

func (w *world) made() []Order {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.orders)
}

func (w *world) questions() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.asked)
}

// breaks makes the next order fail.
func (w *world) breaks(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail = err
}

func TestRestingFocusMakesAKit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r, stop := w.started()
		defer stop()
		point(r, "a", Tile)
		time.Sleep(290 * time.Millisecond)
		point(r, "b", Tile)
		time.Sleep(290 * time.Millisecond)
		w.want("passing by", "")
		time.Sleep(5 * time.Second)
		w.want("resting", "b lists, b head")
		r.Note(Signal{Kind: Began, ID: "b"})
		time.Sleep(100 * time.Millisecond)
		r.Note(Signal{Kind: Pictured})
		synctest.Wait()
		s := r.Stats()
		if s.Kits != 1 || s.Used != 1 || s.Starts != 1 || s.QuickKitStarts != 1 || s.Last.Kit != Head || s.Last.Took != 100*time.Millisecond || s.UsedBytes != s.Bytes {
			t.Errorf("%+v", s)
		}
	})
}

func TestFocusThatGoesOnEndsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.rate = 100_000
		r, stop := w.started()
		defer stop()
		point(r, "a", Details)
		time.Sleep(2 * time.Second) // in the midst of the head
		point(r, "b", Details)
		time.Sleep(time.Second)
		w.want("after the focus went on", "a lists, a head, b lists, b head")
		if s := r.Stats(); s.Preempted != 1 || s.Kits != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestAPlayerThatWaitsEndsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.film = Film{On: true, Reserve: time.Minute, Link: 10_000_000, Bitrate: 1_000_000}
		r, stop := w.started()
		defer stop()
		point(r, "next", Credits)
		time.Sleep(time.Second)
		w.mu.Lock()
		w.film.Missed = time.Now()
		w.mu.Unlock()
		r.Wake()
		synctest.Wait()
		w.mu.Lock()
		if w.running != 0 {
			t.Error("the order goes on while the player waits")
		}
		w.mu.Unlock()
		before := len(w.made())
		time.Sleep(10 * time.Second)
		if len(w.made()) == before {
			t.Error("nothing more was fetched when the player had what it needs")
		}
	})
}

func TestAStartGoesOnWithItsOwnOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.rate = 100_000
		r, stop := w.started()
		defer stop()
		point(r, "a", Details)
		time.Sleep(2 * time.Second)
		r.Note(Signal{Kind: Began, ID: "a"})
		w.mu.Lock()
		w.film = Film{On: true, Missed: time.Now()}
		w.mu.Unlock()
		r.Wake()
		time.Sleep(20 * time.Second)
		if s := r.Stats(); s.Preempted != 0 || s.Kits != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestRefusedAndFailedAreLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r, stop := w.started()
		defer stop()
		point(r, "x1", Details)
		time.Sleep(30 * time.Second)
		if n := len(w.questions()); n != 1 {
			t.Errorf("the service was asked %d times about a title that it refuses", n)
		}
		w.breaks(errors.New("broken"))
		point(r, "a", Details)
		time.Sleep(20 * time.Second)
		w.want("after a failure", "a lists")
		time.Sleep(20 * time.Second)
		if s := r.Stats(); s.Failed != 1 || s.Refused != 1 || s.Kits != 1 {
			t.Errorf("%+v", s)
		}
		w.breaks(&Hold{For: time.Minute, Service: true, Err: errors.New("busy")})
		point(r, "b", Details)
		time.Sleep(time.Second)
		before := len(w.made())
		point(r, "c", Details)
		time.Sleep(50 * time.Second)
		if len(w.made()) != before {
			t.Errorf("a busy service was asked: %s", w.steps())
		}
	})
}

func TestWhatIsLearnedIsKeptAndForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		r, stop := w.started()
		point(r, "a", Tile)
		time.Sleep(10 * time.Second)
		stop()
		first := w.record
		if w.saves != 1 || first == "" || strings.Contains(first, "svc") {
			t.Fatalf("%d saves, %q", w.saves, first)
		}
		spent := w.day
		r, stop = w.started()
		synctest.Wait()
		if s := r.Stats(); s.Day != spent {
			t.Errorf("after a restart %d bytes of the day are spent, want %d", s.Day, spent)
		}
		r.Forget()
		synctest.Wait()
		stop()
		if r.habits != (Habits{}) || w.record == first {
			t.Error("the habits were not forgotten")
		}
		w.record = "{damaged"
		_, stop = w.started()
		stop()
	})
}

func TestNight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble begins at midnight UTC
		w := newWorld(t)
		_, stop := w.started(func(o *Options) { o.NightFrom, o.NightUntil = 2*time.Hour, 5*time.Hour })
		defer stop()
		from := midnight(time.Now()).AddDate(0, 0, -1).Add(2 * time.Hour)
		time.Sleep(time.Until(from) - time.Second)
		w.want("before the window", "")
		time.Sleep(30 * time.Second)
		if got := w.steps(); !strings.Contains(got, "t1 head") || !strings.Contains(got, "t2 head") {
			t.Errorf("in the window: %s", got)
		}
		for _, o := range w.made() {
			if !o.Flash {
				t.Error("what is for tomorrow does not go to the flash")
			}
		}
		before := len(w.questions())
		time.Sleep(time.Hour)
		if len(w.questions()) > before {
			t.Errorf("the night was served twice: %v", w.questions()[before:])
		}
	})
}

// TestABoxThatStartsAtNight has no services yet: they are asked for again, soon
// and then not so soon.
func TestABoxThatStartsAtNight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the bubble begins at midnight UTC
		w := newWorld(t)
		w.asleep = 3
		_, stop := w.started(func(o *Options) { o.NightFrom, o.NightUntil = 0, 5*time.Hour })
		defer stop()
		time.Sleep(34 * time.Second) // after 5, 15 and 35 s
		w.want("while nobody answers", "")
		time.Sleep(30 * time.Second)
		if got := w.steps(); !strings.Contains(got, "t1 head") || !strings.Contains(got, "t2 head") {
			t.Errorf("when they answer: %s", got)
		}
	})
}

// TestWalks moves the focus ten thousand times in a world where films begin
// and end, starve and recover, services are busy and the link is metered at
// times. The world complains about every order that must not be.
func TestWalks(t *testing.T) {
	for seed := range uint64(10) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			w.l.Day, w.l.Flash = 120<<20, 20<<20
			r, stop := w.started()
			rnd := rand.New(rand.NewPCG(seed, 1))
			day := midnight(time.Now())
			for range 1000 {
				w.happens(r, rnd)
				time.Sleep(time.Duration(rnd.IntN(3000)) * time.Millisecond)
				if m := midnight(time.Now()); m.After(day) {
					day = m
					w.mu.Lock()
					w.day, w.flash = 0, 0
					w.mu.Unlock()
				}
			}
			stop()
			if len(r.book) > maxEntries {
				t.Errorf("%d titles are remembered", len(r.book))
			}
			if s := r.Stats(); s.Kits == 0 || s.Used == 0 || s.Preempted == 0 || s.Refused == 0 {
				t.Errorf("the walk met too little: %+v", s)
			}
		})
	}
}

// happens is one move, and now and then something else.
func (w *world) happens(r *Runner, rnd *rand.Rand) {
	id := fmt.Sprintf("%c%d", "abcx"[rnd.IntN(4)], rnd.IntN(30))
	switch rnd.IntN(12) {
	case 0:
		r.Note(Signal{Kind: Began, ID: id})
		w.change(r, func() { w.film = Film{On: true, Missed: time.Now(), Link: rnd.IntN(12_000_000), Bitrate: 2_000_000} })
		r.Note(Signal{Kind: Pictured})
	case 1:
		w.change(r, func() { w.film = Film{Served: w.film.Served + rnd.Int64N(64<<20)} })
	case 2:
		w.change(r, func() { w.film.Reserve = time.Duration(rnd.IntN(90)) * time.Second })
	case 3:
		w.change(r, func() { w.metered = rnd.IntN(4) == 0 })
	case 4:
		w.change(r, func() { w.film.Strain = time.Now().Add(time.Duration(rnd.IntN(5)) * time.Second) })
	case 5:
		r.Note(Signal{Kind: Left})
	default:
		point(r, id, Sign(rnd.IntN(int(signEnds))))
	}
}

// change changes the world between two orders, so that one that began before
// is not held against it.
func (w *world) change(r *Runner, f func()) {
	synctest.Wait()
	w.mu.Lock()
	f()
	w.mu.Unlock()
	r.Wake()
	synctest.Wait()
}
