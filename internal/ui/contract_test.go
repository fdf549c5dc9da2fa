package ui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/device/remote"
	"usher/internal/box"
	"usher/internal/offer"
	"usher/internal/rights"
	"usher/internal/ui/schema"
	"usher/internal/ui/uitest"
	"usher/player"
)

// examples are params that work for every method.
func examples() map[string]string {
	return map[string]string{
		"session.hello":     `{"token":"x","client":{"name":"test","version":"1"}}`,
		"rpc.discover":      `{}`,
		"topic.subscribe":   `{"topics":["playback","system","progress","keys"]}`,
		"topic.unsubscribe": `{"topics":["keys"]}`,
		"topic.resume":      `{"topic":"playback","epoch":"x","seq":0}`,
		"catalog.services":  `{}`,
		"catalog.rails":     `{"service":"demo"}`,
		"catalog.title":     `{"id":"demo:station-1"}`,
		"catalog.search":    `{"query":"winter","limit":3}`,
		"playback.get":      `{}`,
		"system.get":        `{}`,
		"progress.get":      `{}`,
		"pairing.get":       `{}`,
		"pair.start":        `{"service":"demo"}`,
		"pair.cancel":       `{"service":"demo"}`,
		"box.wipe":          `{"factory":false}`,
		"box.remains":       `{}`,
		"box.apply":         `{"bundle":"e30.e30.AA"}`,
		"box.site":          `{}`,
		"pair.remove":       `{"service":"demo"}`,
		"player.play":       `{"titleId":"demo:tide"}`,
		"player.pause":      `{}`,
		"player.resume":     `{}`,
		"player.toggle":     `{}`,
		"player.seek":       `{"byMs":-1000}`,
		"player.chapter":    `{"by":1}`,
		"player.volume":     `{"mute":"toggle"}`,
		"player.rate":       `{"rate":1.5}`,
		"player.next":       `{}`,
		"player.skip":       `{}`,
		"player.live":       `{}`,
		"player.tracks":     `{}`,
		"player.choose":     `{"kind":"audio","id":2}`,
		"player.delay":      `{"kind":"subtitles","ms":-250}`,
		"player.picture":    `{"aspect":1.78,"fill":0.5}`,
		"player.stop":       `{}`,
		"profiles.list":     `{}`,
		"profiles.choose":   `{"id":"main","pin":"1234"}`,
		"profiles.leave":    `{}`,
		"profiles.create":   `{"name":"Tom","kids":true,"maxAge":6,"watershed":{"minAge":6,"from":0,"until":1200},"by":"1234"}`,
		"profiles.change":   `{"id":"child","language":"de","audio":"de","subtitles":"none","by":"1234"}`,
		"profiles.remove":   `{"id":"child","by":"1234"}`,
		"profiles.verify":   `{"pin":"1234"}`,
		"profiles.reset":    `{"id":"child","pin":"5678"}`,
		"purchase.get":      `{}`,
		"purchase.begin":    `{"titleId":"demo:tide","kind":"rent","pin":"1234"}`,
		"purchase.cancel":   `{}`,
		"purchases.list":    `{}`,
		"ledger.get":        `{}`,
		"wifi.status":       `{}`,
		"wifi.list":         `{}`,
		"wifi.join":         `{"name":"Kitchen","passphrase":"correct horse"}`,
		"wifi.forget":       "{\"name\":\"K\ufffd\",\"ssid\":\"4bff\"}",
		"network.get":       `{}`,
		"network.look":      `{}`,
		"network.join":      `{"name":"Kitchen","passphrase":"correct horse"}`,
		"network.forget":    `{"name":"Kitchen","ssid":"4bff"}`,
		"network.cancel":    `{}`,
		"purchases.balance": `{}`,
		"insights.get":      `{}`,
		"insights.set":      `{"on":true}`,
		"watchlist.set":     `{"titleId":"demo:tide","on":true}`,
		"remote.key":        `{"key":"ok","action":"press"}`,
		"power.standby":     `{}`,
		"power.wake":        `{}`,
		"power.delay":       `{"id":"update","reason":"an update is being written","forMs":60000}`,
		"tv.press":          `{"button":"power"}`,
		"remote.hold":       `{"key":"volup","forMs":20}`,
		"remote.devices":    `{}`,
		"remote.learn":      `{}`,
		"settings.get":      `{}`,
		"settings.set":      `{"name":"contrast","value":"high"}`,
		"speech.say":        `{"text":"The Lantern Coast","language":"en"}`,
		"ui.focus":          `{"titleId":"demo:tide","place":"tile"}`,
		"cache.status":      `{}`,
		"cache.url":         `{"url":"https://cdn.example/film.m3u8"}`,
		"cache.prefetch":    `{"url":"https://cdn.example/film.m3u8","seconds":20}`,
		"cache.pin":         `{"url":"https://cdn.example/film.m3u8","on":true}`,
		"cache.clear":       `{"classes":["media","key"]}`,
		"cache.verify":      `{}`,
		"remote.text":       `{"text":"lantern"}`,
		"phones.get":        `{}`,
		"phones.switch":     `{"on":true}`,
		"phones.pair":       `{}`,
		"phones.cancel":     `{}`,
		"phones.leave":      `{}`,
		"phones.remove":     `{"id":"0123456789abcdef"}`,
		"system.doctor":     `{}`,
		"system.why":        `{"topic":"quality"}`,
		"journal.read":      `{"last":10}`,
		"firmware.status":   `{}`,
		"firmware.check":    `{}`,
		"firmware.install":  `{}`,
		"firmware.postpone": `{"forMs":3600000}`,
		"firmware.rollback": `{}`,
	}
}

