package serve

import "time"

// Age makes all playlists older.
func Age(g *Origin, by time.Duration) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, t := range g.targets {
		d, ok := t.(*doc)
		if !ok {
			continue
		}
		d.mu.Lock()
		if d.cur != nil {
			v := *d.cur
			from := *v.from
			v.until, from.until = v.until.Add(-by), from.until.Add(-by)
			v.from = &from
			d.cur = &v
		}
		d.mu.Unlock()
	}
}
