package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"usher/internal/box"
	"usher/internal/catalog"
	"usher/internal/state"
	"usher/internal/ui"
	"usher/internal/viewers"
)

// openViewers puts what follows a viewer before the keeper of positions.
func (a *appliance) openViewers() error {
	a.viewers = viewers.New(viewers.Options{
		Keeper: a.state, Store: a.state, Lists: a.people, Service: listsEdge{a.catalog, a.issuerOf}, Services: a.paired, View: a.whoWatches,
		Tell: func(e box.ProgressMerged) { a.daemon.Tell(e) }, Logger: a.part("viewers"),
	})
	return nil
}

// paired are the services with an account on this box.
func (a *appliance) paired() (ids []string) {
	for _, x := range a.daemon.View().Pairing.Accounts {
		if x.Phase == box.AccountPaired {
			ids = append(ids, x.Service)
		}
	}
	return ids
}

func (a *appliance) whoWatches() (string, box.View) {
	v := a.daemon.View()
	return v.Household.Current, v
}

// peopleStore is where the profiles are kept. What is left of one whose removal was
// interrupted is wiped before there are viewers; the services hear of it too.
type peopleStore struct{ *state.Store }

// ForgetViewer implements profiles.Store.
func (s peopleStore) ForgetViewer(profile string) error {
	return errors.Join(viewers.Bury(s.Store, profile), s.Store.ForgetViewer(profile))
}

// issuerOf is who is behind the accounts of a service, whatever boxes call it.
func (a *appliance) issuerOf(service string) string {
	for _, s := range a.edges.accounts {
		if s.ID == service {
			return s.Issuer
		}
	}
	return ""
}

// listsEdge is the services as they keep things for viewers.
type listsEdge struct {
	catalog *catalog.Client
	issuer  func(service string) string
}

// Household implements viewers.Service.
func (e listsEdge) Household(ctx context.Context, service string) (string, error) {
	b, err := e.catalog.Balance(ctx, service)
	if p, ok := errors.AsType[*box.Problem](err); ok && p.Code == "not_for_sale" {
		return "", nil // a service without such a page
	}
	if err != nil || b.Household == "" {
		return "", err
	}
	return e.issuer(service) + "\x00" + b.Household, nil
}

// Merge implements viewers.Service.
func (e listsEdge) Merge(ctx context.Context, service, viewer string, own viewers.Lists) (viewers.Lists, error) {
	send := catalog.Lists{Positions: []catalog.Position{}, Watchlist: []catalog.Wish{}}
	for id, p := range own.Progress {
		send.Positions = append(send.Positions, catalog.Position{TitleID: idAt(id), PositionMS: p.PositionMS, Seen: p.Finished, At: time.UnixMilli(p.UpdatedMS).UTC()})
	}
	for _, w := range own.Watchlist {
		send.Watchlist = append(send.Watchlist, catalog.Wish{TitleID: idAt(w.TitleID), Off: w.Off, At: time.UnixMilli(w.AtMS).UTC()})
	}
	theirs, err := e.catalog.MergeLists(ctx, service, viewer, send)
	if err != nil {
		return viewers.Lists{}, err
	}
	all := viewers.Lists{Progress: map[string]box.Progress{}}
	for _, p := range theirs.Positions {
		id := service + ":" + p.TitleID
		long := own.Progress[id].DurationMS
		if long == 0 {
			if t, err := e.catalog.Title(ctx, id); err == nil {
				long = t.DurationMS
			}
		}
		all.Progress[id] = box.Progress{PositionMS: p.PositionMS, DurationMS: long, Finished: p.Seen, UpdatedMS: p.At.UnixMilli()}
	}
	for _, w := range theirs.Watchlist {
		all.Watchlist = append(all.Watchlist, box.Listed{TitleID: service + ":" + w.TitleID, Off: w.Off, AtMS: w.At.UnixMilli()})
	}
	return all, nil
}

// idAt is what the service calls a title.
func idAt(id string) string {
	_, title, _ := strings.Cut(id, ":")
	return title
}

// Report implements viewers.Service.
func (e listsEdge) Report(ctx context.Context, service, viewer, batch string, c viewers.Consent, sums map[string]viewers.Sum) error {
	var list []catalog.Sum
	for id, s := range sums {
		list = append(list, catalog.Sum{TitleID: idAt(id), Starts: s.Starts, Ends: s.Ends, WatchedMS: s.WatchedMS})
	}
	return e.catalog.Report(ctx, service, viewer, batch, catalog.Consent{Given: c.Given, Version: c.Version}, list)
}

// Withdraw implements viewers.Service.
func (e listsEdge) Withdraw(ctx context.Context, service, viewer string) error {
	return forgotten(e.catalog.Withdraw(ctx, service, viewer))
}

// Forget implements viewers.Service.
func (e listsEdge) Forget(ctx context.Context, service, viewer string) error {
	return forgotten(e.catalog.ForgetViewer(ctx, service, viewer))
}

// forgotten takes a service that keeps nothing for viewers for one that forgot.
func forgotten(err error) error {
	if p, ok := errors.AsType[*box.Problem](err); ok && p.Code == "not_found" {
		return nil
	}
	return err
}

// insights is what the bridge shows and changes of them: those of who watches.
type insights struct{ a *appliance }

// Get implements ui.Insights.
func (i insights) Get() (ui.InsightsView, error) {
	who := i.a.daemon.View().Household.Current
	s, err := i.a.viewers.Insights(who)
	if err != nil || who == "" {
		return ui.InsightsView{}, err
	}
	v := ui.InsightsView{On: !s.Consent.Given.IsZero(), Version: viewers.TextVersion}
	if v.On {
		v.GivenMS = s.Consent.Given.UnixMilli()
	}
	if !s.Next.IsZero() {
		v.NextMS = s.Next.UnixMilli()
	}
	for id, sum := range s.Sums {
		v.Titles = append(v.Titles, ui.InsightsTitle{TitleID: id, Starts: sum.Starts, Ends: sum.Ends, WatchedMS: sum.WatchedMS})
	}
	slices.SortFunc(v.Titles, func(a, b ui.InsightsTitle) int { return strings.Compare(a.TitleID, b.TitleID) })
	return v, nil
}

// Set implements ui.Insights.
func (i insights) Set(on bool) error {
	who := i.a.daemon.View().Household.Current
	if !on { // first of all nothing is kept any more
		if err := i.a.viewers.Agree(who, false); err != nil {
			return err
		}
		return i.a.people.Agree(false)
	}
	if err := i.a.people.Agree(true); err != nil {
		return err
	}
	return i.a.viewers.Agree(who, true)
}
