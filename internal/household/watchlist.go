package household

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"usher/internal/box"
	"usher/internal/offer"
	"usher/internal/rights"
)

type limit = offer.Rating

// Limits of a watchlist.
const (
	MaxWatchlist = 200 // titles on it
	maxOff       = 200 // titles known to be off; the oldest are forgotten first
	maxWishID    = 250 // bytes
)

// listKey is the setting of a profile's watchlist.
//
// It is a list of ids, as an older usherd reads and writes it, with one more
// string that begins with timesMark and has the times. One setting is one
// transaction: no power cut parts them.
func listKey(profile string) string { return "watchlist/" + profile }

const timesMark = "!"

// times is what that string has.
type times struct {
	On  map[string]int64 `json:"on,omitempty"`  // Unix ms, by title
	Off map[string]int64 `json:"off,omitempty"` // likewise
}

// readList gives a watchlist, newest first. What an older usherd put on or took
// off, which knows no times, it did now; fresh says that there was such.
func (h *Household) readList(profile string) (list []box.Listed, fresh bool, err error) {
	text, _, err := h.opt.Store.Setting(listKey(profile))
	if err != nil {
		return nil, false, fmt.Errorf("read watchlist: %w", err)
	}
	var ids []string
	if text == "" || json.Unmarshal([]byte(text), &ids) != nil {
		return nil, false, nil // one that cannot be read is an empty one: it protects nobody
	}
	var known times
	ids = slices.DeleteFunc(ids, func(id string) bool {
		rest, is := strings.CutPrefix(id, timesMark)
		if is && json.Unmarshal([]byte(rest), &known) != nil {
			known = times{} // then every title is as from an older usherd
		}
		return is
	})
	now := h.opt.Now().UnixMilli()
	for i, id := range ids {
		at, there := known.On[id]
		if !there {
			at, fresh = now-int64(i), true // in the order they stand in
		}
		list = append(list, box.Listed{TitleID: id, AtMS: at})
		delete(known.On, id)
	}
	for _, id := range slices.Sorted(maps.Keys(known.On)) {
		list, fresh = append(list, box.Listed{TitleID: id, Off: true, AtMS: now}), true
	}
	for _, id := range slices.Sorted(maps.Keys(known.Off)) {
		if !slices.Contains(ids, id) {
			list = append(list, box.Listed{TitleID: id, Off: true, AtMS: known.Off[id]})
		}
	}
	return bounded(list), fresh, nil
}

// bounded has the newest first, and no more than there may be.
func bounded(list []box.Listed) []box.Listed {
	slices.SortStableFunc(list, func(a, b box.Listed) int { return cmp.Compare(b.AtMS, a.AtMS) })
	on, off := 0, 0
	return slices.DeleteFunc(list, func(w box.Listed) bool {
		if w.Off {
			off++
			return off > maxOff
		}
		on++
		return on > MaxWatchlist
	})
}

// onList are the ids that are on a list, in its order.
func onList(list []box.Listed) (ids []string) {
	for _, w := range list {
		if !w.Off {
			ids = append(ids, w.TitleID)
		}
	}
	return ids
}

// Note puts a title on the watchlist of who watches, or takes it off. The
// newest stands first.
func (h *Household) Note(id string, on bool) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.find(h.current) == nil {
		return new(profileUnknown)
	}
	was := h.lists[h.current]
	ids := onList(was)
	if slices.Contains(ids, id) == on {
		return nil
	}
	if on && len(ids) >= MaxWatchlist {
		return new(listFull)
	}
	at := h.opt.Now().UnixMilli()
	next := slices.DeleteFunc(slices.Clone(was), func(w box.Listed) bool {
		if w.TitleID == id { // the later one, even if the clock was set back
			at = max(at, w.AtMS+1)
		}
		return w.TitleID == id
	})
	if on && len(was) > 0 { // and before all others
		at = max(at, was[0].AtMS+1)
	}
	return h.setList(h.current, bounded(append(next, box.Listed{TitleID: id, Off: !on, AtMS: at})))
}

// Wishes is the watchlist of a profile, with what was taken off it.
func (h *Household) Wishes(profile string) []box.Listed {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.lists[profile])
}

// MergeWishes takes in what a service made of the list that was sent to it, of
// all the boxes that told it theirs. What changed here since then stays; of the
// rest the service has the word, because its clock is the same for all boxes.
func (h *Household) MergeWishes(profile string, sent, theirs []box.Listed) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.find(profile) == nil { // removed meanwhile
		return nil
	}
	was := h.lists[profile]
	next := slices.Clone(was)
	for _, w := range theirs {
		if w.TitleID == "" || len(w.TitleID) > maxWishID || strings.HasPrefix(w.TitleID, timesMark) {
			continue
		}
		same := func(have box.Listed) bool { return have.TitleID == w.TitleID }
		i := slices.IndexFunc(next, same)
		switch {
		case i < 0:
			next = append(next, w)
		case slices.Contains(sent, next[i]) || w.AtMS > next[i].AtMS:
			next[i] = w
		}
	}
	if next = bounded(next); slices.Equal(next, was) {
		return nil
	}
	return h.setList(profile, next)
}

// setList stores a watchlist and tells the core. It needs the lock.
func (h *Household) setList(profile string, list []box.Listed) error {
	if err := h.keepList(profile, list); err != nil {
		return err
	}
	h.lists[profile] = list
	h.opt.Tell(h.now())
	return nil
}

func (h *Household) keepList(profile string, list []box.Listed) error {
	known := times{On: map[string]int64{}, Off: map[string]int64{}}
	for _, w := range list {
		if w.Off {
			known.Off[w.TitleID] = w.AtMS
		} else {
			known.On[w.TitleID] = w.AtMS
		}
	}
	more, err := json.Marshal(known)
	if err != nil {
		return fmt.Errorf("encode watchlist: %w", err)
	}
	text, err := json.Marshal(append(onList(list), timesMark+string(more)))
	if err != nil {
		return fmt.Errorf("encode watchlist: %w", err)
	}
	if err := h.opt.Store.SetSetting(listKey(profile), string(text)); err != nil {
		return fmt.Errorf("store watchlist: %w", err)
	}
	return nil
}

// widest is the limit that is none. It needs nothing.
func (h *Household) widest() limit {
	all := rights.LimitsIn(h.opt.Country)
	return all[len(all)-1]
}
