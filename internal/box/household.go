package box

import (
	"maps"
	"slices"
	"time"

	"usher/internal/offer"
	"usher/internal/rights"
)

// FirstProfile is the profile that every household has. What was kept before
// there were profiles is its.
const FirstProfile = "main"

// NoSubtitles is the choice of none, where an empty one leaves it to the box.
const NoSubtitles = "none"

// Profile is one viewer of a household as everybody may know it. Of a PIN it
// says only that there is one.
type Profile struct {
	ID        string       `json:"id"`
	Name      string       `json:"name"`
	Avatar    string       `json:"avatar"` // one of HouseholdView.Avatars
	Kids      bool         `json:"kids"`   // buys nothing and changes no profile
	Limit     offer.Rating `json:"limit"`  // sees titles up to this rating; from 18 years on everything
	Unrated   bool         `json:"unrated"`
	Watershed Watershed    `json:"watershed"`
	Language  string       `json:"language,omitempty"`  // of the page, BCP 47; empty: its own choice
	Audio     string       `json:"audio,omitempty"`     // BCP 47; empty: as the box is set up
	Subtitles string       `json:"subtitles,omitempty"` // BCP 47 or "none"; empty: as the box is set up
	PIN       bool         `json:"pin"`                 // it is asked for
	Insights  bool         `json:"insights"`            // agreed to tell the services what is watched
}

// Watershed hides titles from an age on outside the hours. Minutes after
// midnight where the box stands; MinAge 0 hides nothing.
type Watershed struct {
	MinAge int `json:"minAge"`
	From   int `json:"from"`
	Until  int `json:"until"`
}

// HouseholdView is topic "household".
type HouseholdView struct {
	Revision  uint64         `json:"revision"` // changes whenever another catalogue may be seen
	Current   string         `json:"current"`  // who watches; "": nobody said yet
	Last      string         `json:"last"`     // who watched last
	Profiles  []Profile      `json:"profiles"` // the first one first
	Watchlist []string       `json:"watchlist"`
	Limits    []offer.Rating `json:"limits"` // what there is to choose from, the strictest first
	Avatars   []string       `json:"avatars"`
}

// Viewer is who watches, as far as the core acts on it.
type Viewer struct {
	ID        string // "": nobody said yet; nothing plays then
	Audio     string // BCP 47; "": State.Common's
	Subtitles string // BCP 47 or NoSubtitles; "": State.Common's
}

// Languages are preferred ones, BCP 47, best first.
type Languages struct{ Audio, Caption []string }

// Kept is what is kept for one profile.
type Kept struct {
	Progress map[string]Progress
	Choices  map[string]Choice
}

// HouseholdChanged says how the household stands, and who watches. Another
// viewer ends the title that is on.
type HouseholdChanged struct {
	Household HouseholdView
	Viewer    Viewer
}

// Listed is a title on, or off, a watchlist since a time. One that was taken off
// is kept for a while, so that another box does not put it on again.
type Listed struct {
	TitleID string // qualified
	Off     bool
	AtMS    int64 // Unix time
}

// ForgetViewer wipes what is kept for a profile. No answer.
type ForgetViewer struct{ Profile string }

func (HouseholdChanged) boxEvent() {}
func (ForgetViewer) boxEffect()    {}

func householdChanged(s State, now time.Time, e HouseholdChanged) (State, []Effect) {
	s, fx := forgetGone(s, e.Household.Profiles)
	if e.Viewer.ID != s.Viewer.ID {
		var more []Effect
		s, more = changeViewer(s, now, e.Viewer.ID)
		fx = append(fx, more...)
	}
	s.Household, s.Viewer = e.Household, e.Viewer
	s = s.speak()
	return s, append(fx, s.expect("", ""))
}

// changeViewer ends the title that is on, and puts what is kept for one
// profile in the place of what is kept for the other.
func changeViewer(s State, now time.Time, to string) (State, []Effect) {
	var fx []Effect
	if s.Session > 0 {
		s, fx = stop(s, now)
	}
	kept := maps.Clone(s.Kept)
	if kept == nil {
		kept = map[string]Kept{}
	}
	if s.Viewer.ID != "" {
		kept[s.Viewer.ID] = Kept{Progress: s.Progress, Choices: s.Choices}
	}
	next := kept[to]
	delete(kept, to)
	s.Kept, s.Progress, s.Choices, s.Viewer.ID = kept, next.Progress, next.Choices, to
	return s, fx
}

