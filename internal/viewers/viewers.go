// Package viewers carries what a profile takes from box to box: where it stopped
// in films, its watchlist, and, for who agreed to it, sums of what was watched.
//
// It guarantees that nothing but positions and the watchlist leaves the box
// before a profile agreed, that what leaves it then are sums by title and can be looked at
// before, and that withdrawing deletes them here at once and at the services as
// soon as they answer, as they forget a profile that was removed. A service knows a profile by a name that no other
// service has: a hash of the household and the profile's name, so that the boxes of a household have the same one, or
// a random one where the service says no household or the box has two profiles of that name.
//
// Of a position the later one counts; a title that is on is left alone. All
// methods may be called from any goroutine; they block for the disk, and Run for
// the services. It never logs a title.
package viewers

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"usher/internal/box"
)

// Sum is what was watched of one title.
type Sum struct {
	Starts    int   `json:"starts"`
	Ends      int   `json:"ends"`
	WatchedMS int64 `json:"watchedMs"`
}

// Consent is what a profile agreed to.
type Consent struct {
	Given   time.Time `json:"given,omitzero"`
	Version string    `json:"version,omitempty"` // of the text that was shown
}

// TextVersion is the version of the text that the page shows before somebody
// agrees. Another text asks anew.
const TextVersion = "2026-11"

// Service keeps things for viewers. Titles are qualified ("service:id").
type Service interface {
	Merge(ctx context.Context, service, viewer string, own Lists) (Lists, error)
	Report(ctx context.Context, service, viewer, batch string, c Consent, sums map[string]Sum) error
	Withdraw(ctx context.Context, service, viewer string) error
	Forget(ctx context.Context, service, viewer string) error // everything; no error where there was nothing
	// Household is what a service calls the household, the same for all its boxes
	// and for no other household anywhere; "" where it does not say.
	Household(ctx context.Context, service string) (string, error)
}

// Lists is what follows a profile.
type Lists struct {
	Progress  map[string]box.Progress
	Watchlist []box.Listed
}

// Watchlists has those of the profiles.
type Watchlists interface {
	Wishes(profile string) []box.Listed
	MergeWishes(profile string, sent, theirs []box.Listed) error
}

// Keeper is where positions are stored; see internal/daemon.
type Keeper interface {
	SaveProgress(profile, titleID string, p box.Progress) error
	SaveRunning(profile, titleID string, p box.Progress) error
	SaveChoice(profile, id string, c box.Choice) error
	ForgetViewer(profile string) error
}

// Store keeps small values.
type Store interface {
	Setting(key string) (value string, ok bool, err error)
	SetSetting(key, value string) error
}

// Options are what Viewers need; all but Now are required.
type Options struct {
	Keeper   Keeper
	Store    Store
	Lists    Watchlists
	Service  Service
	Services func() []string                     // those with an account on this box
	View     func() (profile string, v box.View) // who watches, and what is known
	Tell     func(box.ProgressMerged)
	Logger   *slog.Logger
	Now      func() time.Time // nil is time.Now
}

// Viewers stands before the keeper of positions and learns from what it is
// given. Make one with New, and call Run once.
type Viewers struct {
	opt Options

	mu     sync.Mutex
	homes  map[string]home    // by service
	known  map[string]*record // by profile
	gone   map[string]bool    // profiles that were removed
	wished int64              // the newest wish that was told to the services, Unix ms
	last   of                 // the title that is on
	lastMS int64
	ended  bool // it was watched to its credits
	dirty  bool
	saved  time.Time
}

type of struct{ profile, title string }

// record is what is kept for a profile.
type record struct {
	Names   map[string]string `json:"names"`           // at each service
	Homes   map[string]string `json:"homes,omitempty"` // the households that names were made for, by service; of a random name there is none
	Consent Consent           `json:"consent"`
	Sums    map[string]Sum    `json:"sums,omitempty"`
	Since   time.Time         `json:"since,omitzero"`    // of the sums
	Batches map[string]batch  `json:"batches,omitempty"` // on their way, by service
	Tell    []string          `json:"tell,omitempty"`    // services that have to delete
}

type batch struct {
	ID   string         `json:"id"`
	Sums map[string]Sum `json:"sums"`
}

