package main

import (
	"cmp"
	"context"
	"encoding/json"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"usher/internal/box"
	"usher/internal/offer"
)

// mostTonight is how many titles are fetched in one night.
const mostTonight = 12

// Tonight implements prefetch.Titles: what was begun and not finished, the
// newest first; the episodes of series that the household follows that were not
// there last night; and then the first of each service's first rail. all is false
// when a service does not answer.
func (t *titles) Tonight(ctx context.Context) (ids []string, all bool) {
	progress := t.positions()
	all = true
	var rails, episodes []string
	was, now := t.seen(), shelves{}
	for _, s := range t.catalog.Services() {
		c, err := offer.Catalogue{}, error(nil)
		if s.Reachable {
			c, err = t.catalog.Catalogue(ctx, s.ID)
		}
		if !s.Reachable || err != nil {
			now.keep(was, s.ID) // it is compared with when the service is back
			all = false
			continue
		}
		episodes = append(episodes, now.compare(was, c.Titles, progress)...)
		if len(c.Rails) > 0 {
			rails = append(rails, freshOf(c)...)
		}
	}
	t.remember(was, now)
	list := slices.Concat(begun(progress), episodes, rails)
	return list[:min(len(list), mostTonight)], all
}

// begun lists the titles that a household is in the midst of, newest first.
func begun(progress map[string]box.Progress) []string {
	ids := slices.DeleteFunc(slices.Collect(maps.Keys(progress)), func(id string) bool {
		return progress[id].Finished || progress[id].PositionMS == 0
	})
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(progress[b].UpdatedMS, progress[a].UpdatedMS), strings.Compare(a, b))
	})
	return ids
}

// freshOf are the first titles of the rail that a service shows first.
func freshOf(c offer.Catalogue) []string {
	const some = 4
	ids := c.Rails[0].Titles
	return ids[:min(len(ids), some)]
}

// shelves are the episodes that the followed series had, by the series' id. An
// episode is a hash of its id, because that is enough to know it again.
type shelves map[string][]uint32

// The bounds of what is remembered of a night.
const (
	maxFollowed = 100
	maxEpisodes = 400 // of a series, the newest
)

// compare notes the episodes of the followed series of a catalogue, and lists
// those that the shelves of last night had not and that nobody has begun. A
// series that was not followed then has no news: nothing is known of it.
func (s shelves) compare(was shelves, all []offer.Title, progress map[string]box.Progress) (fresh []string) {
	for i := range all {
		episodes := episodesOf(all[i])
		if !slices.ContainsFunc(episodes, func(id string) bool { return progress[id] != (box.Progress{}) }) || len(s) >= maxFollowed {
			continue
		}
		old, known := was[all[i].ID]
		for _, id := range episodes[max(len(episodes)-maxEpisodes, 0):] {
			h := hashOf(id)
			s[all[i].ID] = append(s[all[i].ID], h)
			if known && !slices.Contains(old, h) && progress[id] == (box.Progress{}) {
				fresh = append(fresh, id)
			}
		}
	}
	return fresh
}

// keep takes over what is remembered of a service that did not answer.
func (s shelves) keep(was shelves, service string) {
	for id, episodes := range was {
		if strings.HasPrefix(id, service+":") {
			s[id] = episodes
		}
	}
}

func episodesOf(t offer.Title) (ids []string) {
	for _, season := range t.Seasons {
		for i := range season.Episodes {
			ids = append(ids, season.Episodes[i].ID)
		}
	}
	return ids
}

func hashOf(id string) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id)) // never fails
	return h.Sum32()
}

// shelvesKey is the setting; resetting the box wipes it with the others.
const shelvesKey = "prefetch.series"

// seen is what the series had last night. A record that is damaged is no loss:
// a night without news.
func (t *titles) seen() shelves {
	text, _, err := t.keep.Setting(shelvesKey)
	if err != nil {
		t.log.Warn("Followed series not read", "error", err)
	}
	var s shelves
	if json.Unmarshal([]byte(text), &s) != nil {
		return nil
	}
	return s
}

// remember stores what they have now, when that is another thing.
func (t *titles) remember(was, now shelves) {
	if maps.EqualFunc(was, now, slices.Equal) {
		return
	}
	text, err := json.Marshal(now)
	if err == nil {
		err = t.keep.SetSetting(shelvesKey, string(text))
	}
	if err != nil {
		t.log.Warn("Followed series not kept", "error", err)
	}
}
