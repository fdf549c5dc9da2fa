package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"usher/internal/box"
	"usher/internal/catalog"
	"usher/internal/ui"
	"usher/internal/viewers"
)

// openViewers puts what follows a viewer before the keeper of positions.
func (a *appliance) openViewers() error {
	a.viewers = viewers.New(viewers.Options{
		Keeper: a.state, Store: a.state, Service: listsEdge{a.catalog}, Services: a.paired, View: a.whoWatches,
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

// listsEdge is the services as they keep things for viewers.
type listsEdge struct{ catalog *catalog.Client }

// Merge implements viewers.Service.
func (e listsEdge) Merge(ctx context.Context, service, viewer string, own map[string]box.Progress) (map[string]box.Progress, error) {
	var list []catalog.Position
	for id, p := range own {
		_, title, _ := strings.Cut(id, ":")
		list = append(list, catalog.Position{TitleID: title, PositionMS: p.PositionMS, Seen: p.Finished, At: time.UnixMilli(p.UpdatedMS).UTC()})
	}
	theirs, err := e.catalog.MergePositions(ctx, service, viewer, list)
	all := map[string]box.Progress{}
	for _, p := range theirs {
		id := service + ":" + p.TitleID
		all[id] = box.Progress{PositionMS: p.PositionMS, DurationMS: own[id].DurationMS, Finished: p.Seen, UpdatedMS: p.At.UnixMilli()}
		if all[id].DurationMS == 0 {
			if t, err := e.catalog.Title(ctx, id); err == nil {
				all[id] = box.Progress{PositionMS: p.PositionMS, DurationMS: t.DurationMS, Finished: p.Seen, UpdatedMS: p.At.UnixMilli()}
			}
		}
	}
	return all, err
}

// Report implements viewers.Service.
func (e listsEdge) Report(ctx context.Context, service, viewer, batch string, c viewers.Consent, sums map[string]viewers.Sum) error {
	var list []catalog.Sum
	for id, s := range sums {
		_, title, _ := strings.Cut(id, ":")
		list = append(list, catalog.Sum{TitleID: title, Starts: s.Starts, Ends: s.Ends, WatchedMS: s.WatchedMS})
	}
	return e.catalog.Report(ctx, service, viewer, batch, catalog.Consent{Given: c.Given, Version: c.Version}, list)
}

// Withdraw implements viewers.Service.
func (e listsEdge) Withdraw(ctx context.Context, service, viewer string) error {
	return e.catalog.Withdraw(ctx, service, viewer)
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
