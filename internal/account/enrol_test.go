package account

import (
	"errors"
	"net/http"
	"testing"

	"usher/device/pairing"
)

func (b *tv) enrol() error {
	return b.all.Enrol(b.Context(), "films", Ticket{Secret: "ticket-1", Serial: "A1"})
}

func TestTicketInsteadOfACode(t *testing.T) {
	o := newOffice(t)
	var form map[string]string
	o.token = func(w http.ResponseWriter, r *http.Request) {
		form = map[string]string{}
		for _, name := range []string{"grant_type", "subject_token", "subject_token_type", "box_serial", "client_id"} {
			form[name] = r.FormValue(name)
		}
		if r.Header.Get("DPoP") == "" {
			t.Error("without a proof")
		}
		o.grant(w, "access-1")
	}
	b := newTV(t, o.URL)
	must(t, b.enrol())
	b.phase(pairing.Paired)
	if form["grant_type"] != ticketGrant || form["subject_token"] != "ticket-1" || form["subject_token_type"] != ticketType || form["box_serial"] != "A1" || form["client_id"] != "tvbox" {
		t.Errorf("asked with %v", form)
	}
	if err := b.enrol(); !errors.Is(err, ErrPaired) {
		t.Errorf("again: %v", err)
	}
	if status, err := b.get(o.URL + "/x"); err != nil || status != http.StatusNoContent {
		t.Errorf("the account: %d, %v", status, err)
	}
	b.stop()
	if err := b.enrol(); !errors.Is(err, ErrStopped) {
		t.Errorf("stopped: %v", err)
	}
	again := newTV(t, o.URL, withDir(b.dir), withVault(b.vault))
	again.phase(pairing.Paired)
	if o.counted("/token") != 1 || o.counted("/device") != 0 {
		t.Errorf("asked for tokens %d times, for codes %d", o.counted("/token"), o.counted("/device"))
	}
}

func TestTicketsThatAreNotTaken(t *testing.T) {
	o := newOffice(t)
	b := newTV(t, o.URL)
	for name, tt := range map[string]struct {
		status     int
		body, code string
	}{
		"used before": {400, `{"error":"invalid_grant"}`, "invalid_grant"},
		"unknown":     {400, `{"error":"unsupported_grant_type"}`, "unsupported_grant_type"},
		"downgraded":  {200, `{"access_token":"a","refresh_token":"r","token_type":"Bearer"}`, string(pairing.Downgraded)},
	} {
		o.set(func() { o.token = func(w http.ResponseWriter, _ *http.Request) { reply(w, tt.status, tt.body) } })
		refused, ok := errors.AsType[*TicketError](b.enrol())
		if !ok || refused.Code != tt.code || !errors.Is(refused, ErrTicket) {
			t.Errorf("%s: %v", name, refused)
		}
	}
	b.phase(pairing.Idle)
	if _, err := b.all.Standing("news"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
	if err := b.all.Enrol(t.Context(), "news", Ticket{}); !errors.Is(err, ErrUnknown) {
		t.Errorf("no such service: %v", err)
	}
}

// While the service is away nothing is lost: the same key asks again.
func TestTicketIsTriedAgainWithTheSameKey(t *testing.T) {
	o := newOffice(t)
	b := newTV(t, o.URL)
	var jkt []string
	b.until("there is metadata", func() bool { _, err := b.one.discover(t.Context()); return err == nil })
	for _, body := range []string{"", `{"access_token":"a"`} { // away, and an answer that breaks off
		o.set(func() {
			o.token = func(w http.ResponseWriter, _ *http.Request) {
				reply(w, map[bool]int{true: 503, false: 200}[body == ""], body)
			}
		})
		if err := b.enrol(); !errors.Is(err, ErrUnreachable) {
			t.Errorf("%q: %v", body, err)
		}
		key, err := b.vault.Key("films")
		must(t, err)
		jkt = append(jkt, key.Public().Thumbprint())
	}
	o.set(func() { o.token = func(w http.ResponseWriter, _ *http.Request) { o.grant(w, "access-1") } })
	must(t, b.enrol())
	now, err := b.all.Thumbprint("films")
	must(t, err)
	if jkt[0] != jkt[1] || jkt[0] != now {
		t.Errorf("keys %v, then %s", jkt, now)
	}
}

func TestTicketWaitsForAPairing(t *testing.T) {
	o := newOffice(t)
	o.token = func(w http.ResponseWriter, _ *http.Request) { reply(w, 400, `{"error":"authorization_pending"}`) }
	b := newTV(t, o.URL)
	b.begin()
	if err := b.enrol(); !errors.Is(err, ErrBusy) {
		t.Errorf("beside a code: %v", err)
	}
	must(t, b.all.Cancel(t.Context(), "films"))
	b.phase(pairing.Idle)
	o.set(func() { o.token = func(w http.ResponseWriter, _ *http.Request) { o.grant(w, "access-1") } })
	must(t, b.enrol())
	b.phase(pairing.Paired)
}
