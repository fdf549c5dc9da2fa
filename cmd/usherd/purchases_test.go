package main

import (
	"errors"
	"testing"

	"usher/internal/box"
	"usher/internal/rights"
)

// TestWhoMayBuy: a child buys nothing, nobody buys without the PIN, and what
// was bought is shown to who may know of every title.
func TestWhoMayBuy(t *testing.T) {
	a, _, child, teen := nurseryBox(t)
	s := sales{a}
	code := func(err error) string {
		if p, ok := errors.AsType[*box.Problem](err); ok {
			return p.Code
		}
		if err != nil {
			return err.Error()
		}
		return ""
	}
	want := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	choose := func(who string) {
		t.Helper()
		if err := a.people.Choose(t.Context(), who, "1234"); err != nil {
			t.Fatal(err)
		}
	}
	begin := func(id string, pin rights.PIN) string { return code(s.Begin(t.Context(), id, "rent", pin)) }

	choose(child)
	want("a child", begin("films:lamb", "1234"), "kids_purchase")
	want("a child, of what it may not see", begin("films:x1", "1234"), "not_found")
	_, err := s.List()
	want("a child's list", code(err), "purchases_private")
	choose(teen)
	_, err = s.Ledger()
	want("the ledger of who has limits", code(err), "purchases_private")
	want("not by its id either", begin("films:x1", "1234"), "not_found")
	choose(box.FirstProfile)
	want("the wrong PIN", begin("films:lamb", "9999"), "pin_wrong")
	want("no PIN", begin("films:lamb", ""), "pin_needed")
	want("not sold that way", code(s.Begin(t.Context(), "films:lamb", "free", "1234")), "not_for_sale")
	want("right", begin("films:lamb", "1234"), "")
	until(t, "the service sells nothing", func() bool {
		v := a.daemon.View().Sale
		return v.State == "cancelled" && v.Problem != nil && v.Problem.Code == "not_for_sale"
	})
	if list, err := s.List(); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
	choose(child)
	until(t, "a child is shown no purchase", func() bool { return a.daemon.View().Sale.ID == "" })
	a.people.Leave()
	want("nobody", begin("films:lamb", "1234"), "profile_needed")
}
