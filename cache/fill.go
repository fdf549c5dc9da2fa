package cache

import (
	"fmt"
	"sync"
)

// Fill is the task of fetching one object. The caller that got it from
// [Cache.Acquire] calls Describe, then Write until the end, then Commit; or
// Abort. It is used by one goroutine.
type Fill struct {
	c       *Cache
	key     Key
	blob    *Blob
	charged int64 // bytes counted as being filled
	over    sync.Once

	// guarded by c.mu
	readers   int
	abandoned bool
	cancel    func()
}

// OnAbandon sets what ends the fetching when the last reader left and too
// little is there to go on. If that has happened already it is called at once.
func (f *Fill) OnAbandon(cancel func()) {
	f.c.mu.Lock()
	f.cancel = cancel
	gone := f.abandoned
	f.c.mu.Unlock()
	if gone {
		cancel()
	}
}

// Describe tells readers the size (-1 when unknown) and validators. Call it
// before the first Write. ErrTooLarge means that the object will not be kept
// and the fill has ended.
func (f *Fill) Describe(m Meta) error {
	if m.Size > f.c.maxObject {
		f.Abort(ErrTooLarge)
		return ErrTooLarge
	}
	b := f.blob
	b.mu.Lock()
	defer b.mu.Unlock()
	b.meta, b.hasMeta = m, true
	b.announce()
	return nil
}

// Have is how many bytes were written.
func (f *Fill) Have() int64 {
	n, _ := f.blob.Have()
	return n
}

// Equal compares bytes that were written already, for a source that can only
// be read again from its beginning.
func (f *Fill) Equal(p []byte, offset int64) bool { return f.blob.Equal(p, offset) }

// Write appends p. Readers see it at once. ErrTooLarge, and the fill has ended,
// when what all fills hold would exceed the memory.
func (f *Fill) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		n, err := f.writePage(p)
		written += n
		if err != nil {
			return written, err
		}
		p = p[n:]
	}
	return written, nil
}

// writePage writes up to the end of the present page.
func (f *Fill) writePage(p []byte) (int, error) {
	b := f.blob
	b.mu.Lock()
	at, full, size := b.n%pageSize, b.n == int64(len(b.pages))*pageSize, b.meta.Size
	have := b.n
	b.mu.Unlock()
	if err := f.allowed(have+int64(len(p)), size); err != nil {
		return 0, err
	}
	var page []byte
	if full {
		if !f.c.reserve(f, pageSize) {
			f.Abort(ErrTooLarge)
			return 0, ErrTooLarge
		}
		page = f.newPage(have, size)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if full {
		b.pages = append(b.pages, page)
	}
	n := copy(b.pages[len(b.pages)-1][at:], p)
	b.n += int64(n)
	b.announce()
	return n, nil
}

// newPage is a page of the pool, or just enough for what is left.
func (f *Fill) newPage(have, size int64) []byte {
	if left := size - have; size >= 0 && left < pageSize {
		return make([]byte, left)
	}
	return f.c.pool.take()
}

func (f *Fill) allowed(n, size int64) error {
	if size >= 0 && n > size {
		f.Abort(ErrLong)
		return fmt.Errorf("%d bytes, %d announced: %w", n, size, ErrLong)
	}
	if n > f.c.maxObject {
		f.Abort(ErrTooLarge)
		return ErrTooLarge
	}
	return nil
}

// Commit keeps the object. It fails with ErrShort, and aborts, when fewer
// bytes were written than announced. A failure to write to disk is no error:
// the object is in memory, and [Stats] counts it.
func (f *Fill) Commit() error {
	b := f.blob
	b.mu.Lock()
	size, n := b.meta.Size, b.n
	b.mu.Unlock()
	if size >= 0 && n != size {
		f.Abort(ErrShort)
		return fmt.Errorf("%d of %d bytes: %w", n, size, ErrShort)
	}
	f.over.Do(func() {
		b.mu.Lock()
		b.trim()
		b.meta.Size, b.hasMeta, b.done = n, true, true
		b.announce()
		b.mu.Unlock()
		f.c.commit(f)
		b.Release()
	})
	return nil
}

// Abort ends the fill; readers that need more than is there get err.
func (f *Fill) Abort(err error) {
	f.over.Do(func() {
		b := f.blob
		b.mu.Lock()
		b.done, b.err = true, err
		b.announce()
		b.mu.Unlock()
		f.c.drop(f)
		b.Release()
	})
}
