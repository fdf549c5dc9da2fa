package catalog

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"usher/internal/box"
)

// TestPrepareBeginsNothing asks for a title and counts what the service saw.
func TestPrepareBeginsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var posted []string
		service := to(house(t, true, true))
		c := newClient(direct(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPost {
				posted = append(posted, r.URL.Path)
			}
			return service(r)
		}), Options{})
		running(t, c)
		done := map[string]box.Progress{"demo:harbour-street-12-s1e3": {Finished: true, UpdatedMS: 5}}
		got, err := c.Prepare(t.Context(), "demo:harbour-street-12", done)
		if err != nil || got.Title.ID != "demo:harbour-street-12-s2e1" || got.Series == nil || got.Playback.ID != "" || got.Playback.URL == "" {
			t.Fatalf("%+v, %v", got.Playback, err)
		}
		if len(posted) != 1 || posted[0] != "/v1/playback/prepare" {
			t.Errorf("asked %v", posted)
		}
	})
}

func TestServiceWithoutPrepareIsNotAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		service := to(house(t, true, true))
		c := newClient(direct(func(r *http.Request) (*http.Response, error) {
			if r.Method == http.MethodPost {
				t.Errorf("asked %s", r.URL.Path)
			}
			resp, err := service(r)
			if err == nil && strings.HasSuffix(r.URL.Path, "/usher-service") {
				body, _ := io.ReadAll(resp.Body)
				resp.Body = io.NopCloser(strings.NewReader(strings.Replace(string(body), `"prepare"`, `"other"`, 1)))
			}
			return resp, err
		}), Options{})
		running(t, c)
		if _, err := c.Prepare(t.Context(), "demo:lantern-coast", nil); !errors.Is(err, ErrNoPrepare) {
			t.Errorf("got %v", err)
		}
	})
}