// oneGuest is a box with something on it.
type oneGuest struct{}

func (oneGuest) Wipe(context.Context, bool) error { return nil }

func (oneGuest) Remains(context.Context) (Remains, error) {
	return Remains{Accounts: 1, Files: []RemainsFile{{Path: "/var/lib/usher/lock", Bytes: 5}}}, nil
}

// oneSite is a box that bundles set up.
type oneSite struct{}

func (oneSite) Apply(context.Context, string) error { return nil }

func (oneSite) Show(context.Context) (SiteView, error) {
	return SiteView{
		Serial: "A1", Signers: []SiteSigner{{Key: "k", Sequence: 7, Bundle: "b-7", AppliedMS: 1795291200000}}, Metered: "auto", Brand: "Usher", Language: "de",
		Services: []SiteService{{ID: "films", URL: "https://films.example", Issuer: "https://films.example"}},
		Waiting:  []string{"films"}, Refused: []SiteRefusal{{Service: "news", Code: "invalid_grant"}},
	}, nil
}

// onePhone is a box with one phone, and a code for another.
type onePhone struct{}

func (onePhone) View() PhonesView {
	return PhonesView{
		Allowed: true, On: true, Ended: "tries", Trouble: "network", Hosts: []string{"192.168.1.20:8789"},
		Window: &PhoneWindow{Code: "123456", URI: "http://192.168.1.20:8789/#123456", QR: &box.QR{Size: 1, Modules: "1"}, ExpiresAtMS: 1, TriesLeft: 3},
		Phones: []Phone{{ID: "0123456789abcdef", Name: "iPhone", PairedMS: 1, SeenMS: 2, Here: true}},
	}
}
func (onePhone) Changed() <-chan struct{} { return nil }
func (onePhone) Switch(bool) error        { return nil }
func (onePhone) Pair() error              { return nil }
func (onePhone) Cancel()                  {}
func (onePhone) Remove(string) error      { return nil }
func (onePhone) Hosts() []string          { return nil }

func (onePhone) Accept(PhoneConn, string, func(bool)) (PhoneLink, error) {
	return nil, errors.New("nobody comes in")
}

// oneWiFi is a box with Wi-Fi.
type oneWiFi struct{}

