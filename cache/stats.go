package cache

type counters struct {
	hits, misses, collapsed, abandoned, diskErrors uint64
	filled, hit, hitBytes                          [classEnds]uint64
	prefetched, read                               [classEnds]uint64 // bytes
	why                                            [whyEnds]uint64
}

func (s *counters) count(r *Reader) {
	switch r.From {
	case Hit:
		s.hits++
		s.hit[r.Blob.class]++
		s.hitBytes[r.Blob.class] += uint64(r.Blob.n) // complete: it does not change
	case Joined:
		s.collapsed++
	}
}

// ahead is an object that was prefetched and not read yet.
type ahead struct {
	class Class
	size  int64
}

// maxUnread bounds what is remembered of prefetching; beyond it objects count
// as never read.
const maxUnread = 1 << 14

// aheadLocked counts what a fill prefetched. The caller holds mu.
func (c *Cache) aheadLocked(k Key, b *Blob, size int64) {
	if b.purposed() == Watch {
		return
	}
	c.stats.prefetched[b.class] += uint64(size)
	switch {
	case !b.unread():
		c.stats.read[b.class] += uint64(size)
	case len(c.unread) < maxUnread:
		c.unread[k] = ahead{b.class, size}
	}
}

// readLocked takes note that somebody came to read. The caller holds mu.
func (c *Cache) readLocked(k Key) {
	if a, ok := c.unread[k]; ok {
		c.stats.read[a.class] += uint64(a.size)
		delete(c.unread, k)
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
	PinnedBytes   int64 `json:"pinnedBytes"` // of DiskBytes
	// FlashBytes were written to disk since the cache was opened, the index
	// included (an estimate of its pages, not of what the flash makes of it);
	// FlashTotal is that in the life of the folder.
	FlashBytes  uint64 `json:"flashBytes"`
	FlashTotal  uint64 `json:"flashTotal"`
	ServedBytes uint64 `json:"servedBytes"` // that readers got
	// PrefetchedBytes were fetched before anybody asked for them;
	// UnreadBytes of them were not read so far.
	PrefetchedBytes uint64 `json:"prefetchedBytes"`
	UnreadBytes     uint64 `json:"unreadBytes"`
	// Filled counts the bytes fetched by class, Kept what is held now.
	Filled map[string]uint64     `json:"filled"`
	Kept   map[string]ClassUsage `json:"kept"`
	// Classes says more of each class that has something to say.
	Classes map[string]ClassStats `json:"classes"`
	// Admission counts why objects were written to disk or not; see [Why].
	Admission map[string]uint64 `json:"admission"`
	// Problem is what is wrong with the disk now; nil: nothing.
	Problem *Problem `json:"problem,omitempty"`
}

// ClassStats are the figures of one class.
type ClassStats struct {
	MemoryBudget    int64  `json:"memoryBudget"` // share that others cannot take, in bytes
	MemoryBytes     int64  `json:"memoryBytes"`
	DiskBudget      int64  `json:"diskBudget"`
	DiskBytes       int64  `json:"diskBytes"`
	Hits            uint64 `json:"hits"`
	HitBytes        uint64 `json:"hitBytes"` // of the objects that were found
	FilledBytes     uint64 `json:"filledBytes"`
	PrefetchedBytes uint64 `json:"prefetchedBytes"`
	UnreadBytes     uint64 `json:"unreadBytes"` // prefetched and not read so far
}

// Count adds bytes that were fetched past the stores, such as playlists.
func (c *Cache) Count(class Class, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stats.filled[class] += uint64(bytes)
}

// MemoryBudget is how many bytes memory may hold.
func (c *Cache) MemoryBudget() int64 { return c.mem.shelf.budget }

// Served is how many bytes readers got.
func (c *Cache) Served() int64 { return c.served.Load() }

// Stats gives the figures. It looks at every object that is kept.
func (c *Cache) Stats() Stats {
	mem, disk := c.mem.Usage(), Usage{}
	s := Stats{
		MemoryBytes: mem.Bytes, MemoryBudget: mem.Budget, MemoryObjects: mem.Objects,
		Filled: map[string]uint64{}, Kept: map[string]ClassUsage{},
		Classes: map[string]ClassStats{}, Admission: map[string]uint64{},
		ServedBytes: uint64(c.served.Load()),
	}
	s.add(mem)
	if c.disk != nil {
		disk = c.disk.Usage()
		s.DiskBytes, s.DiskBudget, s.DiskObjects, s.PinnedBytes = disk.Bytes, disk.Budget, disk.Objects, disk.Pinned
		s.FlashBytes, s.FlashTotal = c.disk.Written()
		s.add(disk)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Hits, s.Misses, s.Collapsed = c.stats.hits, c.stats.misses, c.stats.collapsed
	s.Abandoned, s.DiskErrors, s.FillingBytes = c.stats.abandoned, c.stats.diskErrors, c.filling
	s.Problem = c.problem
	for class := range classEnds {
		c.stats.tell(&s, class, mem, disk)
	}
	for why, n := range c.stats.why {
		if n > 0 {
			s.Admission[Why(why).String()] = n
		}
	}
	return s
}

// tell adds the figures of a class.
func (s *counters) tell(all *Stats, c Class, mem, disk Usage) {
	unread := s.prefetched[c] - s.read[c]
	all.Filled[c.String()] = s.filled[c]
	all.PrefetchedBytes += s.prefetched[c]
	all.UnreadBytes += unread
	all.Classes[c.String()] = ClassStats{
		MemoryBudget: mem.Budget * memoryShares()[c] / 100, MemoryBytes: mem.Classes[c].Bytes,
		DiskBudget: (disk.Budget - disk.Pinned) * diskShares()[c] / 100, DiskBytes: disk.Classes[c].Bytes,
		Hits: s.hit[c], HitBytes: s.hitBytes[c], FilledBytes: s.filled[c],
		PrefetchedBytes: s.prefetched[c], UnreadBytes: unread,
	}
}

func (s *Stats) add(u Usage) {
	for class, have := range u.Classes {
		k := s.Kept[class.String()]
		k.Objects += have.Objects
		k.Bytes += have.Bytes
		s.Kept[class.String()] = k
	}
}
