package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"usher/cmd/boxoffice/doortest"
	families "usher/cmd/boxoffice/household"
	"usher/cmd/boxoffice/office"
	keeping "usher/cmd/boxoffice/shelf"
	theirs "usher/cmd/boxoffice/viewers"
	"usher/internal/box"
	"usher/internal/catalog"
	people "usher/internal/household"
	"usher/internal/state"
	"usher/internal/viewers"
)

// handled sends requests to a handler, as long as the service answers.
type handled struct {
	http.Handler
	away atomic.Bool
}

func (h *handled) RoundTrip(r *http.Request) (*http.Response, error) {
	if h.away.Load() {
		return nil, io.ErrUnexpectedEOF
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// allow is a person with a phone who lets a box in.
func allow(t *testing.T, service http.RoundTripper, code string) bool {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	phone := &http.Client{Transport: service, Jar: jar}
	page := func(resp *http.Response, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusOK {
			t.Fatalf("the phone got %s: %s", resp.Status, text)
		}
		return string(text)
	}
	page(phone.PostForm(doortest.Origin+"/signin", url.Values{"name": {"demo"}, "password": {"popcorn"}, "next": {"/account"}}))
	asked := page(phone.Get(doortest.Origin + "/activate?code=" + code))
	token := regexp.MustCompile(`name="token" value="([^"]*)"`).FindStringSubmatch(asked)
	if token == nil {
		t.Fatalf("no token in %s", asked)
	}
	page(phone.PostForm(doortest.Origin+"/activate", url.Values{"token": {token[1]}, "code": {code}, "do": {"allow"}}))
	return true
}

// set is a box as far as viewers go: the real disk, household, viewers and
// client of services, at the real reference service.
type set struct {
	*viewers.Viewers
	t       *testing.T
	service *handled
	mu      sync.Mutex
	account *doortest.Box
	dir     string
	store   *state.Store
	people  *people.Household
	told    []box.ProgressMerged
	house   box.HouseholdView
	own     map[string]box.Progress
	stop    func()
}

func newSet(t *testing.T, service *handled) *set {
	t.Helper()
	account, err := doortest.Pair(service.Handler, time.Now, func(code string) bool { return allow(t, service, code) })
	if err != nil {
		t.Fatal(err)
	}
	s := &set{t: t, service: service, account: account, dir: t.TempDir(), own: map[string]box.Progress{}, house: box.HouseholdView{Profiles: []box.Profile{{ID: box.FirstProfile}}}}
	s.start()
	return s
}

// changed is the core, which is told of every change of the household.
func (s *set) changed(e box.HouseholdChanged) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.house = e.Household
}

func (s *set) send(_ string, r *http.Request) (*http.Response, error) {
	if s.service.away.Load() {
		return nil, io.ErrUnexpectedEOF
	}
	body := ""
	if r.Body != nil {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(raw)
	}
	w, err := s.ask(r.Method, r.URL.RequestURI(), body)
	if err != nil {
		return nil, err
	}
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// ask sends a request in the name of the account.
func (s *set) ask(method, path, body string) (w *httptest.ResponseRecorder, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w = s.account.Ask(method, path, body); w.Code == http.StatusUnauthorized {
		err = s.account.Renew()
		w = s.account.Ask(method, path, body)
	}
	return w, err
}

// start switches the box on; stop is the power going.
func (s *set) start() {
	var err error
	if s.store, err = state.Open(s.dir, state.Options{}); err != nil {
		s.t.Fatal(err)
	}
	if s.people, err = people.Open(people.Options{Store: peopleStore{s.store}, Country: "DE", Logger: slog.New(slog.DiscardHandler), Tell: s.changed}); err != nil {
		s.t.Fatal(err)
	}
	c := catalog.New(catalog.Options{
		Services: []catalog.Config{{ID: "demo", URL: doortest.Origin}}, Client: &http.Client{Transport: s.service}, Account: s.send, Viewer: s.people.Viewer,
	})
	s.Viewers = viewers.New(viewers.Options{
		Keeper: s.store, Store: s.store, Lists: s.people, Service: listsEdge{c, func(string) string { return doortest.Origin }}, Services: func() []string { return []string{"demo"} }, Logger: slog.New(slog.DiscardHandler),
		View: func() (string, box.View) {
			who, _ := s.people.Watching()
			s.mu.Lock()
			defer s.mu.Unlock()
			return who.ID, box.View{Progress: s.own, Household: s.house}
		},
		Tell: func(e box.ProgressMerged) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.told = append(s.told, e)
		},
	})
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan error, 2)
	go func() { ended <- c.Run(ctx) }()
	go func() { ended <- s.Run(ctx) }()
	s.stop = func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				s.t.Error(err)
			}
		}
		if err := s.store.Close(); err != nil {
			s.t.Error(err)
		}
	}
}

