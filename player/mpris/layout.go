package mpris

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// maxLayout bounds a playlist that is looked at.
const maxLayout = 4 << 20

// fragmented says whether the HLS stream at an address on loopback is in
// fragmented MP4 (it has EXT-X-MAP, RFC 8216 section 4.3.2.5). mpv does not
// tell. Other addresses are refused: they are none of ours.
func fragmented(ctx context.Context, address string) (bool, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range 2 { // a multivariant playlist, then a media playlist
		is, next, err := layoutOf(ctx, client, address)
		if err != nil || is || next == "" {
			return is, err
		}
		address = next
	}
	return false, nil
}

// layoutOf looks at one playlist; next is the first media playlist it names.
func layoutOf(ctx context.Context, client *http.Client, address string) (is bool, next string, err error) {
	u, err := url.Parse(address)
	if err != nil || !onLoopback(u) {
		return false, "", errors.New("look at the stream: its address is not on loopback")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return false, "", fmt.Errorf("look at the stream: %w", err)
	}
	res, err := client.Do(req)
	if err != nil {
		return false, "", fmt.Errorf("look at the stream: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // only read
	if res.StatusCode != http.StatusOK {
		return false, "", fmt.Errorf("look at the stream: status %d", res.StatusCode)
	}
	return readLayout(res.Request.URL, io.LimitReader(res.Body, maxLayout))
}

// readLayout reads a playlist.
func readLayout(base *url.URL, body io.Reader) (is bool, next string, err error) {
	lines := bufio.NewScanner(body)
	variant := false
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		switch {
		case strings.HasPrefix(line, "#EXT-X-MAP:"):
			return true, "", nil
		case strings.HasPrefix(line, "#EXT-X-STREAM-INF:"):
			variant = true
		case line != "" && line[0] != '#' && variant:
			u, err := base.Parse(line)
			if err != nil {
				return false, "", fmt.Errorf("look at the stream: %w", err)
			}
			return false, u.String(), nil
		}
	}
	return false, "", lines.Err()
}

func onLoopback(u *url.URL) bool {
	if u.Hostname() == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(u.Hostname())
	return err == nil && a.IsLoopback()
}