func (oneWiFi) Status(context.Context) (WiFiStatus, error) {
	return WiFiStatus{Manager: "iwd", Adapter: "wlan0", State: "connected", Network: "K\ufffd", SSID: "4bff", Signal: 70}, nil
}

func (oneWiFi) List(context.Context) ([]WiFiNetwork, error) {
	return []WiFiNetwork{{Name: "K\ufffd", SSID: "4bff", Signal: 70, Security: "wpa", Known: true, Connected: true}}, nil
}

func (oneWiFi) Join(_ context.Context, j WiFiJoin) error {
	if j.Passphrase != "correct horse" {
		return &box.Problem{Code: "wifi_passphrase", Text: "The network refused the passphrase.", Hint: "Look at the router."}
	}
	return nil
}

func (oneWiFi) Forget(context.Context, WiFiName) error { return nil }

// safe keeps passphrases.
type safe struct{ in []Passphrase }

func (d *safe) Keep(p Passphrase) uint64 { d.in = append(d.in, p); return uint64(len(d.in)) }

func (d *safe) Drop(ticket uint64) { d.in[ticket-1] = "" }

// TestThePassphraseStaysOutOfTheCore: it is told a ticket, and one that was
// refused leaves nothing behind.
func TestThePassphraseStaysOutOfTheCore(t *testing.T) {
	b, d := fuzzBridge(t), new(safe)
	b.tickets = d
	fake := b.box.(*uitest.Box)
	fake.Refuse = func(box.Event) *box.Problem { return nil }
	c := loose(b, b.calls)
	c.role = role{name: "screen", scopes: b.doc.Roles["screen"]}
	join := func() *fault {
		_, bad := b.calls.call(t.Context(), c, request{method: "network.join", params: json.RawMessage(`{"name":"Kitchen","passphrase":"correct horse"}`)})
		return bad
	}
	if bad := join(); bad != nil {
		t.Fatal(bad)
	}
	events := fake.Events()
	if e := events[len(events)-1]; e != (box.NetworkJoinAsked{Name: "Kitchen", Ticket: 1}) || d.in[0] != "correct horse" {
		t.Errorf("the box was told %+v, and the edge has %d", e, len(d.in))
	}
	fake.Refuse = func(box.Event) *box.Problem { return &box.Problem{Code: "wifi_busy", Text: "x", Hint: "y"} }
	if bad := join(); bad == nil || bad.Data.Key != "wifi_busy" || d.in[1] != "" {
		t.Errorf("%+v, and the edge has %d letters", bad, len(d.in[1]))
	}
}

// fullNetwork has every member.
func fullNetwork() box.NetworkView {
	return box.NetworkView{
		Link: box.LinkWiFi, Address: "192.0.2.7", Hardware: "02:00:5e:00:53:01", Reach: box.ReachPortal, WiFi: box.NetworkRadio{State: "connected", Name: "K\ufffd", SSID: "4bff", Signal: 70},
		Paid: true, Looking: true, Networks: []box.NetworkSeen{{Name: "K\ufffd", SSID: "4bff", Signal: 70, Security: "wpa", Known: true, Connected: true}}, Problem: &box.Problem{Code: "x"},
		Attempt: &box.NetworkAttempt{Session: 1, Act: box.NetworkJoin, Name: "K\ufffd", SSID: "4bff", Phase: box.AttemptFailed, Problem: &box.Problem{Code: "x"}}, Simulated: true,
	}
}

// TestPassphrasesDoNotPrint, whatever prints them.
func TestPassphrasesDoNotPrint(t *testing.T) {
	j := WiFiJoin{WiFiName: WiFiName{Name: "Kitchen"}, Passphrase: "correct horse"}
	if s := fmt.Sprintf("%v %+v %#v %s %q", j, j, j, j.Passphrase, j.Passphrase); strings.Contains(s, "horse") {
		t.Error(s)
	}
}

// oneTV is a television that passes keys on.
type oneTV struct{}

