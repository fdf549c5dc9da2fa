package daemon

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"usher/device/remote"
	"usher/internal/box"
	"usher/internal/offer"
	"usher/player"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// edges are the fakes of one test; what they were asked is kept.
type edges struct {
	choices map[string]box.Choice
	mu      sync.Mutex
	done    []player.Command
	closed  []uint64
	lasting map[string]box.Progress
	running map[string]box.Progress
	events  chan player.Event
	block   chan struct{} // Resolve waits for it when it is set
	refuse  error
}

func newEdges() *edges {
	return &edges{
		lasting: map[string]box.Progress{}, running: map[string]box.Progress{},
		events: make(chan player.Event, 16),
	}
}

func (e *edges) Run(ctx context.Context) error { <-ctx.Done(); return nil }
func (e *edges) Events() <-chan player.Event   { return e.events }

func (e *edges) Do(c player.Command) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.done = append(e.done, c)
}

func (e *edges) ops() (ops []player.Op) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, c := range e.done {
		ops = append(ops, c.Op)
	}
	return ops
}

func (e *edges) Resolve(ctx context.Context, id string, _ map[string]box.Progress) (box.Resolved, error) {
	if e.block != nil {
		select {
		case <-e.block:
		case <-ctx.Done():
			return box.Resolved{}, context.Cause(ctx)
		}
	}
	if e.refuse != nil {
		return box.Resolved{}, e.refuse
	}
	return box.Resolved{
		Title:    offer.Title{ID: id, DurationMS: 60_000},
		Playback: offer.Playback{URL: "http://svc/" + id},
	}, nil
}

func (e *edges) Open(_ context.Context, o box.OpenOrigin) (box.OriginOpened, error) {
	return box.OriginOpened{URL: "http://127.0.0.1:8788/s/1/a.m3u8", Duration: time.Minute}, nil
}

func (e *edges) Close(session uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = append(e.closed, session)
}

func (e *edges) ForgetViewer(string) error { return nil }

func (e *edges) SaveProgress(_, id string, p box.Progress) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lasting[id] = p
	return nil
}

func (e *edges) SaveChoice(_, id string, c box.Choice) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.choices == nil {
		e.choices = map[string]box.Choice{}
	}
	e.choices[id] = c
	return nil
}

func (e *edges) SaveRunning(_, id string, p box.Progress) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.running[id] = p
	return nil
}

func (e *edges) stored(id string) int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.running[id].PositionMS
}

// running starts a daemon in the bubble of the test; stop ends and waits.
func running(t *testing.T, e *edges, with ...func(*Options)) (d *Daemon, stop func()) {
	t.Helper()
	o := Options{
		Player: e, Origin: e, Catalogue: e, Keeper: e,
		Start: box.New("test", false), Logger: slog.New(slog.DiscardHandler),
	}
	for _, f := range with {
		f(&o)
	}
	d = New(o)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- d.Run(ctx) }()
	return d, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
	}
}

func submit(t *testing.T, d *Daemon, e box.Event) {
	t.Helper()
	if p := d.Submit(e); p != nil {
		t.Fatalf("%T refused: %v", e, p)
	}
	synctest.Wait()
}

// report is the player saying where it is.
func report(d *Daemon, e *edges, p player.Phase, pos time.Duration) {
	e.events <- player.Changed{Status: player.Status{
		Session: d.View().Playback.Session, Phase: p, Position: pos, At: time.Now(), Rate: 1,
	}}
	synctest.Wait()
}

func TestIntentReachesThePlayerAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEdges()
		d, stop := running(t, e)
		defer stop()
		e.events <- player.Ready{}
		submit(t, d, box.PlayRequested{TitleID: "demo:a"})
		if diff := cmp.Diff([]player.Op{player.Open}, e.ops()); diff != "" {
			t.Fatalf("player was asked (-want +got):\n%s", diff)
		}
		report(d, e, player.Playing, 5*time.Second)
		v := d.View().Playback
		if v.Phase != "playing" || v.PositionMS != 5000 || v.URL == "" {
			t.Fatalf("view %+v", v)
		}
		submit(t, d, box.PauseRequested{})
		if got := e.ops()[1]; got != player.Pause {
			t.Fatalf("pause became %v", got)
		}
	})
}

func TestRunningPositionIsAtMostASecondOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEdges()
		d, stop := running(t, e)
		defer stop()
		e.events <- player.Ready{}
		submit(t, d, box.PlayRequested{TitleID: "demo:a"})
		report(d, e, player.Playing, 0)
		for range 20 {
			time.Sleep(time.Second)
			synctest.Wait()
			v := d.View().Playback
			if lag := v.PositionMS + time.Now().UnixMilli() - v.AtMS - e.stored("demo:a"); lag > 1000 {
				t.Fatalf("stored position is %d ms behind the picture", lag)
			}
		}
	})
}

func TestSupersededTitleIsCancelledAndForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEdges()
		e.block = make(chan struct{})
		d, stop := running(t, e)
		defer stop()
		submit(t, d, box.PlayRequested{TitleID: "demo:slow"})
		submit(t, d, box.PlayRequested{TitleID: "demo:b"})
		close(e.block)
		synctest.Wait()
		e.mu.Lock()
		defer e.mu.Unlock()
		if len(e.done) != 1 || e.done[0].Session != 2 {
			t.Fatalf("commands %+v, want one Open of session 2", e.done)
		}
	})
}

func TestRefusalOfTheServiceIsShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEdges()
		e.refuse = &box.Problem{Code: "window", Text: "Not yet.", Hint: "Wait."}
		d, stop := running(t, e)
		defer stop()
		submit(t, d, box.PlayRequested{TitleID: "demo:a"})
		if v := d.View().Playback; v.Phase != "failed" || v.Problem.Code != "window" {
			t.Fatalf("view %+v", v)
		}
		e.refuse = errors.New("some internal thing")
		submit(t, d, box.PlayRequested{TitleID: "demo:a"})
		if v := d.View().Playback; v.Problem.Code != "internal" || v.Problem.Hint == "" {
			t.Fatalf("view %+v", v)
		}
	})
}

func TestAStuckServiceTimesOutAndHoldsNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEdges()
		e.block = make(chan struct{})
		d, stop := running(t, e)
		defer stop()
		submit(t, d, box.PlayRequested{TitleID: "demo:a"})
		submit(t, d, box.VolumeRequested{Level: 0.5})
		if got := d.View().Playback.Volume; got != 0.5 {
			t.Fatalf("volume %v while the service is stuck", got)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if v := d.View().Playback; v.Phase != "failed" || v.Problem.Code != "service_timeout" {
			t.Fatalf("view %+v", v)
		}
		if since := time.Since(d.Alive()); since > beat {
			t.Fatalf("loop idle for %v without a sign of life", since)
		}
	})
}

func TestStoppingStoresThePosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEdges()
		d, stop := running(t, e)
		e.events <- player.Ready{}
		submit(t, d, box.PlayRequested{TitleID: "demo:a"})
		report(d, e, player.Playing, 20*time.Second)
		time.Sleep(2 * time.Second)
		stop()
		if got := e.lasting["demo:a"].PositionMS; got != 22_000 {
			t.Fatalf("stored %d ms, want 22000", got)
		}
		if p := d.Submit(box.StopRequested{}); p == nil || p.Code != "stopping" {
			t.Fatalf("after the end: %v", p)
		}
		d.Tell(box.PauseRequested{}) // must not hang
	})
}

func TestWatchersSeeTheNewestAndKeysAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEdges()
		d, stop := running(t, e)
		defer stop()
		for i := range 50 {
			submit(t, d, box.VolumeRequested{Level: float64(i) / 100})
		}
		if len(d.Changed()) != 1 || d.View().Playback.Volume != 0.49 {
			t.Fatalf("%d tokens, volume %v", len(d.Changed()), d.View().Playback.Volume)
		}
		for _, k := range []remote.Key{remote.Up, remote.OK, remote.Back} {
			submit(t, d, box.KeyPressed{Key: remote.Event{Key: k, Action: remote.Press}})
		}
		var got []remote.Key
		for range 3 {
			got = append(got, (<-d.Keys()).Key)
		}
		if diff := cmp.Diff([]remote.Key{remote.Up, remote.OK, remote.Back}, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestJournalReplaysToTheSameState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEdges()
		d, stop := running(t, e)
		e.events <- player.Ready{}
		submit(t, d, box.PlayRequested{TitleID: "demo:a"})
		report(d, e, player.Playing, time.Second)
		for i := range 2*journalSize + 7 { // both halves turn over
			submit(t, d, box.VolumeRequested{Level: float64(i%100) / 100})
		}
		stop()
		s, entries, dropped := d.Journal().Read()
		if dropped == 0 || len(entries) < journalSize || len(entries) > 2*journalSize {
			t.Fatalf("%d entries kept, %d dropped", len(entries), dropped)
		}
		for _, en := range entries {
			s, _ = box.Next(s, en.At, en.Event)
		}
		if diff := cmp.Diff(d.state, s, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("replay differs:\n%s", diff)
		}
	})
}
