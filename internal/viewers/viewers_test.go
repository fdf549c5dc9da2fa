package viewers

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"usher/internal/box"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// world is a disk, a box and a service.
type world struct {
	mu       sync.Mutex
	settings map[string]string
	view     box.View
	merged   map[string]map[string]box.Progress // by name at the service
	batches  map[string]map[string]Sum
	consents []Consent
	deleted  []string
	away     error
	told     []box.ProgressMerged
	wishes   []box.Listed
	wished   [][2][]box.Listed // sent, and what came of it

	forgotten []string
	house     string // what the services call the household
}

func newWorld() *world {
	return &world{settings: map[string]string{}, merged: map[string]map[string]box.Progress{}, batches: map[string]map[string]Sum{}}
}

func (w *world) Setting(key string) (string, bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	v, ok := w.settings[key]
	return v, ok, nil
}

func (w *world) SetSetting(key, value string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settings[key] = value
	return nil
}

func (w *world) SaveProgress(string, string, box.Progress) error { return nil }
func (w *world) SaveRunning(string, string, box.Progress) error  { return nil }
func (w *world) SaveChoice(string, string, box.Choice) error     { return nil }
func (w *world) ForgetViewer(string) error                       { return nil }

func (w *world) Merge(_ context.Context, service, viewer string, own Lists) (Lists, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.away != nil {
		return Lists{}, w.away
	}
	name := service + "/" + viewer
	if w.merged[name] == nil {
		w.merged[name] = map[string]box.Progress{"films:other": {PositionMS: 7, UpdatedMS: 9}}
	}
	maps.Copy(w.merged[name], own.Progress)
	return Lists{Progress: maps.Clone(w.merged[name]), Watchlist: append(own.Watchlist, box.Listed{TitleID: "other:x", AtMS: 5})}, nil
}

func (w *world) Household(context.Context, string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.house, w.away
}

func (w *world) Wishes(string) []box.Listed {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.wishes)
}

func (w *world) MergeWishes(_ string, sent, theirs []box.Listed) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wished = append(w.wished, [2][]box.Listed{sent, theirs})
	return nil
}

func (w *world) Forget(_ context.Context, service, viewer string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.away != nil {
		return w.away
	}
	w.forgotten = append(w.forgotten, service+"/"+viewer)
	return nil
}

func (w *world) Report(_ context.Context, _, viewer, batch string, c Consent, sums map[string]Sum) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.away != nil {
		return w.away
	}
	w.batches[viewer+"/"+batch] = sums
	w.consents = append(w.consents, c)
	return nil
}

func (w *world) Withdraw(_ context.Context, service, viewer string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.away != nil {
		return w.away
	}
	w.deleted = append(w.deleted, service+"/"+viewer)
	return nil
}

// running are viewers that run in the present bubble.
func running(t *testing.T, w *world) (v *Viewers, stop func()) {
	t.Helper()
	v = New(Options{
		Keeper: w, Store: w, Lists: w, Service: w, Services: func() []string { return []string{"films"} }, Logger: slog.New(slog.DiscardHandler),
		View: func() (string, box.View) { w.mu.Lock(); defer w.mu.Unlock(); return w.view.Household.Current, w.view },
		Tell: func(e box.ProgressMerged) { w.mu.Lock(); defer w.mu.Unlock(); w.told = append(w.told, e) },
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- v.Run(ctx) }()
	return v, func() { cancel(); <-ended }
}

// watch watches a title for some seconds, to its end or not.
func watch(t *testing.T, v *Viewers, profile, id string, seconds int, end bool) {
	t.Helper()
	var p box.Progress
	for i := range seconds {
		p = box.Progress{PositionMS: int64(i) * 1000, DurationMS: 100_000, UpdatedMS: time.Now().UnixMilli()}
		if err := v.SaveRunning(profile, id, p); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
	}
	p.Finished = end
	if err := v.SaveProgress(profile, id, p); err != nil {
		t.Fatal(err)
	}
}

func TestNothingIsSummedBeforeSomebodyAgreed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.view.Household.Current = "main"
		v, stop := running(t, w)
		defer stop()
		watch(t, v, "main", "films:heron", 60, true)
		time.Sleep(48 * time.Hour)
		synctest.Wait()
		s, err := v.Insights("main")
		if err != nil || len(s.Sums) != 0 || !s.Next.IsZero() || len(w.batches) != 0 {
			t.Errorf("%+v, %v, sent %v", s, err, w.batches)
		}
	})
}

