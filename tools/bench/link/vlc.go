package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	nobody  = 65534 // VLC refuses to run as root
	frames  = 25    // a second, of the film
	vlcStep = 2500 * time.Millisecond
)

// vlc is a running VLC, asked through its HTTP interface. It tells its place
// in whole seconds only, so the pictures it has shown are counted; a second
// that does not fit them is a jump.
type vlc struct {
	p         *process
	base, url string
	client    *http.Client

	first time.Time
	jumps time.Duration // place of the first picture counted
}

func openVLC(ctx context.Context, s *scene) (player, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	user := uint32(0)
	if os.Getuid() == 0 {
		user = nobody
		if err := os.Chown(s.dir, nobody, nobody); err != nil {
			return nil, fmt.Errorf("give VLC its folder: %w", err)
		}
	}
	p, err := launch(s.dir, user, []string{"HOME=" + s.dir}, "vlc", "--intf=dummy", "--extraintf=http", "--http-host=127.0.0.1", "--http-port="+port,
		"--http-password=bench", "--ignore-config", "--no-plugins-cache", "--no-interact", "--vout=vdummy", "--aout=adummy", "--quiet")
	if err != nil {
		return nil, err
	}
	v := &vlc{p: p, base: "http://127.0.0.1:" + port + "/requests/status.json", url: s.origin.master(s.stream), client: &http.Client{Timeout: 5 * time.Second}}
	if err := until(ctx, "connect to VLC", func() error { _, err := v.ask(ctx, ""); return err }); err != nil {
		v.close()
		return nil, err
	}
	return v, nil
}

// vlcStatus is the part of status.json that is used.
type vlcStatus struct {
	State string
	Time  int64 // s
	Stats struct {
		Displayed int64 `json:"displayedpictures"`
		Lost      int64 `json:"lostpictures"`
	}
	Information struct {
		Category map[string]json.RawMessage
	}
}

func (v *vlc) ask(ctx context.Context, query string) (s vlcStatus, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+query, nil)
	if err != nil {
		return s, fmt.Errorf("ask VLC: %w", err)
	}
	r.SetBasicAuth("", "bench")
	resp, err := v.client.Do(r)
	if err != nil {
		return s, fmt.Errorf("ask VLC: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		return s, fmt.Errorf("ask VLC: %w", err)
	}
	return s, nil
}

func (v *vlc) prepare(context.Context) error { return nil }

func (v *vlc) begin(ctx context.Context) error {
	_, err := v.ask(ctx, "?command=in_play&input="+url.QueryEscape(v.url))
	return err
}

func (v *vlc) look() (sight, error) {
	if v.p.ended() {
		return sight{}, errors.New("VLC is gone")
	}
	s, err := v.ask(context.Background(), "")
	if err != nil {
		return sight{}, err
	}
	if v.first.IsZero() && s.Stats.Displayed > 1 { // one alone is a still picture
		v.first = time.Now()
	}
	place := v.jumps + time.Duration(s.Stats.Displayed+s.Stats.Lost)*time.Second/frames
	if off := time.Duration(s.Time)*time.Second - place; s.Time > 0 && (off > vlcStep || off < -vlcStep) {
		v.jumps += off
		place += off
	}
	return sight{first: v.first, place: place, height: s.height(), ended: s.State == "stopped" && !v.first.IsZero()}, nil
}

// height is that of the picture; "Video_resolution" is "640x360".
func (s vlcStatus) height() int {
	for _, raw := range s.Information.Category {
		var about struct {
			Resolution string `json:"Video_resolution"`
		}
		if json.Unmarshal(raw, &about) != nil || about.Resolution == "" {
			continue
		}
		_, h, _ := strings.Cut(about.Resolution, "x")
		n, _ := strconv.Atoi(h)
		return n
	}
	return 0
}

func (v *vlc) close() { v.p.close() }
