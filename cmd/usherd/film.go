package main

import (
	"usher/cache/serve"
	"usher/internal/box"
	"usher/internal/ui"
)

// film is the account of the title that is on; nil when there is none.
func (a *appliance) film() *ui.CacheFilm {
	v := a.daemon.View().Playback
	r, ok := a.origin.Report(v.Session)
	if !ok {
		return nil
	}
	return accountOf(v, r)
}

func accountOf(v box.PlaybackView, r serve.Report) *ui.CacheFilm {
	q := v.Quality
	return &ui.CacheFilm{
		Session: v.Session, TitleID: v.TitleID, StartMS: q.Start().Milliseconds(), Stalls: q.Stalls, StalledMS: q.Stalled.Milliseconds(),
		Rungs: r.Rungs, Rate: r.Rate, Height: r.Height, MeanRate: r.MeanRate, Switches: r.Switches,
		Wanted: r.Wanted, InTime: r.InTime, Abandoned: r.Abandoned, Interrupted: r.Yielded,
		AheadBytes: r.Ahead, UnreadBytes: r.Unread, HeldMS: r.Held.Milliseconds(), LeastHeldMS: r.Least.Milliseconds(),
		Outages: r.Outages, AwayMS: r.Away.Milliseconds(), LinkRate: r.Link, Reason: r.Reason, Decision: r.Decision,
	}
}

// filmMetrics are the figures of the title that is on, for GET /metrics; none
// when nothing is.
func (a *appliance) filmMetrics() []ui.Metric {
	f := a.film()
	if f == nil {
		return nil
	}
	return metricsOfFilm(f)
}

func metricsOfFilm(f *ui.CacheFilm) []ui.Metric {
	gauge := func(name, help string, v float64) ui.Metric {
		return ui.Metric{Name: name, Help: help, Kind: "gauge", Value: v}
	}
	return []ui.Metric{
		gauge("usher_film_start_seconds", "From asking to the first picture; 0 while there was none.", float64(f.StartMS)/1000),
		gauge("usher_film_stalls", "Times that the picture of this title stood.", float64(f.Stalls)),
		gauge("usher_film_stalled_seconds", "For how long in all.", float64(f.StalledMS)/1000),
		gauge("usher_film_mean_rate_bits", "Rate of this title in the mean over time, bit/s.", float64(f.MeanRate)),
		gauge("usher_film_switches", "Changes of rendition in this title.", float64(f.Switches)),
		gauge("usher_film_segments_wanted", "Segments that the player asked for.", float64(f.Wanted)),
		gauge("usher_film_segments_in_time", "Of these, whole in the cache before.", float64(f.InTime)),
		gauge("usher_film_held_seconds", "Of this title, at hand from the present position on.", float64(f.HeldMS)/1000),
		gauge("usher_film_unread_bytes", "Read ahead and not asked for so far.", float64(f.UnreadBytes)),
		gauge("usher_link_rate_bits", "What the link to the services carries, bit/s; 0 when not known.", float64(f.LinkRate)),
	}
}