// list is the watchlist of the first profile.
func (s *set) list() string {
	var ids []string
	for _, w := range s.people.Wishes(box.FirstProfile) {
		if !w.Off {
			ids = append(ids, strings.TrimPrefix(w.TitleID, "demo:"))
		}
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func (s *set) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// kept is what the service has of a profile of this box.
func (s *set) kept(viewer string) string {
	s.t.Helper()
	w, err := s.ask("GET", "/v1/viewers/"+viewer, "")
	s.must(err)
	return w.Body.String()
}

// viewer is what the service calls a profile.
func (s *set) viewer(profile string) string {
	s.t.Helper()
	text, _, err := s.store.Setting("viewer/" + profile)
	s.must(err)
	m := regexp.MustCompile(`"demo":"([^"]+)"`).FindStringSubmatch(text)
	if m == nil {
		s.t.Fatalf("no name in %q", text)
	}
	return m[1]
}

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// TestListsFollowAViewer: two boxes of one viewer at the real reference service
// come to the same watchlist and positions, deletions among them, over power
// cuts and while the service is away; a removed profile is forgotten there.
func TestListsFollowAViewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, err := office.New(office.Options{Demo: true, Streams: filepath.Join(t.TempDir(), "none")})
		if err != nil {
			t.Fatal(err)
		}
		service := &handled{Handler: o}
		one := newSet(t, service)
		one.own["demo:nine-bridges"] = box.Progress{PositionMS: 61000, DurationMS: 600_000, UpdatedMS: time.Now().UnixMilli()}
		one.must(one.people.Note("demo:coral-city", true))
		one.must(one.people.Note("demo:nine-bridges", true))
		pass(time.Minute)

		two := newSet(t, service)
		record, _, err := one.store.Setting("viewer/main")
		two.must(err)
		two.stop() // with the list of an older usherd, and the same viewer
		two.store, err = state.Open(two.dir, state.Options{})
		two.must(err)
		two.must(two.store.SetSetting("viewer/main", record))
		two.must(two.store.SetSetting("watchlist/main", `["demo:old-tea-road"]`))
		two.must(two.store.SetSetting("household", householdOf(t, one)))
		two.must(two.store.Close())
		two.start()
		pass(time.Minute)
		if got := two.list(); got != "coral-city nine-bridges old-tea-road" || len(two.told) == 0 || two.told[0].Progress["demo:nine-bridges"].PositionMS != 61000 {
			t.Errorf("the second box: %q, %+v", got, two.told)
		}
		service.away.Store(true)
		two.must(two.people.Note("demo:coral-city", false))
		pass(time.Minute)
		two.stop()
		pass(time.Hour)
		two.start()
		service.away.Store(false)
		pass(11 * time.Minute)
		if a, b := one.list(), two.list(); a != "nine-bridges old-tea-road" || a != b {
			t.Errorf("after a deletion: %q and %q", a, b)
		}
		one.must(one.people.Note("demo:coral-city", true)) // wanted again, later
		pass(11 * time.Minute)
		if a, b := one.list(), two.list(); a != "coral-city nine-bridges old-tea-road" || a != b {
			t.Errorf("wanted again: %q and %q", a, b)
		}
		two.stop()
		one.stop()
	})
}

// TestBoxesOfOneHousehold: two boxes that were only paired with the same
// account share the lists of profiles of the same name, and no others.
func TestBoxesOfOneHousehold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, err := office.New(office.Options{Demo: true, Streams: filepath.Join(t.TempDir(), "none")})
		if err != nil {
			t.Fatal(err)
		}
		service := &handled{Handler: o}
		one, two := newSet(t, service), newSet(t, service)
		create := func(s *set, name string) string {
			id, err := s.people.Create(t.Context(), box.ProfileDraft{Name: &name}, "")
			s.must(err)
			s.must(s.people.Choose(t.Context(), id, ""))
			return id
		}
		idaOne := create(one, "Ida")
		pass(time.Minute)
		one.own["demo:nine-bridges"] = box.Progress{PositionMS: 61000, DurationMS: 600_000, UpdatedMS: time.Now().UnixMilli()}
		one.must(one.people.Note("demo:coral-city", true))
		create(two, "Ben")
		pass(11 * time.Minute)
		if len(two.told) != 0 {
			t.Errorf("Ben has what is Ida's: %+v", two.told)
		}
		idaTwo := create(two, "ida")
		pass(11 * time.Minute)
		if len(two.told) == 0 || two.told[len(two.told)-1].Progress["demo:nine-bridges"].PositionMS != 61000 {
			t.Errorf("the position is not there: %+v", two.told)
		}
		if w := two.people.Wishes(idaTwo); len(w) != 1 || w[0].TitleID != "demo:coral-city" {
			t.Errorf("the list is not there: %+v", w)
		}
		if a, b := one.viewer(idaOne), two.viewer(idaTwo); a != b {
			t.Errorf("the service calls Ida %q and %q", a, b)
		}
		two.stop()
		one.stop()
	})
}

