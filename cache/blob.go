package cache

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Blob is the content of an object: growing while it is fetched, or complete,
// in memory or in a file. It is shared; whoever got one calls Release once.
type Blob struct {
	class Class
	pool  *pages // nil: memory is left to the garbage collector

	mu       sync.Mutex
	refs     int
	meta     Meta
	hasMeta  bool
	pages    [][]byte
	n        int64
	done     bool
	err      error
	progress chan struct{} // closed at the next change; nil when nobody waits

	purpose Purpose // of the fill
	ahead   bool    // fetched before anybody asked, and not read yet

	file     file              // complete, in a file; set once
	offset   int64             // of the body in file
	checks   *checks           // of its blocks; nil: all of it is known to be sound
	unusable func(error) error // told when file cannot be read; nil: nobody

	reading sync.Mutex // of file
}

// NewBlob is a complete object in memory.
func NewBlob(class Class, meta Meta, data []byte) *Blob {
	meta.Size = int64(len(data))
	b := &Blob{class: class, refs: 1, meta: meta, hasMeta: true, n: meta.Size, done: true}
	for len(data) > 0 {
		n := min(len(data), pageSize)
		b.pages = append(b.pages, data[:n:n])
		data = data[n:]
	}
	return b
}

func newFilling(class Class, p Purpose, pool *pages) *Blob {
	return &Blob{class: class, pool: pool, refs: 1, meta: Meta{Size: -1}, purpose: p, ahead: p != Watch}
}

func newFileBlob(class Class, meta Meta, f file, offset int64) *Blob {
	return &Blob{class: class, refs: 1, meta: meta, hasMeta: true, n: meta.Size, done: true, file: f, offset: offset}
}

// Class is what the object is for.
func (b *Blob) Class() Class { return b.class }

// unread says whether the object was fetched ahead and not read since.
func (b *Blob) unread() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ahead
}

// readAhead says whether a reader will come for the object soon.
func (b *Blob) readAhead() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.ahead && b.purpose == Ahead
}

// purposed is the purpose of the fill so far.
func (b *Blob) purposed() Purpose {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.purpose
}

// want takes note of why one more reader came.
func (b *Blob) want(p Purpose) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.purpose = max(b.purpose, p)
	b.ahead = b.ahead && p != Watch
}

// Retain adds an owner.
func (b *Blob) Retain() *Blob {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refs++
	return b
}

// Release drops an owner; the last one frees memory and file.
func (b *Blob) Release() {
	b.mu.Lock()
	b.refs--
	last := b.refs == 0
	b.mu.Unlock()
	if !last {
		return
	}
	if b.pool != nil {
		b.pool.give(b.pages)
		b.pages = nil
	}
	if b.file != nil {
		b.file.Close() // it was only read
	}
}

// Wait waits until the size and validators are known, or the fill failed.
func (b *Blob) Wait(ctx context.Context) (Meta, error) {
	for {
		b.mu.Lock()
		meta, ok, err, next := b.meta, b.hasMeta, b.err, b.changed()
		b.mu.Unlock()
		switch {
		case err != nil:
			return meta, err
		case ok:
			return meta, nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return Meta{}, context.Cause(ctx)
		}
	}
}

// Have is how many bytes are there, and whether these are all.
func (b *Blob) Have() (n int64, complete bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.n, b.done && b.err == nil
}

// changed is closed at the next change. The caller holds mu.
func (b *Blob) changed() <-chan struct{} {
	if b.progress == nil {
		b.progress = make(chan struct{})
	}
	return b.progress
}

// announce wakes those who wait. The caller holds mu.
func (b *Blob) announce() {
	if b.progress != nil {
		close(b.progress)
		b.progress = nil
	}
}

