package mpris_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"usher/player"
	"usher/player/mpris"
	"usher/player/playertest"
)

// How many sequences, and the first; one that fails is played again alone with
// -run Chaos -chaos=1 -seed=N.
var (
	chaosRuns = flag.Int("chaos", 0, "number of chaos sequences, however long they take; 0 is 200, or 50 with -short, in 15 s at most")
	chaosSeed = flag.Uint64("seed", 1, "seed of the first chaos sequence")
)

// TestChaos drives players of random quirks with random commands and trouble,
// on compressed time. At rest what the controller says must be what the player
// truly does, and nothing may be left behind (synctest sees to that). What a
// sequence finds depends on its seed alone, so a slow machine, or the race
// detector, plays the first of them, as many as the time allows, and at least
// some.
func TestChaos(t *testing.T) {
	const workers, least, budget = 4, 8, 15 * time.Second
	runs, limited := *chaosRuns, *chaosRuns == 0
	if limited {
		runs = 200
		if testing.Short() {
			runs = 50
		}
	}
	began := time.Now()
	for w := range workers {
		t.Run(fmt.Sprint(w), func(t *testing.T) {
			t.Parallel()
			for i := w; i < runs && !t.Failed(); i += workers {
				if limited && i >= least && time.Since(began) > budget {
					t.Logf("%d of %d sequences in %v; -chaos=%d plays them all", (i-w)/workers, (runs-w+workers-1)/workers, budget, runs)
					return
				}
				seed := *chaosSeed + uint64(i)
				synctest.Test(t, func(t *testing.T) { chaos(t, seed) })
			}
		})
	}
}

// TestChaosThatOnceFailed plays the sequences that found something.
func TestChaosThatOnceFailed(t *testing.T) {
	for _, seed := range []uint64{1399, 5172, 7957, 9030, 10719} {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { chaos(t, seed) })
		})
	}
}

// playground is one sequence.
type playground struct {
	*rand.Rand
	bus    *playertest.Bus
	fake   *playertest.Player
	driver *mpris.Driver
	quirks playertest.Quirks
	died   chan struct{} // asks for the death of the player
	log    strings.Builder

	mu      sync.Mutex
	there   bool
	last    player.Status
	session uint64
}

func chaos(t *testing.T, seed uint64) {
	g := &playground{Rand: rand.New(rand.NewPCG(seed, 0)), bus: playertest.NewBus(), died: make(chan struct{})}
	g.quirks = g.someQuirks()
	name := playertest.SimulatedName
	if g.quirks.StoppedLies || g.quirks.HoldsPause {
		name = "mpv" // its row of the table knows of both
	}
	client := &http.Client{Transport: chaosOrigin{}}
	quiet := slog.New(slog.DiscardHandler)
	o := playertest.Options{Dial: g.bus.Dial, Name: name, Client: client, Quirks: g.quirks, Logger: quiet}
	g.fake = playertest.NewPlayer(o)
	g.driver = mpris.New(mpris.Options{Dial: g.bus.Dial, Match: mpris.Match{Name: name}, OpenTimeout: 5 * time.Second, Logger: quiet})
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { g.supervise(ctx) })
	wg.Go(func() { _ = g.driver.Run(ctx) })
	wg.Go(g.listen)
	time.Sleep(g.upTo(300 * time.Millisecond))
	for range 3 + g.IntN(8) {
		g.step(ctx, o)
	}
	g.rest()
	if err := g.agree(); err != nil {
		t.Errorf("seed %d: %v\nquirks %+v\n%s", seed, err, g.quirks, g.log.String())
	}
	cancel()
	g.bus.Close()
	wg.Wait()
}

func (g *playground) upTo(d time.Duration) time.Duration { return time.Duration(g.Int64N(int64(d))) }

// someQuirks switches each on with one chance in eight.
func (g *playground) someQuirks() playertest.Quirks {
	var q playertest.Quirks
	for _, on := range []*bool{
		&q.NoSeeked, &q.SeekedStorm, &q.DeafSetPos, &q.DeafSeek, &q.HoldsPause, &q.StoppedLies, &q.Narrow, &q.NoTrack, &q.TextTrack,
		&q.NoGetAll, &q.Mute, &q.LateTitle, &q.SameTrack, &q.Echo, &q.Storm, &q.JumpsBack, &q.NoLength, &q.MadLength, &q.RateZero,
		&q.Slow, &q.DiesOnStop,
	} {
		*on = g.IntN(8) == 0
	}
	if q.JumpsBack { // these read so often, or so slowly, that every position told would be a false one
		q.Storm, q.NoGetAll = false, false
	}
	q.StaleTrack = playertest.StaleTrack(g.IntN(4))
	return q
}

