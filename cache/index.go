package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// The index is written in batches: a transaction of its own for every object
// would write 36 KiB of flash for 41 bytes.
const (
	indexBatch = 64
	indexEvery = 10 * time.Second
	indexWait  = time.Second // for the file lock
	recordSize = 9
)

func objectsBucket() []byte { return []byte("objects/1") } // the number is the schema version

type record struct {
	size  int64
	class Class
}

// index is which objects the folder had when it was last written. It may be
// behind; Disk compares it with the folder at start. It is not locked.
type index struct {
	log     *slog.Logger
	db      *bolt.DB
	loaded  map[Key]record
	pending map[Key]*record // nil: removed
	flushed time.Time
}

// openIndex opens the index; a damaged one is made anew, empty.
func openIndex(path string, log *slog.Logger) (*index, error) {
	x, err := tryIndex(path, log)
	if err == nil {
		return x, nil
	}
	if errors.Is(err, bolterrors.ErrTimeout) || errors.Is(err, os.ErrPermission) {
		return nil, fmt.Errorf("open index %s: %w", path, err)
	}
	log.Warn("Cache index damaged, made anew", "path", path, "error", err)
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove damaged index: %w", err)
	}
	if x, err = tryIndex(path, log); err != nil {
		return nil, fmt.Errorf("open index %s: %w", path, err)
	}
	return x, nil
}

// tryIndex opens and reads the index. bbolt panics on some damaged files.
func tryIndex(path string, log *slog.Logger) (x *index, err error) {
	var db *bolt.DB
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read index: %v", r)
		}
		if err != nil && db != nil {
			err = errors.Join(err, db.Close())
		}
	}()
	if db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: indexWait}); err != nil {
		return nil, err
	}
	x = &index{log: log, db: db, loaded: map[Key]record{}, pending: map[Key]*record{}, flushed: time.Now()}
	err = db.View(func(tx *bolt.Tx) error {
		b := tx.Bucket(objectsBucket())
		if b == nil {
			return nil
		}
		return b.ForEach(func(k, v []byte) error {
			if r, ok := decodeRecord(v); ok && len(k) == len(Key{}) {
				x.loaded[Key(k)] = r
			}
			return nil
		})
	})
	return x, err
}

func (r record) encode() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, recordSize), uint64(r.size))
	return append(b, byte(r.class))
}

func decodeRecord(b []byte) (r record, ok bool) {
	if len(b) != recordSize {
		return r, false
	}
	r = record{size: int64(binary.BigEndian.Uint64(b)), class: Class(b[8])}
	return r, r.size >= 0 && r.class < classEnds
}

// all gives what was read at start and forgets it.
func (x *index) all() map[Key]record {
	m := make(map[Key]record, len(x.loaded))
	for k, r := range x.loaded {
		m[k] = r
	}
	return m
}

func (x *index) put(k Key, r record) {
	if old, ok := x.loaded[k]; ok && old == r && x.pending[k] == nil {
		delete(x.pending, k)
		return
	}
	x.pending[k] = &r
}

func (x *index) remove(k Key) { x.pending[k] = nil }

// flush writes what is pending, when there is enough of it or enough time has
// passed, and says about how many bytes that was. An error costs only time at
// the next start, so it is logged and the batch is dropped.
func (x *index) flush(now bool) (written uint64) {
	x.loaded = nil
	if len(x.pending) == 0 || !now && len(x.pending) < indexBatch && time.Since(x.flushed) < indexEvery {
		return 0
	}
	before := x.db.Stats()
	err := x.db.Update(x.write)
	if err != nil {
		x.log.Warn("Cache index not written", "error", err)
	}
	clear(x.pending)
	x.flushed = time.Now()
	after := x.db.Stats()
	diff := after.Sub(&before)
	return uint64(diff.TxStats.GetPageAlloc())
}

func (x *index) write(tx *bolt.Tx) error {
	b, err := tx.CreateBucketIfNotExists(objectsBucket())
	if err != nil {
		return err
	}
	for k, r := range x.pending {
		if r == nil {
			err = b.Delete(k[:])
		} else {
			err = b.Put(k[:], r.encode())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *index) close() error { return x.db.Close() }