// CopyRange writes n bytes from offset to w, waiting for those that are still
// being fetched; n < 0 means up to the end. It returns how many it wrote; the
// error is that of the fill, of w, or of ctx, or ErrCorrupt: what was written
// is right, and the rest must come from elsewhere. A file that was checked goes
// through w's io.ReaderFrom, which lets net/http use sendfile.
func (b *Blob) CopyRange(ctx context.Context, w io.Writer, offset, n int64) (int64, error) {
	if b.file != nil {
		return b.copyFile(w, offset, n)
	}
	var written int64
	for n < 0 || written < n {
		chunk, err := b.next(ctx, offset+written)
		if errors.Is(err, io.EOF) {
			return written, eofError(n, written)
		}
		if err != nil {
			return written, err
		}
		if n >= 0 && int64(len(chunk)) > n-written {
			chunk = chunk[:n-written]
		}
		m, err := w.Write(chunk)
		written += int64(m)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

func eofError(n, written int64) error {
	if n >= 0 && written < n {
		return fmt.Errorf("%d of %d bytes: %w", written, n, io.ErrUnexpectedEOF)
	}
	return nil
}

// next is the bytes from offset to the end of its page, as many as are there.
func (b *Blob) next(ctx context.Context, offset int64) ([]byte, error) {
	for {
		b.mu.Lock()
		chunk, done, err := b.at(offset), b.done, b.err
		var wait <-chan struct{}
		if len(chunk) == 0 && !done {
			wait = b.changed()
		}
		b.mu.Unlock()
		switch {
		case len(chunk) > 0:
			return chunk, nil
		case err != nil:
			return nil, err
		case done:
			return nil, io.EOF
		}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// at is what is there at offset, within one page. The caller holds mu.
func (b *Blob) at(offset int64) []byte {
	if offset < 0 || offset >= b.n {
		return nil
	}
	i, o := offset/pageSize, offset%pageSize
	return b.pages[i][o:min(pageSize, b.n-i*pageSize)]
}

// trim gives the last page its right size when that was not announced: small
// objects would else take a page each. A reader may still be at the old one, so
// it goes to the garbage collector. The caller holds mu.
func (b *Blob) trim() {
	last := len(b.pages) - 1
	if last < 0 {
		return
	}
	if used := b.n - int64(last)*pageSize; used < int64(len(b.pages[last])) {
		b.pages[last] = bytes.Clone(b.pages[last][:used])
	}
}

// copyFile moves the file's own position: Disk gives every caller a blob with
// a handle of its own, so the lock is only there for callers that share one.
func (b *Blob) copyFile(w io.Writer, offset, n int64) (written int64, err error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	if n < 0 {
		n = max(b.n-offset, 0)
	}
	if b.checks == nil || b.checks.all() {
		written, err = b.sendFile(w, offset, n)
	} else {
		written, err = b.copyChecked(w, offset, n)
	}
	switch {
	case errors.Is(err, ErrCorrupt):
		err = b.report(err)
	case err != nil && offset+written < b.n:
		err = b.blame(err, offset+written)
	}
	return written, err
}

// sendFile copies without looking at the bytes.
func (b *Blob) sendFile(w io.Writer, offset, n int64) (int64, error) {
	if _, err := b.file.Seek(b.offset+offset, io.SeekStart); err != nil {
		return 0, fmt.Errorf("seek in %s: %w", b.file.Name(), err)
	}
	written, err := io.CopyN(w, b.file, n)
	if errors.Is(err, io.EOF) {
		err = eofError(n, written)
	}
	return written, err
}

// blame finds out whether it was the file that could not be read, or its
// reader that left, which the error of a copy inside the kernel does not say.
func (b *Blob) blame(err error, offset int64) error {
	_, bad := b.file.Seek(b.offset+offset, io.SeekStart)
	if bad == nil {
		_, bad = io.CopyN(io.Discard, b.file, min(b.n-offset, pageSize))
	}
	if bad == nil {
		return err
	}
	return b.report(fmt.Errorf("byte %d (%w): %w", offset, bad, ErrCorrupt))
}

// report tells the store of a file that cannot be read.
func (b *Blob) report(err error) error {
	if b.unusable == nil {
		return err
	}
	return b.unusable(err)
}

// Bytes waits for the whole object and gives a copy of it.
func (b *Blob) Bytes(ctx context.Context) ([]byte, error) {
	meta, err := b.Wait(ctx)
	if err != nil {
		return nil, err
	}
	buf := make(appender, 0, max(meta.Size, 0))
	if _, err := b.CopyRange(ctx, &buf, 0, -1); err != nil {
		return nil, err
	}
	return buf, nil
}

type appender []byte

func (a *appender) Write(p []byte) (int, error) {
	*a = append(*a, p...)
	return len(p), nil
}

// Equal says whether the bytes at offset equal p; only bytes that are in
// memory already are compared.
func (b *Blob) Equal(p []byte, offset int64) bool {
	if b.file != nil {
		return false
	}
	for len(p) > 0 {
		b.mu.Lock()
		chunk := b.at(offset)
		b.mu.Unlock()
		n := min(len(chunk), len(p))
		if n == 0 || string(chunk[:n]) != string(p[:n]) {
			return false
		}
		p, offset = p[n:], offset+int64(n)
	}
	return true
}