// forgetGone wipes what is kept for profiles that are no more.
func forgetGone(s State, left []Profile) (State, []Effect) {
	var fx []Effect
	for _, was := range s.Household.Profiles {
		if slices.ContainsFunc(left, func(p Profile) bool { return p.ID == was.ID }) {
			continue
		}
		s.Kept = maps.Clone(s.Kept)
		delete(s.Kept, was.ID)
		fx = append(fx, ForgetViewer{Profile: was.ID})
	}
	return s, fx
}

// speak sets the languages to hear and to read: the viewer's, else the box's.
func (s State) speak() State {
	s.Audio, s.Caption = s.Common.Audio, s.Common.Caption
	if s.Viewer.Audio != "" {
		s.Audio = []string{s.Viewer.Audio}
	}
	switch s.Viewer.Subtitles {
	case "":
	case NoSubtitles:
		s.Caption = nil
	default:
		s.Caption = []string{s.Viewer.Subtitles}
	}
	return s
}

// Settle gives a new State its household: the languages of the box, what is
// kept for each profile, and who watches from the start.
func (s State) Settle(common Languages, kept map[string]Kept, e HouseholdChanged) State {
	s.Common, s.Household, s.Viewer = common, e.Household, e.Viewer
	own := kept[e.Viewer.ID]
	s.Kept = maps.Clone(kept)
	delete(s.Kept, e.Viewer.ID)
	s.Progress, s.Choices = own.Progress, own.Choices
	return s.speak()
}

// refuseViewer says that nobody watches yet.
func (s State) refuseViewer() *Problem {
	if s.Viewer.ID == "" {
		return new(viewerUnknown)
	}
	return nil
}

// ProfileDraft names what a profile is to have; what is nil stays.
type ProfileDraft struct {
	Name      *string
	Avatar    *string
	Kids      *bool
	MaxAge    *int // years, one of HouseholdView.Limits
	Unrated   *bool
	Watershed *Watershed
	Language  *string
	Audio     *string
	Subtitles *string
	PIN       *rights.PIN // "" takes it away
}

// Personal says whether a draft changes nothing but what a viewer may choose
// for itself.
func (d ProfileDraft) Personal() bool {
	return d.Kids == nil && d.MaxAge == nil && d.Unrated == nil && d.Watershed == nil && d.PIN == nil
}

// OnlyPIN says whether a draft changes the PIN and nothing else.
func (d ProfileDraft) OnlyPIN() bool { return d.PIN != nil && d == (ProfileDraft{PIN: d.PIN}) }

// PINLocked refuses a PIN for a while, right or wrong.
type PINLocked struct{ Wait time.Duration }

// Error says how long it takes.
func (e *PINLocked) Error() string { return e.Problem().Text }

// Problem is the same for people.
func (e *PINLocked) Problem() *Problem {
	return &Problem{
		Code: "pin_locked", Text: "Too many wrong PINs. The next try is possible in " + e.Wait.Round(time.Second).String() + ".",
		Hint: "Wait; switching the box off does not shorten it.",
	}
}

// ProgressMerged brings positions that a service had from another box. Of each
// title the later one counts.
type ProgressMerged struct {
	Profile  string
	Progress map[string]Progress // by qualified title id
}

func (ProgressMerged) boxEvent() {}

// progressMerged takes in positions; the title that is on is left alone.
func progressMerged(s State, e ProgressMerged) (State, []Effect) {
	if e.Profile != s.Viewer.ID {
		return s, nil // somebody else watches by now; it is asked for again
	}
	var fx []Effect
	all := maps.Clone(s.Progress)
	if all == nil {
		all = map[string]Progress{}
	}
	for _, id := range slices.Sorted(maps.Keys(e.Progress)) {
		p := e.Progress[id]
		if p.UpdatedMS <= all[id].UpdatedMS || s.Phase.active() && id == s.Title.ID {
			continue
		}
		all[id] = p
		fx = append(fx, SaveProgress{Profile: e.Profile, TitleID: id, Progress: p, Lasting: true})
	}
	if len(fx) > 0 {
		s.Progress = all
	}
	return s, fx
}

// people takes the events of the household.
func people(s State, now time.Time, e Event) (State, []Effect) {
	switch e := e.(type) {
	case ProgressMerged:
		return progressMerged(s, e)
	case SaleChanged:
		return saleChanged(s, e)
	case HouseholdChanged:
		return householdChanged(s, now, e)
	}
	return s, nil
}
