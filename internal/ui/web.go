package ui

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// Screen is the handler for the TCP listener on loopback: the page, its
// pictures, the WebSocket with role screen, health and metrics.
func (b *Bridge) Screen() http.Handler {
	mux := http.NewServeMux()
	r := role{name: "screen", door: doorScreen, most: b.limits.screens, guarded: true, scopes: b.doc.Roles["screen"]}
	mux.HandleFunc("GET /rpc", func(w http.ResponseWriter, req *http.Request) { b.rpc(w, req, r) })
	mux.HandleFunc("GET /art/{id}/{kind}", b.serveArt)
	mux.HandleFunc("GET /healthz", b.serveHealth)
	mux.HandleFunc("GET /metrics", b.serveMetrics)
	mux.HandleFunc("GET /", serveAssets(b.assets))
	return b.guard(func() []string { return b.hosts }, b.media, mux)
}

// Local is the handler for the unix socket: the WebSocket, health and metrics.
// Who may open the socket is decided by its file mode; what they may do there,
// by Options.Caller.
func (b *Bridge) Local() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /rpc", func(w http.ResponseWriter, req *http.Request) {
		if len(req.Header.Values("Origin")) > 0 { // no browser has business here
			deny(w, http.StatusForbidden, "The unix socket is not for pages")
			return
		}
		name := b.caller(req.Context())
		scopes, known := b.doc.Roles[name]
		if !known {
			b.counts.denied.Add(1)
			deny(w, http.StatusForbidden, "It is not known who opened the socket")
			return
		}
		b.rpc(w, req, role{name: name, door: doorSocket, scopes: scopes})
	})
	mux.HandleFunc("GET /healthz", b.serveHealth)
	mux.HandleFunc("GET /metrics", b.serveMetrics)
	return mux
}

// guard keeps everybody out who is not a page of this box: DNS rebinding by
// the Host, other pages by the Origin. It stands before everything else.
func (b *Bridge) guard(list func() []string, media string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, hosts := strings.ToLower(r.Host), list()
		if !slices.Contains(hosts, host) {
			b.counts.denied.Add(1)
			deny(w, http.StatusMisdirectedRequest, "The box is not known by this name; open the address that it shows")
			return
		}
		harden(w.Header(), host, media)
		origins := r.Header.Values("Origin")
		wanted := r.URL.Path == "/rpc" // browsers always send it with a WebSocket
		if len(origins) > 1 || len(origins) == 0 && wanted || len(origins) == 1 && !knownOrigin(origins[0], hosts) {
			b.counts.denied.Add(1)
			deny(w, http.StatusForbidden, "Origin is missing or not on the list")
			return
		}
		next.ServeHTTP(w, r)
	})
}

func knownOrigin(origin string, hosts []string) bool {
	host, ok := strings.CutPrefix(origin, "http://")
	return ok && slices.Contains(hosts, host)
}

// harden sets the headers of everything that is sent on TCP. host is on the
// list. 'self' covers WebSockets only in newer engines, so the socket is named;
// the grammar of policies has no IPv6 addresses.
func harden(h http.Header, host, media string) {
	sockets := ""
	if !strings.HasPrefix(host, "[") {
		sockets = " ws://" + host
	}
	h.Set("Content-Security-Policy", "default-src 'self'; connect-src 'self'"+sockets+from(media)+"; img-src 'self'"+from(media)+
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}

// from is a source of a policy, after others.
func from(origin string) string {
	if origin == "" {
		return ""
	}
	return " " + origin
}

func deny(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, text, status)
}

// rpc upgrades a request to the WebSocket and serves it.
func (b *Bridge) rpc(w http.ResponseWriter, r *http.Request, as role) {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		peer = "local"
	}
	if as.guarded {
		if wait := b.lockouts.blocked(peer, time.Now()); wait > 0 {
			retryAfter(w, wait)
			deny(w, http.StatusTooManyRequests, "Too many wrong tokens; wait a minute")
			return
		}
	}
	if !slices.Contains(websocket.Subprotocols(r), Protocol) {
		deny(w, http.StatusBadRequest, "A WebSocket with the sub-protocol "+Protocol+" is expected")
		return
	}
	b.upgrade(w, r, as, func(place admission, ws *websocket.Conn) {
		ws.SetReadLimit(b.limits.message)
		b.serve(place, ws, as, peer)
	})
}

// upgrade takes a place for a connection, makes it a WebSocket, and has it
// served.
func (b *Bridge) upgrade(w http.ResponseWriter, r *http.Request, as role, serve func(admission, *websocket.Conn)) {
	place, err := b.admit(r.Context(), as)
	if err != nil {
		retryAfter(w, time.Second)
		deny(w, http.StatusServiceUnavailable, err.Error())
		return
	}
	defer place.release()
	ws, err := b.upgrader.Upgrade(w, r, nil)
	if err != nil { // answered by the upgrader
		b.logger.Debug("Upgrade refused", "error", err)
		return
	}
	serve(place, ws)
}

func retryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
}

// asset is one file of the page, ready to be sent.
type asset struct {
	data        []byte
	contentType string
	etag        string
	cache       string
}