// The times and bounds of what is kept.
const (
	mergeEvery  = 10 * time.Minute
	mergeSoon   = 20 * time.Second // after a position was stored for good
	reportEvery = 24 * time.Hour
	keepEvery   = time.Minute // sums on the disk: a power cut loses no more
	mostSums    = 150
	longestStep = 5000 // ms between two positions of a film that runs; more is winding
	mostMerged  = 500
)

// New is Viewers that have read nothing yet.
func New(o Options) *Viewers {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Viewers{opt: o, homes: map[string]home{}, known: map[string]*record{}, gone: map[string]bool{}}
}

// errGone means that a profile was removed while something was done for it.
var errGone = errors.New("the profile was removed")

func key(profile string) string { return "viewer/" + profile }

// of gives the record of a profile. It needs the lock.
func (v *Viewers) of(profile string) (*record, error) {
	if r := v.known[profile]; r != nil {
		return r, nil
	}
	if v.gone[profile] {
		return nil, errGone
	}
	r := &record{}
	text, ok, err := v.opt.Store.Setting(key(profile))
	if err == nil && ok && text != "" {
		err = json.Unmarshal([]byte(text), r)
	}
	if err != nil {
		return nil, fmt.Errorf("read what is kept for a viewer: %w", err)
	}
	if r.Names == nil {
		r.Names = map[string]string{}
	}
	v.known[profile] = r
	return r, nil
}

// keep stores a record. It needs the lock.
func (v *Viewers) keep(profile string, r *record) error {
	text, err := json.Marshal(r)
	if err == nil {
		err = v.opt.Store.SetSetting(key(profile), string(text))
	}
	if err != nil {
		return fmt.Errorf("store what is kept for a viewer: %w", err)
	}
	v.saved = v.opt.Now()
	return nil
}

// SaveProgress implements daemon.Keeper.
func (v *Viewers) SaveProgress(profile, id string, p box.Progress) error {
	v.note(profile, id, p, true)
	return v.opt.Keeper.SaveProgress(profile, id, p)
}

// SaveRunning implements daemon.Keeper.
func (v *Viewers) SaveRunning(profile, id string, p box.Progress) error {
	v.note(profile, id, p, false)
	return v.opt.Keeper.SaveRunning(profile, id, p)
}

// SaveChoice implements daemon.Keeper.
func (v *Viewers) SaveChoice(profile, id string, c box.Choice) error {
	return v.opt.Keeper.SaveChoice(profile, id, c)
}

// ForgetViewer implements daemon.Keeper.
func (v *Viewers) ForgetViewer(profile string) error {
	v.mu.Lock()
	delete(v.known, profile)
	v.gone[profile] = true
	err := Bury(v.opt.Store, profile)
	v.mu.Unlock()
	return errors.Join(err, v.opt.Keeper.ForgetViewer(profile))
}

// note learns from a position; for who did not agree, only that there is one.
func (v *Viewers) note(profile, id string, p box.Progress, lasting bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.dirty = v.dirty || lasting
	at, step, again := of{profile, id}, p.PositionMS-v.lastMS, v.last == of{profile, id}
	begun := !again || v.ended && p.PositionMS < v.lastMS/2 // once more from the start
	v.ended = again && !begun && v.ended || lasting && p.Finished
	v.last, v.lastMS = at, p.PositionMS
	r, err := v.of(profile)
	if err != nil || r.Consent.Given.IsZero() {
		return
	}
	sum, had := r.Sums[id]
	if !had && len(r.Sums) >= mostSums || lasting && !again { // stored without being watched: it came from another box
		return
	}
	if begun || !had { // or agreed to while it was on
		sum.Starts++
	}
	if again && step > 0 && step <= longestStep {
		sum.WatchedMS += step
	}
	if lasting && p.Finished {
		sum.Ends = sum.Starts
	}
	if r.Sums == nil {
		r.Sums, r.Since = map[string]Sum{}, v.opt.Now()
	}
	r.Sums[id] = sum
	if lasting || v.opt.Now().Sub(v.saved) >= keepEvery {
		if err := v.keep(profile, r); err != nil {
			v.opt.Logger.Warn("Sums not stored", "err", err)
		}
	}
}

// Shown is what would be sent for who watches, and what they agreed to.
type Shown struct {
	Consent Consent
	Sums    map[string]Sum
	Next    time.Time // when it is sent; zero: never
}

