package cache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// DefaultMemory is the memory budget used where [Options] has zero: a minute
// of film at 6 Mb/s and some.
const DefaultMemory = 64 << 20

// Options configure a cache. Zero fields mean the defaults.
type Options struct {
	Memory    int64   // budget in bytes, of what is kept and of what is being fetched; DefaultMemory
	MaxObject int64   // larger objects are not kept; half of Memory
	Folder    string  // on disk; "" is no disk
	Disk      int64   // budget in bytes; 256 MiB
	OnDisk    Classes // what goes to disk whenever it is fetched; init sections, subtitles and art
	// Window is how many bytes of film shall be at hand when the network is
	// away. Where Memory is smaller, film on its way through is written to
	// disk, at the cost of wear. Zero: it never is.
	Window int64
	Logger *slog.Logger
	// Health is told what is wrong with the disk when that changes; nil means
	// all is well again. One call at a time; it must not block, and may call
	// Stats and no other method.
	Health func(*Problem)
	// Keep decides, when the last reader of a fill left, whether fetching
	// goes on: have bytes are there of size (-1 unknown). The default goes on
	// when half is there or less than 256 KiB is missing.
	Keep func(have, size int64) bool
}

// Cache is memory, disk and the objects that are being filled.
type Cache struct {
	log       *slog.Logger
	mem       *Memory
	disk      *Disk // nil without a disk
	onDisk    Classes
	window    int64
	maxObject int64
	keep      func(have, size int64) bool
	pool      *pages
	health    func(*Problem)
	served    atomic.Int64 // bytes that readers got
	credited  atomic.Int64 // of served, told to the disk

	telling sync.Mutex // one call of health at a time; taken before mu
	mu      sync.Mutex
	fills   map[Key]*Fill
	filling int64 // bytes in pages of fills
	stats   counters
	problem *Problem // of the disk, as last told
	lost    *Problem // why there is no disk although there should be
	unread  map[Key]ahead
}

