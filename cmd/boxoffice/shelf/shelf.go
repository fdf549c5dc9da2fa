// Package shelf keeps what the reference service must not forget: JSON records,
// each under a key in a named drawer, in one bbolt file or in memory only.
//
// It guarantees:
//   - [Shelf.Update] happens in whole or not at all, and is on the disk when it
//     returns: kill -9 and a power cut lose nothing that anybody was told;
//   - readers see whole updates only, and never wait for the disk.
//
// All records are held in memory as well, so a shelf is for thousands of
// households and not for millions. Update blocks for the disk; the package
// starts no goroutine and writes nothing to a log.
package shelf

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"
)

// openTimeout is how long another process may hold the file.
const openTimeout = 2 * time.Second

// Shelf is the storage. It is safe for concurrent use.
type Shelf struct {
	db *bolt.DB // nil: in memory only

	mu      sync.RWMutex
	drawers map[string]map[string][]byte
}

// New is a shelf in memory.
func New() *Shelf { return &Shelf{drawers: map[string]map[string][]byte{}} }

// Open reads a file, and makes it where there is none. A file that another
// process uses is an error after two seconds.
func Open(path string) (*Shelf, error) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: openTimeout})
	if err != nil {
		return nil, fmt.Errorf("open %q: %w (is another boxoffice using it?)", path, err)
	}
	s := New()
	s.db = db
	if err := db.View(s.load); err != nil {
		return nil, errors.Join(fmt.Errorf("read %q: %w", path, err), db.Close())
	}
	return s, nil
}

func (s *Shelf) load(tx *bolt.Tx) error {
	return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
		drawer := map[string][]byte{}
		s.drawers[string(name)] = drawer
		return b.ForEach(func(k, v []byte) error {
			drawer[string(k)] = slices.Clone(v)
			return nil
		})
	})
}

// Close gives the file back.
func (s *Shelf) Close() error {
	if s.db == nil {
		return nil
	}
	return s.db.Close()
}

// View lets f read. f must not keep the Tx.
func (s *Shelf) View(f func(*Tx) error) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return f(&Tx{shelf: s})
}

// Update lets f read and write. An error of f takes back everything it wrote,
// and is returned.
func (s *Shelf) Update(f func(*Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := &Tx{shelf: s, changed: map[string]map[string][]byte{}}
	if err := f(tx); err != nil {
		return err
	}
	if s.db != nil && len(tx.changed) > 0 {
		if err := s.db.Update(tx.store); err != nil {
			return fmt.Errorf("store: %w", err)
		}
	}
	for name, records := range tx.changed {
		if s.drawers[name] == nil {
			s.drawers[name] = map[string][]byte{}
		}
		maps.Copy(s.drawers[name], records)
		maps.DeleteFunc(s.drawers[name], func(_ string, raw []byte) bool { return raw == nil })
	}
	return nil
}

// Tx is one look at a shelf, or one change of it.
type Tx struct {
	shelf   *Shelf
	changed map[string]map[string][]byte // nil values are deleted; nil in a View
}

func (t *Tx) store(b *bolt.Tx) error {
	for name, records := range t.changed {
		bucket, err := b.CreateBucketIfNotExists([]byte(name))
		if err != nil {
			return err
		}
		for key, raw := range records {
			if raw == nil {
				err = bucket.Delete([]byte(key))
			} else {
				err = bucket.Put([]byte(key), raw)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *Tx) raw(drawer, key string) []byte {
	if raw, ok := t.changed[drawer][key]; ok {
		return raw
	}
	return t.shelf.drawers[drawer][key]
}

// Put stores a record. In a View it is a mistake of the program, and panics.
func (t *Tx) Put(drawer, key string, record any) error {
	raw, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("encode %s %q: %w", drawer, key, err)
	}
	t.change(drawer, key, raw)
	return nil
}

// Delete forgets a record; without one it does nothing.
func (t *Tx) Delete(drawer, key string) { t.change(drawer, key, nil) }

func (t *Tx) change(drawer, key string, raw []byte) {
	if t.changed[drawer] == nil {
		t.changed[drawer] = map[string][]byte{}
	}
	t.changed[drawer][key] = raw
}

// Get reads a record; found is false where there is none.
func Get[T any](t *Tx, drawer, key string) (record T, found bool, err error) {
	raw := t.raw(drawer, key)
	if raw == nil {
		return record, false, nil
	}
	if err := json.Unmarshal(raw, &record); err != nil {
		return record, true, fmt.Errorf("stored %s %q is damaged: %w", drawer, key, err)
	}
	return record, true, nil
}

// Keys are those that begin with prefix, in order.
func (t *Tx) Keys(drawer, prefix string) []string {
	var keys []string
	for key := range t.shelf.drawers[drawer] {
		if _, changed := t.changed[drawer][key]; !changed && strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	for key, raw := range t.changed[drawer] {
		if raw != nil && strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// All reads the records whose keys begin with prefix, in the order of keys.
func All[T any](t *Tx, drawer, prefix string) ([]T, error) {
	var list []T
	for _, key := range t.Keys(drawer, prefix) {
		record, _, err := Get[T](t, drawer, key)
		if err != nil {
			return nil, err
		}
		list = append(list, record)
	}
	return list, nil
}