// Insights is what would be sent for a profile.
func (v *Viewers) Insights(profile string) (Shown, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.of(profile)
	if err != nil {
		return Shown{}, err
	}
	s := Shown{Consent: r.Consent, Sums: maps.Clone(r.Sums)}
	if !r.Since.IsZero() {
		s.Next = r.Since.Add(reportEvery)
	}
	return s, nil
}

// Agree notes that a profile agreed, or that it withdrew: then what was summed
// is deleted here at once, and the services are told to do the same.
func (v *Viewers) Agree(profile string, on bool) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	r, err := v.of(profile)
	if err != nil {
		return err
	}
	next := *r
	next.Sums, next.Batches, next.Since = nil, nil, time.Time{}
	next.Consent = Consent{}
	if on {
		next.Consent = Consent{Given: v.opt.Now().UTC().Truncate(time.Second), Version: TextVersion}
	} else {
		next.Tell = slices.Sorted(maps.Keys(r.Names))
	}
	if err := v.keep(profile, &next); err != nil {
		return err
	}
	v.known[profile] = &next
	return nil
}

// Run merges and reports until ctx ends.
func (v *Viewers) Run(ctx context.Context) error {
	tick := time.NewTicker(mergeSoon)
	defer tick.Stop()
	var merged, tried time.Time
	who := ""
	for {
		profile, view := v.opt.View()
		now := v.opt.Now()
		if profile != "" && (profile != who || v.takeDirty(profile) || now.Sub(merged) >= mergeEvery) {
			who, merged = profile, now
			v.merge(ctx, profile, view)
		}
		if now.Sub(tried) >= mergeEvery {
			tried = now
			v.bury(ctx)
			v.report(ctx, view)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// takeDirty says whether something changed that the services do not know yet.
func (v *Viewers) takeDirty(profile string) bool {
	newest := int64(0)
	for _, w := range v.opt.Lists.Wishes(profile) {
		newest = max(newest, w.AtMS)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	was := v.dirty || newest != v.wished
	v.dirty, v.wished = false, newest
	return was
}

// merge tells each service its part, and takes in what is newer there.
func (v *Viewers) merge(ctx context.Context, profile string, view box.View) {
	services := v.opt.Services()
	v.leave(services)
	for _, service := range services {
		name, err := v.shared(ctx, profile, service, view.Household.Profiles)
		if err != nil {
			v.opt.Logger.Debug("Lists not merged", "service", service, "err", err)
			continue
		}
		own := Lists{Progress: newest(view.Progress, service), Watchlist: only(v.opt.Lists.Wishes(profile), service)}
		got, err := v.opt.Service.Merge(ctx, service, name, own)
		if err != nil {
			v.opt.Logger.Debug("Lists not merged", "service", service, "err", err)
			continue
		}
		if err := v.opt.Lists.MergeWishes(profile, own.Watchlist, only(got.Watchlist, service)); err != nil {
			v.opt.Logger.Warn("Watchlist not merged", "err", err)
		}
		if news := later(got.Progress, view.Progress, service); len(news) > 0 {
			v.opt.Tell(box.ProgressMerged{Profile: profile, Progress: news})
		}
	}
}

// later are the positions of a service that are newer than the own ones.
func later(theirs, own map[string]box.Progress, service string) map[string]box.Progress {
	news := map[string]box.Progress{}
	for id, p := range theirs {
		if strings.HasPrefix(id, service+":") && p.UpdatedMS > own[id].UpdatedMS && p.PositionMS >= 0 {
			news[id] = p
		}
	}
	return news
}

// only are the wishes for titles of one service.
func only(all []box.Listed, service string) (own []box.Listed) {
	for _, w := range all {
		if strings.HasPrefix(w.TitleID, service+":") {
			own = append(own, w)
		}
	}
	return own
}

// newest are the positions at a service, as many as it takes.
func newest(all map[string]box.Progress, service string) map[string]box.Progress {
	own := map[string]box.Progress{}
	ids := slices.SortedFunc(maps.Keys(all), func(a, b string) int { return cmp.Compare(all[b].UpdatedMS, all[a].UpdatedMS) })
	for _, id := range ids {
		if strings.HasPrefix(id, service+":") && len(own) < mostMerged {
			own[id] = all[id]
		}
	}
	return own
}
