package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// newEpisode stands in front of a shop whose catalogue lacks an episode until it
// is out.
type newEpisode struct {
	proxy *httputil.ReverseProxy
	id    string
	out   atomic.Bool
}

func coming(t *testing.T, shop, id string) (*newEpisode, string) {
	t.Helper()
	to, err := url.Parse(shop)
	if err != nil {
		t.Fatal(err)
	}
	e := &newEpisode{id: id, proxy: &httputil.ReverseProxy{}}
	e.proxy.Rewrite = func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Header.Del("Accept-Encoding") // the transport asks for what it can read
	}
	e.proxy.ModifyResponse = e.edit
	srv := httptest.NewServer(e.proxy)
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	return e, srv.URL
}

// edit takes the episode out of a catalogue.
func (e *newEpisode) edit(r *http.Response) error {
	if e.out.Load() || r.Request.URL.Path != "/v1/catalogue" || r.StatusCode != http.StatusOK {
		return nil
	}
	defer r.Body.Close()
	var c map[string]any
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		return err
	}
	e.strike(c)
	if revision, ok := c["revision"].(string); ok {
		c["revision"] = "before " + revision
	}
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(strings.NewReader(string(text)))
	r.Header.Set("Content-Length", strconv.Itoa(len(text)))
	r.Header.Del("ETag")
	r.ContentLength = int64(len(text))
	return nil
}

// strike removes the episode from every list in v.
func (e *newEpisode) strike(v any) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			if list, ok := x.([]any); ok {
				v[k] = e.without(list)
			}
			e.strike(v[k])
		}
	case []any:
		for _, x := range v {
			e.strike(x)
		}
	}
}

func (e *newEpisode) without(list []any) []any {
	kept := []any{}
	for _, x := range list {
		if m, ok := x.(map[string]any); !ok || m["id"] != e.id {
			kept = append(kept, x)
		}
	}
	return kept
}

// TestANewEpisodeIsThereInTheMorning: the household follows a series; in the
// night after the next episode came out its beginning is fetched, and it starts
// from that. Each start of the daemon within the window is a night.
func TestANewEpisodeIsThereInTheMorning(t *testing.T) {
	needs(t, "mpv")
	const series = "harbour-street-12"
	s := startShop(t)
	news, front := coming(t, s.url, series+"-s1e3")
	s.url = front
	state := filepath.Join(t.TempDir(), "state")
	d := s.night(state)
	d.must("play", "-at", "20s", "house:"+series+"-s1e1")
	d.waitPhase("playing", 20*time.Second)
	eventually(t, 20*time.Second, "it counts as begun", func() bool { return d.status().position() > 27 })
	d.must("stop")
	d.waitPhase("idle", 10*time.Second)
	d.ends()

	d = s.night(state) // takes note of what there is
	d.sleepsWell()
	d.ends()

	news.out.Store(true)
	d = s.night(state)
	d.sleepsWell()
	d.must("play", "house:"+series+"-s1e3")
	d.waitPhase("playing", 20*time.Second)
	eventually(t, 20*time.Second, "the start was measured", func() bool { return d.kits().Starts == 1 })
	why := d.must("why", "start")
	if !strings.Contains(why, "It was there: the night") {
		t.Errorf("kits %+v; usher why start says:\n%s", d.kits(), why)
	}
	t.Log(why)
}

// night is a box in whose house it is always night.
func (s *shop) night(state string) *demo {
	s.t.Helper()
	return s.box("[prefetch]\nnight = \"00:00-23:59\"\n", "-state", state)
}

// sleepsWell waits until all that a night fetches is there.
func (d *demo) sleepsWell() {
	d.t.Helper()
	made, since := 0, time.Now()
	eventually(d.t, 2*time.Minute, "the night is over", func() bool {
		if now := d.kits().Made; now != made {
			made, since = now, time.Now()
		}
		return made > 0 && time.Since(since) > 8*time.Second
	})
}

// ends interrupts the daemon and waits for its end; stop finds it ended.
func (d *demo) ends() {
	d.t.Helper()
	if err := d.cmd.Process.Signal(os.Interrupt); err != nil {
		d.t.Fatal(err)
	}
	eventually(d.t, 20*time.Second, "usherd ends", func() bool { return len(d.ended) == 1 })
}
