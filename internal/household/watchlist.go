package household

import (
	"encoding/json"
	"fmt"
	"slices"

	"usher/internal/offer"
	"usher/internal/rights"
)

type limit = offer.Rating

// MaxWatchlist is how many titles one watchlist has.
const MaxWatchlist = 200

// listKey is the setting of a profile's watchlist.
func listKey(profile string) string { return "watchlist/" + profile }

func (h *Household) readList(profile string) ([]string, error) {
	text, _, err := h.opt.Store.Setting(listKey(profile))
	if err != nil {
		return nil, fmt.Errorf("read watchlist: %w", err)
	}
	var ids []string
	if text == "" || json.Unmarshal([]byte(text), &ids) != nil {
		return nil, nil // one that cannot be read is an empty one: it protects nobody
	}
	return ids, nil
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
	if slices.Contains(was, id) == on {
		return nil
	}
	next := slices.DeleteFunc(slices.Clone(was), func(have string) bool { return have == id })
	if on {
		if len(next) >= MaxWatchlist {
			return new(listFull)
		}
		next = slices.Insert(next, 0, id)
	}
	return h.setList(h.current, next)
}

// setList stores a watchlist and tells the core. It needs the lock.
func (h *Household) setList(profile string, ids []string) error {
	text, err := json.Marshal(ids)
	if err != nil {
		return fmt.Errorf("encode watchlist: %w", err)
	}
	if err := h.opt.Store.SetSetting(listKey(profile), string(text)); err != nil {
		return fmt.Errorf("store watchlist: %w", err)
	}
	h.lists[profile] = ids
	h.opt.Tell(h.now())
	return nil
}

// widest is the limit that is none. It needs nothing.
func (h *Household) widest() limit {
	all := rights.LimitsIn(h.opt.Country)
	return all[len(all)-1]
}