func TestSumsOfWhoAgreed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.view.Household.Current = "main"
		v, stop := running(t, w)
		if err := v.Agree("main", true); err != nil {
			t.Fatal(err)
		}
		watch(t, v, "main", "films:heron", 61, true)
		watch(t, v, "child", "films:lamb", 20, true)
		if err := v.SaveProgress("main", "films:swan", box.Progress{PositionMS: 5}); err != nil { // came from another box
			t.Fatal(err)
		}
		s, err := v.Insights("main")
		want := map[string]Sum{"films:heron": {Starts: 1, Ends: 1, WatchedMS: 60_000}}
		if err != nil || !maps.Equal(s.Sums, want) || s.Consent.Version != TextVersion || s.Next.IsZero() {
			t.Errorf("%+v, %v", s, err)
		}
		watch(t, v, "main", "films:heron", 31, false) // again, from the start
		want["films:heron"] = Sum{Starts: 2, Ends: 1, WatchedMS: 90_000}
		stop() // a power cut: what was summed is on the disk
		v, stop = running(t, w)
		defer stop()
		if s, _ := v.Insights("main"); !maps.Equal(s.Sums, want) {
			t.Errorf("after a restart: %+v", s)
		}
		w.mu.Lock()
		w.away = errors.New("away")
		w.mu.Unlock()
		time.Sleep(25 * time.Hour)
		synctest.Wait()
		if s, _ := v.Insights("main"); len(s.Sums) != 0 || len(w.batches) != 0 {
			t.Errorf("the batch is not apart: %+v %v", s, w.batches)
		}
		w.mu.Lock()
		w.away = nil
		w.mu.Unlock()
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(w.batches) != 1 || len(w.consents) != 1 || w.consents[0].Given.IsZero() {
			t.Errorf("%v %v", w.batches, w.consents)
		}
		for _, sums := range w.batches {
			if !maps.Equal(sums, want) {
				t.Errorf("sent %+v", sums)
			}
		}
	})
}

func TestWithdrawnIsDeletedHereAndThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.view.Household.Current = "main"
		v, stop := running(t, w)
		defer stop()
		time.Sleep(time.Minute) // merged: the service knows the viewer
		if err := v.Agree("main", true); err != nil {
			t.Fatal(err)
		}
		watch(t, v, "main", "films:heron", 30, false)
		w.mu.Lock()
		w.away = errors.New("away")
		w.mu.Unlock()
		if err := v.Agree("main", false); err != nil {
			t.Fatal(err)
		}
		if s, _ := v.Insights("main"); len(s.Sums) != 0 || !s.Consent.Given.IsZero() {
			t.Errorf("%+v", s)
		}
		time.Sleep(time.Hour)
		w.mu.Lock()
		w.away = nil
		w.mu.Unlock()
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(w.deleted) != 1 || len(w.batches) != 0 {
			t.Errorf("deleted %v, sent %v", w.deleted, w.batches)
		}
	})
}

func TestPositionsAreMerged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.view.Household.Current = "main"
		w.view.Progress = map[string]box.Progress{"films:heron": {PositionMS: 5, UpdatedMS: 5}, "other:x": {PositionMS: 1, UpdatedMS: 1}}
		_, stop := running(t, w)
		defer stop()
		time.Sleep(time.Minute)
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.told) == 0 || w.told[0].Profile != "main" || w.told[0].Progress["films:other"].PositionMS != 7 || len(w.told[0].Progress) != 1 {
			t.Errorf("told %+v", w.told)
		}
		for name, list := range w.merged {
			ids := slices.Sorted(maps.Keys(list))
			if !slices.Equal(ids, []string{"films:heron", "films:other"}) || len(name) < len("films/")+16 {
				t.Errorf("%s: %v", name, ids)
			}
		}
	})
}

// TestWishesAreTold: of each service's titles to that service only, as soon as
// something changed.
func TestWishesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.view.Household.Current = "main"
		w.wishes = []box.Listed{{TitleID: "films:heron", AtMS: 3}, {TitleID: "elsewhere:x", AtMS: 2}}
		_, stop := running(t, w)
		defer stop()
		time.Sleep(time.Second)
		synctest.Wait()
		want := []box.Listed{{TitleID: "films:heron", AtMS: 3}}
		w.mu.Lock()
		if len(w.wished) != 1 || !slices.Equal(w.wished[0][0], want) || !slices.Equal(w.wished[0][1], want) {
			t.Errorf("%+v", w.wished)
		}
		w.mu.Unlock()
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		w.mu.Lock()
		before := len(w.wished)
		w.wishes = append(w.wishes, box.Listed{TitleID: "films:swan", Off: true, AtMS: 9})
		w.mu.Unlock()
		time.Sleep(mergeSoon + time.Second)
		synctest.Wait()
		w.mu.Lock()
		defer w.mu.Unlock()
		if len(w.wished) != before+1 || len(w.wished[before][0]) != 2 {
			t.Errorf("%d merges, then %+v", before, w.wished)
		}
	})
}

// TestBuried: whatever write of a removal is the last, the service is told
// about the viewer in the end, and the box keeps nothing of it.
func TestBuried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		w.view.Household.Current = "guest"
		v, stop := running(t, w)
		time.Sleep(time.Second)
		synctest.Wait()
		name, err := v.name("guest", "films")
		if err != nil {
			t.Fatal(err)
		}
		w.mu.Lock()
		kept := w.settings[key("guest")]
		w.away = errors.New("away")
		w.view.Household.Current = "main"
		w.mu.Unlock()
		if err := v.ForgetViewer("guest"); err != nil {
			t.Fatal(err)
		}
		if _, err := v.name("guest", "films"); !errors.Is(err, errGone) {
			t.Errorf("a removed profile has a name: %v", err)
		}
		time.Sleep(time.Hour)
		stop()
		w.settings[key("guest")] = kept // as if power had gone between the two writes
		if err := Bury(w, "guest"); err != nil || w.settings[key("guest")] != "" {
			t.Errorf("%q, %v", w.settings[key("guest")], err)
		}
		w.away = nil
		_, stop = running(t, w)
		time.Sleep(time.Hour)
		stop()
		if !slices.Equal(w.forgotten, []string{"films/" + name}) || w.settings[gravesKey] != "" {
			t.Errorf("forgotten %v, left %q", w.forgotten, w.settings[gravesKey])
		}
	})
}