func (oneTV) Press(button string) (bool, error) { return button != "tuner", nil }
func (oneTV) Hold(string) (bool, error)         { return true, nil }
func (oneTV) LetGo()                            {}

// TestResultsFitTheDocument calls every method and holds what comes back
// against the document, in which no object allows unknown members.
func TestResultsFitTheDocument(t *testing.T) {
	b := fuzzBridge(t)
	b.doctor, b.explainer, b.cache, b.remotes = healthy{}, healthy{}, &fakeCache{}, oneRemote{}
	b.tv, b.household, b.people, b.sales, b.insights = oneTV{}, chosen{}, uitest.Household{}, uitest.Sales{}, agreed{}
	b.wifi = oneWiFi{}
	b.recorder, b.wiper = func(int) (string, error) { return "{}", nil }, oneGuest{}
	b.site, b.phones = oneSite{}, onePhone{}
	b.firmware = fullFirmwareStatus
	fake := b.box.(*uitest.Box)
	c := loose(b, b.calls)
	c.role = role{name: "both", scopes: slices.Concat(b.doc.Roles["installer"], b.doc.Roles["screen"])}
	c.working = c.out.reserve()
	for _, m := range b.doc.Methods {
		if m.Name == "session.hello" {
			continue // TestHelloFitsTheDocument
		}
		fake.Update(func(v *box.View) {
			v.Playback, v.Tracks, v.Pairing, v.System.Firmware, v.Network = fullPlayback(), fullTracks(), fullPairing(), fullFirmware(), fullNetwork()
		})
		params, ok := examples()[m.Name]
		if !ok {
			t.Errorf("%s has no example", m.Name)
		}
		result, bad := b.calls.call(t.Context(), c, request{method: m.Name, params: json.RawMessage(params)})
		if bad != nil {
			t.Errorf("%s: %v", m.Name, bad)
			continue
		}
		fits(t, b.doc, m.Name, m.Result.Schema, result)
	}
}

func fits(t *testing.T, doc *schema.Document, what string, s *schema.Schema, data json.RawMessage) {
	t.Helper()
	value, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Check(s, value); err != nil {
		t.Errorf("%s: %v\n%.300s", what, err, data)
	}
}

type healthy struct{}

func (healthy) Check(context.Context) []Check {
	return []Check{{Name: "player", OK: true, Severity: SeverityOK, Text: "mpv is there."}}
}

func (healthy) Why(_ context.Context, topic string) ([]Reason, error) {
	return []Reason{{Subject: topic, Text: "So it is."}}, nil
}

// oneRemote is a box with one remote, of which somebody presses a button.
type oneRemote struct{}

func (oneRemote) device() RemoteDevice {
	return RemoteDevice{Node: "/dev/input/event0", Name: "x", Kind: "remote", Bus: 5, Vendor: 1, Product: 2, Unique: "u", Keymap: "k", Read: true, Problem: "p", Hint: "h"}
}

func (r oneRemote) Devices() []RemoteDevice { return []RemoteDevice{r.device()} }

func (r oneRemote) Learn(context.Context) (LearnedButton, error) {
	return LearnedButton{Device: r.device(), Code: 352, Name: "KEY_OK", Means: map[string]remote.Key{"short": remote.OK}}, nil
}

func fullPlayback() box.PlaybackView {
	name := offer.Text{"en": "x"}
	return box.PlaybackView{
		Session: 1, Phase: "playing", TitleID: "demo:station-1", SeriesID: "demo:station", Name: name, SeriesName: name, Season: 1, Number: 1,
		Poster: "/p", Backdrop: "/b", PositionMS: 1, AtMS: 2, DurationMS: 3, IntroFromMS: 1, IntroToMS: 2, CreditsMS: 3, Chapters: []offer.Chapter{{AtMS: 1, Name: name}}, HeldMS: 4, Rate: 1, Volume: 0.5, NextID: "demo:station-2", NextName: name,
		URL: "http://127.0.0.1/x", Rendition: &box.Rendition{Width: 1, Height: 1, Bandwidth: 1, Audio: "en", Subtitle: "de"}, Problem: &box.Problem{Code: "x"},
	}
}

