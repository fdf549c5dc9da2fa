package serve

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"usher/cache/hls"
)

// How long playlists are used without asking again, whatever was said.
const (
	vodFresh   = 10 * time.Minute // at most
	multiFresh = time.Minute      // at most
	liveFresh  = 10 * time.Second // at most, and half the target duration
	// sameRead is at least: the origin's own read when a title is opened and
	// the player's a moment later count as one, or every start would cost a
	// round trip more.
	sameRead = 3 * time.Second
)

// The heuristic freshness of what came without a word (RFC 9111 section
// 4.2.2): a tenth of its age, within these.
const (
	guessLeast = 10 * time.Minute
	guessMost  = 24 * time.Hour
)

// freshness is what an answer says about its use (RFC 9111 sections 4.2 and
// 5.2.2, RFC 5861). This is a private cache: s-maxage, private and
// proxy-revalidate do not matter.
type freshness struct {
	until          time.Time     // fresh so long, by this machine's clock
	said           bool          // by the service; otherwise until is a guess
	noStore        bool          // not beyond this session, not on disk
	mustRevalidate bool          // never stale, even when the service is away
	revalidating   time.Duration // after until: may be used while it is asked for again
}

// readFreshness reads the header of an answer that came at now. Dates are
// compared with each other, not with the clock: a box may start in 1970.
func readFreshness(h http.Header, now time.Time) freshness {
	c := readControl(h.Values("Cache-Control"))
	f := freshness{
		until: now, said: true, noStore: c.has("no-store"),
		mustRevalidate: c.has("must-revalidate"),
		revalidating:   seconds(c["stale-while-revalidate"]),
	}
	age, sent := seconds(h.Get("Age")), sentAt(h, now)
	switch {
	case f.noStore, c.has("no-cache"), varies(h):
	case c.has("max-age"):
		f.until = now.Add(seconds(c["max-age"]) - age)
	case h.Get("Expires") != "":
		// "0" and the like are over, and so is the year 1: at most -292 years fit a
		// Duration, from which nothing can be taken away.
		if t, err := http.ParseTime(h.Get("Expires")); err == nil && t.After(sent) {
			f.until = now.Add(t.Sub(sent) - age)
		}
	default:
		f.said = false
		f.until = now.Add(guess(h.Get("Last-Modified"), sent))
	}
	return f
}

// sentAt is when the service says that it answered; now when it says nothing.
func sentAt(h http.Header, now time.Time) time.Time {
	if t, err := http.ParseTime(h.Get("Date")); err == nil {
		return t
	}
	return now
}

func guess(modified string, sent time.Time) time.Duration {
	t, err := http.ParseTime(modified)
	if err != nil {
		return guessLeast
	}
	return min(max(sent.Sub(t)/10, guessLeast), guessMost)
}

// varies says that the answer depends on who asks: what one session got is
// not good for the next one without asking.
func varies(h http.Header) bool {
	for _, v := range h.Values("Vary") {
		for name := range strings.SplitSeq(strings.ToLower(v), ",") {
			switch strings.TrimSpace(name) {
			case "*", "cookie", "authorization":
				return true
			}
		}
	}
	return false
}

// control holds the directives of Cache-Control in lower case.
type control map[string]string

// readControl keeps the first of directives that are there twice (RFC 9111
// section 4.2.1).
func readControl(values []string) control {
	c := control{}
	for _, line := range values {
		for d := range strings.SplitSeq(strings.ToLower(line), ",") {
			name, v, _ := strings.Cut(strings.TrimSpace(d), "=")
			if name = strings.TrimSpace(name); !c.has(name) {
				c[name] = strings.Trim(strings.TrimSpace(v), `"`)
			}
		}
	}
	return c
}

func (c control) has(name string) bool {
	_, ok := c[name]
	return ok
}

// seconds reads a delta-seconds value: too large a one is 2^31 (RFC 9111
// section 1.2.2), what is none counts as 0.
func seconds(v string) time.Duration {
	if v == "" || strings.Trim(v, "0123456789") != "" {
		return 0
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n > 1<<31 {
		n = 1 << 31
	}
	return time.Duration(n) * time.Second
}

// listUntil is for how long a playlist is used without asking again. What the
// service says counts within bounds: a live one is never used for longer than
// half its target duration (rfc8216bis appendix B.1), because a long max-age
// would stop it, and a short one would be asked for by every player.
func listUntil(p *hls.Playlist, f freshness, now time.Time) time.Time {
	most, least := vodFresh, sameRead
	switch {
	case p.Kind == hls.Multivariant:
		most = multiFresh
	case p.Live():
		most = min(max(p.Target/2, 250*time.Millisecond), liveFresh)
		least = min(least, most)
	}
	if !f.said {
		return now.Add(most)
	}
	return now.Add(min(max(f.until.Sub(now), least), most))
}
