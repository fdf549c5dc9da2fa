package main

import (
	"time"

	"usher/cache/prefetch"
	"usher/internal/box"
	"usher/internal/ui"
)

// kitStatus are the figures of the start kits. It never blocks.
func (a *appliance) kitStatus() *ui.CacheKits {
	s := a.kits.Stats()
	return &ui.CacheKits{
		Made: s.Kits, Used: s.Used, Refused: s.Refused, Failed: s.Failed, Interrupted: s.Preempted,
		Bytes: s.Bytes, UsedBytes: s.UsedBytes, FlashBytes: s.FlashBytes,
		DayBytes: s.Day, DayBudget: int64(a.cfg.Prefetch.Day), FlashDay: s.DayFlash, FlashBudget: int64(a.cfg.Prefetch.Flash),
		Starts: s.Starts, QuickStarts: s.QuickStarts, KitStarts: s.KitStarts, QuickWithKits: s.QuickKitStarts,
		Idle: string(s.Idle),
	}
}

// kitMetrics are the same for GET /metrics.
func (a *appliance) kitMetrics() []ui.Metric {
	s := a.kits.Stats()
	counter := func(name, help string, v float64) ui.Metric {
		return ui.Metric{Name: "usher_prefetch_" + name, Help: help, Kind: "counter", Value: v}
	}
	gauge := func(name, help string, v float64) ui.Metric {
		return ui.Metric{Name: "usher_prefetch_" + name, Help: help, Kind: "gauge", Value: v}
	}
	return []ui.Metric{
		counter("kits_total", "Start kits that were made.", float64(s.Kits)),
		counter("kits_used_total", "Start kits whose title was started.", float64(s.Used)),
		counter("interrupted_total", "Orders that made way.", float64(s.Preempted)),
		counter("bytes_total", "Bytes fetched for start kits.", float64(s.Bytes)),
		counter("used_bytes_total", "Of these, bytes for titles that were started.", float64(s.UsedBytes)),
		counter("flash_bytes_total", "Of these, bytes for the disk.", float64(s.FlashBytes)),
		gauge("day_bytes", "Bytes fetched for start kits today.", float64(s.Day)),
		counter("starts_total", "Titles that were started, up to their first picture.", float64(s.Starts)),
		counter("quick_starts_total", "Of these, within 0.3 s.", float64(s.QuickStarts)),
		counter("kit_starts_total", "Of these, with a start kit.", float64(s.KitStarts)),
	}
}

// kitReason says what the start kit did for the last start; ok is false when
// there was none.
func (w why) kitReason(q box.Quality) (ui.Reason, bool) {
	last := w.a.kits.Stats().Last
	switch {
	case last.Took == 0 || q.Began.IsZero():
		return ui.Reason{}, false
	case last.Kit >= prefetch.Head:
		return reason("start kit", "It was there: the %s was seen %s before.", signWords(last.Sign), short(last.Rested)), true
	case last.Kit == prefetch.Lists:
		return reason("start kit", "Its playlists were there, its first segment was not: the %s was seen %s before.", signWords(last.Sign), short(last.Rested)), true
	case last.Known:
		return reason("start kit", "There was none: the %s was seen only %s before, or nothing might be fetched.", signWords(last.Sign), short(last.Rested.Round(time.Millisecond))), true
	}
	return reason("start kit", "There was none: nothing pointed at the title before."), true
}

// signWords are a sign as one reads it in a sentence.
func signWords(s prefetch.Sign) string {
	switch s {
	case prefetch.Tile, prefetch.Continue:
		return "focus on its tile"
	case prefetch.Hero:
		return "title at the top of the screen"
	case prefetch.Details:
		return "open page"
	case prefetch.Next:
		return "end of the episode before"
	case prefetch.Credits, prefetch.Countdown:
		return "closing credits before it"
	}
	return "night"
}
