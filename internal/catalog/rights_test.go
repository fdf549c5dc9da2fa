package catalog

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"usher/internal/box"
)

// door keeps what was asked of it, and refuses when it is told to.
type door struct {
	asked  []Ask
	leases []string
	refuse error
}

func (d *door) permit(_ context.Context, a Ask) (Pass, error) {
	d.asked = append(d.asked, a)
	return Pass{Account: true, Began: func(lease string) error { d.leases = append(d.leases, lease); return nil }}, d.refuse
}

// TestOneDoor: every way to a film leads through it, and what it refuses is not
// asked of the service.
func TestOneDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var posted []string
		service, d := to(house(t, false, true)), &door{}
		c := newClient(direct(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPost {
				posted = append(posted, r.URL.Path)
			}
			return service(r)
		}), Options{Permit: d.permit})
		running(t, c)
		const film, series = "demo:lantern-coast", "demo:harbour-street-12"
		r, err := c.Resolve(t.Context(), film, nil)
		if err != nil || !r.Playback.Account || len(d.leases) != 1 {
			t.Fatalf("%+v, %d begun, %v", r.Playback, len(d.leases), err)
		}
		if a := d.asked[0]; a.Service != "demo" || a.Title.ID != film || a.Country != "DE" || !a.Reachable || !a.Start {
			t.Errorf("asked %+v", a)
		}
		posted = nil
		d.refuse = &box.Problem{Code: "age", Text: "x", Hint: "y"}
		ways := map[string]func() error{
			"resolve": func() error { _, err := c.Resolve(t.Context(), film, nil); return err },
			"series":  func() error { _, err := c.Resolve(t.Context(), series, nil); return err },
			"prepare": func() error { _, err := c.Prepare(t.Context(), film, nil); return err },
			"on":      func() error { return c.Decide(t.Context(), film) },
		}
		for name, way := range ways {
			if err := way(); codeOf(err) != "age" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(posted) != 0 {
			t.Errorf("the service was asked: %v", posted)
		}
		if !slices.ContainsFunc(d.asked, func(a Ask) bool { return a.Series == series && strings.HasPrefix(a.Title.ID, series) }) {
			t.Error("an episode without its series")
		}
	})
}

// TestBeginningThatCannotBeKeptIsNone: what could not be written down is not
// played.
func TestBeginningThatCannotBeKeptIsNone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("the disk is full")
		c := newClient(to(house(t, false, true)), Options{Permit: func(context.Context, Ask) (Pass, error) {
			return Pass{Began: func(string) error { return full }}, nil
		}})
		running(t, c)
		if _, err := c.Resolve(t.Context(), "demo:lantern-coast", nil); err == nil {
			t.Error("it plays")
		}
	})
}

// TestOpenHouseHasNoDoor: a service that says so is believed.
func TestOpenHouseHasNoDoor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &door{refuse: errors.New("shut")}
		c := newClient(to(house(t, true, true)), Options{Permit: d.permit})
		running(t, c)
		if _, err := c.Resolve(t.Context(), "demo:old-tea-road", nil); err != nil || len(d.asked) != 0 {
			t.Errorf("asked %d times, %v", len(d.asked), err)
		}
	})
}

// TestAccountIsUsed: what is the household's is asked for with its account,
// pictures are not; and another account reads the catalogue anew.
func TestAccountIsUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var with []string
		service := to(house(t, true, true))
		c := newClient(service, Options{Account: func(id string, r *http.Request) (*http.Response, error) {
			with = append(with, id+" "+r.Method+" "+r.URL.Path+" "+r.Header.Get("If-None-Match"))
			return service(r)
		}})
		running(t, c)
		r, err := c.Resolve(t.Context(), "demo:lantern-coast", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Art(t.Context(), "demo:lantern-coast", "poster"); err != nil {
			t.Fatal(err)
		}
		c.Refresh("demo")
		c.Refresh("none")
		synctest.Wait()
		if err := c.End(t.Context(), r.Playback.ID); err != nil {
			t.Error(err)
		}
		_, id, _ := strings.Cut(r.Playback.ID, ":")
		want := []string{"demo GET /v1/catalogue ", "demo POST /v1/playback ", "demo GET /v1/catalogue ", "demo DELETE /v1/playback/" + id + " "}
		if !slices.Equal(with, want) {
			t.Errorf("with the account:\n%s\nwant:\n%s", strings.Join(with, "\n"), strings.Join(want, "\n"))
		}
	})
}
