package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"usher/internal/box"
	"usher/internal/offer"
	"usher/internal/rights"
	"usher/internal/ui/schema"
)

// What names the titles that a child must not know of, in every way a service
// names one. None of it occurs anywhere else.
func secrets() []string {
	return []string{"Zinnober", "Karmesin", "Malachit", "Ultramarin", "Kobalt", "Schwarzlicht"}
}

// secretIDs are their ids: a film, an episode, and a series for adults.
func secretIDs() []string { return []string{"films:x1", "films:x2", "films:x3"} }

// nursery is a service with titles for children and for adults. It notes every
// request that concerns one of the latter.
type nursery struct {
	mu    sync.Mutex
	asked []string
}

func (n *nursery) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if regexp.MustCompile(`x[123]|` + strings.Join(secrets(), "|")).MatchString(r.URL.Path + string(body)) {
		n.mu.Lock()
		n.asked = append(n.asked, r.Method+" "+r.URL.Path+" "+string(body))
		n.mu.Unlock()
	}
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasSuffix(r.URL.Path, "usher-service"):
		fmt.Fprint(w, `{"version":"1","name":"Films","country":"DE","endpoints":{"catalogue":"/c","titles":"/t","playback":"/p","prepare":"/prepare"}}`)
	case r.URL.Path == "/c":
		_ = json.NewEncoder(w).Encode(nurseryCatalogue())
	case r.URL.Path == "/p", r.URL.Path == "/prepare":
		var ask struct{ TitleID string }
		_ = json.Unmarshal(body, &ask)
		fmt.Fprintf(w, `{"id":"p","titleId":%q,"url":"/film.m3u8"}`, ask.TitleID)
	case r.URL.Path == "/film.m3u8":
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		fmt.Fprint(w, "#EXTM3U\n#EXT-X-TARGETDURATION:60\n#EXTINF:60,\n0.ts\n#EXTINF:60,\n1.ts\n#EXT-X-ENDLIST\n")
	case strings.HasSuffix(r.URL.Path, ".svg"):
		w.Header().Set("Content-Type", "image/svg+xml")
		fmt.Fprint(w, `<svg xmlns="http://www.w3.org/2000/svg"/>`)
	case strings.HasSuffix(r.URL.Path, "heartbeat"):
		w.WriteHeader(http.StatusNoContent)
	case strings.HasSuffix(r.URL.Path, ".ts"):
		w.Header().Set("Content-Type", "video/mp2t")
		fmt.Fprint(w, strings.Repeat("G", 188))
	default:
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"code":"title_not_found","detail":"There is no Zinnober."}`)
	}
}

func (n *nursery) about() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.asked)
}

func nurseryTitle(id, name string, kind offer.Kind, age int) offer.Title {
	return offer.Title{
		ID: id, Kind: kind, Name: offer.Text{"en": name, "de": name}, Synopsis: offer.Text{"en": name + " and " + name}, OriginalLanguage: "en",
		DurationMS: 120_000, Genres: []string{"animals"}, Production: offer.Own, Territories: []string{"DE"}, Cast: []string{name + " Player"},
		Terms: []offer.Terms{{Kind: offer.Free}, {Kind: offer.Rent, PriceMin: 399, Currency: "EUR"}}, Ratings: []offer.Rating{{System: "FSK", Label: fmt.Sprint(age), MinAge: age}},
		Poster: "/" + name + ".svg", Backdrop: "/" + name + "-wide.svg",
	}
}

func nurseryCatalogue() offer.Catalogue {
	secret := nurseryTitle("x1", "Zinnober", offer.Film, 18)
	secret.Synopsis, secret.Cast, secret.Poster = offer.Text{"en": "Karmesin"}, []string{"Malachit"}, "/Ultramarin.svg"
	farm := nurseryTitle("farm", "Farm", offer.Series, 0)
	farm.DurationMS = 0
	farm.Seasons = []offer.Season{{Number: 1, Name: offer.Text{"en": "One"}, Episodes: []offer.Title{
		nurseryTitle("e1", "Dawn", offer.Episode, 0), nurseryTitle("x2", "Kobalt", offer.Episode, 18), nurseryTitle("e3", "Noon", offer.Episode, 0),
	}}}
	late := nurseryTitle("x3", "Schwarzlicht", offer.Series, 18)
	late.Seasons = []offer.Season{{Number: 1, Episodes: []offer.Title{nurseryTitle("x4", "Schwarzlicht 1", offer.Episode, 18)}}}
	return offer.Catalogue{Revision: "1", Titles: []offer.Title{nurseryTitle("lamb", "Lamb", offer.Film, 0), secret, farm, late}, Rails: []offer.Rail{
		{ID: "all", Name: offer.Text{"en": "All"}, Titles: []string{"x1", "lamb", "farm", "x3"}},
		{ID: "late", Name: offer.Text{"en": "Schwarzlicht rail"}, Titles: []string{"x3"}},
	}}
}

// wire is a connection to the bridge; it keeps all that was ever said on it.
type wire struct {
	t    *testing.T
	ws   *websocket.Conn
	id   int
	said []string // frames since the last look
}

func dialWire(t *testing.T, a *appliance, local bool) *wire {
	t.Helper()
	d := websocket.Dialer{Subprotocols: []string{"usher.v1"}}
	header, token := http.Header{}, ""
	if local {
		d.NetDialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", a.folders.socket)
		}
	} else {
		page := body(t, "http://"+a.page.Addr().String()+"/")
		token = regexp.MustCompile(`usher-token" content="([^"]+)"`).FindStringSubmatch(page)[1]
		header.Set("Origin", "http://"+a.page.Addr().String())
	}
	ws, res, err := d.DialContext(t.Context(), "ws://"+a.page.Addr().String()+"/rpc", header)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	t.Cleanup(func() { ws.Close() })
	w := &wire{t: t, ws: ws}
	hello := map[string]any{"client": map[string]string{"name": "t", "version": "1"}, "api": "1.1"}
	if token != "" {
		hello["token"] = token
	}
	w.call("session.hello", hello)
	return w
}

// call is one call with its answer; what the limits refuse is asked again.
func (w *wire) call(method string, params map[string]any) string {
	w.t.Helper()
	for {
		w.id++
		if err := w.ws.WriteJSON(map[string]any{"jsonrpc": "2.0", "id": w.id, "method": method, "params": params}); err != nil {
			w.t.Fatal(err)
		}
		for {
			_ = w.ws.SetReadDeadline(time.Now().Add(patience))
			_, data, err := w.ws.ReadMessage()
			if err != nil {
				w.t.Fatalf("%s: %v", method, err)
			}
			var m struct {
				ID    int
				Error struct {
					Code int
					Data struct{ RetryAfterMS int }
				}
			}
			_ = json.Unmarshal(data, &m)
			if m.ID != w.id {
				w.said = append(w.said, string(data))
				continue
			}
			if m.Error.Code == 5 { // Limit
				time.Sleep(time.Duration(m.Error.Data.RetryAfterMS) * time.Millisecond)
				break
			}
			return string(data)
		}
	}
}

func body(t *testing.T, url string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, _ := io.ReadAll(res.Body)
	return string(data)
}

// variants are params for a method in which each text names a secret, and what
// else is required is there.
func variants(doc *schema.Document, m schema.Method) []map[string]any {
	texts := append(secretIDs(), "Zinnober")
	var list []map[string]any
	for _, text := range texts {
		p := map[string]any{}
		for _, param := range m.Params {
			if v := value(doc, param.Schema, text); v != nil {
				p[param.Name] = v
			}
		}
		list = append(list, p)
		if encoded, _ := json.Marshal(p); !strings.Contains(string(encoded), text) {
			break // it takes no text
		}
	}
	return list
}

// value is one that fits a schema; nil for none.
func value(doc *schema.Document, s *schema.Schema, text string) any {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		s = doc.Components.Schemas[name]
	}
	switch {
	case len(s.Enum) > 0:
		return s.Enum[0]
	case slices.Contains(s.Type, "string"):
		return text
	case slices.Contains(s.Type, "integer"):
		return 1
	case slices.Contains(s.Type, "boolean"):
		return true
	case slices.Contains(s.Type, "array") && s.Items != nil:
		return []any{value(doc, s.Items, text)}
	}
	return nil
}

// apart are methods that end what the test needs, take long, or say again what
// they were told (power.delay); none of them knows anything of a title.
func apart() []string {
	return []string{
		"session.hello", "topic.unsubscribe", "profiles.choose", "profiles.leave", "remote.learn", "system.doctor", "power.standby", "power.delay", "cache.prefetch", "speech.say", "box.wipe",
	}
}

// nurseryBox is a mother who watched everything, a child, and a teenager whose
// limit came after it had watched: all on the box of a nursery.
func nurseryBox(t *testing.T) (a *appliance, n *nursery, child, teen string) {
	t.Helper()
	n = &nursery{}
	s := httptest.NewServer(n)
	t.Cleanup(s.Close)
	a = demo(t, "USHER_SERVICES=films="+s.URL)
	must := func(id string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	ctx, pin := t.Context(), rights.PIN("1234")
	must("", a.people.Change(ctx, box.FirstProfile, box.ProfileDraft{PIN: &pin}, ""))
	teen = must(a.people.Create(ctx, box.ProfileDraft{Name: new("Tom"), PIN: &pin}, pin))
	for _, who := range []string{box.FirstProfile, teen} {
		must("", a.people.Choose(ctx, who, pin))
		must("", a.people.Note("films:x1", true))
		for _, id := range []string{"films:x1", "films:x2"} {
			if p := a.daemon.Submit(box.PlayRequested{TitleID: id}); p != nil {
				t.Fatal(p)
			}
			until(t, id+" is watched", func() bool { return a.daemon.View().Playback.Phase == "playing" })
			a.daemon.Submit(box.StopRequested{})
		}
	}
	must("", a.people.Change(ctx, teen, box.ProfileDraft{MaxAge: new(6)}, pin))
	child = must(a.people.Create(ctx, box.ProfileDraft{Name: new("Ida"), Kids: new(true), MaxAge: new(0)}, pin))
	return a, n, child, teen
}

// TestNoPathLeadsAChildToATitleForAdults walks every method of the bridge, for
// the screen and for the command line, with the ids and the names of titles
// that a profile must not see, and every page there is. Nothing that comes
// back, and nothing that any topic says meanwhile, names one of them; the
// service is not asked about them either, so that nothing is fetched ahead.
func TestNoPathLeadsAChildToATitleForAdults(t *testing.T) {
	a, n, child, teen := nurseryBox(t)
	doc, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{{"child", child}, {"limited later", teen}, {"nobody yet", ""}} { // in this order: each leaves the box another
		name, who := c[0], c[1]
		if who == "" {
			a.people.Leave()
		} else if err := a.people.Choose(t.Context(), who, "1234"); err != nil {
			t.Fatal(err)
		}
		before := len(n.about())
		for _, local := range []bool{false, true} {
			w := dialWire(t, a, local)
			check := func(what, text string) {
				t.Helper()
				for _, secret := range secrets() {
					if strings.Contains(text, secret) && !strings.Contains(what, secret) {
						t.Errorf("%s, local %v: %s names %s: %.300s", name, local, what, secret, text)
					}
				}
			}
			check("subscribe", w.call("topic.subscribe", map[string]any{"topics": []string{"playback", "system", "tracks", "pairing", "household", "progress", "keys"}}))
			asks, calls := dialWire(t, a, local), 0
			for _, m := range doc.Methods {
				if slices.Contains(apart(), m.Name) || m.Name == "journal.read" && local {
					continue // the journal is for who services the box, and says so
				}
				for _, p := range variants(doc, m) {
					if calls++; calls%30 == 0 { // one client alone may not ask that much that fast
						asks.ws.Close()
						asks = dialWire(t, a, local)
					}
					text, _ := json.Marshal(p)
					answer := asks.call(m.Name, p)
					check(m.Name+string(text), answer)
					for _, id := range secretIDs() {
						if strings.Contains(answer, id) && !strings.Contains(string(text), id) {
							t.Errorf("%s, local %v: %s %s lists %s", name, local, m.Name, text, id)
						}
					}
				}
			}
			w.call("playback.get", nil) // what was said until now is read
			for _, frame := range w.said {
				check("a topic", frame)
			}
		}
		for _, id := range secretIDs() {
			for _, kind := range []string{"poster", "backdrop"} {
				if got := body(t, "http://"+a.page.Addr().String()+"/art/"+id+"/"+kind); strings.Contains(got, "<svg") {
					t.Errorf("%s: the picture of %s", name, id)
				}
			}
		}
		if asked := n.about()[before:]; len(asked) > 0 {
			t.Errorf("%s: the service was asked %q", name, asked)
		}
	}
}

// TestTheNextEpisodeIsOneThatMayBeSeen plays a series over an episode that a
// child must not see.
func TestTheNextEpisodeIsOneThatMayBeSeen(t *testing.T) {
	a, _, child, _ := nurseryBox(t)
	if err := a.people.Choose(t.Context(), child, ""); err != nil {
		t.Fatal(err)
	}
	if p := a.daemon.Submit(box.PlayRequested{TitleID: "films:e1"}); p != nil {
		t.Fatal(p)
	}
	until(t, "the first episode", func() bool { return a.daemon.View().Playback.Phase == "playing" })
	if next := a.daemon.View().Playback.NextID; next != "films:e3" {
		t.Errorf("next is %q", next)
	}
	a.daemon.Submit(box.NextRequested{})
	until(t, "the third", func() bool { v := a.daemon.View().Playback; return v.Phase == "playing" && v.TitleID == "films:e3" })
}
