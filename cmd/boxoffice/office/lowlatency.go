package office

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The low-latency channel (rfc8216bis) is the live channel with its segments
// cut into parts. Reloads that name a part, and requests for the part that is
// hinted at, are held until the clock reaches it.

// lowLatency keeps the cut loop, because cutting reads every byte of it. It is
// cut again when the streams were made again.
type lowLatency struct {
	mu    sync.Mutex // held while cutting: whoever comes meanwhile wants the same
	stamp string
	rungs map[string]channel
}

// channels gives the rungs of the channel by name.
func (s streams) channels(kept *lowLatency) (map[string]channel, error) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	stamp, err := s.stamp(root)
	if err != nil {
		return nil, err
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if kept.stamp == stamp {
		return kept.rungs, nil
	}
	rungs, err := s.cutLoop(root)
	if err != nil {
		return nil, err
	}
	kept.stamp, kept.rungs = stamp, rungs
	return rungs, nil
}

func (s streams) cutLoop(root *os.Root) (map[string]channel, error) {
	f, err := root.Open(filepath.Join(loopStream, "master.m3u8"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rungs := map[string]channel{}
	lines := bufio.NewScanner(io.LimitReader(f, manifestLimit))
	for lines.Scan() {
		name, ok := strings.CutSuffix(lines.Text(), "/index.m3u8")
		if !ok || strings.ContainsAny(name, "#/") {
			continue
		}
		if rungs[name], err = s.cutRung(root, name); err != nil {
			return nil, err
		}
	}
	return rungs, lines.Err()
}

func (s streams) cutRung(root *os.Root, name string) (channel, error) {
	l, err := s.loop(name)
	if err != nil {
		return channel{}, err
	}
	c := channel{loop: l}
	for i, length := range l {
		parts, err := cutFile(root, loopFile(name, int64(i)), length)
		if err != nil {
			return channel{}, err
		}
		c.parts = append(c.parts, parts)
	}
	return c, nil
}

func cutFile(root *os.Root, name string, length time.Duration) ([]part, error) {
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	parts, err := cutSegment(f, length)
	if err != nil {
		return nil, fmt.Errorf("cut %q: %w", name, err)
	}
	return parts, nil
}

// loopFile is the file of a segment of the loop.
func loopFile(rung string, index int64) string {
	return fmt.Sprintf("%s/%s/%05d.ts", loopStream, rung, index)
}

func sortedNames(m map[string]channel) []string { return slices.Sorted(maps.Keys(m)) }

// serveLowLatency serves the channel.
func (o *Office) serveLowLatency(w http.ResponseWriter, r *http.Request, file string) error {
	if file == "master.m3u8" {
		return o.serveFile(w, r, loopStream+"/"+file)
	}
	rungs, err := o.streams.channels(o.lowLatency)
	if err != nil {
		return missing(err)
	}
	rung, name := path.Split(file)
	rung = strings.TrimSuffix(rung, "/")
	c, ok := rungs[rung]
	switch at, isPart := readPosition(name); {
	case !ok:
		return problem(codeNotFound, "There is no such stream file.")
	case name == "index.m3u8":
		others := maps.Clone(rungs)
		delete(others, rung)
		return o.serveLowLatencyPlaylist(w, r, c, others)
	case isPart:
		return o.servePart(w, r, c, rung, at)
	}
	return o.serveLiveSegment(w, r, c.loop, rung, name)
}

// readPosition reads the name of a part, as String writes it.
func readPosition(name string) (position, bool) {
	a, b, _ := strings.Cut(strings.TrimSuffix(name, ".ts"), ".")
	msn, err := strconv.ParseInt(a, 10, 64)
	number, err2 := strconv.ParseInt(b, 10, 32)
	p := position{msn, int(number)}
	return p, err == nil && err2 == nil && msn >= 0 && number >= 0 && p.String() == name
}

// serveLowLatencyPlaylist answers a reload, a blocking one when it is time.
// How long caches may keep each is rfc8216bis appendix B.1.
func (o *Office) serveLowLatencyPlaylist(w http.ResponseWriter, r *http.Request, c channel, others map[string]channel) error {
	wish, blocking, err := c.wish(r.URL.Query(), o.options.Now())
	if err != nil {
		return err
	}
	cache := "public, max-age=1"
	if blocking {
		if err := o.await(r.Context(), c, wish); err != nil {
			return err
		}
		cache = fmt.Sprintf("public, max-age=%d", 6*c.loop.target())
	}
	text := c.playlist(o.options.Now(), c.loop.keep(o.options.LiveWindow), others)
	kind, _ := mediaType("index.m3u8")
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", cache)
	w.Header().Set("ETag", `"`+digest([]byte(text))+`"`)
	http.ServeContent(w, r, "", time.Time{}, strings.NewReader(text))
	return nil
}

// wish reads the delivery directives (rfc8216bis section 6.2.5.2): the part
// that the answer must have. What lies too far ahead is refused, and a part
// after the last of its segment is the first of the next.
func (c channel) wish(q url.Values, now time.Time) (wish position, blocking bool, err error) {
	if !q.Has("_HLS_msn") {
		if q.Has("_HLS_part") {
			return wish, false, problem(codeBadRequest, "_HLS_part needs _HLS_msn.")
		}
		return wish, false, nil
	}
	edge := c.edge(now)
	last := edge.msn - 1 // the last segment that is complete
	msn, err := strconv.ParseUint(q.Get("_HLS_msn"), 10, 63)
	if err != nil || int64(msn) > last+2 {
		return wish, false, problem(codeBadRequest, "_HLS_msn is no number, or too far ahead.")
	}
	wish = position{int64(msn), len(c.of(int64(msn))) - 1}
	if !q.Has("_HLS_part") {
		return wish, true, nil
	}
	number, err := strconv.ParseUint(q.Get("_HLS_part"), 10, 31)
	if err != nil {
		return wish, false, problem(codeBadRequest, "_HLS_part is no number.")
	}
	if wish.part = int(number); wish.part >= len(c.of(wish.msn)) {
		wish = position{wish.msn + 1, 0}
	}
	if wish.compare(c.furthest(edge)) > 0 {
		return wish, false, problem(codeBadRequest, "_HLS_part is too far ahead.")
	}
	return wish, true, nil
}

// servePart sends a part, when it is there.
func (o *Office) servePart(w http.ResponseWriter, r *http.Request, c channel, rung string, at position) error {
	now := o.options.Now()
	if at.compare(c.furthest(c.edge(now))) > 0 || at.msn <= c.loop.newest(now)-c.loop.keep(o.options.LiveWindow)-liveGrace || at.part >= len(c.of(at.msn)) {
		return problem(codeNotFound, "This part is not on the air.")
	}
	if err := o.await(r.Context(), c, at); err != nil {
		return err
	}
	p := c.of(at.msn)[at.part]
	return o.serveOnAir(w, r, rung, at.msn, c.loop, p)
}

// await waits until a part is there. The clock makes the parts, so it takes
// three target durations only when the clock was put back.
func (o *Office) await(ctx context.Context, c channel, wish position) error {
	due := c.due(wish)
	limit := time.NewTimer(3 * c.targetDuration())
	defer limit.Stop()
	for left := due.Sub(o.options.Now()); left > 0; left = due.Sub(o.options.Now()) {
		select {
		case <-time.After(left):
		case <-limit.C:
			return problem(codeLate, "This part of the channel does not come.")
		case <-ctx.Done(): // the reader left; nobody reads this
			return problem(codeLate, "This part of the channel was not waited for.")
		}
	}
	return nil
}