// supervise brings the player back whenever it dies.
func (g *playground) supervise(ctx context.Context) {
	for ctx.Err() == nil {
		life, end := context.WithCancel(ctx)
		over := make(chan struct{})
		go func() { defer close(over); _ = g.fake.Run(life) }()
		select {
		case <-g.died:
		case <-over:
		case <-ctx.Done():
		}
		end()
		<-over
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// listen keeps what the controller says.
func (g *playground) listen() {
	for e := range g.driver.Events() {
		g.mu.Lock()
		switch e := e.(type) {
		case player.Ready:
			g.there, g.last = true, player.Status{}
		case player.Lost:
			g.there = false
		case player.Changed:
			g.last = e.Status
		}
		g.mu.Unlock()
	}
}

// titles are good films, a very long one, and bad ones; see chaosOrigin.
func titles() []string { return []string{"film", "film", "other", "long", "missing", "breaks"} }

func (g *playground) step(ctx context.Context, o playertest.Options) {
	what := "wait"
	switch n := g.IntN(20); {
	case n < 6 || g.session == 0:
		what = g.open()
	case n < 14:
		what = g.command()
	case n < 17:
		what = g.trouble(ctx, o)
	}
	wait := g.upTo(1500 * time.Millisecond)
	if g.IntN(3) == 0 {
		wait = g.upTo(20 * time.Millisecond)
	}
	fmt.Fprintf(&g.log, "%s, then %v\n", what, wait)
	time.Sleep(wait)
}

func (g *playground) open() string {
	g.session++
	m := player.Media{
		URL: "http://127.0.0.1:1/" + titles()[g.IntN(len(titles()))] + ".m3u8", Volume: -1,
		Start: time.Duration(g.IntN(3)) * g.upTo(20*time.Second), Paused: g.IntN(4) == 0,
	}
	g.driver.Do(player.Command{Session: g.session, Op: player.Open, Media: m})
	return fmt.Sprintf("open %s at %v held %v", m.URL, m.Start, m.Paused)
}

func (g *playground) command() string {
	c := player.Command{Session: g.session, Op: []player.Op{player.Play, player.Pause, player.Pause, player.Seek, player.Seek, player.SetVolume, player.SetRate, player.Stop}[g.IntN(8)]}
	c.Position, c.Volume, c.Rate = g.upTo(60*time.Second), g.Float64()*1.2, 0.5+float64(g.IntN(4))/2
	if g.IntN(10) == 0 {
		c.Session = g.session - 1 // of a title before: must do nothing
	}
	g.driver.Do(c)
	return fmt.Sprintf("command %+v", c)
}

// trouble is what befalls a player.
func (g *playground) trouble(ctx context.Context, o playertest.Options) string {
	switch g.IntN(5) {
	case 0:
		g.died <- struct{}{}
		return "the player dies"
	case 1:
		g.bus.Cut()
		return "the bus restarts"
	case 2:
		q := g.quirks
		q.Hung = true
		g.fake.SetQuirks(q)
		time.Sleep(g.upTo(8 * time.Second))
		g.fake.SetQuirks(g.quirks)
		return "the player hangs for a while"
	case 3:
		q := g.quirks
		q.DiesOnOpen = true
		g.fake.SetQuirks(q)
		what := g.open()
		time.Sleep(300 * time.Millisecond)
		g.fake.SetQuirks(g.quirks)
		return what + " kills the player"
	}
	second := playertest.NewPlayer(o)
	life, end := context.WithTimeout(ctx, g.upTo(2*time.Second)+time.Millisecond)
	_ = second.Run(life)
	end()
	g.died <- struct{}{} // the first lost its name, and claims it again
	return "a second player claims the name"
}

// rest waits until everything must have come to an end.
func (g *playground) rest() { time.Sleep(20 * time.Second) }

// agree compares what the controller says with the truth.
func (g *playground) agree() error {
	synctest.Wait()
	g.mu.Lock()
	there, said := g.there, g.last
	g.mu.Unlock()
	truth := g.fake.State()
	wrong := func(what string) error { return fmt.Errorf("%s: said %+v, true %+v", what, said, truth) }
	switch {
	case !there:
		return errors.New("the player was not found again")
	case said.Phase == player.Opening:
		return wrong("still opening")
	case (said.Phase == player.Playing || said.Phase == player.Buffering) != (truth.Status == "Playing"):
		return wrong("playing")
	case (said.Phase == player.Paused) != (truth.Status == "Paused" && truth.URL != ""):
		return wrong("paused")
	case truth.Status == "Stopped" || truth.URL == "":
		return nil
	case (said.PositionAt(time.Now()) - truth.Position).Abs() > 700*time.Millisecond:
		return wrong(fmt.Sprintf("position %v", said.PositionAt(time.Now())))
	case (said.Volume-truth.Volume) > 0.01 || (truth.Volume-said.Volume) > 0.01:
		return wrong("volume")
	}
	return nil
}

// chaosOrigin answers in no time: film and other have 90 s, long has 12 h,
// breaks ends at its fourth segment, and missing is not there.
type chaosOrigin struct{}

func (chaosOrigin) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	name := strings.TrimPrefix(r.URL.Path, "/")
	switch {
	case name == "missing.m3u8", strings.HasPrefix(name, "breaks-3"):
		http.NotFound(w, r)
	case name == "long.m3u8":
		chaosList(w, "long", 720, 60)
	case strings.HasSuffix(name, ".m3u8"):
		chaosList(w, strings.TrimSuffix(name, ".m3u8"), 18, 5)
	}
	res := w.Result()
	res.Request = r
	return res, nil
}

func chaosList(w http.ResponseWriter, name string, n, length int) {
	var b strings.Builder
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-TARGETDURATION:%d\n", length)
	for i := range n {
		fmt.Fprintf(&b, "#EXTINF:%d,\n%s-%d.ts\n", length, name, i)
	}
	_, _ = fmt.Fprint(w, b.String()+"#EXT-X-ENDLIST\n")
}