func householdOf(t *testing.T, s *set) string {
	t.Helper()
	s.must(s.people.Change(t.Context(), box.FirstProfile, box.ProfileDraft{Name: new("Anna")}, ""))
	text, _, err := s.store.Setting("household")
	s.must(err)
	return text
}

// TestARemovedViewerIsForgotten: the service is told that a profile is gone,
// over a restart and once it answers; insights are counted there only while
// they are agreed to.
func TestARemovedViewerIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, err := office.New(office.Options{Demo: true, Streams: filepath.Join(t.TempDir(), "none")})
		if err != nil {
			t.Fatal(err)
		}
		service := &handled{Handler: o}
		s := newSet(t, service)
		id, err := s.people.Create(t.Context(), box.ProfileDraft{Name: new("Ida")}, "")
		s.must(err)
		s.must(s.people.Choose(t.Context(), id, ""))
		s.must(s.people.Note("demo:coral-city", true))
		pass(time.Minute)
		viewer := s.viewer(id)
		if got := s.kept(viewer); !strings.Contains(got, "coral-city") {
			t.Fatalf("the service has %s", got)
		}
		service.away.Store(true)
		s.must(s.people.Choose(t.Context(), box.FirstProfile, ""))
		s.must(s.people.Remove(t.Context(), id, ""))
		s.stop() // before the core had it wiped: the next start does
		s.start()
		pass(30 * time.Minute)
		if text, _, _ := s.store.Setting("viewer/" + id); text != "" {
			t.Errorf("kept here: %s", text)
		}
		if got := s.kept(viewer); !strings.Contains(got, "coral-city") {
			t.Errorf("the service forgot without being told: %s", got)
		}
		s.stop()
		s.start()
		service.away.Store(false)
		pass(11 * time.Minute)
		if got := s.kept(viewer); strings.Contains(got, "coral-city") {
			t.Errorf("the service still has %s", got)
		}
		if text, _, _ := s.store.Setting("viewers/gone"); text != "" {
			t.Errorf("still to be told: %s", text)
		}
		s.stop()
	})
}

// TestInsightsAtTheService: nothing is there before somebody agreed, sums are
// there after a day, once, and they are gone when the consent is withdrawn,
// even if the service was away and the power went meanwhile.
func TestInsightsAtTheService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := keeping.New()
		o, err := office.New(office.Options{Demo: true, Shelf: kept, Streams: filepath.Join(t.TempDir(), "none")})
		if err != nil {
			t.Fatal(err)
		}
		service := &handled{Handler: o}
		s := newSet(t, service)
		family, ok, err := families.New(kept).SignIn("demo", "popcorn")
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		there := func() []theirs.Watched {
			all, err := theirs.New(kept, time.Now).Insights(family.ID, s.viewer(box.FirstProfile))
			s.must(err)
			return all
		}
		pass(time.Minute)
		s.watch("demo:nine-bridges")
		pass(time.Hour)
		if all := there(); len(all) != 0 {
			t.Errorf("nobody agreed: %+v", all)
		}
		s.must(s.Agree(box.FirstProfile, true))
		s.watch("demo:nine-bridges")
		s.watch("demo:coral-city")
		s.stop()
		s.start()
		pass(25 * time.Hour)
		want := []theirs.Watched{{TitleID: "coral-city", Starts: 1, Ends: 1, WatchedMS: 9000}, {TitleID: "nine-bridges", Starts: 1, Ends: 1, WatchedMS: 9000}}
		if all := there(); !slices.Equal(all, want) {
			t.Errorf("%+v, want %+v", all, want)
		}
		pass(time.Hour)
		if all := there(); !slices.Equal(all, want) {
			t.Errorf("told twice: %+v", all)
		}
		service.away.Store(true)
		s.must(s.Agree(box.FirstProfile, false))
		s.stop()
		s.start()
		pass(time.Hour)
		service.away.Store(false)
		pass(11 * time.Minute)
		if all := there(); len(all) != 0 {
			t.Errorf("withdrawn: %+v", all)
		}
		s.stop()
	})
}

// watch watches ten seconds of a title, which is its end.
func (s *set) watch(id string) {
	s.t.Helper()
	p := box.Progress{DurationMS: 9000, UpdatedMS: time.Now().UnixMilli()}
	s.must(s.SaveRunning(box.FirstProfile, id, p))
	for range 9 {
		time.Sleep(time.Second)
		p.PositionMS += 1000
		s.must(s.SaveRunning(box.FirstProfile, id, p))
	}
	p.Finished = true
	s.must(s.SaveProgress(box.FirstProfile, id, p))
}
