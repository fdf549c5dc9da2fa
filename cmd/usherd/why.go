package main

import (
	"context"
	"fmt"
	"time"

	"usher/cache/serve"
	"usher/internal/box"
	"usher/internal/ui"
)

// why explains what the box decided. A topic is added by adding a line to
// topics, and its name to the document of the bridge.
type why struct{ a *appliance }

func (w why) topics() map[string]func(box.PlaybackView, serve.Report, bool) []ui.Reason {
	return map[string]func(box.PlaybackView, serve.Report, bool) []ui.Reason{
		"quality": w.quality,
		"start":   w.start,
		"stall":   w.stall,
		"tv":      w.tv, "tv.woke": w.tvWoke, "tv.frames": w.tvFrames, "power": w.power,
	}
}

// Why implements the bridge's explainer. It never blocks.
func (w why) Why(_ context.Context, topic string) ([]ui.Reason, error) {
	explain := w.topics()[topic]
	if explain == nil {
		return nil, fmt.Errorf("explain %q: no such topic", topic) // the document lets none such through
	}
	v := w.a.daemon.View().Playback
	r, ok := w.a.origin.Report(v.Session)
	return explain(v, r, ok), nil
}

func reason(subject, format string, args ...any) ui.Reason {
	return ui.Reason{Subject: subject, Text: fmt.Sprintf(format, args...)}
}

// quality says why the picture is as it is.
func (w why) quality(v box.PlaybackView, r serve.Report, film bool) []ui.Reason {
	if !film {
		return w.noFilm(v)
	}
	list := []ui.Reason{reason("picture", "%s", sentence(r.Decision))}
	if r.Segments > 0 {
		list = append(list, reason("so far", "%s in the mean over %s, %s.", rateText(r.MeanRate), short(r.Media), count(r.Switches, "switch", "switches")))
	}
	return append(list, w.link(r))
}

// noFilm is for when there is nothing to explain by choices.
func (w why) noFilm(v box.PlaybackView) []ui.Reason {
	switch {
	case v.Session == 0 || v.TitleID == "":
		return []ui.Reason{reason("picture", "Nothing is playing.")}
	case v.Live && v.Rendition != nil:
		return []ui.Reason{
			reason("picture", "A live channel keeps the rendition that it began with: %dp, %s.", v.Rendition.Height, rateText(v.Rendition.Bandwidth)),
			w.link(serve.Report{Link: w.a.origin.LinkRate()}),
		}
	}
	return []ui.Reason{reason("picture", "The title is not open yet.")}
}

func (w why) link(r serve.Report) ui.Reason {
	if r.Link == 0 {
		return reason("link", "Not measured yet.")
	}
	return reason("link", "It carries about %s.", rateText(r.Link))
}

// start says where the time from OK to the first picture went.
func (w why) start(v box.PlaybackView, r serve.Report, film bool) []ui.Reason {
	q := v.Quality
	if q.Asked.IsZero() {
		return []ui.Reason{reason("start", "Nothing was started since the box is on.")}
	}
	if q.Began.IsZero() {
		return []ui.Reason{reason("start", "No picture yet; OK was pressed %s ago. %s", short(time.Since(q.Asked)), w.waits(q))}
	}
	list := []ui.Reason{reason("start", "%s from OK to the picture: %s the service, %s the playlists, %s the player and the first segment.",
		short(q.Start()), short(part(q.Asked, q.Resolved)), short(part(q.Resolved, q.Opened)), short(part(q.Opened, q.Began)))}
	if film && r.Began != "" {
		list = append(list, reason("first segment", "%s", sentence(r.Began)))
	}
	if kit, ok := w.kitReason(q); ok {
		list = append(list, kit)
	}
	return list
}

// waits says what is waited for.
func (why) waits(q box.Quality) string {
	switch {
	case q.Resolved.IsZero():
		return "The service has not answered."
	case q.Opened.IsZero():
		return "The playlists are being read."
	}
	return "The player waits for the first segment."
}

func part(from, to time.Time) time.Duration {
	if from.IsZero() || to.Before(from) {
		return 0
	}
	return to.Sub(from)
}

// stall says whether the picture stood, and what keeps it from doing so.
func (w why) stall(v box.PlaybackView, r serve.Report, film bool) []ui.Reason {
	q := v.Quality
	list := []ui.Reason{reason("stalls", "%s, %s in all.", count(q.Stalls, "stall", "stalls"), short(q.Stalled))}
	switch {
	case q.Stalls == 0:
		list[0].Text = "None in this title."
	case q.Own > 0:
		list[0].Text += fmt.Sprintf(" In %d of them the film was on the box: the player stood still by itself (usher doctor).", q.Own)
	}
	if film {
		list = append(list, reason("held", "%s of film are on the box; %s.", short(r.Held), arrival(r)))
		if r.Outages > 0 {
			list = append(list, reason("network", "It fell silent %s, %s in all; %s.", count(r.Outages, "time", "times"), short(r.Away), through(q, r)))
		}
	}
	if v.Problem != nil {
		list = append(list, reason("now", "%s", v.Problem.Text))
	}
	return append(list, w.link(r))
}

// through says how the film came through the outages.
func through(q box.Quality, r serve.Report) string {
	switch {
	case q.Stalls > 0 && r.Least < time.Second:
		return fmt.Sprintf("what was held did not always last: it was %s at the least", short(r.Least))
	case r.Least > 0:
		return fmt.Sprintf("the film went on from what was held, never less than %s", short(r.Least))
	}
	return "the film went on from what the player had"
}

func arrival(r serve.Report) string {
	if r.Wanted == 0 {
		return "the player has not asked for any"
	}
	return fmt.Sprintf("%d of %d segments were there before the player asked", r.InTime, r.Wanted)
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func short(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.0f s", d.Seconds())
}

func rateText(rate int) string {
	if rate < 1_000_000 {
		return fmt.Sprintf("%d kb/s", rate/1000)
	}
	return fmt.Sprintf("%.1f Mb/s", float64(rate)/1e6)
}

// sentence is s with a full stop.
func sentence(s string) string {
	if s == "" {
		return "Nothing was decided yet."
	}
	return s + "."
}
