package service

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func untilDone(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

var errBroken = errors.New("broken")

// exact is a back-off without chance: the full wait.
func exact() Backoff { return Backoff{Jitter: func() float64 { return 1 }} }

func TestRunWaitsForAllOnTheWayOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var left []string
		var mu sync.Mutex
		slow := func(name string, d time.Duration) Service {
			return Service{Name: name, Run: func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(d)
				mu.Lock()
				defer mu.Unlock()
				left = append(left, name)
				return nil
			}}
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := group(ctx, quiet(), []Service{slow("b", 2*time.Second), slow("a", time.Second)}); err != nil {
			t.Fatalf("Run = %v, want nil after a plain cancel", err)
		}
		if diff := cmp.Diff([]string{"a", "b"}, left); diff != "" {
			t.Errorf("services that had ended when Run returned (-want +got):\n%s", diff)
		}
	})
}

func TestRunRestartsWithBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var starts []time.Duration
		ctx, cancel := context.WithCancel(t.Context())
		g := Group{Logger: quiet(), Backoff: exact(), Services: []Service{{Name: "x", Run: func(ctx context.Context) error {
			starts = append(starts, time.Since(began))
			switch len(starts) {
			case 4: // runs long enough to be forgiven
				time.Sleep(2 * time.Minute)
			case 6:
				cancel()
			}
			return errBroken
		}}}}
		if err := g.Run(ctx); err != nil {
			t.Fatal(err)
		}
		ms := time.Millisecond
		fourth := 700 * ms
		want := []time.Duration{0, 100 * ms, 300 * ms, fourth, fourth + 2*time.Minute + 100*ms, fourth + 2*time.Minute + 300*ms}
		if diff := cmp.Diff(want, starts); diff != "" {
			t.Errorf("start times (-want +got):\n%s", diff)
		}
	})
}

func TestRunEndsDuringBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		g := Group{Logger: quiet(), Backoff: Backoff{First: time.Hour, Max: time.Hour, Jitter: func() float64 { return 1 }}}
		g.Services = []Service{{Name: "x", Run: func(context.Context) error { return errBroken }}}
		began := time.Now()
		if err := g.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(began); d != time.Second {
			t.Errorf("Run took %v, want 1s: a waiting service must not hold the way out", d)
		}
	})
}

func TestPolicies(t *testing.T) {
	for _, tc := range []struct {
		policy Restart
		err    error
		starts int // within 12 s of falling over at once
	}{
		{Always, nil, 7},
		{Always, errBroken, 7},
		{OnError, nil, 1},
		{OnError, errBroken, 7},
		{Never, nil, 1},
		{Never, errBroken, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 12*time.Second)
			defer cancel()
			starts := 0
			g := Group{Logger: quiet(), Backoff: exact(), Services: []Service{{
				Name: "x", Restart: tc.policy,
				Run: func(context.Context) error { starts++; return tc.err },
			}}}
			if tc.starts == 1 {
				ctx = t.Context() // must end by itself
			}
			if err := g.Run(ctx); err != nil {
				t.Errorf("%v, %v: Run = %v", tc.policy, tc.err, err)
			}
			// 0, .1, .3, .7, 1.5, 3.1, 6.3 s; the next would be at 12.7 s
			if starts != tc.starts {
				t.Errorf("%v, %v: %d starts, want %d", tc.policy, tc.err, starts, tc.starts)
			}
		})
	}
}

func TestFatalEndsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen error
		err := group(t.Context(), quiet(), []Service{
			{Name: "calm", Run: func(ctx context.Context) error {
				<-ctx.Done()
				seen = context.Cause(ctx)
				return nil
			}},
			{Name: "listener", Restart: Never, Run: func(context.Context) error { return Fatal(errBroken) }},
		})
		if !errors.Is(err, errBroken) || !IsFatal(err) || !strings.Contains(err.Error(), "service listener: broken") {
			t.Errorf("Run = %v, want the fatal error with the service's name", err)
		}
		if !errors.Is(seen, errBroken) {
			t.Errorf("cause seen by the other service = %v, want the fatal error", seen)
		}
	})
	if Fatal(nil) != nil {
		t.Error("Fatal(nil) is not nil")
	}
}

