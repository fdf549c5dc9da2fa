package household

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"usher/internal/box"
	"usher/internal/offer"
	"usher/internal/rights"
)

// Store is where a household is kept.
type Store interface {
	Setting(key string) (value string, ok bool, err error)
	SetSetting(key, value string) error // for good
	Progress(profile string) (map[string]box.Progress, error)
	Choices(profile string) (map[string]box.Choice, error)
	ForgetViewer(profile string) error // for good
}

// Options are what a Household needs; all but Now are required.
type Options struct {
	Store   Store
	Country string // where the box stands, ISO 3166-1 alpha-2; empty: not said
	// Tell hands every change to the core, and returns when it was taken in.
	Tell   func(box.HouseholdChanged)
	Logger *slog.Logger
	Now    func() time.Time // in the zone of the box; nil is time.Now
}

// Household is an opened household. Make one with Open.
type Household struct {
	opt  Options
	cost uint32        // memory of a new PIN, KiB
	wake chan struct{} // Run looks at the hours again
	pins chan struct{} // one token: of the one PIN that is being verified

	mu       sync.Mutex
	all      record
	current  string                  // id; "" nobody said yet
	revision uint64                  // rises whenever another catalogue may be seen
	hours    bool                    // as last told: within the watershed of who watches
	lists    map[string][]box.Listed // newest first
}

// record is what is stored, apart from watchlists.
type record struct {
	Version  int      `json:"version"`
	Last     string   `json:"last"` // who watched last
	Profiles []person `json:"profiles"`
	// Gone are removed profiles of which something may be left.
	Gone []string `json:"gone,omitempty"`
}

// person is a profile with what nobody else may know.
type person struct {
	box.Profile
	Hash  *hash        `json:"pinHash,omitempty"`
	Tries rights.Tries `json:"tries,omitzero"`
}

const (
	settingKey    = "household"
	recordVersion = 1
)

// Open reads the household. One that was never kept begins with the first
// profile alone. One that cannot be read is an error: to begin anew would open
// to a child what was closed.
func Open(o Options) (*Household, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	h := &Household{opt: o, cost: hashMemory, wake: make(chan struct{}, 1), pins: make(chan struct{}, 1), lists: map[string][]box.Listed{}, revision: 1}
	if err := h.read(); err != nil {
		return nil, err
	}
	if len(h.all.Profiles) == 1 {
		h.current = box.FirstProfile
	}
	h.hours = h.within()
	return h, h.sweep()
}

func (h *Household) read() error {
	text, there, err := h.opt.Store.Setting(settingKey)
	if err != nil {
		return fmt.Errorf("read household: %w", err)
	}
	if !there {
		limits := rights.LimitsIn(h.opt.Country)
		h.all = record{Version: recordVersion, Last: box.FirstProfile, Profiles: []person{{Profile: box.Profile{
			ID: box.FirstProfile, Avatar: avatars()[0], Limit: limits[len(limits)-1], Unrated: true,
		}}}}
		return nil
	}
	if err := json.Unmarshal([]byte(text), &h.all); err != nil {
		return fmt.Errorf("decode household: %w", err)
	}
	if h.all.Version != recordVersion || len(h.all.Profiles) == 0 || h.all.Profiles[0].ID != box.FirstProfile {
		return fmt.Errorf("decode household: version %d, %d profiles: not a household", h.all.Version, len(h.all.Profiles))
	}
	for _, p := range h.all.Profiles {
		list, fresh, err := h.readList(p.ID)
		if err == nil && fresh { // once: the times are those of this start
			err = h.keepList(p.ID, list)
		}
		if err != nil {
			return err
		}
		h.lists[p.ID] = list
	}
	return nil
}

// sweep wipes what is left of profiles whose removal was interrupted.
func (h *Household) sweep() error {
	if len(h.all.Gone) == 0 {
		return nil
	}
	for _, id := range h.all.Gone {
		if err := h.opt.Store.ForgetViewer(id); err != nil {
			return fmt.Errorf("wipe a removed profile: %w", err)
		}
		if err := h.opt.Store.SetSetting(listKey(id), ""); err != nil {
			return fmt.Errorf("wipe a removed profile: %w", err)
		}
	}
	h.all.Gone = nil
	return h.store(h.all)
}

func (h *Household) store(r record) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode household: %w", err)
	}
	if err := h.opt.Store.SetSetting(settingKey, string(text)); err != nil {
		return fmt.Errorf("store household: %w", err)
	}
	return nil
}

