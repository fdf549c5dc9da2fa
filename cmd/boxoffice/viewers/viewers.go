// Package viewers is what the people of a household left at the reference
// service: where they stopped, what they want to watch, and, with their consent,
// how they watched.
//
// A viewer is a pseudonym that a box made for a profile; the service knows no
// more of them. It guarantees:
//   - merging is the same in any order and any number of times: of two entries
//     about a title the later one stays, and what was taken off a list stays off
//     until it is put on again;
//   - insights are sums by title, taken only with a consent that names its text,
//     each batch once, and are gone when the consent is withdrawn;
//   - lists are bounded: the oldest entries go first.
//
// Methods block for the shelf; nothing is started, and nothing is logged.
package viewers

import (
	"cmp"
	"errors"
	"regexp"
	"slices"
	"time"

	"usher/cmd/boxoffice/shelf"
)

// The limits of what is kept, and of what is taken at once.
const (
	MostEntries = 1000
	MostViewers = 50  // of a household
	MostBatches = 400 // that a repetition is known of; about a year of one a day
	clockError  = 5 * time.Minute
)

const (
	lists    = "viewers"  // by household/viewer
	insights = "insights" // likewise
)

// ErrViewers means that a household has too many viewers.
var ErrViewers = errors.New("a household has at most 50 viewers")

// ErrConsent means that insights came without a consent that can be named.
var ErrConsent = errors.New("there is no consent for this")