func fullTracks() box.TracksView {
	track := player.Track{Kind: player.AudioTrack, ID: 1, Language: "en", Title: "x", Codec: "aac", Channels: 2, Selected: true}
	return box.TracksView{
		Session: 1, Audio: []player.Track{track}, Subtitles: []player.Track{track}, AudioDelayMS: 1, SubtitleDelayMS: -1,
		Can: box.TracksCan{Audio: true, Why: "x"}, Picture: box.PictureView{Width: 1, Height: 1, Aspect: 1.78, HDR: player.PQ, Peak: 2, ShowAspect: 1, Fill: 1},
		Problem: &box.Problem{Code: "x"},
	}
}

func fullPairing() box.PairingView {
	return box.PairingView{
		Keys: box.Keys{Tier: "tpm", Bound: true, Sealed: true, Text: "x"},
		Accounts: []box.AccountView{{
			Service: "demo", Phase: box.AccountWaiting, UserCode: "c", URI: "u", URIComplete: "v", QR: &box.QR{Size: 1, Modules: "1"},
			ExpiresAtMS: 1, Away: true, Bound: true, Telling: true, Problem: &box.Problem{Code: "x"},
		}, {Service: "other", Phase: box.AccountPaired}},
	}
}

func TestHelloFitsTheDocument(t *testing.T) {
	b := newBench(t)
	p := b.dial(t)
	a := p.ask("session.hello", `{"token":"`+testToken+`","client":{"name":"test"}}`)
	m, _ := b.doc.Method("session.hello")
	fits(t, b.doc, m.Name, m.Result.Schema, a.Result)
	p.call("topic.subscribe", `{"topics":["playback","system","progress","keys"]}`, new(any))
	b.box.Update(func(v *box.View) {
		v.Playback, v.System.Demo, v.Progress = fullPlayback(), false, map[string]box.Progress{}
	})
	b.box.Press(remote.Event{Key: remote.OK, Action: remote.Press})
	for range 4 {
		var n struct {
			Method string
			Params json.RawMessage
		}
		if err := json.Unmarshal([]byte(p.hear()), &n); err != nil || n.Method != b.doc.Notifications[0].Name {
			t.Fatalf("notification %+v %v", n, err)
		}
		fits(t, b.doc, n.Method, b.doc.Notifications[0].Params, n.Params)
	}
}

