package leases

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"usher/internal/durable"
	"usher/internal/rights"
)

// The limits of what is kept of one service.
const (
	recordVersion = 1
	maxRecord     = 8 << 20 // bytes of a file
	mostLeases    = 2000    // the ones that end last stay
	mostSeen      = 20_000  // contents with a sequence number
)

// record is what is kept of one service.
type record struct {
	Version int                  `json:"version"`
	JKT     string               `json:"jkt"`     // of the key that the leases are bound to
	Seq     uint64               `json:"seq"`     // to ask with
	Contact time.Time            `json:"contact"` // last word with the service about leases, by its clock
	Keys    json.RawMessage      `json:"keys"`    // JWK set
	Leases  map[string]held      `json:"leases"`  // by id
	Seen    map[string]uint64    `json:"seen"`    // highest sequence number ever, by content
	First   map[string]time.Time `json:"first"`   // when a lease was first played here, by its id
	Owed    rights.Owed          `json:"owed"`    // post-paid and opened without the service
}

// held is a lease as it came.
type held struct {
	Content string `json:"content"`
	Seq     uint64 `json:"seq"`
	JWS     string `json:"jws"`
}

func newRecord(jkt string) record {
	return record{Version: recordVersion, JKT: jkt, Leases: map[string]held{}, Seen: map[string]uint64{}, First: map[string]time.Time{}}
}

// clone is a copy whose maps may be changed.
func (r record) clone() record {
	r.Leases, r.Seen, r.First = maps.Clone(r.Leases), maps.Clone(r.Seen), maps.Clone(r.First)
	r.Owed.Titles = slices.Clone(r.Owed.Titles)
	return r
}

// errRecord is a file that is none of ours.
var errRecord = errors.New("the stored leases cannot be read; they are asked for again")

// readRecord reads a file; nothing is kept without one.
func readRecord(file string) (record, bool, error) {
	raw, err := durable.Read(file, maxRecord)
	if errors.Is(err, fs.ErrNotExist) {
		return record{}, false, nil
	}
	if err != nil {
		return record{}, false, fmt.Errorf("read leases: %w", err)
	}
	r := newRecord("")
	if err := json.Unmarshal(raw, &r); err != nil || r.Version != recordVersion || r.Leases == nil || r.Seen == nil || r.First == nil {
		return record{}, false, errRecord
	}
	return r, true, nil
}

func writeRecord(file string, r record) error {
	raw, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode leases: %w", err)
	}
	if err := durable.Replace(file, raw); err != nil {
		return fmt.Errorf("store leases: %w", err)
	}
	return nil
}

func (k *Keeper) file(service string) string { return filepath.Join(k.o.Dir, service+".json") }

// parsed are the leases of a record that are this box's, and good.
func (r record) parsed(who rights.Box) []rights.Lease {
	keys, err := rights.ParseKeys(r.Keys)
	if err != nil {
		return nil
	}
	var list []rights.Lease
	for _, id := range slices.Sorted(maps.Keys(r.Leases)) {
		if l, err := rights.ParseLease(r.Leases[id].JWS, keys, who); err == nil {
			list = append(list, l)
		}
	}
	return list
}

// take adds a lease, in the place of what was said of its content before. An
// older one than was seen is left out.
func (r *record) take(compact string, l rights.Lease) {
	c := l.Grant.Content
	if l.Seq < r.Seen[c] {
		return
	}
	maps.DeleteFunc(r.Leases, func(_ string, h held) bool { return h.Content == c && h.Seq < l.Seq })
	r.Seen[c], r.Leases[l.ID] = l.Seq, held{Content: c, Seq: l.Seq, JWS: compact}
}

// trim keeps a record within its limits: leases that ended first go first, and
// sequence numbers of contents without a lease.
func (r *record) trim(all []rights.Lease) {
	if len(all) > mostLeases {
		slices.SortFunc(all, func(a, b rights.Lease) int { return int(a.Expires - b.Expires) })
		for _, l := range all[:len(all)-mostLeases] {
			delete(r.Leases, l.ID)
		}
	}
	holds := map[string]bool{}
	for _, h := range r.Leases {
		holds[h.Content] = true
	}
	for c := range r.Seen {
		if len(r.Seen) > mostSeen && !holds[c] {
			delete(r.Seen, c)
		}
	}
}
