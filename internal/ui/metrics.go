package ui

import (
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Metric is one sample for GET /metrics, Prometheus text format 0.0.4. Samples
// of one name stand together and share Help and Kind, which are taken from the
// first.
type Metric struct {
	Name   string            // such as usher_cache_hits_total
	Help   string            // one line
	Kind   string            // "counter" or "gauge"
	Labels map[string]string // may be nil
	Value  float64
}

func (b *Bridge) serveMetrics(w http.ResponseWriter, _ *http.Request) {
	list := b.ownMetrics()
	if b.metrics != nil {
		list = append(list, b.metrics()...)
	}
	var text strings.Builder
	writeMetrics(&text, list)
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, text.String())
}

func (b *Bridge) ownMetrics() []Metric {
	b.mu.Lock()
	open := maps.Clone(b.open)
	b.mu.Unlock()
	counter := func(name, help string, n uint64) Metric {
		return Metric{Name: name, Help: help, Kind: "counter", Value: float64(n)}
	}
	list := []Metric{
		{Name: "usher_build_info", Help: "Version of the daemon.", Kind: "gauge", Labels: map[string]string{"version": b.version, "go": runtime.Version()}, Value: 1},
		{Name: "usher_uptime_seconds", Help: "Time since the start.", Kind: "gauge", Value: time.Since(b.started).Seconds()},
		{Name: "usher_goroutines", Help: "Goroutines of the daemon.", Kind: "gauge", Value: float64(runtime.NumGoroutine())},
		{Name: "usher_playback_phase", Help: "The present phase of playback is 1.", Kind: "gauge", Labels: map[string]string{"phase": b.box.View().Playback.Phase}, Value: 1},
		counter("usher_bridge_calls_total", "Calls of clients.", b.counts.calls.Load()),
		counter("usher_bridge_events_total", "Changes of topics.", b.counts.events.Load()),
		counter("usher_bridge_dropped_total", "Clients dropped for breaking a rule or not keeping up.", b.counts.dropped.Load()),
		counter("usher_bridge_denied_total", "Calls and connections denied.", b.counts.denied.Load()),
	}
	for _, name := range []string{"screen", "socket"} {
		list = append(list, Metric{Name: "usher_bridge_clients", Help: "Open sessions.", Kind: "gauge", Labels: map[string]string{"door": name}, Value: float64(open[name])})
	}
	return list
}

// writeMetrics writes samples grouped by name, in the order of each name's
// first sample.
func writeMetrics(w io.Writer, list []Metric) {
	groups := map[string][]Metric{}
	names := []string{}
	for _, m := range list {
		if groups[m.Name] == nil {
			names = append(names, m.Name)
		}
		groups[m.Name] = append(groups[m.Name], m)
	}
	help := strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	for _, name := range names {
		first := groups[name][0]
		fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", name, help.Replace(first.Help), name, first.Kind)
		for _, m := range groups[name] {
			fmt.Fprintf(w, "%s%s %s\n", name, labels(m.Labels), number(m.Value))
		}
	}
}

func labels(set map[string]string) string {
	if len(set) == 0 {
		return ""
	}
	escape := strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
	pairs := []string{}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		pairs = append(pairs, name+`="`+escape.Replace(set[name])+`"`)
	}
	return "{" + strings.Join(pairs, ",") + "}"
}

func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