// TestTypesEqualTheDocument compares the members of Go's types with those of
// the document's schemas, both ways.
func TestTypesEqualTheDocument(t *testing.T) {
	doc, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]reflect.Type{
		"Problem": reflect.TypeFor[box.Problem](), "Rendition": reflect.TypeFor[box.Rendition](), "PlaybackView": reflect.TypeFor[box.PlaybackView](),
		"TracksView": reflect.TypeFor[box.TracksView](), "TracksCan": reflect.TypeFor[box.TracksCan](), "PictureView": reflect.TypeFor[box.PictureView](), "Track": reflect.TypeFor[player.Track](),
		"SystemView": reflect.TypeFor[box.SystemView](), "Service": reflect.TypeFor[box.Service](), "Progress": reflect.TypeFor[box.Progress](),
		"PlayerInfo": reflect.TypeFor[player.Info](), "PlayerCan": reflect.TypeFor[player.Can](),
		"Title": reflect.TypeFor[offer.Title](), "Season": reflect.TypeFor[offer.Season](), "Person": reflect.TypeFor[offer.Person](), "AI": reflect.TypeFor[offer.AI](), "Terms": reflect.TypeFor[offer.Terms](),
		"Rating": reflect.TypeFor[offer.Rating](), "Window": reflect.TypeFor[offer.Window](), "Rail": reflect.TypeFor[rail](),
		"InsightsView": reflect.TypeFor[InsightsView](), "InsightsTitle": reflect.TypeFor[InsightsTitle](), "SaleView": reflect.TypeFor[box.SaleView](), "Balance": reflect.TypeFor[box.Balance](), "Standing": reflect.TypeFor[box.Standing](), "WiFiStatus": reflect.TypeFor[WiFiStatus](), "WiFiNetwork": reflect.TypeFor[WiFiNetwork](), "NetworkView": reflect.TypeFor[box.NetworkView](), "NetworkRadio": reflect.TypeFor[box.NetworkRadio](), "NetworkSeen": reflect.TypeFor[box.NetworkSeen](), "NetworkAttempt": reflect.TypeFor[box.NetworkAttempt](), "LedgerEntry": reflect.TypeFor[rights.Entry](), "HouseholdView": reflect.TypeFor[box.HouseholdView](), "Profile": reflect.TypeFor[box.Profile](), "Watershed": reflect.TypeFor[box.Watershed](),
		"TVView": reflect.TypeFor[box.TVView](), "PowerView": reflect.TypeFor[box.PowerView](), "InhibitorView": reflect.TypeFor[box.InhibitorView](),
		"PairingView": reflect.TypeFor[box.PairingView](), "AccountView": reflect.TypeFor[box.AccountView](), "Keys": reflect.TypeFor[box.Keys](), "QR": reflect.TypeFor[box.QR](),
		"KeyEvent": reflect.TypeFor[remote.Event](), "Check": reflect.TypeFor[Check](), "CacheStatus": reflect.TypeFor[CacheStatus](), "CacheClass": reflect.TypeFor[CacheClass](), "CacheAmount": reflect.TypeFor[CacheAmount](),
		"CacheVerified": reflect.TypeFor[CacheVerified](), "ErrorData": reflect.TypeFor[faultData](), "Point": reflect.TypeFor[point](),
	}
	for name, typ := range types {
		s := doc.Components.Schemas[name]
		if s == nil {
			t.Errorf("no schema %s", name)
			continue
		}
		sameMembers(t, name, s, typ)
	}
	for name, m := range fuzzBridge(t).calls.methods {
		sameMembers(t, "params of "+name, m.object, m.spec.params)
	}
}

func sameMembers(t *testing.T, name string, s *schema.Schema, typ reflect.Type) {
	t.Helper()
	optional := map[string]bool{}
	for _, f := range reflect.VisibleFields(typ) {
		member, rest, _ := strings.Cut(f.Tag.Get("json"), ",")
		if member == "-" || f.Anonymous {
			continue
		}
		optional[member] = strings.Contains(rest, "omit")
	}
	if want, got := slices.Sorted(maps.Keys(s.Properties)), slices.Sorted(maps.Keys(optional)); !slices.Equal(want, got) {
		t.Errorf("%s\ndocument %v\n    code %v", name, want, got)
	}
	if strings.HasPrefix(name, "params") {
		return // required by the document, not by the type
	}
	for member, can := range optional {
		if slices.Contains(s.Required, member) == can {
			t.Errorf("%s.%s: required in the document %v, omitted by the code %v", name, member, !can, can)
		}
	}
}

func TestErrorsEqualTheDocument(t *testing.T) {
	doc, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"ParseError": codeParse, "InvalidRequest": codeRequest, "MethodNotFound": codeMethod, "InvalidParams": codeParams, "InternalError": codeInternal,
		"Refused": codeRefused, "NotFound": codeNotFound, "Unavailable": codeUnavailable, "Forbidden": codeForbidden, "Limit": codeLimit, "Timeout": codeTimeout,
	}
	got := map[string]int{}
	for name, e := range doc.Components.Errors {
		got[name] = e.Code
	}
	if !maps.Equal(want, got) {
		t.Errorf("document %v\n    code %v", got, want)
	}
	for _, code := range []int{closeMessage, closeHello, closeSlow} {
		if doc.CloseCodes[fmt.Sprint(code)] == "" {
			t.Errorf("close code %d is not in the document", code)
		}
	}
}

