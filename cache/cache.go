package cache

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
)

// DefaultMemory is the memory budget used where [Options] has zero: a minute
// of film at 6 Mb/s and some.
const DefaultMemory = 64 << 20

// Options configure a cache. Zero fields mean the defaults.
type Options struct {
	Memory    int64   // budget in bytes; DefaultMemory
	MaxObject int64   // larger objects are not kept; half of Memory
	Folder    string  // on disk; "" is no disk
	Disk      int64   // budget in bytes; 256 MiB
	OnDisk    Classes // what goes to disk; init sections, subtitles and art
	Logger    *slog.Logger
	// Keep decides, when the last reader of a fill left, whether fetching
	// goes on: have bytes are there of size (-1 unknown). The default goes on
	// when half is there or less than 256 KiB is missing.
	Keep func(have, size int64) bool
}

// Cache is memory, disk and the objects that are being filled.
type Cache struct {
	log       *slog.Logger
	mem       *Memory
	disk      Store // nil without a disk
	onDisk    Classes
	maxObject int64
	keep      func(have, size int64) bool
	pool      *pages

	mu      sync.Mutex
	fills   map[Key]*Fill
	filling int64 // bytes in pages of fills
	stats   counters
}

// Open makes a cache and reads the index of its folder. Close it.
func Open(o Options) (*Cache, error) {
	o = o.withDefaults()
	c := &Cache{
		log: o.Logger, mem: NewMemory(o.Memory), onDisk: o.OnDisk, maxObject: o.MaxObject,
		keep: o.Keep, pool: newPages(o.Memory), fills: map[Key]*Fill{},
	}
	if o.Folder == "" {
		return c, nil
	}
	d, err := OpenDisk(filepath.Clean(o.Folder), o.Disk, o.Logger)
	if err != nil {
		return nil, fmt.Errorf("open cache: %w", err)
	}
	c.disk = d
	return c, nil
}

func (o Options) withDefaults() Options {
	if o.Memory <= 0 {
		o.Memory = DefaultMemory
	}
	if o.MaxObject <= 0 {
		o.MaxObject = o.Memory / 2
	}
	o.MaxObject = min(o.MaxObject, o.Memory)
	if o.Disk <= 0 {
		o.Disk = 256 << 20
	}
	if o.OnDisk == 0 {
		o.OnDisk = ClassesOf(Init, Subtitle, Art)
	}
	o.OnDisk &^= ClassesOf(Secret)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Keep == nil {
		o.Keep = keepHalf
	}
	return o
}

func keepHalf(have, size int64) bool {
	return size >= 0 && (have*2 >= size || size-have < 256<<10)
}

// Close writes the index and frees memory. Fills must have ended.
func (c *Cache) Close() error {
	err := c.mem.Close()
	if c.disk != nil {
		err = errors.Join(err, c.disk.Close())
	}
	return err
}

// Source says where the bytes of a reader come from.
type Source uint8

// The sources.
const (
	Miss   Source = iota // this reader began the fill
	Joined               // another reader began it
	Hit                  // the object is complete
)

// Reader is one reader of one object. Close it.
type Reader struct {
	*Blob
	From Source
	c    *Cache
	fill *Fill
	once sync.Once
}

// Acquire gives a reader of an object. fill is not nil when the object is
// neither kept nor being fetched: the caller must fetch it (in a goroutine of
// its own) and end the fill with Commit or Abort.
func (c *Cache) Acquire(k Key, class Class) (r *Reader, fill *Fill) {
	if r := c.Peek(k); r != nil {
		c.count(r.From)
		return r, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r := c.joinLocked(k); r != nil { // begun since
		c.stats.count(r.From)
		return r, nil
	}
	c.stats.misses++
	f := &Fill{c: c, key: k, blob: newFilling(class, c.pool), readers: 1}
	c.fills[k] = f
	return &Reader{Blob: f.blob.Retain(), From: Miss, c: c, fill: f}, f
}

// Peek gives a reader only when the object is there or being fetched; nil
// otherwise. It begins no fill and counts as no hit.
func (c *Cache) Peek(k Key) *Reader {
	if r := c.join(k); r != nil {
		return r
	}
	if b := c.fromDisk(k); b != nil {
		return &Reader{Blob: b, From: Hit}
	}
	return nil
}

// Remove forgets an object, for one that was found to be outdated.
func (c *Cache) Remove(k Key) error {
	err := c.mem.Remove(k)
	if c.disk != nil {
		err = errors.Join(err, c.disk.Remove(k))
	}
	return err
}

func (c *Cache) count(s Source) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.count(s)
}

func (c *Cache) join(k Key) *Reader {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.joinLocked(k)
}

func (c *Cache) joinLocked(k Key) *Reader {
	if f := c.fills[k]; f != nil {
		f.readers++
		return &Reader{Blob: f.blob.Retain(), From: Joined, c: c, fill: f}
	}
	b, err := c.mem.Get(k)
	if err != nil {
		return nil
	}
	return &Reader{Blob: b, From: Hit}
}

func (c *Cache) fromDisk(k Key) *Blob {
	if c.disk == nil {
		return nil
	}
	b, err := c.disk.Get(k)
	if err == nil {
		return b
	}
	if !errors.Is(err, ErrNotCached) {
		c.mu.Lock()
		c.stats.diskErrors++
		c.mu.Unlock()
		c.log.Warn("Object on disk unusable", "key", k.String(), "error", err)
	}
	return nil
}

// Close ends the reading. When it was the last reader of a fill with too
// little done, the fill is abandoned. Calling it twice is no error.
func (r *Reader) Close() {
	r.once.Do(func() {
		if r.fill != nil {
			r.c.leave(r.fill)
		}
		r.Blob.Release()
	})
}

func (c *Cache) leave(f *Fill) {
	c.mu.Lock()
	f.readers--
	gone := f.readers == 0 && c.fills[f.key] == f && !c.keepsOn(f)
	var cancel func()
	if gone {
		delete(c.fills, f.key) // whoever comes now begins anew
		f.abandoned, cancel = true, f.cancel
		c.stats.abandoned++
	}
	c.mu.Unlock()
	if cancel != nil {
		cancel()
	}
}

func (c *Cache) keepsOn(f *Fill) bool {
	f.blob.mu.Lock()
	defer f.blob.mu.Unlock()
	return f.blob.done || f.blob.hasMeta && c.keep(f.blob.n, f.blob.meta.Size)
}

// reserve counts n bytes more for a fill and makes room for them.
func (c *Cache) reserve(f *Fill, n int64) {
	c.mu.Lock()
	f.charged += n
	c.filling += n
	filling := c.filling
	c.mu.Unlock()
	c.mem.MakeRoom(filling)
}

func (c *Cache) drop(f *Fill) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fills[f.key] == f {
		delete(c.fills, f.key)
	}
	c.filling -= f.charged
	f.charged = 0
}

// commit moves a complete fill to the stores. The memory store has it before
// the fill is forgotten, so that no reader comes in between.
func (c *Cache) commit(f *Fill) {
	n, _ := f.blob.Have()
	err := c.mem.Put(f.key, f.blob)
	c.drop(f)
	c.mu.Lock()
	c.stats.filled[f.blob.class] += uint64(n)
	c.mu.Unlock()
	if err != nil || c.disk == nil || f.blob.meta.Volatile || !c.onDisk.Has(f.blob.class) {
		return
	}
	if err := c.disk.Put(f.key, f.blob); err != nil {
		c.mu.Lock()
		c.stats.diskErrors++
		c.mu.Unlock()
		c.log.Warn("Object not written to disk", "class", f.blob.class.String(), "error", err)
	}
}
