package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher/internal/account"
	"usher/internal/box"
	"usher/internal/bundle"
	"usher/internal/config"
	"usher/internal/jws"
)

// siteBox is a demo that takes bundles of a key, for serial number A1.
func siteBox(t *testing.T) (siteEdge, jws.Key, chan error) {
	t.Helper()
	k, _, err := jws.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "keys.json")
	if err := os.WriteFile(name, []byte(k.Public()), 0o600); err != nil {
		t.Fatal(err)
	}
	a := demo(t, "USHER_BUNDLE_KEYS="+name, "USHER_BUNDLE_SERIAL=A1")
	again := make(chan error, 1)
	s := a.site
	// The same box, but for the start anew, which the test wants to see only.
	s.a = &appliance{cfg: a.cfg, log: a.log, daemon: a.daemon, again: func(err error) { again <- err }}
	return s, k, again
}

// site is what an installer signs for a box.
func site(t *testing.T, k jws.Key, seq int, serial string, from time.Time, settings string) string {
	t.Helper()
	payload := fmt.Sprintf(`{"jti":"b-%d","aud":[%q],"nbf":%d,"exp":%d,"seq":%d,"settings":%s,`+
		`"services":[{"id":"films","url":"https://films.example","issuer":"https://films.example"}],"tickets":{%q:{"films":"the-ticket"}}}`,
		seq, serial, from.Unix(), from.Add(24*time.Hour).Unix(), seq, settings, serial)
	text, err := bundle.Sign([]byte(payload), k)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestBundlesOnABox(t *testing.T) {
	s, k, again := siteBox(t)
	other, _, err := jws.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	good := site(t, k, 5, "A1", now, `{"language":"de","brand":"Hotel"}`)
	for code, text := range map[string]string{
		"bundle_signature": site(t, other, 5, "A1", now, "{}"),
		"bundle_foreign":   site(t, k, 5, "B2", now, "{}"),
		"bundle_expired":   site(t, k, 5, "A1", now.Add(-48*time.Hour), "{}"),
		"bundle_early":     site(t, k, 5, "A1", now.Add(48*time.Hour), "{}"),
		"bundle_damaged":   good + "{}",
	} {
		refused(t, s.Apply(t.Context(), text), code)
	}
	refused(t, s.Apply(t.Context(), site(t, k, 5, "A1", now, `{"network.metered":"perhaps"}`)), "bundle_damaged")
	if v, err := s.Show(t.Context()); err != nil || v.Signers[0].Sequence != 0 || len(v.Waiting) != 0 {
		t.Errorf("what was refused left something: %+v, %v", v, err)
	}
	if err := s.Apply(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	if err := <-again; !errors.Is(err, errAgain) {
		t.Errorf("it ends with %v", err)
	}
	refused(t, s.Apply(t.Context(), good), "bundle_old")
	refused(t, s.Apply(t.Context(), site(t, k, 4, "A1", now, "{}")), "bundle_old")
	siteShown(t, s, k)
}

func refused(t *testing.T, err error, code string) {
	t.Helper()
	p, ok := errors.AsType[*box.Problem](err)
	if !ok || p.Code != code || p.Hint == "" {
		t.Errorf("want %s: %v", code, err)
	}
}

// siteShown holds what is told against what was applied: all of it but the ticket.
func siteShown(t *testing.T, s siteEdge, k jws.Key) {
	t.Helper()
	next := &appliance{cfg: s.base, log: s.a.log, folders: folders{state: filepath.Dir(statePath(t, s))}}
	if err := next.openSite(); err != nil {
		t.Fatal(err)
	}
	v, err := next.site.Show(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(v)
	if err != nil || strings.Contains(string(raw), "the-ticket") {
		t.Errorf("%v: a secret is shown: %s", err, raw)
	}
	if v.Serial != "A1" || v.Language != "de" || v.Brand != "Hotel" || len(v.Services) != 1 || v.Signers[0].Key != k.ID || v.Signers[0].Sequence != 5 || len(v.Waiting) != 1 {
		t.Errorf("shown: %s", raw)
	}
	if next.cfg.Language != "de" || next.site.tickets["films"] != "the-ticket" {
		t.Errorf("after the start: %+v", next.cfg.Config)
	}
}

func statePath(t *testing.T, s siteEdge) string {
	t.Helper()
	name := filepath.Join(s.base.StateDir, bundle.File)
	if _, err := os.Stat(name); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestABoxWithoutKeysTakesNoBundle(t *testing.T) {
	s := siteEdge{base: &config.Loaded{}}
	refused(t, s.Apply(t.Context(), "x"), "bundle_off")
	s.base.Bundle.Keys = filepath.Join(t.TempDir(), "none")
	refused(t, s.Apply(t.Context(), "x"), "bundle_off")
}

// What bundles set is the site's: it stays with the box until it is to be as it
// came.
func TestTheSiteOutlivesAHandover(t *testing.T) {
	if !keptPath(bundle.File, false) || keptPath(bundle.File, true) || keptPath("usher.db", false) {
		t.Error("a hand-over keeps something else than the site")
	}
}

func TestWhenATicketIsDoneWith(t *testing.T) {
	for _, tt := range []struct {
		err  error
		code string
		done bool
	}{
		{nil, "", true},
		{account.ErrPaired, "", true},
		{&account.TicketError{Code: "invalid_grant"}, "invalid_grant", true},
		{account.ErrUnknown, "no_account", true},
		{account.ErrUnreachable, "", false},
		{account.ErrBusy, "", false},
		{account.ErrStopped, "", false},
	} {
		code, done := ticketDone(tt.err)
		if done != tt.done || done && code != tt.code {
			t.Errorf("%v: %q, %t", tt.err, code, done)
		}
	}
}