// TestEveryMethodByEveryScope calls each method with each single scope: it is
// denied exactly when the document asks for another one.
func TestEveryMethodByEveryScope(t *testing.T) {
	b := fuzzBridge(t)
	b.box.(*uitest.Box).Refuse = func(box.Event) *box.Problem { return nil }
	scopes := []string{""}
	for _, m := range b.doc.Methods {
		if !slices.Contains(scopes, m.Scope) {
			scopes = append(scopes, m.Scope)
		}
	}
	for _, scope := range scopes {
		c := loose(b, b.calls)
		c.role, c.working = role{name: "test", scopes: []string{scope}}, c.out.reserve()
		for _, m := range b.doc.Methods {
			_, bad := b.calls.call(t.Context(), c, request{method: m.Name, params: json.RawMessage(examples()[m.Name])})
			denied := bad != nil && bad.Code == codeForbidden
			if m.Name == "topic.subscribe" || m.Name == "topic.resume" {
				continue // by topic: TestEveryTopicByEveryRole
			}
			if want := m.Scope != "" && m.Scope != scope; denied != want {
				t.Errorf("%s with scope %q: denied %v, want %v", m.Name, scope, denied, want)
			}
			if denied && (bad.Data.Key != "scope_missing" || bad.Data.Hint == "") {
				t.Errorf("no reason or remedy: %+v", bad.Data)
			}
		}
	}
	for name, scopes := range b.doc.Roles {
		for _, s := range scopes {
			if !slices.ContainsFunc(b.doc.Methods, func(m schema.Method) bool { return m.Scope == s }) {
				t.Errorf("role %s has the scope %s that nothing needs", name, s)
			}
		}
	}
}

// TestCommandsReachTheBox says what each command becomes.
func TestCommandsReachTheBox(t *testing.T) {
	b := fuzzBridge(t)
	fake := b.box.(*uitest.Box)
	fake.Refuse = func(box.Event) *box.Problem { return nil }
	c := loose(b, b.calls)
	c.role = role{name: "local", scopes: b.doc.Roles["local"]}
	for _, e := range []struct {
		method, params string
		want           box.Event
	}{
		{"player.play", `{"titleId":"a:b"}`, box.PlayRequested{TitleID: "a:b", From: box.FromResume, By: box.ByCLI}},
		{"player.play", `{"titleId":"a:b","from":"resume"}`, box.PlayRequested{TitleID: "a:b", From: box.FromResume, By: box.ByCLI}},
		{"player.play", `{"titleId":"a:b","from":"start"}`, box.PlayRequested{TitleID: "a:b", From: box.FromStart, By: box.ByCLI}},
		{"player.play", `{"titleId":"a:b","positionMs":1500}`, box.PlayRequested{TitleID: "a:b", From: box.FromPosition, Position: milliseconds(1500), By: box.ByCLI}},
		{"player.play", `["a:b"]`, box.PlayRequested{TitleID: "a:b", By: box.ByCLI}},
		{"player.pause", `{}`, box.PauseRequested{}},
		{"player.resume", `{}`, box.ResumeRequested{}},
		{"player.toggle", `{}`, box.ToggleRequested{}},
		{"player.stop", `{}`, box.StopRequested{}},
		{"player.next", `[]`, box.NextRequested{}},
		{"player.skip", `{}`, box.SkipRequested{}},
		{"player.skip", `{"back":true}`, box.SkipRequested{Back: true}},
		{"player.seek", `{"toMs":0}`, box.SeekRequested{}},
		{"player.seek", `{"byMs":-10000}`, box.SeekRequested{By: milliseconds(-10000), Relative: true}},
		{"player.chapter", `{"by":-1}`, box.SeekRequested{Chapters: -1}},
		{"player.volume", `{"level":0}`, box.VolumeRequested{Change: box.VolumeSet}},
		{"player.volume", `{"by":-0.1}`, box.VolumeRequested{Change: box.VolumeStep, By: -0.1}},
		{"player.volume", `{"mute":true}`, box.VolumeRequested{Change: box.VolumeMute}},
		{"player.volume", `{"mute":false}`, box.VolumeRequested{Change: box.VolumeUnmute}},
		{"player.volume", `{"mute":"toggle"}`, box.VolumeRequested{Change: box.VolumeToggleMute}},
		{"player.rate", `{"rate":1.5}`, box.RateRequested{Rate: 1.5}},
		{"player.rate", `[16]`, box.RateRequested{Rate: 16}},
		{"power.standby", `{}`, box.StandbyAsked{By: box.ByCLI, Reason: "a person asked"}},
		{"pair.start", `["demo"]`, box.PairRequested{Service: "demo", By: box.ByCLI}},
		{"pair.cancel", `{"service":"demo"}`, box.PairCancelled{Service: "demo"}},
		{"pair.remove", `{"service":"demo"}`, box.UnpairRequested{Service: "demo"}},
		{"power.wake", `[]`, box.WakeAsked{By: box.ByCLI, Reason: "a person asked"}},
		{"power.delay", `{"id":"update","reason":"r","forMs":1000}`, box.InhibitorTaken{ID: "update", Reason: "r", For: time.Second}},
		{"power.delay", `{"id":"update","forMs":0}`, box.InhibitorReleased{ID: "update"}},
		{"remote.key", `{"key":"ok"}`, box.KeyPressed{Key: remote.Event{Key: remote.OK, Action: remote.Press}, By: box.ByCLI}},
		{"remote.key", `{"key":"volup","action":"repeat"}`, box.KeyPressed{Key: remote.Event{Key: remote.VolUp, Action: remote.Repeat}, By: box.ByCLI}},
	} {
		result, bad := b.calls.call(t.Context(), c, request{method: e.method, params: json.RawMessage(e.params)})
		if bad != nil || string(result) != `{"accepted":true}` {
			t.Errorf("%s %s: %s %v", e.method, e.params, result, bad)
			continue
		}
		if events := fake.Events(); events[len(events)-1] != e.want {
			t.Errorf("%s %s: the box was told %+v, want %+v", e.method, e.params, events[len(events)-1], e.want)
		}
	}
}