// readAssets reads a page, and puts the session token into its index.html; no
// token stays out.
func readAssets(files fs.FS, token string) (map[string]asset, error) {
	assets := map[string]asset{}
	if files == nil {
		return assets, nil
	}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		a := asset{data: data, contentType: contentType(name), cache: "no-cache"}
		if name == "index.html" && token != "" {
			if a.data, err = withToken(data, token); err != nil {
				return err
			}
			a.cache = "no-store" // the token must not lie in a browser's cache
		}
		a.etag = etag(a.data)
		assets["/"+name] = a
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the page's files: %w", err)
	}
	if index, ok := assets["/index.html"]; ok {
		assets["/"] = index
	}
	return assets, nil
}

// withToken sets the content of <meta name="usher-token">, which it adds at
// the head's beginning when the page has none.
func withToken(page []byte, token string) ([]byte, error) {
	const open, end, head = `<meta name="usher-token" content="`, `"`, "<head>"
	text := string(page)
	if before, rest, ok := strings.Cut(text, open); ok {
		_, after, closed := strings.Cut(rest, end)
		if !closed {
			return nil, errors.New("index.html: the usher-token element has no end")
		}
		return []byte(before + open + token + end + after), nil
	}
	before, after, ok := strings.Cut(text, head)
	if !ok {
		return nil, errors.New("index.html: neither a usher-token element nor a <head>")
	}
	return []byte(before + head + open + token + `">` + after), nil
}

func etag(data []byte) string {
	sum := sha256.Sum256(data)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// contentType does not ask the system's tables, which differ between boxes.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".png":
		return "image/png"
	case ".ico":
		return "image/x-icon"
	case ".woff2":
		return "font/woff2"
	case ".json", ".webmanifest", ".map":
		return "application/json"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

func serveAssets(assets map[string]asset) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a, ok := assets[r.URL.Path]
		if !ok {
			deny(w, http.StatusNotFound, "There is no such page; open http://"+r.Host+"/")
			return
		}
		send(w, r, a)
	}
}

func send(w http.ResponseWriter, r *http.Request, a asset) {
	w.Header().Set("Cache-Control", a.cache)
	w.Header().Set("ETag", a.etag)
	if strings.Contains(r.Header.Get("If-None-Match"), a.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", a.contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.data)))
	_, _ = w.Write(a.data) // a client that went away is no error of ours
}

// serveArt gives a picture of a title, fetched by the daemon: the page itself
// talks to nobody but us.
func (b *Bridge) serveArt(w http.ResponseWriter, r *http.Request) {
	id, kind := r.PathValue("id"), r.PathValue("kind")
	if kind != "poster" && kind != "backdrop" || id == "" || len(id) > 200 {
		deny(w, http.StatusNotFound, "A picture is /art/{title id}/poster or /art/{title id}/backdrop")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), b.limits.call)
	defer cancel()
	select {
	case b.art <- struct{}{}:
		defer func() { <-b.art }()
	case <-ctx.Done():
		deny(w, http.StatusServiceUnavailable, "Too many pictures at one time")
		return
	}
	data, contentType, err := b.catalogue.Art(ctx, id, kind)
	switch {
	case err != nil:
		b.artProblem(w, err)
	case !imageType(contentType) || len(data) > b.limits.artSize:
		deny(w, http.StatusBadGateway, "The service's answer is not a picture of a fair size")
	default:
		// An SVG opened by itself is a document: it may do nothing here.
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
		send(w, r, asset{data: data, contentType: contentType, etag: etag(data), cache: "private, max-age=3600"})
	}
}

func (b *Bridge) artProblem(w http.ResponseWriter, err error) {
	f, unknown := faultOf(err)
	if unknown {
		b.logger.Debug("Picture cannot be had", "error", err)
	}
	status := http.StatusServiceUnavailable
	if f.Code == codeNotFound {
		status = http.StatusNotFound
	}
	deny(w, status, f.Message)
}

func imageType(t string) bool {
	t, _, _ = strings.Cut(t, ";")
	switch strings.TrimSpace(t) {
	case "image/svg+xml", "image/png", "image/jpeg", "image/webp", "image/avif", "image/gif":
		return true
	}
	return false
}

type healthBody struct {
	Status      string `json:"status"` // ok or failing
	Version     string `json:"version"`
	PlayerReady bool   `json:"playerReady"`
	Problems    int    `json:"problems"`
	Text        string `json:"text,omitempty"`
}

// serveHealth answers 200 while the bridge runs and the Health option has
// nothing against it, else 503.
func (b *Bridge) serveHealth(w http.ResponseWriter, _ *http.Request) {
	body := healthBody{Status: "ok", Version: b.version}
	status := http.StatusOK
	if err := b.healthError(); err != nil {
		body.Status, body.Text, status = "failing", err.Error(), http.StatusServiceUnavailable
	} else {
		v := b.box.View().System
		body.PlayerReady, body.Problems = v.PlayerReady, len(v.Problems)
	}
	text, err := json.Marshal(body)
	if err != nil {
		deny(w, http.StatusInternalServerError, "A fault of the daemon")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(append(text, '\n'))
}

func (b *Bridge) healthError() error {
	b.mu.Lock()
	running := b.ctx != nil && !b.ended
	b.mu.Unlock()
	switch {
	case !running:
		return errEnded
	case b.health != nil:
		return b.health()
	}
	return nil
}