// Open makes a cache and reads the index of its folder. Close it. A folder
// that cannot be used is a [Problem], not an error: the cache goes on without.
// The error is ErrInUse.
func Open(o Options) (*Cache, error) {
	o = o.withDefaults()
	c := &Cache{
		log: o.Logger, mem: NewMemory(o.Memory), onDisk: o.OnDisk, window: o.Window, maxObject: o.MaxObject,
		keep: o.Keep, pool: newPages(o.Memory), health: o.Health, fills: map[Key]*Fill{}, unread: map[Key]ahead{},
	}
	if o.Folder == "" {
		return c, nil
	}
	d, err := OpenDisk(filepath.Clean(o.Folder), o.Disk, o.Logger)
	switch {
	case errors.Is(err, ErrInUse):
		return nil, fmt.Errorf("open cache: %w", err)
	case err != nil:
		p := problemOf(err)
		c.lost = &p
		c.log.Warn("Cache goes without a disk", "error", err)
	default:
		c.disk = d
	}
	c.watch()
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
	if o.Health == nil {
		o.Health = func(*Problem) {}
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

// Acquire is AcquireFor a reader that waits.
func (c *Cache) Acquire(k Key, class Class) (*Reader, *Fill) { return c.AcquireFor(k, class, Watch) }

// AcquireFor gives a reader of an object. fill is not nil when the object is
// neither kept nor being fetched: the caller must fetch it (in a goroutine of
// its own) and end the fill with Commit or Abort. The purpose decides whether
// the object goes to disk; what is fetched for another purpose than Watch
// counts as prefetched until somebody acquires it to watch. For Kit and
// Download an object in memory may be written to disk before this returns.
func (c *Cache) AcquireFor(k Key, class Class, p Purpose) (r *Reader, fill *Fill) {
	if r := c.find(k, p != Ahead); r != nil { // read-ahead only looks: the use is yet to come
		c.found(k, r, p)
		c.promote(k, r, p)
		return r, nil
	}
	c.mu.Lock()
	if r := c.joinLocked(k, p != Ahead); r != nil { // begun since
		c.mu.Unlock()
		c.found(k, r, p)
		return r, nil
	}
	defer c.mu.Unlock()
	c.stats.misses++
	f := &Fill{c: c, key: k, blob: newFilling(class, p, c.pool), readers: 1}
	c.fills[k] = f
	return &Reader{Blob: f.blob.Retain(), From: Miss, c: c, fill: f}, f
}

// Peek gives a reader only when the object is there or being fetched; nil
// otherwise. It begins no fill and counts neither as a hit nor as use.
func (c *Cache) Peek(k Key) *Reader { return c.find(k, false) }

func (c *Cache) find(k Key, use bool) *Reader {
	c.mu.Lock()
	r := c.joinLocked(k, use)
	c.mu.Unlock()
	if r != nil {
		return r
	}
	if b := c.fromDisk(k, use); b != nil {
		return &Reader{Blob: b, From: Hit, c: c}
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

// found counts a reader that needed no fetch.
func (c *Cache) found(k Key, r *Reader, p Purpose) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.count(r)
	if r.Blob.want(p); p == Watch {
		c.readLocked(k)
	}
}

// promote writes what is in memory to disk, when it is now wanted for a
// purpose that is worth it.
func (c *Cache) promote(k Key, r *Reader, p Purpose) {
	if p < Kit || r.From != Hit || r.Blob.file != nil || c.disk == nil || c.disk.has(k) {
		return
	}
	if c.admit(k, r.Blob, r.Blob.n).Writes() {
		c.toDisk(k, r.Blob) // counted and logged there; the object is in memory
	}
}

func (c *Cache) joinLocked(k Key, use bool) *Reader {
	if f := c.fills[k]; f != nil {
		f.readers++
		return &Reader{Blob: f.blob.Retain(), From: Joined, c: c, fill: f}
	}
	get := c.mem.Peek
	if use {
		get = c.mem.Get
	}
	b, err := get(k)
	if err != nil {
		return nil
	}
	return &Reader{Blob: b, From: Hit, c: c}
}

func (c *Cache) fromDisk(k Key, use bool) *Blob {
	if c.disk == nil {
		return nil
	}
	get := c.disk.Peek
	if use {
		get = c.disk.Get
	}
	b, err := get(k)
	if err == nil {
		return b
	}
	if !errors.Is(err, ErrNotCached) {
		c.log.Warn("Object on disk unusable", "key", k.String(), "error", err)
		c.diskFailed()
	}
	return nil
}

// diskFailed counts an error of the disk that was logged.
func (c *Cache) diskFailed() {
	c.mu.Lock()
	c.stats.diskErrors++
	c.mu.Unlock()
	c.watch()
}

// CopyRange is that of the blob, counted: what readers get earns what may be
// written to flash.
func (r *Reader) CopyRange(ctx context.Context, w io.Writer, offset, n int64) (int64, error) {
	written, err := r.Blob.CopyRange(ctx, w, offset, n)
	r.c.served.Add(written)
	if errors.Is(err, ErrCorrupt) {
		r.c.log.Warn("Object on disk became unusable", "class", r.Blob.class.String(), "error", err)
		r.c.diskFailed()
	}
	return written, err
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

// reserve counts n bytes more for a fill and makes room for them; false when
// what is being filled would exceed the memory.
func (c *Cache) reserve(f *Fill, n int64) bool {
	c.mu.Lock()
	if c.filling > 0 && c.filling+n > c.mem.shelf.budget {
		c.mu.Unlock()
		return false
	}
	f.charged += n
	c.filling += n
	filling := c.filling
	c.mu.Unlock()
	c.mem.MakeRoom(filling)
	return true
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
	c.aheadLocked(f.key, f.blob, n)
	c.mu.Unlock()
	why := c.admit(f.key, f.blob, n)
	c.mu.Lock()
	c.stats.why[why]++
	c.mu.Unlock()
	if err == nil && why.Writes() {
		c.toDisk(f.key, f.blob)
	}
}

// admit asks whether an object is worth the disk, now.
func (c *Cache) admit(k Key, b *Blob, size int64) Why {
	b.mu.Lock()
	o := candidate{class: b.class, purpose: b.purpose, size: size, volatile: b.meta.Volatile}
	b.mu.Unlock()
	var m means
	if c.disk != nil {
		m, o.pinned = c.disk.means(c.credit()), c.disk.isPinned(k)
	}
	m.kept, m.short = c.onDisk, c.window > c.mem.shelf.budget
	return admit(o, m)
}

// credit is what was served since it was last asked.
func (c *Cache) credit() int64 {
	now := c.served.Load()
	return now - c.credited.Swap(now)
}

func (c *Cache) toDisk(k Key, b *Blob) error {
	err := c.disk.Put(k, b)
	if err != nil {
		c.log.Warn("Object not written to disk", "class", b.class.String(), "error", err)
		c.diskFailed()
		return err
	}
	c.watch()
	return nil
}
