package uitest

import (
	"context"
	"time"

	"usher/internal/box"
	"usher/internal/offer"
	"usher/internal/rights"
)

// HouseholdView is a mother and a child.
func HouseholdView() box.HouseholdView {
	limits := []offer.Rating{{System: "FSK", Label: "6", MinAge: 6}, {System: "FSK", Label: "18", MinAge: 18}}
	return box.HouseholdView{
		Revision: 1, Current: box.FirstProfile, Last: box.FirstProfile, Watchlist: []string{"demo:tide", "demo:unknown"}, Limits: limits, Avatars: []string{"fox", "owl"},
		Profiles: []box.Profile{
			{ID: box.FirstProfile, Name: "Mother", Avatar: "fox", Limit: limits[1], Unrated: true, PIN: true},
			{ID: "child", Name: "Ida", Avatar: "owl", Kids: true, Limit: limits[0], Language: "de", Audio: "de", Subtitles: "none"},
		},
	}
}

// RightPIN is the one that Household takes.
const RightPIN = rights.PIN("1234")

// Household takes RightPIN for everything, and does nothing. A PIN of eight
// digits is locked out.
type Household struct{}

func (Household) judge(p rights.PIN) error {
	switch {
	case p == RightPIN:
		return nil
	case p == "":
		return &box.Problem{Code: "pin_needed", Text: "A PIN is needed.", Hint: "Enter it."}
	case len(p) == 8:
		return &box.PINLocked{Wait: 30 * time.Second}
	}
	return &box.Problem{Code: "pin_wrong", Text: "The PIN is wrong.", Hint: "Try again."}
}

// Choose judges the PIN.
func (h Household) Choose(_ context.Context, _ string, p rights.PIN) error { return h.judge(p) }

// Leave does nothing.
func (Household) Leave() {}

// Create judges by.
func (h Household) Create(_ context.Context, _ box.ProfileDraft, by rights.PIN) (string, error) {
	return "new", h.judge(by)
}

// Change judges by.
func (h Household) Change(_ context.Context, _ string, _ box.ProfileDraft, by rights.PIN) error {
	return h.judge(by)
}

// Remove judges by.
func (h Household) Remove(_ context.Context, _ string, by rights.PIN) error { return h.judge(by) }

// Verify judges the PIN.
func (h Household) Verify(_ context.Context, p rights.PIN) error { return h.judge(p) }

// ForgetPIN does nothing.
func (Household) ForgetPIN(context.Context, string, rights.PIN) error { return nil }

// Note does nothing.
func (Household) Note(string, bool) error { return nil }
