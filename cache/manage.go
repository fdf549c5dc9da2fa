package cache

import (
	"context"
	"errors"
	"fmt"
)

// ClearReport is what [Cache.Clear] removed, each object counted once.
type ClearReport struct {
	Objects int   `json:"objects"`
	Bytes   int64 `json:"bytes"`
}

// VerifyReport is what [Cache.Verify] read from the disk and found damaged.
type VerifyReport struct {
	Objects int   `json:"objects"`
	Bad     int   `json:"bad"` // damaged and dropped
	Bytes   int64 `json:"bytes"`
}

// Pin makes that an object is never evicted, or that it may be again. It is
// written to disk when it is in memory, and otherwise as soon as it is
// fetched; the pin survives restarts. ErrNoDisk without a disk; ErrFull when
// pinned objects leave no room. Keys and what came with no-store are not
// pinned: the error is ErrNotCached.
func (c *Cache) Pin(k Key, on bool) error {
	if c.disk == nil {
		return ErrNoDisk
	}
	if !on || c.disk.has(k) {
		return c.disk.Pin(k, on)
	}
	b, err := c.mem.Peek(k)
	if errors.Is(err, ErrNotCached) {
		return c.disk.Pin(k, on)
	}
	defer b.Release()
	if b.class == Secret || b.meta.Volatile {
		return fmt.Errorf("pin what must not be kept: %w", ErrNotCached)
	}
	if err := c.disk.Pin(k, true); err != nil {
		return err
	}
	if err := c.toDisk(k, b); err != nil {
		return errors.Join(err, c.disk.Pin(k, false))
	}
	return nil
}

// Pinned says whether there is a pin for an object.
func (c *Cache) Pinned(k Key) bool { return c.disk != nil && c.disk.isPinned(k) }

// Clear removes the objects of some classes, in memory and on disk; pinned
// ones on disk only when classes holds Pinned. Readers and fetches that are
// under way go on. When it returns without error the objects are gone for
// good, power cut or not.
func (c *Cache) Clear(classes Classes) (ClearReport, error) {
	gone := c.mem.Clear(classes)
	var err error
	if c.disk != nil {
		var more map[Key]int64
		more, err = c.disk.Clear(classes)
		for k, n := range more {
			gone[k] = n
		}
		c.watch()
	}
	r := ClearReport{Objects: len(gone)}
	for _, n := range gone {
		r.Bytes += n
	}
	if err != nil {
		return r, fmt.Errorf("clear cache: %w", err)
	}
	return r, nil
}

// Verify reads every object on disk and drops those whose checksum is wrong
// or that cannot be read. It takes as long as the disk takes.
func (c *Cache) Verify(ctx context.Context) (VerifyReport, error) {
	if c.disk == nil {
		return VerifyReport{}, ErrNoDisk
	}
	defer c.watch()
	return c.disk.Verify(ctx)
}

// watch tells Health when what is wrong has changed.
func (c *Cache) watch() {
	c.telling.Lock() // so that the last thing told is the last thing seen
	defer c.telling.Unlock()
	now := c.lost
	if c.disk != nil {
		if p, bad := c.disk.Problem(); bad {
			now = &p
		}
	}
	c.mu.Lock()
	same := now == nil && c.problem == nil || now != nil && c.problem != nil && *now == *c.problem
	c.problem = now
	c.mu.Unlock()
	if !same {
		c.health(now)
	}
}
