package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// object is what a playlist names: an address, and a range of it or "".
type object struct{ url, span string }

// crawl reads all that the playlists name with curl, which reads no playlists
// itself; of a live stream what comes for a while.
func (p *player) crawl(ctx context.Context, link string, st stream, live time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, live+slack)
	defer cancel()
	had := map[object]bool{}
	for end := time.Now().Add(live); ; {
		c := crawler{done: map[string]bool{}}
		if err := c.read(ctx, link); err != nil {
			return err
		}
		for _, o := range c.found {
			if had[o] {
				continue
			}
			had[o] = true
			args := []string{"-fsS", "-o", os.DevNull, o.url}
			if o.span != "" {
				args = append(args, "-r", o.span)
			}
			if out, err := exec.CommandContext(ctx, p.program, args...).CombinedOutput(); err != nil {
				return fmt.Errorf("%w: %s", err, tail(string(out)))
			}
		}
		if !st.live || time.Now().After(end) {
			return nil
		}
		time.Sleep(time.Second)
	}
}

// liveEnd is how much of a live playlist is read, in segments and parts.
const liveEnd = 12

// crawler finds everything that a playlist leads to and that is none itself,
// except for what is only hinted at.
type crawler struct {
	done  map[string]bool // playlists
	found []object
	span  string // of the next address
	next  int64  // where a range without an offset begins
}

var (
	uri       = regexp.MustCompile(`URI="([^"]+)"`)
	byterange = regexp.MustCompile(`^#EXT-X-BYTERANGE:(\d+)(?:@(\d+))?`)
)

func (c *crawler) read(ctx context.Context, list string) error {
	if c.done[list] {
		return nil
	}
	c.done[list] = true
	base, err := url.Parse(list)
	if err != nil {
		return err
	}
	body, err := get(ctx, list)
	if err != nil {
		return err
	}
	c.next = 0
	before := len(c.found)
	for line := range strings.Lines(body) {
		ref := c.reference(strings.TrimSpace(line))
		if ref == "" {
			continue
		}
		u, err := base.Parse(ref)
		if err != nil {
			return err
		}
		if strings.HasSuffix(u.Path, ".m3u8") {
			if err := c.read(ctx, u.String()); err != nil {
				return err
			}
			continue
		}
		c.found = append(c.found, object{u.String(), c.span})
		c.span = ""
	}
	if strings.Contains(body, "#EXTINF") && !strings.Contains(body, "#EXT-X-ENDLIST") {
		// A player begins near the live end; the window may be hours.
		c.found = slices.Delete(c.found, before, max(before, len(c.found)-liveEnd))
	}
	return nil
}

// reference is the address in a line; "" when there is none.
func (c *crawler) reference(line string) string {
	if m := byterange.FindStringSubmatch(line); m != nil {
		size, _ := strconv.ParseInt(m[1], 10, 64) // digits
		if m[2] != "" {
			c.next, _ = strconv.ParseInt(m[2], 10, 64)
		}
		c.span = fmt.Sprintf("%d-%d", c.next, c.next+size-1)
		c.next += size
	}
	if !strings.HasPrefix(line, "#") {
		return line
	}
	if m := uri.FindStringSubmatch(line); m != nil && !strings.HasPrefix(line, "#EXT-X-PRELOAD-HINT") {
		return m[1]
	}
	return ""
}