// IsID says whether a string may be a viewer's or a batch's id.
func IsID(s string) bool { return regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`).MatchString(s) }

// Position is where somebody stopped.
type Position struct {
	TitleID    string    `json:"titleId"`
	PositionMS int64     `json:"positionMs"`
	Seen       bool      `json:"seen"` // to the end; the next one of a series follows
	At         time.Time `json:"at"`
}

// Wish is a title on, or off, somebody's list.
type Wish struct {
	TitleID string    `json:"titleId"`
	Off     bool      `json:"off,omitempty"`
	At      time.Time `json:"at"`
}

// Lists are those of one viewer.
type Lists struct {
	Positions []Position `json:"positions"` // newest first
	Watchlist []Wish     `json:"watchlist"` // newest first
}

// Viewers is safe for concurrent use.
type Viewers struct {
	shelf *shelf.Shelf
	now   func() time.Time
}

// New keeps them on a shelf.
func New(s *shelf.Shelf, now func() time.Time) *Viewers { return &Viewers{shelf: s, now: now} }

// Lists are a viewer's; of a viewer that is not known they are empty.
func (v *Viewers) Lists(household, viewer string) (l Lists, err error) {
	err = v.shelf.View(func(tx *shelf.Tx) error {
		l, _, err = shelf.Get[Lists](tx, lists, household+"/"+viewer)
		return err
	})
	return l.filled(), err
}

// filled has lists that are never null.
func (l Lists) filled() Lists {
	if l.Positions == nil {
		l.Positions = []Position{}
	}
	if l.Watchlist == nil {
		l.Watchlist = []Wish{}
	}
	return l
}

// Merge puts what a box has to what is there, and gives the result. A time that
// has not come yet is taken for now, so that a box with a wrong clock does not
// win for ever.
func (v *Viewers) Merge(household, viewer string, more Lists) (l Lists, err error) {
	key, limit := household+"/"+viewer, v.now().Add(clockError)
	for i := range more.Positions {
		more.Positions[i].At = v.past(more.Positions[i].At, limit)
	}
	for i := range more.Watchlist {
		more.Watchlist[i].At = v.past(more.Watchlist[i].At, limit)
	}
	err = v.shelf.Update(func(tx *shelf.Tx) error {
		var known bool
		if l, known, err = shelf.Get[Lists](tx, lists, key); err != nil {
			return err
		}
		if !known && len(tx.Keys(lists, household+"/")) >= MostViewers {
			return ErrViewers
		}
		l.Positions = merged(append(l.Positions, more.Positions...), func(p Position) (string, time.Time) { return p.TitleID, p.At })
		l.Watchlist = merged(append(l.Watchlist, more.Watchlist...), func(w Wish) (string, time.Time) { return w.TitleID, w.At })
		return tx.Put(lists, key, l)
	})
	return l.filled(), err
}

func (v *Viewers) past(at, limit time.Time) time.Time {
	if at.After(limit) {
		at = v.now()
	}
	return at.UTC().Truncate(time.Millisecond)
}

// merged keeps the latest entry of each title, newest first.
func merged[T any](all []T, of func(T) (title string, at time.Time)) []T {
	slices.SortStableFunc(all, func(a, b T) int {
		titleA, atA := of(a)
		titleB, atB := of(b)
		return cmp.Or(atB.Compare(atA), cmp.Compare(titleA, titleB))
	})
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(one T) bool {
		title, _ := of(one)
		again := seen[title]
		seen[title] = true
		return again
	})
	return all[:min(len(all), MostEntries)]
}

// Consent is what a person agreed to, and when.
type Consent struct {
	Given   time.Time `json:"given"`
	Version string    `json:"version"` // of the text that was shown
}

// Watched is what a box adds up about a title.
type Watched struct {
	TitleID   string `json:"titleId"`
	Starts    int    `json:"starts"`
	Ends      int    `json:"ends"` // watched to the credits
	WatchedMS int64  `json:"watchedMs"`
}

// Batch is a report of a box.
type Batch struct {
	ID      string    `json:"id"`
	Consent Consent   `json:"consent"`
	Titles  []Watched `json:"titles"`
}

// kept is what is stored of a viewer's insights.
type kept struct {
	Consent Consent            `json:"consent"`
	Batches []string           `json:"batches"` // newest last
	Titles  map[string]Watched `json:"titles"`
}

// Report adds a batch, once. A batch of a consent that is older than the last
// withdrawal finds nothing to be added to, and begins anew: boxes delete theirs
// before they withdraw.
func (v *Viewers) Report(household, viewer string, b Batch) error {
	if b.Consent.Version == "" || b.Consent.Given.IsZero() || b.Consent.Given.After(v.now().Add(clockError)) {
		return ErrConsent
	}
	key := household + "/" + viewer
	return v.shelf.Update(func(tx *shelf.Tx) error {
		k, known, err := shelf.Get[kept](tx, insights, key)
		if err != nil || slices.Contains(k.Batches, b.ID) {
			return err
		}
		if !known && len(tx.Keys(insights, household+"/")) >= MostViewers {
			return ErrViewers
		}
		k.Consent = b.Consent
		k.Batches = append(k.Batches, b.ID)
		k.Batches = k.Batches[max(0, len(k.Batches)-MostBatches):]
		if k.Titles == nil {
			k.Titles = map[string]Watched{}
		}
		for _, w := range b.Titles {
			sum, there := k.Titles[w.TitleID]
			if !there && len(k.Titles) >= MostEntries {
				continue
			}
			k.Titles[w.TitleID] = Watched{w.TitleID, sum.Starts + w.Starts, sum.Ends + w.Ends, sum.WatchedMS + w.WatchedMS}
		}
		return tx.Put(insights, key, k)
	})
}

// Withdraw forgets a viewer's insights.
func (v *Viewers) Withdraw(household, viewer string) error {
	return v.shelf.Update(func(tx *shelf.Tx) error {
		tx.Delete(insights, household+"/"+viewer)
		return nil
	})
}

// Forget forgets everything about a viewer.
func (v *Viewers) Forget(household, viewer string) error {
	return v.shelf.Update(func(tx *shelf.Tx) error {
		tx.Delete(insights, household+"/"+viewer)
		tx.Delete(lists, household+"/"+viewer)
		return nil
	})
}

// Insights are the sums of a viewer, by title.
func (v *Viewers) Insights(household, viewer string) (all []Watched, err error) {
	err = v.shelf.View(func(tx *shelf.Tx) error {
		k, _, err := shelf.Get[kept](tx, insights, household+"/"+viewer)
		for _, w := range k.Titles {
			all = append(all, w)
		}
		return err
	})
	slices.SortFunc(all, func(a, b Watched) int { return cmp.Compare(a.TitleID, b.TitleID) })
	return all, err
}
