package household

import "usher/internal/box"

// The problems of a household, beside box.PINLocked. The codes are listed in
// docs/protocol.md and translated by the page.
var (
	profileUnknown = box.Problem{
		Code: "profile_unknown", Text: "There is no such profile.",
		Hint: "Choose one of those that are listed.",
	}
	profileBad = box.Problem{
		Code: "profile_bad", Text: "This cannot be set in a profile.",
		Hint: "Change what is named, and try again.",
	}
	profileFirst = box.Problem{
		Code: "profile_first", Text: "The first profile stays, and nothing limits it.",
		Hint: "Make another profile for a child.",
	}
	profileWatching = box.Problem{
		Code: "profile_watching", Text: "This profile is watching.",
		Hint: "Switch to another profile first.",
	}
	profilesMany = box.Problem{
		Code: "profiles_many", Text: "There are as many profiles as a box can have.",
		Hint: "Remove one first.",
	}
	pinNeeded = box.Problem{
		Code: "pin_needed", Text: "A PIN is needed.",
		Hint: "Enter the PIN of the profile.",
	}
	pinWrong = box.Problem{
		Code: "pin_wrong", Text: "The PIN is wrong.",
		Hint: "Try again; after three wrong ones there is a wait.",
	}
	pinImproper = box.Problem{
		Code: "pin_improper", Text: "A PIN has four to eight digits.",
		Hint: "Choose another one.",
	}
	pinMissing = box.Problem{
		Code: "pin_missing", Text: "A profile that may see more than another one needs a PIN.",
		Hint: "Set a PIN for it first; otherwise a child could switch to it.",
	}
	pinUnset = box.Problem{
		Code: "pin_unset", Text: "This profile has no PIN, and buying needs one.",
		Hint: "Set a PIN for the profile first.",
	}
	kidsInsights = box.Problem{
		Code: "insights_kids", Text: "Of a children's profile the services are told nothing.",
		Hint: "Nothing needs to be done.",
	}
	listFull = box.Problem{
		Code: "watchlist_full", Text: "The watchlist is full.",
		Hint: "Take a title off it first.",
	}
)
