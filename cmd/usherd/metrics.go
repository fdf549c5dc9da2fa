package main

import (
	"fmt"
	"time"

	"usher/internal/ui"
)

// stuckAfter is when a loop that takes no turn counts as stuck: it takes one
// at least every two seconds.
const stuckAfter = 10 * time.Second

// health is nil while the owner loop turns.
func (a *appliance) health() error {
	if idle := time.Since(a.daemon.Alive()); idle > stuckAfter {
		return fmt.Errorf("the loop has not turned for %v", idle.Round(time.Second))
	}
	return nil
}

// metrics are the figures of the cache for GET /metrics.
func (a *appliance) metrics() []ui.Metric {
	s := a.cache.Stats()
	counter := func(name, help string, v uint64) ui.Metric {
		return ui.Metric{Name: name, Help: help, Kind: "counter", Value: float64(v)}
	}
	gauge := func(name, help string, v int64) ui.Metric {
		return ui.Metric{Name: name, Help: help, Kind: "gauge", Value: float64(v)}
	}
	list := []ui.Metric{
		counter("usher_cache_hits_total", "Objects that were there.", s.Hits),
		counter("usher_cache_misses_total", "Objects that were fetched.", s.Misses),
		counter("usher_cache_collapsed_total", "Readers that joined the fetch of another.", s.Collapsed),
		counter("usher_cache_flash_bytes_total", "Bytes written to disk.", s.FlashBytes),
		counter("usher_cache_disk_errors_total", "Reads and writes of the disk that failed.", s.DiskErrors),
		gauge("usher_cache_memory_bytes", "Bytes kept in memory.", s.MemoryBytes),
		gauge("usher_cache_disk_bytes", "Bytes kept on disk.", s.DiskBytes),
	}
	list = append(append(append(list, a.filmMetrics()...), a.kitMetrics()...), processMetrics()...)
	for class, n := range s.Filled {
		list = append(list, ui.Metric{
			Name: "usher_cache_filled_bytes_total", Help: "Bytes fetched, by class.", Kind: "counter",
			Labels: map[string]string{"class": class}, Value: float64(n),
		})
	}
	return list
}
