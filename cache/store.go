package cache

import "sync"

// Store keeps complete objects. Methods may be called from any goroutine.
// Memory and Disk implement it; cachetest.Store is its conformance suite.
type Store interface {
	// Get gives the object, or ErrNotCached. The caller releases the blob,
	// which stays readable even when the object is removed meanwhile.
	Get(Key) (*Blob, error)
	// Put keeps a complete object, replacing an older one of the same key,
	// and makes room by evicting others. It retains what it needs of the
	// blob. ErrTooLarge when the object exceeds the budget. An object is
	// there whole or not at all, even after a crash.
	Put(Key, *Blob) error
	// Remove forgets an object; removing what is not there is no error.
	Remove(Key) error
	// Usage is what is kept now.
	Usage() Usage
	// Close frees the store. Calling it twice is no error.
	Close() error
}

// Usage is how full a store is.
type Usage struct {
	Objects int
	Bytes   int64
	Budget  int64
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
	budget int64
	sieve  *sieve
}

// NewMemory makes a store of at most budget bytes.
func NewMemory(budget int64) *Memory { return &Memory{budget: budget, sieve: newSieve()} }

// Get implements Store.
func (m *Memory) Get(k Key) (*Blob, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.sieve.get(k)
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
	if size > m.budget {
		return ErrTooLarge
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.removeLocked(k)
	m.makeRoomLocked(size)
	m.sieve.add(&node{key: k, size: size, class: b.class, blob: b.Retain()})
	return nil
}

// Remove implements Store.
func (m *Memory) Remove(k Key) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.removeLocked(k)
	return nil
}

// MakeRoom evicts until n bytes more would fit, as far as that is possible.
func (m *Memory) MakeRoom(n int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.makeRoomLocked(n)
}

// Usage implements Store.
func (m *Memory) Usage() Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := m.sieve.usage()
	u.Budget = m.budget
	return u
}

// Close implements Store.
func (m *Memory) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for n := m.sieve.tail; n != nil; n = m.sieve.tail {
		m.sieve.remove(n)
		n.blob.Release()
	}
	return nil
}

func (m *Memory) removeLocked(k Key) {
	if n := m.sieve.nodes[k]; n != nil {
		m.sieve.remove(n)
		n.blob.Release()
	}
}

func (m *Memory) makeRoomLocked(n int64) {
	for m.sieve.used+n > m.budget {
		v := m.sieve.evict()
		if v == nil {
			return
		}
		v.blob.Release()
	}
}
