package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"usher/firmware"
)

func well(context.Context) error { return nil }

// TestProved: a box is started anew only when that brings another firmware.
func TestProved(t *testing.T) {
	slots := func(a, b firmware.State) []firmware.SlotInfo {
		return []firmware.SlotInfo{{Name: "a", State: a}, {Name: "b", State: b, Booted: true, Reason: firmware.NoFilm}}
	}
	broken := errors.New("no helper")
	for name, tc := range map[string]struct {
		list  []firmware.SlotInfo
		err   error
		trial bool
		want  error
	}{
		"kept":                                {list: slots(firmware.Good, firmware.Good)},
		"on trial, and nothing happens":       {list: slots(firmware.Good, firmware.Trying), want: errUnproved},
		"given up":                            {list: slots(firmware.Good, firmware.Bad), want: errUnproved},
		"on trial, with nothing to go back":   {list: slots(firmware.Bad, firmware.Trying)},
		"given up, and the last that starts":  {list: slots(firmware.Empty, firmware.Bad)},
		"no helper on a good day":             {err: broken, want: errUnknown},
		"no helper, and the loader knows why": {err: broken, trial: true, want: errUnproved},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := probation{
				slots: func(context.Context) ([]firmware.SlotInfo, error) { return tc.list, tc.err }, asks: well, more: func() {},
				wait: time.Millisecond, silence: time.Hour, every: time.Hour, trial: tc.trial,
			}.proved(t.Context())
			if !errors.Is(err, tc.want) || errors.Is(err, errUnproved) != errors.Is(tc.want, errUnproved) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
		})
	}
}

// TestProvedAfterAWhile: what proves itself in time is kept.
func TestProvedAfterAWhile(t *testing.T) {
	asked := 0
	got, err := probation{asks: well, more: func() {}, wait: time.Minute, silence: time.Hour, every: time.Millisecond, slots: func(context.Context) ([]firmware.SlotInfo, error) {
		asked++
		state := firmware.Trying
		if asked > 2 {
			state = firmware.Good
		}
		return []firmware.SlotInfo{{Name: "a", State: firmware.Good}, {Name: "b", Version: "2", State: state, Booted: true}}, nil
	}}.proved(t.Context())
	if err != nil || got.Version != "2" || asked != 3 {
		t.Errorf("%+v, %v, asked %d times", got, err, asked)
	}
}

// onTrialNow is a box whose new firmware waits for its proof.
func onTrialNow(context.Context) ([]firmware.SlotInfo, error) {
	return []firmware.SlotInfo{{Name: "a", State: firmware.Good}, {Name: "b", State: firmware.Trying, Booted: true}}, nil
}

// TestProvedBySilence: a daemon that says nothing for a minute is not waited for,
// one that does is, and where nothing is on trial nobody asks.
func TestProvedBySilence(t *testing.T) {
	dead := func(ctx context.Context) error { // its socket is systemd's: it is called, and nobody answers
		<-ctx.Done()
		return ctx.Err()
	}
	closed := func(context.Context) error { return errors.New("connection refused") }
	begins := time.Now()
	late := func(context.Context) error {
		if time.Since(begins) < 50*time.Second {
			return errors.New("connection refused")
		}
		return nil
	}
	dies := func(ctx context.Context) error {
		if time.Since(begins) < 2*time.Minute {
			return nil
		}
		return dead(ctx)
	}
	broken := func(context.Context) ([]firmware.SlotInfo, error) { return nil, errors.New("no helper") }
	hangs := func(ctx context.Context) ([]firmware.SlotInfo, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for name, tc := range map[string]struct {
		slots func(context.Context) ([]firmware.SlotInfo, error)
		asks  func(context.Context) error
		trial bool
		want  error
		after time.Duration // and a question or two
	}{
		"it hangs":                           {slots: onTrialNow, asks: dead, want: errSilent, after: time.Minute},
		"it is not there":                    {slots: onTrialNow, asks: closed, want: errSilent, after: time.Minute},
		"it is late":                         {slots: onTrialNow, asks: late, want: errUnproved, after: 5 * time.Minute},
		"it dies on the way":                 {slots: onTrialNow, asks: dies, want: errSilent, after: 3 * time.Minute},
		"no helper either, on trial":         {slots: broken, asks: dead, trial: true, want: errSilent, after: time.Minute},
		"the helper hangs as well":           {slots: hangs, asks: dead, trial: true, want: errSilent, after: time.Minute},
		"no helper either, on any other day": {slots: broken, asks: dead, want: errUnknown, after: 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begins = time.Now()
				told := begins
				more := func() {
					if time.Since(told) >= healthMore {
						t.Errorf("systemd heard nothing for %v", time.Since(told))
					}
					told = time.Now()
				}
				_, err := probation{slots: tc.slots, asks: tc.asks, more: more, wait: 5 * time.Minute, silence: time.Minute, every: 2 * time.Second, trial: tc.trial}.proved(t.Context())
				if !errors.Is(err, tc.want) || errors.Is(err, errSilent) != errors.Is(tc.want, errSilent) {
					t.Errorf("got %v, want %v", err, tc.want)
				}
				if took := time.Since(begins); took < tc.after-2*time.Second || took > tc.after+2*healthHelper {
					t.Errorf("after %v, want %v", took, tc.after)
				}
			})
		})
	}
}

// TestAsker: any answer is one; none, or a socket that nobody serves, is not.
func TestAsker(t *testing.T) {
	dir := t.TempDir()
	if err := asker(filepath.Join(dir, "none"))(t.Context()); err == nil {
		t.Error("without a socket it answers")
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, "sock"))
	if err != nil {
		t.Fatal(err)
	}
	ask := asker(filepath.Join(dir, "sock"))
	short, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := ask(short); err == nil {
		t.Error("a socket that nobody serves answers")
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			t.Errorf("asked for %s", r.URL)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}), ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }() // it ends with Close
	if err := ask(t.Context()); err != nil {
		t.Errorf("a daemon that is not well: %v", err)
	}
	_ = server.Close()
	<-done
}
