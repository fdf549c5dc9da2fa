package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"usher/internal/spell"
)

// longTime is how long the daemon may take to fetch or to read much; it gives
// up a little sooner and says so itself.
const longTime = 130 * time.Second

func patienceFor(method string) time.Duration {
	switch method {
	case "cache.prefetch", "cache.verify":
		return longTime
	case "remote.learn":
		return learnPatience
	}
	return callTime
}

// cacheWord is what usher cache can be told.
type cacheWord struct {
	name      string
	args      string
	min, most int // words after it; negative: any number
	run       func(context.Context, *app, []string) error
}

func cacheWords() []cacheWord {
	return []cacheWord{
		{name: "status", run: cacheStatus},
		{name: "url", args: "URL", min: 1, most: 1, run: cacheURL},
		{name: "prefetch", args: "URL|TITLE", min: 1, most: 1, run: cachePrefetch},
		{name: "pin", args: "URL|TITLE", min: 1, most: 1, run: cachePin},
		{name: "unpin", args: "URL|TITLE", min: 1, most: 1, run: cacheUnpin},
		{name: "clear", args: "[--pinned] [CLASS…]", most: -1, run: cacheClear},
		{name: "verify", run: cacheVerify},
	}
}

const cacheDetail = `status          what the cache holds and did: hits, misses, bytes by class, flash written
url URL         the loopback address of a playlist or segment, for any player:
                mpv "$(usher cache url https://cdn.example/film.m3u8)"
prefetch WHAT   fetch the beginning of a title (service:id) or of a stream (its URL)
                now; a title that is played on this box wants its id here
pin WHAT        keep what is held of it from being evicted; unpin lets it go
clear [CLASS…]  drop what is held: playlist, init, media, key, subtitle, art, other;
                with --pinned also what is pinned
verify          read all that is on disk and drop what is damaged (exit 1 when something was)`

func cacheFlags(fs *flag.FlagSet, o *options) {
	fs.BoolVar(&o.pinned, "pinned", false, "clear pinned objects too")
	fs.IntVar(&o.seconds, "seconds", 10, "prefetch `N` seconds of the stream, 1 to 600")
}

// cacheClasses are the words that clear takes.
func cacheClasses() []string {
	return []string{"playlist", "init", "media", "key", "subtitle", "art", "other"}
}

func cacheNames() []string {
	names := []string{}
	for _, w := range cacheWords() {
		names = append(names, w.name)
	}
	return names
}

func cache(ctx context.Context, a *app, words []string) error {
	list := cacheWords()
	i := slices.IndexFunc(list, func(w cacheWord) bool { return w.name == words[0] })
	if i < 0 {
		text := fmt.Sprintf("The cache cannot be told %q.", words[0])
		if near := spell.Nearest(words[0], cacheNames()); near != "" {
			text = fmt.Sprintf("The cache cannot be told %q; did you mean %q?", words[0], near)
		}
		return usage(text, "See: usher help cache")
	}
	w, rest := list[i], words[1:]
	if len(rest) < w.min || w.most >= 0 && len(rest) > w.most {
		return usage("Usage: usher "+strings.TrimSpace("cache "+w.name+" "+w.args), "See: usher help cache")
	}
	return w.run(ctx, a, rest)
}

// cacheState is the answer of cache.status.
type cacheState struct {
	Hits, Misses, Collapsed, Abandoned, DiskErrors       uint64
	FetchedBytes, PrefetchedBytes, PrefetchedUnreadBytes uint64
	ServedBytes, FlashBytes, FlashTotalBytes             uint64
	MemoryBytes, MemoryBudget, FillingBytes              int64
	DiskBytes, DiskBudget, PinnedBytes                   int64
	MemoryObjects, DiskObjects                           int
	Film                                                 *cacheFilm
	Kits                                                 *cacheKits
	Classes                                              []cacheClass
}

// cacheFilm is the title that is on.
type cacheFilm struct {
	TitleID, Decision                          string
	StartMS, StalledMS, HeldMS, AwayMS         int64
	Stalls, MeanRate, Switches, Wanted, InTime int
	Outages, Interrupted, LinkRate             int
	AheadBytes, UnreadBytes                    int64
}

type cacheClass struct {
	Class                                   string
	MemoryBytes, DiskBytes                  int64
	Hits                                    uint64
	HitBytes, FetchedBytes, PrefetchedBytes uint64
	MemoryBudget, DiskBudget                int64
	PrefetchedUnreadBytes                   uint64
}

func cacheStatus(ctx context.Context, a *app, _ []string) error {
	var s cacheState
	return a.list(ctx, "cache.status", nil, &s, func(w io.Writer) {
		s.figures(w)
		s.Film.figures(w)
		s.Kits.figures(w)
		fmt.Fprintf(w, "\nCLASS\tMEMORY\tDISK\tHITS\tHIT BYTES\tFETCHED\tPREFETCHED\tNEVER READ\n")
		for _, c := range s.Classes {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", c.Class, share(c.MemoryBytes, c.MemoryBudget), share(c.DiskBytes, c.DiskBudget),
				c.Hits, size(c.HitBytes), size(c.FetchedBytes), size(c.PrefetchedBytes), size(c.PrefetchedUnreadBytes))
		}
	})
}

