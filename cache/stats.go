package cache

type counters struct {
	hits, misses, collapsed, abandoned, diskErrors uint64
	filled                                         [classEnds]uint64
}

func (s *counters) count(from Source) {
	switch from {
	case Hit:
		s.hits++
	case Joined:
		s.collapsed++
	}
}

// Stats is what the cache did since it was opened and what it holds now.
type Stats struct {
	Hits       uint64 `json:"hits"`       // complete objects found
	Misses     uint64 `json:"misses"`     // fetches begun
	Collapsed  uint64 `json:"collapsed"`  // readers that joined a fetch of another
	Abandoned  uint64 `json:"abandoned"`  // fetches ended because nobody read any more
	DiskErrors uint64 `json:"diskErrors"` // reads and writes of the disk that failed

	MemoryBytes   int64 `json:"memoryBytes"`
	MemoryBudget  int64 `json:"memoryBudget"`
	MemoryObjects int   `json:"memoryObjects"`
	FillingBytes  int64 `json:"fillingBytes"` // in memory, of objects being fetched
	DiskBytes     int64 `json:"diskBytes"`
	DiskBudget    int64 `json:"diskBudget"`
	DiskObjects   int   `json:"diskObjects"`
	// FlashBytes were written to disk, the index included (an estimate of its
	// pages, not of what the flash makes of it).
	FlashBytes uint64 `json:"flashBytes"`
	// Filled counts the bytes fetched by class, Kept what is held now.
	Filled map[string]uint64     `json:"filled"`
	Kept   map[string]ClassUsage `json:"kept"`
}

// Count adds bytes that were fetched past the stores, such as playlists.
func (c *Cache) Count(class Class, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.filled[class] += uint64(bytes)
}

// Stats gives the figures.
func (c *Cache) Stats() Stats {
	mem := c.mem.Usage()
	s := Stats{
		MemoryBytes: mem.Bytes, MemoryBudget: mem.Budget, MemoryObjects: mem.Objects,
		Filled: map[string]uint64{}, Kept: map[string]ClassUsage{},
	}
	s.add(mem)
	if c.disk != nil {
		u := c.disk.Usage()
		s.DiskBytes, s.DiskBudget, s.DiskObjects = u.Bytes, u.Budget, u.Objects
		s.add(u)
	}
	if d, ok := c.disk.(*Disk); ok {
		s.FlashBytes = d.Written()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Hits, s.Misses, s.Collapsed = c.stats.hits, c.stats.misses, c.stats.collapsed
	s.Abandoned, s.DiskErrors, s.FillingBytes = c.stats.abandoned, c.stats.diskErrors, c.filling
	for class, n := range c.stats.filled {
		s.Filled[Class(class).String()] = n
	}
	return s
}

func (s *Stats) add(u Usage) {
	for class, have := range u.Classes {
		k := s.Kept[class.String()]
		k.Objects += have.Objects
		k.Bytes += have.Bytes
		s.Kept[class.String()] = k
	}
}
