package vlc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"usher/player"
)

// Bounds of a call.
const (
	callLimit = 2 * time.Second
	riseLimit = 1500 * time.Millisecond // for the web interface to be there
	maxAnswer = 1 << 20                 // bytes; a status has a few thousand
)

// Web is the web interface of one VLC. Its methods may be called from any
// goroutine.
type Web struct {
	at     func() (address, password string)
	client *http.Client

	mu    sync.Mutex
	media player.Media // opened last
	words int          // elementary stream of the subtitles that are shown; noStream: none
	aimed bool         // words was chosen since the title was opened
}

var _ player.Tracks = (*Web)(nil)

// New is for the VLC that answers at the loopback address (host:port) with the
// password; an empty address means that it does not run.
func New(at func() (address, password string)) *Web {
	direct := &http.Transport{DisableKeepAlives: true} // no proxy, and no connection that outlives a call
	return &Web{at: at, client: &http.Client{Transport: direct}, words: noStream}
}

// noStream is VLC's word for no elementary stream.
const noStream = -1

// noTrack is a place in the list of subtitles that no title has.
const noTrack = 9999

// Open plays a title as MPRIS's OpenUri does, with its subtitle files, in the
// preferred languages and from Media.Start (VLC begins with the segment that it
// is in), and drops what the playlist held before. When it
// returns VLC has begun to open it.
func (w *Web) Open(ctx context.Context, m player.Media) error {
	w.mu.Lock()
	w.media, w.words, w.aimed = m, noStream, false
	w.mu.Unlock()
	if err := w.empty(ctx); err != nil {
		return err
	}
	_, err := w.ask(ctx, url.Values{"command": {"in_play"}, "input": {m.URL}, "option": options(m)})
	return err
}

// errRising is a VLC that does not listen, or does not have its pages yet.
var errRising = errors.New("its web interface is not there")

// empty drops what the playlist holds. A VLC that has just begun is on D-Bus
// before its web interface listens, and that before it has its pages; they are
// waited for.
func (w *Web) empty(ctx context.Context) error {
	for end := time.Now().Add(riseLimit); ; {
		_, err := w.ask(ctx, url.Values{"command": {"pl_empty"}})
		if !errors.Is(err, errRising) || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// options are the input options of a title.
func options(m player.Media) []string {
	var files []string
	chosen := noTrack
	for i, c := range m.Captions {
		files = append(files, c.URL)
		if chosen == noTrack && i == m.Preferred() {
			chosen = i
		}
	}
	out := []string{fmt.Sprintf(":sub-track=%d", chosen)}
	if m.Start > 0 && !m.Live {
		out = append(out, fmt.Sprintf(":start-time=%.3f", m.Start.Seconds()))
	}
	if len(files) > 0 {
		out = append(out, ":input-slave="+strings.Join(files, "#"))
	}
	if len(m.Audio) > 0 {
		out = append(out, ":audio-language="+strings.Join(m.Audio, ","))
	}
	return out
}

// ask sends a command, or none, and gives VLC's status. VLC acts on a command
// only after it has answered.
func (w *Web) ask(ctx context.Context, command url.Values) (status, error) {
	var s status
	address, password := w.at()
	if address == "" {
		return s, errors.New("ask VLC: it does not run")
	}
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	u := url.URL{Scheme: "http", Host: address, Path: "/requests/status.json", RawQuery: strings.ReplaceAll(command.Encode(), "+", "%20")}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return s, fmt.Errorf("ask VLC: %w", bare(err))
	}
	req.SetBasicAuth("", password)
	resp, err := w.client.Do(req)
	if e, ok := errors.AsType[*net.OpError](err); ok && e.Op == "dial" {
		return s, fmt.Errorf("ask VLC: %w: %w", errRising, bare(err))
	}
	if err != nil {
		return s, fmt.Errorf("ask VLC: %w", bare(err))
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotFound {
		return s, fmt.Errorf("ask VLC: %w", errRising)
	}
	if resp.StatusCode != http.StatusOK {
		return s, fmt.Errorf("ask VLC: it answers %s", resp.Status)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return s, fmt.Errorf("read VLC's status: %w", err)
	}
	return parse(body)
}

// bare is err without the address, whose query names what is watched.
func bare(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// parse decodes a status.
func parse(body []byte) (status, error) {
	var s status
	if len(body) > maxAnswer {
		return s, fmt.Errorf("read VLC's status: longer than %d bytes", maxAnswer)
	}
	if err := json.Unmarshal(body, &s); err != nil {
		return s, fmt.Errorf("read VLC's status: %w", err)
	}
	return s, nil
}
