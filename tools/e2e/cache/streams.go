package main

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// stream is one kind of stream of the reference service.
type stream struct {
	what, path string
	live       bool
	language   string   // of the sound to choose; "" the default
	needs      []string // of each of these there must be a fetch: parts of paths
	segments   int      // of the variant that is played: so many at least
}

// secondLanguage is a stream that is played in another language than its own.
const secondLanguage = "the same, the second language"

// streams are those that make-streams.sh -short makes, of 24 s: six segments.
func streams() []stream {
	return []stream{
		{what: "VOD, MPEG-TS", path: "carpet/master.m3u8", segments: 6},
		{what: "VOD, CMAF, sound apart, WebVTT", path: "tongues/master.m3u8", needs: []string{"init.mp4", "a-en/"}, segments: 12},
		{what: secondLanguage, path: "tongues/master.m3u8", language: "de", needs: []string{"a-de/"}, segments: 12},
		{what: "AES-128", path: "vault/master.m3u8", needs: []string{"key.bin"}, segments: 6},
		{what: "byte ranges of one file", path: "single/master.m3u8", segments: 6},
		{what: "live", path: "live/master.m3u8", live: true, segments: 5},
		{what: "low-latency live", path: "live-ll/master.m3u8", live: true, segments: 5},
	}
}

// seen is what came through a door.
type seen struct {
	playlists int
	media     []string // path and range of everything else, in order
	failures  []string // answers with 400 and above
}

// complete says what is missing for a play to the end; "" when nothing is.
func (st stream) complete(s seen) string {
	for _, n := range st.needs {
		if !slices.ContainsFunc(s.media, func(m string) bool { return strings.Contains(m, n) }) {
			return fmt.Sprintf("nothing of %s was fetched", n)
		}
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(s.media)))
	switch {
	case len(s.failures) > 0:
		return "the service refused " + s.failures[0]
	case len(distinct) < len(s.media):
		return fmt.Sprintf("%d fetches of %d objects", len(s.media), len(distinct))
	case len(distinct) < st.segments:
		return fmt.Sprintf("only %d objects were fetched", len(distinct))
	}
	return ""
}

// again says what a second play fetched that was there; "" when nothing. A
// player that measures the link may choose another variant, which is new.
func again(first, second seen) string {
	for _, m := range second.media {
		if slices.Contains(first.media, m) {
			return "the second play fetched again " + m
		}
	}
	return ""
}

// result is how a player fared with a stream.
type result struct {
	stream   stream
	left     string // why it was not played
	fault    string // what went wrong; "" nothing
	first    seen
	second   seen
	warnings []string
}

// String is a cell of the matrix.
func (r result) String() string {
	switch {
	case r.left != "":
		return "– " + r.left
	case r.fault != "":
		return "✗ " + r.fault
	case r.stream.live:
		return fmt.Sprintf("✓ %d, each once", len(r.first.media))
	}
	if n := len(r.second.media); n > 0 {
		return fmt.Sprintf("✓ %d, then %d of another variant", len(r.first.media), n)
	}
	return fmt.Sprintf("✓ %d, then 0", len(r.first.media))
}

func report(list []*player, live time.Duration) string {
	var b strings.Builder
	b.WriteString("`make e2e-cache` starts the reference service and a daemon, asks `usher cache url` for each stream, plays it with each player to\n" +
		"the end, twice, and counts at the door of the service. ✓ means no error; the figures are what was fetched besides playlists in the\n" +
		fmt.Sprintf("first play, and then in the second. Live streams are played for %.0f s, over the end of the loop that they are made of; what a player\n", live.Seconds()) +
		"says after it was interrupted then is not counted.\n\n")
	b.WriteString("| stream |")
	for _, p := range list {
		fmt.Fprintf(&b, " %s |", p.version())
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(list)) + "\n")
	for i, st := range streams() {
		fmt.Fprintf(&b, "| %s |", st.what)
		for _, p := range list {
			if i < len(p.results) {
				fmt.Fprintf(&b, " %s |", strings.ReplaceAll(p.results[i].String(), "|", "/"))
			} else {
				b.WriteString(" ✗ |")
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("\n" + remarks(list))
	return b.String()
}

// remarks lists what players said that was no error.
func remarks(list []*player) string {
	var b strings.Builder
	for _, p := range list {
		var all []string
		for _, r := range p.results {
			for _, w := range r.warnings {
				if line := r.stream.what + ": `" + plain(w) + "`"; !slices.Contains(all, line) {
					all = append(all, line)
				}
			}
		}
		if len(all) > 0 {
			fmt.Fprintf(&b, "* Warnings of %s: %s\n", p.name, strings.Join(all, "; "))
		}
	}
	if b.Len() == 0 {
		return "No player warned of anything.\n"
	}
	return b.String()
}

// faults is nil when all is well.
func faults(list []*player) error {
	var n int
	for _, p := range list {
		for _, r := range p.results {
			if r.fault != "" {
				n++
			}
		}
		n += len(streams()) - len(p.results)
	}
	if n > 0 || len(list) == 0 {
		return fmt.Errorf("%d of %d cells failed", n, len(list)*len(streams()))
	}
	return nil
}
