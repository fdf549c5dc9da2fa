package cache

import (
	"os"
	"sync"
)

// Store keeps complete objects. Methods may be called from any goroutine.
// Memory and Disk implement it; cachetest.Store is its conformance suite.
type Store interface {
	// Get gives the object, or ErrNotCached. The caller releases the blob,
	// which stays readable even when the object is removed meanwhile.
	Get(Key) (*Blob, error)
	// Put keeps a complete object, replacing an older one of the same key,
	// and makes room by evicting others. It retains what it needs of the
	// blob. ErrTooLarge when the object exceeds the budget, ErrShort when it is
	// not complete. An object is there whole or not at all, even after a crash.
	Put(Key, *Blob) error
	// Remove forgets an object; removing what is not there is no error.
	Remove(Key) error
	// Usage is what is kept now.
	Usage() Usage
	// Close frees the store; what was got before stays readable, and Put fails
	// from then on. Calling it twice is no error.
	Close() error
}

// Usage is how full a store is.
type Usage struct {
	Objects int
	Bytes   int64
	Budget  int64
	Pinned  int64 // bytes, of Bytes
	Classes map[Class]ClassUsage
}

// ClassUsage is the share of one class.
type ClassUsage struct {
	Objects int   `json:"objects"`
	Bytes   int64 `json:"bytes"`
}

// Memory is a Store in memory.
type Memory struct {
	mu     sync.Mutex
	shelf  *shelf
	closed bool
}

// NewMemory makes a store of at most budget bytes.
func NewMemory(budget int64) *Memory { return &Memory{shelf: newShelf(budget, memoryShares())} }

// Get implements Store.
func (m *Memory) Get(k Key) (*Blob, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return retained(m.shelf.get(k))
}

// Peek is Get for somebody who only looks: it does not count as use.
func (m *Memory) Peek(k Key) (*Blob, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return retained(m.shelf.nodes[k])
}

func retained(n *node) (*Blob, error) {
	if n == nil {
		return nil, ErrNotCached
	}
	return n.blob.Retain(), nil
}

// Put implements Store.
func (m *Memory) Put(k Key, b *Blob) error {
	size, complete := b.Have()
	if !complete {
		return ErrShort
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return os.ErrClosed
	}
	if size > m.shelf.budget {
		return ErrTooLarge
	}
	m.removeLocked(k)
	m.makeRoomLocked(b.class, size)
	m.shelf.add(&node{key: k, size: size, class: b.class, ahead: b.readAhead(), blob: b.Retain()})
	return nil
}

// Remove implements Store.
func (m *Memory) Remove(k Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.removeLocked(k)
	return nil
}

// Clear removes the objects of some classes and gives the size of each.
func (m *Memory) Clear(classes Classes) map[Key]int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	gone := map[Key]int64{}
	for k, n := range m.shelf.nodes {
		if classes.Has(n.class) {
			gone[k] = n.size
			m.removeLocked(k)
		}
	}
	return gone
}

// MakeRoom evicts until n bytes more of film would fit, as far as that is
// possible.
func (m *Memory) MakeRoom(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.makeRoomLocked(Media, n)
}

// Usage implements Store.
func (m *Memory) Usage() Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.shelf.usage()
}

// Close implements Store.
func (m *Memory) Close() error {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.Clear(AllClasses)
	return nil
}

func (m *Memory) removeLocked(k Key) {
	if n := m.shelf.nodes[k]; n != nil {
		m.shelf.remove(n)
		n.blob.Release()
	}
}

func (m *Memory) makeRoomLocked(c Class, n int64) {
	for !m.shelf.fits(n) {
		v := m.shelf.victim(c, n)
		if v == nil {
			return
		}
		v.blob.Release()
	}
}
