package cache

import "sync"

// pageSize is the unit of memory. Pages are used again rather than left to the
// garbage collector, which would let the process grow to twice the budget.
// It is also what is written to a reader at one time: with 64 KiB a hit of 2 MB
// takes a third more CPU.
const pageSize = 256 << 10

// pages is a free list of pages.
type pages struct {
	mu   sync.Mutex
	free [][]byte
	max  int // pages kept for use
}

func newPages(budget int64) *pages { return &pages{max: int(budget/pageSize)/4 + 4} }

func (p *pages) take() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.free); n > 0 {
		b := p.free[n-1]
		p.free[n-1] = nil
		p.free = p.free[:n-1]
		return b
	}
	return make([]byte, pageSize)
}

func (p *pages) give(all [][]byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range all {
		if cap(b) == pageSize && len(p.free) < p.max {
			p.free = append(p.free, b[:pageSize])
		}
	}
}
