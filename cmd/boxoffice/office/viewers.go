package office

import (
	"errors"
	"net/http"

	"usher/cmd/boxoffice/viewers"
)

// mostReported is how many titles a batch has at most.
const mostReported = 200

// viewer is whose lists a request is about.
func (o *Office) viewer(r *http.Request) (household, viewer string, err error) {
	box, err := o.admit(r)
	if err != nil {
		return "", "", err
	}
	if viewer = r.PathValue("id"); !viewers.IsID(viewer) {
		return "", "", problem(codeBadRequest, "A viewer is 16 to 64 letters, digits, - or _.")
	}
	return box.Household, viewer, nil
}

func (o *Office) serveLists(w http.ResponseWriter, r *http.Request) error {
	household, viewer, err := o.viewer(r)
	if err != nil {
		return err
	}
	l, err := o.viewers.Lists(household, viewer)
	if err != nil {
		return err
	}
	return o.tell(w, http.StatusOK, l)
}

// serveMerge takes what a box has, and answers with what there is then.
func (o *Office) serveMerge(w http.ResponseWriter, r *http.Request) error {
	household, viewer, err := o.viewer(r)
	if err != nil {
		return err
	}
	var more viewers.Lists
	if err := readBody(w, r, &more); err != nil {
		return err
	}
	if err := checkLists(more); err != nil {
		return err
	}
	l, err := o.viewers.Merge(household, viewer, more)
	if err != nil {
		return o.wordedViewers(err)
	}
	return o.tell(w, http.StatusOK, l)
}

func checkLists(l viewers.Lists) error {
	if len(l.Positions) > viewers.MostEntries || len(l.Watchlist) > viewers.MostEntries {
		return problem(codeBadRequest, "A list has at most 1000 entries.")
	}
	for _, p := range l.Positions {
		if !isTitleID(p.TitleID) || p.PositionMS < 0 || p.At.IsZero() {
			return problem(codeBadRequest, "A position has a titleId, a positionMs from 0, and at.")
		}
	}
	for _, p := range l.Watchlist {
		if !isTitleID(p.TitleID) || p.At.IsZero() {
			return problem(codeBadRequest, "An entry of the watchlist has a titleId and at.")
		}
	}
	return nil
}

// isTitleID does not ask whether there is such a title: it may come back.
func isTitleID(id string) bool { return id != "" && len(id) <= 150 }

func (o *Office) serveForget(w http.ResponseWriter, r *http.Request) error {
	household, viewer, err := o.viewer(r)
	if err != nil {
		return err
	}
	if err := o.viewers.Forget(household, viewer); err != nil {
		return err
	}
	return nothing(w)
}

// nothing is an answer without a body.
func nothing(w http.ResponseWriter) error {
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// serveEvents takes a batch of insights.
func (o *Office) serveEvents(w http.ResponseWriter, r *http.Request) error {
	household, viewer, err := o.viewer(r)
	if err != nil {
		return err
	}
	var b viewers.Batch
	if err := readBody(w, r, &b); err != nil {
		return err
	}
	if !viewers.IsID(b.ID) || len(b.Titles) > mostReported || len(b.Consent.Version) > 64 {
		return problem(codeBadRequest, "A batch has an id of 16 to 64 characters, and at most 200 titles.")
	}
	for _, t := range b.Titles {
		if !isTitleID(t.TitleID) || min(int64(t.Starts), int64(t.Ends), t.WatchedMS) < 0 || max(t.Starts, t.Ends) > 10_000 || t.WatchedMS > 31*24*3_600_000 {
			return problem(codeBadRequest, "A title of a batch has a titleId, and sums that a month can have.")
		}
	}
	if err := o.viewers.Report(household, viewer, b); err != nil {
		return o.wordedViewers(err)
	}
	return nothing(w)
}

// wordedViewers makes a refusal a problem.
func (o *Office) wordedViewers(err error) error {
	switch {
	case errors.Is(err, viewers.ErrConsent):
		return problem(codeConsent, "The batch does not say what was consented to, and when.")
	case errors.Is(err, viewers.ErrViewers):
		return problem(codeTooOften, "The household has as many viewers as it may. Forget one first.")
	}
	return err
}

// serveWithdraw forgets the insights of a viewer who does not consent any more.
func (o *Office) serveWithdraw(w http.ResponseWriter, r *http.Request) error {
	household, viewer, err := o.viewer(r)
	if err != nil {
		return err
	}
	if err := o.viewers.Withdraw(household, viewer); err != nil {
		return err
	}
	return nothing(w)
}
