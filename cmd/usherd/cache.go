package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"usher/cache"
	"usher/cache/serve"
	"usher/internal/box"
	"usher/internal/catalog"
	"usher/internal/ui"
)

// cacheEdge is the segment cache as the bridge knows it.
type cacheEdge struct {
	store  *cache.Cache
	origin *serve.Origin
	titles resolver
	audio  []string             // preferred languages, BCP 47
	film   func() *ui.CacheFilm // of the title that is on; nil: there is none
	kits   func() *ui.CacheKits // nil: none are made
}

// resolver is the part of the catalogue that knows where a title is.
type resolver interface {
	Prepare(ctx context.Context, titleID string, progress map[string]box.Progress) (box.Resolved, error)
	Resolve(ctx context.Context, titleID string, progress map[string]box.Progress) (box.Resolved, error)
}

// request is about a URL, or about a title as the daemon would open it: only
// what was fetched for the title's service is found when it is played.
func (e cacheEdge) request(ctx context.Context, what string) (serve.Request, error) {
	if strings.Contains(what, "://") {
		return serve.Request{URL: what}, nil
	}
	service, id, ok := strings.Cut(what, ":")
	if !ok || service == "" || id == "" {
		return serve.Request{}, &box.Problem{
			Code: "not_http", Text: "This is neither an address nor the id of a title.",
			Hint: "Give an http or https address, or an id such as films:lantern-coast (see usher search).",
		}
	}
	r, err := e.titles.Prepare(ctx, what, nil)
	if errors.Is(err, catalog.ErrNoPrepare) { // a person asked for it: it is worth the beginning of a playback
		r, err = e.titles.Resolve(ctx, what, nil)
	}
	if err != nil {
		return serve.Request{}, err
	}
	return serve.Request{URL: r.Playback.URL, Live: r.Playback.Live, Audio: e.audio, Scope: scope(r.Title.ID)}, nil
}

// cacheEdge is that of this box.
func (a *appliance) cacheEdge() cacheEdge {
	e := cacheEdge{store: a.cache, origin: a.origin, film: a.film, titles: a.catalog, kits: a.kitStatus}
	if a.cfg.Language != "" {
		e.audio = []string{a.cfg.Language}
	}
	return e
}

// classes are all classes of object, in the order they are shown.
func classes() []cache.Class {
	return []cache.Class{cache.Playlist, cache.Init, cache.Media, cache.Secret, cache.Subtitle, cache.Art, cache.Other}
}

// Status gives the figures. It never blocks.
func (e cacheEdge) Status() ui.CacheStatus {
	s := e.store.Stats()
	out := ui.CacheStatus{
		Hits: s.Hits, Misses: s.Misses, Collapsed: s.Collapsed, Abandoned: s.Abandoned, DiskErrors: s.DiskErrors,
		PrefetchedBytes: s.PrefetchedBytes, PrefetchedUnreadBytes: s.UnreadBytes, ServedBytes: s.ServedBytes,
		FlashBytes: s.FlashBytes, FlashTotalBytes: s.FlashTotal,
		MemoryBytes: s.MemoryBytes, MemoryBudget: s.MemoryBudget, MemoryObjects: s.MemoryObjects, FillingBytes: s.FillingBytes,
		DiskBytes: s.DiskBytes, DiskBudget: s.DiskBudget, DiskObjects: s.DiskObjects, PinnedBytes: s.PinnedBytes,
	}
	if e.film != nil {
		out.Film = e.film()
	}
	if e.kits != nil {
		out.Kits = e.kits()
	}
	for _, class := range classes() {
		c := s.Classes[class.String()]
		out.FetchedBytes += c.FilledBytes
		out.Classes = append(out.Classes, ui.CacheClass{
			Class: class.String(), MemoryBytes: c.MemoryBytes, MemoryBudget: c.MemoryBudget, DiskBytes: c.DiskBytes, DiskBudget: c.DiskBudget,
			Hits: c.Hits, HitBytes: c.HitBytes, FetchedBytes: c.FilledBytes,
			PrefetchedBytes: c.PrefetchedBytes, PrefetchedUnreadBytes: c.UnreadBytes,
		})
	}
	return out
}

// URL implements the bridge's cache.
func (e cacheEdge) URL(ctx context.Context, raw string) (string, error) {
	link, err := e.origin.Link(ctx, raw)
	if err != nil {
		return "", linkProblem(err)
	}
	return link, nil
}

