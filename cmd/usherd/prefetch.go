package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"usher/cache/prefetch"
	"usher/cache/serve"
	"usher/internal/box"
	"usher/internal/catalog"
)

// How long a title is left alone that could not be prepared.
const (
	notOffered  = 10 * time.Minute // the service refuses it
	notPrepared = time.Hour        // the service has no such address
	notThere    = 30 * time.Second // the service is away or busy
)

func (a *appliance) openPrefetch() error {
	p := a.cfg.Prefetch
	a.openMetering()
	a.titles = &titles{catalog: a.catalog, keep: a.state, log: a.part("prefetch")}
	a.titles.positions = func() map[string]box.Progress { return a.daemon.View().Progress }
	a.kits = prefetch.New(prefetch.Options{
		Origin: kitEdge{a.origin}, Titles: a.titles, Keeper: habits{a.state}, Metered: a.uplink.paid.Load, Off: a.choices.noAhead.Load,
		Limits: prefetch.Limits{
			Off: p.Kits == "off", Day: int64(p.Day), Flash: int64(p.Flash), Keys: p.Keys == "on",
			Connections: a.cfg.Cache.Connections, LowWater: lowWater, Length: time.Duration(p.Seconds),
		},
		NightFrom: p.Night.From, NightUntil: p.Night.Until, Logger: a.part("prefetch"),
	})
	return nil
}

// lowWater is how much of the film that is on is at hand before anything else
// is fetched.
const lowWater = 20 * time.Second

// expect hands the hints of the core to who fetches ahead.
func (a *appliance) expect(e box.Expect) {
	if e.Sign != box.SignPicture {
		a.titles.wish.Store(&e.Wish)
	}
	s := prefetch.Signal{Kind: prefetch.Pointed, ID: e.TitleID}
	switch sign, known := prefetch.SignNamed(string(e.Sign)); {
	case e.TitleID == "":
		s.Kind = prefetch.Left
	case e.Sign == box.SignStart:
		s.Kind = prefetch.Began
	case e.Sign == box.SignPicture:
		s.Kind = prefetch.Pictured
	case known:
		s.Sign = sign
	default:
		return
	}
	a.kits.Note(s)
}

// titles is the catalogue as prefetching knows it.
type titles struct {
	catalog *catalog.Client
	keep    stateSettings
	log     *slog.Logger
	wish    atomic.Pointer[box.Wish] // the newest; nil before the first hint
	// positions are those of who watches. A box that started at night had no hint.
	positions func() map[string]box.Progress
}

// wanted is what a title would be opened with, as far as it is known.
func (t *titles) wanted() box.Wish {
	if w := t.wish.Load(); w != nil {
		return *w
	}
	return box.Wish{Progress: t.positions()}
}

// Prepare implements prefetch.Titles.
func (t *titles) Prepare(ctx context.Context, id string) (prefetch.Title, error) {
	w := t.wanted()
	r, err := t.catalog.Prepare(ctx, id, w.Progress)
	if err != nil {
		return prefetch.Title{}, held(err)
	}
	o, at := w.Would(r)
	out := prefetch.Title{
		ID: r.Title.ID, Genres: r.Title.Genres, URL: o.URL, Live: o.Live, At: at, Until: r.Playback.Expires,
		Audio: o.Audio, Sound: o.Sound, Subtitle: o.Subtitle,
	}
	if r.Series != nil {
		out.Series, out.Genres = r.Series.ID, r.Series.Genres
	}
	return out, nil
}

// held says for how long a title, or a service, is left alone.
func held(err error) error {
	switch p, ok := errors.AsType[*box.Problem](err); {
	case errors.Is(err, catalog.ErrNoPrepare):
		return &prefetch.Hold{For: notPrepared, Err: err}
	case ok && (p.Code == "service_unreachable" || p.Code == "service_timeout"):
		return &prefetch.Hold{For: notThere, Service: true, Err: err}
	case ok:
		return &prefetch.Hold{For: notOffered, Err: err}
	}
	return err
}

// kitEdge is the origin as prefetching knows it.
type kitEdge struct{ origin *serve.Origin }

// Kit implements prefetch.Origin.
func (e kitEdge) Kit(ctx context.Context, o prefetch.Order) (prefetch.Made, error) {
	k := serve.Kit{
		Request: serve.Request{
			URL: o.Title.URL, Live: o.Title.Live, Audio: o.Title.Audio, Sound: o.Title.Sound,
			Subtitle: o.Title.Subtitle, Scope: scope(o.Title.ID),
		},
		At: o.Title.At, Memory: !o.Flash, NoKeys: !o.Keys, Limit: o.Limit, Rate: o.Rate,
	}
	switch o.Step {
	case prefetch.Head:
		k.Length = time.Nanosecond // the segment in which it begins
	case prefetch.Full:
		k.Length = o.Length
	}
	r, err := e.origin.MakeKit(ctx, k)
	made := prefetch.Made{Bytes: r.Bytes, Fetched: r.Fetched, Fresh: r.Fresh}
	if t, ok := errors.AsType[*serve.Trouble](err); ok && t.Status != 0 {
		return made, &prefetch.Hold{For: notOffered, Err: err}
	}
	return made, err
}

// Film implements prefetch.Origin.
func (e kitEdge) Film() prefetch.Film {
	p := e.origin.Pressure()
	return prefetch.Film{
		On: p.Playing, Reserve: p.Reserve, Full: p.Full, Bitrate: p.Bitrate, Link: p.Link,
		Missed: p.Missed, Served: p.Served, Strain: p.Strain,
	}
}

// habits keeps what was learned with the settings of the box.
type habits struct{ state stateSettings }

type stateSettings interface {
	Setting(key string) (string, bool, error)
	SetSetting(key, value string) error
}

// habitsKey is the setting; resetting the box wipes it with the others.
const habitsKey = "prefetch.habits"

// Load implements prefetch.Keeper.
func (h habits) Load() (string, error) {
	v, _, err := h.state.Setting(habitsKey)
	return v, err
}

// Save implements prefetch.Keeper.
func (h habits) Save(record string) error { return h.state.SetSetting(habitsKey, record) }