// Start gives a new State its household, and what is kept for each profile.
func (h *Household) Start(s box.State, common box.Languages) (box.State, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	kept := map[string]box.Kept{}
	for _, p := range h.all.Profiles {
		progress, err := h.opt.Store.Progress(p.ID)
		if err != nil {
			return s, fmt.Errorf("read the stored positions: %w", err)
		}
		choices, err := h.opt.Store.Choices(p.ID)
		if err != nil {
			return s, fmt.Errorf("read the stored choices: %w", err)
		}
		kept[p.ID] = box.Kept{Progress: progress, Choices: choices}
	}
	return s.Settle(common, kept, h.now()), nil
}

// Viewer says who looks at the catalogues, for [usher/internal/catalog]: the
// number changes whenever the function would judge otherwise. It is the one
// place where a title is hidden from a profile.
func (h *Household) Viewer() (number uint64, sees func(t offer.Title, country string) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	who, local, open := h.viewers(), h.opt.Now(), uint64(0)
	if h.within() {
		open = 1
	}
	return h.revision<<1 | open, func(t offer.Title, country string) bool {
		if country == "" { // neither the box nor the service says where this is: the service vouches
			t.Territories = []string{""}
		}
		return !slices.ContainsFunc(who, func(p rights.Profile) bool { return !rights.See(t, p, country, local).Allow })
	}
}

// Watching is who watches, for decisions about playing and buying; ok is false
// until somebody said so.
func (h *Household) Watching() (p rights.Profile, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if who := h.find(h.current); who != nil {
		return who.rights(), true
	}
	return rights.Profile{}, false
}

// viewers are those whose limits hold now: of who watches, or of all.
func (h *Household) viewers() []rights.Profile {
	var list []rights.Profile
	for _, p := range h.all.Profiles {
		if h.current == "" || h.current == p.ID {
			list = append(list, p.rights())
		}
	}
	return list
}

func (p person) rights() rights.Profile {
	return rights.Profile{
		ID: p.ID, Age: p.Limit.MinAge, Kids: p.Kids, Unrated: p.Unrated,
		Watershed: rights.Hours{MinAge: p.Watershed.MinAge, From: p.Watershed.From, Until: p.Watershed.Until},
	}
}

// find needs the lock; nil for nobody.
func (h *Household) find(id string) *person {
	i := slices.IndexFunc(h.all.Profiles, func(p person) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	return &h.all.Profiles[i]
}

// now is how the household stands, for the core. It needs the lock.
func (h *Household) now() box.HouseholdChanged {
	v := box.HouseholdView{
		Revision: h.revision, Current: h.current, Last: h.all.Last,
		Limits: rights.LimitsIn(h.opt.Country), Avatars: avatars(), Watchlist: onList(h.lists[h.current]),
	}
	for _, p := range h.all.Profiles {
		p.PIN = p.Hash != nil
		v.Profiles = append(v.Profiles, p.Profile)
	}
	e := box.HouseholdChanged{Household: v}
	if p := h.find(h.current); p != nil {
		e.Viewer = box.Viewer{ID: p.ID, Audio: p.Audio, Subtitles: p.Subtitles}
	}
	return e
}

// changed tells the core. It needs the lock, so that changes keep their order.
func (h *Household) changed() {
	h.revision++
	h.hours = h.within()
	h.opt.Tell(h.now())
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// within says whether the watershed of who watches is open. It needs the lock.
func (h *Household) within() bool {
	for _, p := range h.viewers() {
		if p.Watershed.MinAge > 0 && !p.Watershed.Contains(h.opt.Now()) {
			return false
		}
	}
	return true
}

// lookAgain is how often the hours are looked at while somebody has any: a
// clock may be set.
const lookAgain = 20 * time.Second

// Run tells the core when a watershed opens or closes, until ctx ends.
func (h *Household) Run(ctx context.Context) error {
	for {
		var tick <-chan time.Time
		if h.turn() {
			tick = time.After(lookAgain)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-h.wake:
		case <-tick:
		}
	}
}

// turn tells of hours that began or ended; it says whether there are any.
func (h *Household) turn() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.within() != h.hours {
		h.changed()
	}
	return slices.ContainsFunc(h.viewers(), func(p rights.Profile) bool { return p.Watershed.MinAge > 0 })
}