// Prefetch implements the bridge's cache.
func (e cacheEdge) Prefetch(ctx context.Context, raw string, length time.Duration) (ui.CacheAmount, error) {
	req, err := e.request(ctx, raw)
	if err != nil {
		return ui.CacheAmount{}, err
	}
	r, err := e.origin.PrefetchTitle(ctx, req, length)
	if err != nil {
		return ui.CacheAmount{}, linkProblem(err)
	}
	return ui.CacheAmount{Objects: r.Objects, Bytes: r.Bytes}, nil
}

// Pin implements the bridge's cache.
func (e cacheEdge) Pin(ctx context.Context, raw string, on bool) (objects int, err error) {
	req, err := e.request(ctx, raw)
	if err != nil {
		return 0, err
	}
	if objects, err = e.origin.PinTitle(ctx, req, on); err != nil {
		return 0, linkProblem(err)
	}
	return objects, nil
}

// Clear implements the bridge's cache. The names come from the bridge, which
// lets no other through.
func (e cacheEdge) Clear(names []string, pinned bool) (ui.CacheAmount, error) {
	set := cache.AllClasses
	if len(names) > 0 {
		set = cache.ClassesOf(named(names)...)
	}
	if pinned {
		set |= cache.Pinned
	}
	r, err := e.store.Clear(set)
	if err != nil {
		return ui.CacheAmount{}, linkProblem(err)
	}
	return ui.CacheAmount{Objects: r.Objects, Bytes: r.Bytes}, nil
}

func named(names []string) (list []cache.Class) {
	for _, name := range names {
		if class, ok := cache.ClassNamed(name); ok {
			list = append(list, class)
		}
	}
	return list
}

// Verify implements the bridge's cache. Without a disk there is nothing to
// verify, and nothing damaged.
func (e cacheEdge) Verify(ctx context.Context) (ui.CacheVerified, error) {
	r, err := e.store.Verify(ctx)
	if err != nil && !errors.Is(err, cache.ErrNoDisk) {
		return ui.CacheVerified{}, linkProblem(err)
	}
	return ui.CacheVerified{Objects: r.Objects, Bad: r.Bad, Bytes: r.Bytes}, nil
}

// linkProblem puts into words what happened to an address that somebody gave,
// where wordsFor speaks of a film that a service offered.
func linkProblem(err error) error {
	const look = "Look at it with: curl -I URL"
	switch {
	case errors.Is(err, cache.ErrNoDisk):
		return &box.Problem{Code: "cache_no_disk", Text: "The cache has no disk, so nothing can be kept there.", Hint: "Give it a folder: usherd -cache DIR"}
	case errors.Is(err, cache.ErrFull):
		return &box.Problem{Code: "cache_full", Text: "Pinned objects fill the cache.", Hint: "Release one: usher cache unpin URL; or give it more disk (cache.disk)."}
	case errors.Is(err, serve.ErrTooManyLinks):
		return &box.Problem{Code: "cache_busy", Text: fmt.Sprintf("All %d links are being read.", serve.MaxLinks), Hint: "End a player, then try again."}
	}
	t, ok := errors.AsType[*serve.Trouble](err)
	if !ok {
		return err
	}
	switch t.Code {
	case serve.BadURL:
		return &box.Problem{Code: "not_http", Text: "Only http and https addresses can be cached.", Hint: "Give the address of a playlist or segment, such as https://cdn.example/film.m3u8"}
	case serve.Forbidden:
		return &box.Problem{
			Code: "forbidden_address", Text: "This address is in the house, and no service of this box is.",
			Hint: "Set up a service with an address in the house (see docs/usher.toml), or use a public address.",
		}
	case serve.Unreachable:
		return &box.Problem{Code: "network_lost", Text: "The address does not answer.", Hint: look}
	case serve.HTTPStatus:
		return &box.Problem{Code: "service_error", Text: fmt.Sprintf("The address answers with HTTP %d.", t.Status), Hint: look}
	case serve.NotPlaylist, serve.NotMedia:
		return &box.Problem{Code: "not_a_film", Text: "A web page is at this address, neither a playlist nor media.", Hint: look}
	case serve.TooLarge:
		return &box.Problem{Code: "too_large", Text: "The playlist is too large to be real.", Hint: look}
	case serve.NoVariants:
		return &box.Problem{Code: "no_variants", Text: "The playlist has no variant that can be played.", Hint: look}
	}
	return troubleProblem(err)
}
