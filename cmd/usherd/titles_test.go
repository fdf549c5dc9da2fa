package main

import (
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"usher/cmd/boxoffice/office"
	"usher/internal/box"
	"usher/internal/rights"
)

// TestTenThousandTitles measures the catalogue of a large service on the
// bridge, for who sees everything and for a child. The limits are for machines
// that have much else to do; the figures are in docs/household.md.
func TestTenThousandTitles(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIP: ten thousand titles take a while")
	}
	o, err := office.New(office.Options{OpenHouse: true, Titles: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(o)
	t.Cleanup(s.Close)
	a := demo(t, "USHER_SERVICES=big="+s.URL)
	until(t, "the catalogue", func() bool { return a.daemon.View().System.Services[0].Titles > 9000 })
	pin := rights.PIN("1234")
	if err := a.people.Change(t.Context(), box.FirstProfile, box.ProfileDraft{PIN: &pin}, ""); err != nil {
		t.Fatal(err)
	}
	child, err := a.people.Create(t.Context(), box.ProfileDraft{Name: new("Ida"), Kids: new(true), MaxAge: new(6)}, pin)
	if err != nil {
		t.Fatal(err)
	}
	measure := func(who string) {
		w := dialWire(t, a, true)
		for _, q := range []struct {
			method string
			params func(i int) map[string]any
			limit  time.Duration
			n      int
		}{
			{"catalog.rails", func(int) map[string]any { return map[string]any{"most": 60} }, time.Minute, 10},
			{"catalog.search", func(i int) map[string]any {
				return map[string]any{"query": []string{"the", "winter", "zz", "harbour li", "灯", "drama"}[i%6], "limit": 40}
			}, 20 * time.Second, 120},
			{"catalog.title", func(int) map[string]any { return map[string]any{"id": "big:lantern-coast"} }, 20 * time.Second, 60},
		} {
			var took []time.Duration
			size := 0
			for i := range q.n {
				if i%30 == 29 { // one client alone may not ask that much that fast
					w.ws.Close()
					w = dialWire(t, a, true)
				}
				began := time.Now()
				size = max(size, len(w.call(q.method, q.params(i))))
				took = append(took, time.Since(began))
			}
			slices.Sort(took)
			p99 := took[len(took)*99/100]
			t.Logf("%s: %s: p50 %v, p99 %v, at most %d KiB", who, q.method, took[len(took)/2].Round(10*time.Microsecond), p99.Round(10*time.Microsecond), size>>10)
			if p99 > q.limit {
				t.Errorf("%s: %s took %v", who, q.method, p99)
			}
		}
	}
	measure("all titles")
	began := time.Now()
	if err := a.people.Choose(t.Context(), child, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := a.catalog.Catalogue(t.Context(), "big"); err != nil {
		t.Fatal(err)
	}
	t.Logf("another viewer: %v", time.Since(began).Round(10*time.Microsecond))
	measure("a child")
}
