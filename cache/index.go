package cache

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"
)

// The index is written in batches: a transaction of its own for every object
// would write 36 KiB of flash for 53 bytes.
const (
	indexBatch = 64
	indexEvery = 10 * time.Second
	indexWait  = time.Second // for the lock of the folder
	recordSize = 21
	wearSize   = 20
)

// The numbers are the version of what is in them.
func objectsBucket() []byte { return []byte("objects/2") }
func accountBucket() []byte { return []byte("account/1") }
func wearKey() []byte       { return []byte("wear") }

// record is one object as the index has it.
type record struct {
	size   int64 // of the body
	length int64 // of the file
	class  Class
}

// index is which objects the folder had when it was last written, and the
// account of wear. It may be behind, or missing: Disk compares it with the
// folder at start. It is not locked.
type index struct {
	log     *slog.Logger
	db      *bolt.DB // nil when it cannot be written
	loaded  map[Key]record
	pending map[Key]*record // nil: removed
	flushed time.Time
	hasWear bool
	wear    wear
}

func newIndex(log *slog.Logger) *index {
	return &index{log: log, loaded: map[Key]record{}, pending: map[Key]*record{}, flushed: time.Now()}
}

// openIndex opens the index; a damaged one is made anew, empty. Where none can
// be written, the index is in memory only. The caller has the folder for
// itself.
func openIndex(path string, log *slog.Logger) *index {
	x, err := tryIndex(path, log)
	if err == nil {
		return x
	}
	log.Warn("Cache index unusable, made anew", "path", path, "error", err)
	if err := os.Remove(path); err == nil || errors.Is(err, os.ErrNotExist) {
		if x, err = tryIndex(path, log); err == nil {
			return x
		}
	}
	log.Warn("Cache goes without an index", "path", path)
	return newIndex(log)
}

// tryIndex opens and reads the index.
func tryIndex(path string, log *slog.Logger) (x *index, err error) {
	fresh, err := sealed(path)
	if err != nil {
		return nil, err
	}
	x = newIndex(log)
	err = guarded(func() (err error) {
		if x.db, err = bolt.Open(path, 0o600, &bolt.Options{Timeout: indexWait}); err != nil {
			return err
		}
		if fresh {
			return seal(path)
		}
		return x.db.View(x.read)
	})
	if err != nil && x.db != nil {
		err = errors.Join(err, x.db.Close())
	}
	return x, err
}

// guarded makes errors of the panics and memory faults with which bbolt meets
// some damaged files, should one pass the seal.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("index: %v", r)
		}
	}()
	return f()
}

func (x *index) read(tx *bolt.Tx) error {
	if b := tx.Bucket(accountBucket()); b != nil {
		x.wear, x.hasWear = decodeWear(b.Get(wearKey()))
	}
	b := tx.Bucket(objectsBucket())
	if b == nil {
		return nil
	}
	return b.ForEach(func(k, v []byte) error {
		if len(x.loaded) >= maxNodes {
			return fmt.Errorf("more than %d objects: %w", maxNodes, ErrCorrupt)
		}
		if len(k) == len(Key{}) {
			if r, ok := decodeRecord(Key(k), v); ok {
				x.loaded[Key(k)] = r
			}
		}
		return nil
	})
}

// encode has a checksum over key and record at its end: bbolt has none for
// what is in its pages.
func (r record) encode(k Key) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, recordSize), uint64(r.size))
	b = binary.BigEndian.AppendUint64(b, uint64(r.length))
	b = append(b, byte(r.class))
	return binary.BigEndian.AppendUint32(b, sumOf(k, b))
}

func sumOf(k Key, b []byte) uint32 {
	return crc32.Update(crc32.Checksum(k[:], castagnoli()), castagnoli(), b)
}

func decodeRecord(k Key, b []byte) (r record, ok bool) {
	const end = recordSize - 4
	if len(b) != recordSize || binary.BigEndian.Uint32(b[end:]) != sumOf(k, b[:end]) {
		return r, false
	}
	r = record{size: int64(binary.BigEndian.Uint64(b)), length: int64(binary.BigEndian.Uint64(b[8:])), class: Class(b[16])}
	return r, r.size >= 0 && r.length >= r.size && r.class < classEnds
}

func (w wear) encode() []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, wearSize), uint64(w.allowance))
	b = binary.BigEndian.AppendUint64(b, w.written)
	return binary.BigEndian.AppendUint32(b, sumOf(Key{}, b))
}

func decodeWear(b []byte) (w wear, ok bool) {
	const end = wearSize - 4
	if len(b) != wearSize || binary.BigEndian.Uint32(b[end:]) != sumOf(Key{}, b[:end]) {
		return w, false
	}
	w = wear{allowance: int64(binary.BigEndian.Uint64(b)), written: binary.BigEndian.Uint64(b[8:])}
	return w, w.allowance >= -wearBurst && w.allowance <= wearBurst
}

// takeLoaded gives what was read at start and forgets it.
func (x *index) takeLoaded() map[Key]record {
	m := x.loaded
	x.loaded = nil
	return m
}

// put notes an object; what is in known already needs no writing.
func (x *index) put(k Key, r record, known map[Key]record) {
	if known[k] != r {
		x.pending[k] = &r
	}
}

func (x *index) remove(k Key) { x.pending[k] = nil }

// batch is what is to be written.
type batch struct {
	objects map[Key]*record
	wear    wear
}

// take gives what is pending, when there is enough of it or enough time has
// passed; nil otherwise.
func (x *index) take(now bool, w wear) *batch {
	if len(x.pending) == 0 && (!now || w.written == x.wear.written) {
		return nil
	}
	if !now && len(x.pending) < indexBatch && time.Since(x.flushed) < indexEvery {
		return nil
	}
	b := &batch{objects: x.pending, wear: w}
	x.pending = map[Key]*record{}
	x.flushed, x.wear, x.hasWear = time.Now(), w, true
	return b
}

// flush writes a batch and says about how many bytes that was. It uses only
// the database: put and remove may be called meanwhile. An error costs only
// time at the next start, so it is logged and the batch is dropped.
func (x *index) flush(b *batch) (written uint64) {
	if b == nil || x.db == nil {
		return 0
	}
	before := x.db.Stats()
	err := guarded(func() error { return x.db.Update(b.write) })
	if err == nil {
		err = seal(x.db.Path())
	}
	if err != nil {
		x.log.Warn("Cache index not written", "error", err)
	}
	after := x.db.Stats()
	diff := after.Sub(&before)
	return uint64(diff.TxStats.GetPageAlloc()) + sealCost
}

func (x *batch) write(tx *bolt.Tx) error {
	a, err := tx.CreateBucketIfNotExists(accountBucket())
	if err != nil {
		return err
	}
	if err := a.Put(wearKey(), x.wear.encode()); err != nil {
		return err
	}
	b, err := tx.CreateBucketIfNotExists(objectsBucket())
	if err != nil {
		return err
	}
	for k, r := range x.objects {
		if r == nil {
			err = b.Delete(k[:])
		} else {
			err = b.Put(k[:], r.encode(k))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *index) close() error {
	if x.db == nil {
		return nil
	}
	return x.db.Close()
}