// chosen is a household with one setting.
type chosen struct{}

func (chosen) Settings() Settings {
	return Settings{
		Values: map[string]string{"contrast": "high"}, Asks: true,
		List: []Setting{{Name: "contrast", Values: []string{"normal", "high"}, Default: "normal", Absent: "player"}},
	}
}

func (chosen) Set(name, _ string) error {
	if name != "contrast" {
		return &box.Problem{Code: "bad_setting", Text: "There is no such setting.", Hint: "Choose another."}
	}
	return nil
}

func (chosen) Say(string, string) {}

func (chosen) Changed() <-chan struct{} { return nil }

// A setting that there is not is refused with the reason, and a daemon without
// settings says so.
func TestSettingsAreRefusedWithAReason(t *testing.T) {
	b := fuzzBridge(t)
	c := loose(b, b.calls)
	c.role, c.working = role{name: "local", scopes: b.doc.Roles["local"]}, c.out.reserve()
	call := func(want string) {
		t.Helper()
		_, bad := b.calls.call(t.Context(), c, request{method: "settings.set", params: json.RawMessage(`{"name":"sise","value":"1"}`)})
		if bad == nil || bad.Code != codeRefused || bad.Data.Key != want || bad.Data.Hint == "" {
			t.Errorf("got %+v, want %s", bad, want)
		}
	}
	call("settings_off")
	b.household = chosen{}
	call("bad_setting")
}

// agreed is somebody who agreed to insights.
type agreed struct{}

func (agreed) Get() (InsightsView, error) {
	return InsightsView{On: true, Version: "1", GivenMS: 1, NextMS: 2, Titles: []InsightsTitle{{TitleID: "demo:tide", Starts: 1, WatchedMS: 60000}, {TitleID: "demo:hidden"}}}, nil
}

func (agreed) Set(bool) error { return nil }