func (s cacheState) figures(w io.Writer) {
	fmt.Fprintf(w, "Memory\t%s of %s, %d objects\n", size(s.MemoryBytes), size(s.MemoryBudget), s.MemoryObjects)
	if s.DiskBudget > 0 {
		fmt.Fprintf(w, "Disk\t%s of %s, %d objects, %s pinned\n", size(s.DiskBytes), size(s.DiskBudget), s.DiskObjects, size(s.PinnedBytes))
	} else {
		fmt.Fprintf(w, "Disk\tnone\n")
	}
	fmt.Fprintf(w, "Hits\t%d\n", s.Hits)
	fmt.Fprintf(w, "Misses\t%d, %s fetched, %s on the way\n", s.Misses, size(s.FetchedBytes), size(s.FillingBytes))
	fmt.Fprintf(w, "Collapsed\t%d readers joined the fetch of another\n", s.Collapsed)
	fmt.Fprintf(w, "Abandoned\t%d, because nobody read any more\n", s.Abandoned)
	fmt.Fprintf(w, "Served\t%s\n", size(s.ServedBytes))
	fmt.Fprintf(w, "Prefetched\t%s, %s of it never read\n", size(s.PrefetchedBytes), size(s.PrefetchedUnreadBytes))
	fmt.Fprintf(w, "Flash\t%s written, %s since the folder was made, %d errors\n", size(s.FlashBytes), size(s.FlashTotalBytes), s.DiskErrors)
}

// figures says how the title that is on was read and shown.
func (f *cacheFilm) figures(w io.Writer) {
	if f == nil {
		return
	}
	fmt.Fprintf(w, "Film\t%s: %s\n", f.TitleID, f.Decision)
	fmt.Fprintf(w, "Start\t%.2f s\n", float64(f.StartMS)/1000)
	fmt.Fprintf(w, "Stalls\t%d, %.1f s\n", f.Stalls, float64(f.StalledMS)/1000)
	fmt.Fprintf(w, "Rendition\t%.2f Mb/s in the mean, %d switches; the link carries %.1f Mb/s\n", float64(f.MeanRate)/1e6, f.Switches, float64(f.LinkRate)/1e6)
	fmt.Fprintf(w, "In time\t%d of %d segments; %d fetches ahead made way\n", f.InTime, f.Wanted, f.Interrupted)
	fmt.Fprintf(w, "Held\t%.0f s; %s read ahead, %s not asked for yet\n", float64(f.HeldMS)/1000, size(f.AheadBytes), size(f.UnreadBytes))
	fmt.Fprintf(w, "Outages\t%d, %.0f s\n", f.Outages, float64(f.AwayMS)/1000)
}

// share is what a class holds of its own share, which may be more.
func share(held, budget int64) string {
	if budget == 0 {
		return size(held)
	}
	return size(held) + " of " + size(budget)
}

// size writes bytes for people, in powers of 1,024.
func size[N int64 | uint64](n N) string {
	const units = "KMGT"
	f, i := float64(n), -1
	for f >= 1024 && i < len(units)-1 {
		f /= 1024
		i++
	}
	if i < 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %ciB", f, units[i])
}

// cacheURL prints the address and nothing else, for use in other commands.
func cacheURL(ctx context.Context, a *app, words []string) error {
	var link struct{ URL string }
	return a.list(ctx, "cache.url", map[string]any{"url": words[0]}, &link, func(w io.Writer) {
		fmt.Fprintln(w, link.URL)
	})
}

// amount is the answer of cache.prefetch and cache.clear.
type amount struct {
	Objects int
	Bytes   int64
}

func (n amount) String() string { return fmt.Sprintf("%d objects, %s", n.Objects, size(n.Bytes)) }

func cachePrefetch(ctx context.Context, a *app, words []string) error {
	if a.opt.seconds < 1 || a.opt.seconds > 600 {
		return usage("--seconds is 1 to 600.", "See: usher help cache")
	}
	var n amount
	params := map[string]any{"url": words[0], "seconds": a.opt.seconds}
	return a.list(ctx, "cache.prefetch", params, &n, func(w io.Writer) { fmt.Fprintf(w, "Fetched\t%v\n", n) })
}

func cachePin(ctx context.Context, a *app, words []string) error {
	n, err := setPin(ctx, a, words[0], true)
	if err == nil && n == 0 {
		return &failure{
			code: exitFailed, key: "nothing_to_pin", text: "Nothing of this stream can be pinned.",
			hint: "Keys, live streams and what the service forbids to store (no-store) are never kept.",
		}
	}
	return err
}

func cacheUnpin(ctx context.Context, a *app, words []string) error {
	_, err := setPin(ctx, a, words[0], false)
	return err
}

func setPin(ctx context.Context, a *app, url string, on bool) (objects int, err error) {
	word := map[bool]string{true: "Pinned", false: "Released"}[on]
	var n struct{ Objects int }
	err = a.list(ctx, "cache.pin", map[string]any{"url": url, "on": on}, &n, func(w io.Writer) {
		if n.Objects > 0 || !on {
			fmt.Fprintf(w, "%s\t%d objects\n", word, n.Objects)
		}
	})
	return n.Objects, err
}

func cacheClear(ctx context.Context, a *app, words []string) error {
	var n amount
	return a.list(ctx, "cache.clear", map[string]any{"classes": words, "pinned": a.opt.pinned}, &n, func(w io.Writer) { fmt.Fprintf(w, "Dropped\t%v\n", n) })
}

func cacheVerify(ctx context.Context, a *app, _ []string) error {
	var found struct {
		amount
		Bad int
	}
	err := a.list(ctx, "cache.verify", nil, &found, func(w io.Writer) {
		fmt.Fprintf(w, "Read\t%v\nDamaged\t%d\n", found.amount, found.Bad)
	})
	if err == nil && found.Bad > 0 {
		return &failure{
			code: exitFailed, key: "damaged", text: fmt.Sprintf("%d objects were damaged and were dropped.", found.Bad),
			hint: "They will be fetched again. If this happens again, look at the disk: dmesg",
		}
	}
	return err
}
