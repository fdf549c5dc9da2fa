package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"
)

// hlsPage is all that a page with hls.js needs. The first picture is the
// browser's own word (requestVideoFrameCallback).
const hlsPage = `<!doctype html><meta charset="utf-8"><title>bench</title>
<video id="v" width="640" height="360"></video><script src="hls.js"></script><script>
const v = document.getElementById("v"); let first = 0, failed = "";
function begin(url) {
  v.requestVideoFrameCallback(() => { first = Date.now(); });
  const h = new Hls();
  h.on(Hls.Events.ERROR, (_, e) => { if (e.fatal) failed = e.details; });
  h.loadSource(url); h.attachMedia(v); v.play();
  return true;
}
function look() { return {first, place: v.currentTime, height: v.videoHeight, failed, ended: v.ended}; }
</script>`

// hlsjs is a browser with hls.js.
type hlsjs struct {
	ctx  context.Context
	ends []func()
	url  string
}

func openHLSJS(ctx context.Context, s *scene) (player, error) {
	script, err := os.ReadFile(filepath.Join(s.o.npm, "node_modules/hls.js/dist/hls.min.js"))
	if err != nil {
		return nil, fmt.Errorf("the npm package hls.js is not installed: %w", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed with the server
	if err != nil {
		return nil, fmt.Errorf("open the page: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/hls.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(script)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(hlsPage))
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }() // until close
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(filepath.Join(s.dir, "chromium")),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("disable-quic", true))
	alloc, stopAlloc := chromedp.NewExecAllocator(ctx, options...)
	tab, stop := chromedp.NewContext(alloc)
	h := &hlsjs{ctx: tab, ends: []func(){stop, stopAlloc, func() { _ = server.Close() }}, url: s.origin.master(s.stream)}
	if err := chromedp.Do(tab, chromedp.Navigate("http://"+l.Addr().String()+"/")); err != nil {
		h.close()
		return nil, fmt.Errorf("start Chromium: %w", err)
	}
	return h, nil
}

func (h *hlsjs) prepare(context.Context) error { return nil }

func (h *hlsjs) begin(context.Context) error {
	if _, err := chromedp.Run(h.ctx, chromedp.Evaluate[bool](fmt.Sprintf("begin(%q)", h.url))); err != nil {
		return fmt.Errorf("tell hls.js: %w", err)
	}
	return nil
}

func (h *hlsjs) look() (sight, error) {
	now, err := chromedp.Run(h.ctx, chromedp.Evaluate[struct {
		First  int64 // ms since 1970
		Place  float64
		Height int
		Failed string
		Ended  bool
	}]("look()"))
	if err != nil {
		return sight{}, fmt.Errorf("ask hls.js: %w", err)
	}
	s := sight{place: time.Duration(now.Place * float64(time.Second)), height: now.Height, ended: now.Ended || now.Failed != ""}
	if now.First > 0 {
		s.first = time.UnixMilli(now.First)
	}
	if now.Failed != "" && now.First == 0 {
		return s, errors.New("hls.js failed: " + now.Failed)
	}
	return s, nil
}

func (h *hlsjs) close() {
	for _, end := range h.ends {
		end()
	}
}