func TestCauseReachesServices(t *testing.T) {
	cause := errors.New("asked to stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	var seen error
	err := group(ctx, quiet(), []Service{{Name: "x", Run: func(ctx context.Context) error {
		seen = context.Cause(ctx)
		return ctx.Err()
	}}})
	if err != nil || !errors.Is(seen, cause) {
		t.Errorf("Run = %v, cause = %v; want nil, %v", err, seen, cause)
	}
}

func TestPanicIsReportedWithStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var reports []Report
		ctx, cancel := context.WithCancel(t.Context())
		g := Group{
			Logger: slog.New(slog.NewTextHandler(&log, nil)), Backoff: exact(),
			Changed: func(r Report) { reports = append(reports, r) },
		}
		n := 0
		g.Services = []Service{{Name: "x", Run: func(ctx context.Context) error {
			if n++; n == 1 {
				panic(errBroken)
			}
			cancel()
			return untilDone(ctx)
		}}}
		if err := g.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), "TestPanicIsReportedWithStack") || !strings.Contains(log.String(), "panic: broken") {
			t.Errorf("log has no stack or no value:\n%s", &log)
		}
		var p *PanicError
		if len(reports) != 4 || !errors.As(reports[1].Err, &p) || !errors.Is(reports[1].Err, errBroken) {
			t.Fatalf("reports = %+v, want up, panic, up, down", reports)
		}
		if reports[1].Retry != 100*time.Millisecond || reports[1].Fails != 1 || reports[1].Up || !reports[2].Up {
			t.Errorf("reports = %+v", reports)
		}
	})
}

func TestLateServicesAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		g := Group{Logger: slog.New(slog.NewTextHandler(&log, nil)), Services: []Service{
			{Name: "quick", Run: untilDone},
			{Name: "stuck", Run: func(context.Context) error { time.Sleep(7 * time.Second); return nil }},
		}}
		if err := g.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(log.String(), "services=[stuck]") {
			t.Errorf("log does not name the late service:\n%s", &log)
		}
	})
}

func TestTroubleWhileEndingIsLogged(t *testing.T) {
	var log bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	services := []Service{{Name: "x", Run: func(context.Context) error { return errBroken }}}
	if err := group(ctx, slog.New(slog.NewTextHandler(&log, nil)), services); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "error=broken") {
		t.Errorf("log = %q, want the error", &log)
	}
}

func TestBadGroupIsRefused(t *testing.T) {
	for name, services := range map[string][]Service{
		"no name":   {{Run: untilDone}},
		"no Run":    {{Name: "x"}},
		"same name": {{Name: "x", Run: untilDone}, {Name: "x", Run: untilDone}},
	} {
		if err := group(t.Context(), quiet(), services); err == nil {
			t.Errorf("%s: Run = nil, want an error", name)
		}
	}
}

func TestBackoffStaysInRange(t *testing.T) {
	for _, jitter := range []float64{0, 0.5, 0.999} {
		b := Backoff{First: time.Second, Max: 10 * time.Second, Jitter: func() float64 { return jitter }}
		for fails, full := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 4: 8 * time.Second, 5: 10 * time.Second, 10_000: 10 * time.Second} {
			if w := b.Wait(fails); w < full/2 || w > full {
				t.Errorf("jitter %v: Wait(%d) = %v, want within [%v, %v]", jitter, fails, w, full/2, full)
			}
		}
	}
	if w := (Backoff{}).Wait(1); w < 50*time.Millisecond || w > 100*time.Millisecond {
		t.Errorf("zero value waits %v", w)
	}
}

// group runs services with the default back-off.
func group(ctx context.Context, logger *slog.Logger, services []Service) error {
	return (&Group{Logger: logger, Services: services}).Run(ctx)
}
