package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"usher/cache/serve"
	"usher/firmware"
	"usher/internal/durable"
	"usher/internal/updater"
)

// trials are what a firmware must be able to do to be kept.
func (a *appliance) trials() []updater.Test {
	list := []updater.Test{
		{Name: "bridge", Reason: firmware.NoBridge, Run: a.tryBridge},
		{Name: "player", Reason: firmware.NoPlayer, Run: a.tryPlayer},
		{Name: "film", Reason: firmware.NoFilm, Run: a.tryFilm},
		{Name: "tv", Reason: firmware.NoTV, Run: a.tryTV},
		{Name: "loop", Reason: firmware.Crashed, Run: func(context.Context) error { return a.health() }},
	}
	if a.firmware.fault != firmware.NoReason {
		list = append([]updater.Test{{Name: "made to fail", Reason: a.firmware.fault, Run: func(context.Context) error {
			return errors.New("this firmware of the demo is made to fail")
		}}}, list...)
	}
	return list
}

// tryBridge asks the page for itself, as a browser would.
func (a *appliance) tryBridge(ctx context.Context) error {
	_, err := fetched(ctx, "http://"+a.page.Addr().String()+"/")
	return err
}

var errNoPlayer = errors.New("no player is there")

func (a *appliance) tryPlayer(context.Context) error {
	if !a.daemon.View().System.PlayerReady {
		return errNoPlayer
	}
	return nil
}

var errNoTV = errors.New("the HDMI-CEC adapter that was there is gone")

// tryTV wants the adapter only where there was one before this firmware.
func (a *appliance) tryTV(context.Context) error {
	if a.tv.station == nil || a.daemon.View().System.TV.Present || !a.hadTV() {
		return nil
	}
	return errNoTV
}

// tryFilm has a film of two segments, made here, run through the cache and the
// origin as a player would read it.
func (a *appliance) tryFilm(ctx context.Context) error {
	web, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	film := newTrialFilm()
	service := &http.Server{Handler: film.handler(), ReadHeaderTimeout: time.Second}
	go func() { _ = service.Serve(web) }() // it ends with Close
	defer service.Close()
	media, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	o := serve.New(serve.Options{Store: a.cache, Base: "http://" + media.Addr().String(), Logger: a.part("trial"), AllowPrivate: true})
	player := &http.Server{Handler: o, ReadHeaderTimeout: time.Second}
	go func() { _ = player.Serve(media) }() // it ends with Close
	defer player.Close()
	defer o.Shutdown()
	opened, err := o.Open(ctx, serve.Request{Tag: 1, URL: "http://" + web.Addr().String() + "/film.m3u8", Scope: "trial"})
	if err != nil {
		return err
	}
	list, err := fetched(ctx, opened.URL)
	if err != nil {
		return err
	}
	return film.compare(ctx, opened.URL, string(list))
}

// trialFilm is a film that no service has.
type trialFilm struct{ segments [2][]byte }

func newTrialFilm() *trialFilm {
	f := &trialFilm{}
	seed := time.Now().AppendFormat(nil, time.RFC3339Nano)
	for i := range f.segments {
		sum := sha256.Sum256(append(seed, byte(i)))
		f.segments[i] = bytes.Repeat(append([]byte{0x47}, sum[:]...), 8<<10)
	}
	return f
}

func (f *trialFilm) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/film.m3u8", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.apple.mpegurl")
		_, _ = io.WriteString(w, "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:2\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:2,\ns0.ts\n#EXTINF:2,\ns1.ts\n#EXT-X-ENDLIST\n")
	})
	for i, data := range f.segments {
		mux.HandleFunc(fmt.Sprintf("/s%d.ts", i), func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "s.ts", time.Time{}, bytes.NewReader(data))
		})
	}
	return mux
}

// compare reads the segments of a playlist and holds them against the film.
func (f *trialFilm) compare(ctx context.Context, base, list string) error {
	n := 0
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		at, err := resolve(base, line)
		if err != nil {
			return err
		}
		data, err := fetched(ctx, at)
		if err != nil {
			return err
		}
		if n >= len(f.segments) || !bytes.Equal(data, f.segments[n]) {
			return fmt.Errorf("segment %d is not what the service has", n)
		}
		n++
	}
	if n != len(f.segments) {
		return fmt.Errorf("the playlist has %d of %d segments", n, len(f.segments))
	}
	return nil
}

// resolve is where a line of a playlist leads.
func resolve(base, line string) (string, error) {
	b, err := url.Parse(base)
	if err != nil {
		return "", err
	}
	at, err := b.Parse(line)
	if err != nil {
		return "", err
	}
	return at.String(), nil
}

// fetched reads a page of this machine.
func fetched(ctx context.Context, at string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answered %s", res.Status)
	}
	return io.ReadAll(io.LimitReader(res.Body, 8<<20))
}

// noteTV remembers whether a television is there, before the box starts anew.
func (a *appliance) noteTV() error {
	if !a.daemon.View().System.TV.Present {
		return durable.Remove(filepath.Join(a.firmware.folder, "tv"))
	}
	return durable.Replace(filepath.Join(a.firmware.folder, "tv"), []byte("there\n"))
}

// hadTV says whether one was there.
func (a *appliance) hadTV() bool {
	_, err := os.Stat(filepath.Join(a.firmware.folder, "tv"))
	return err == nil
}
