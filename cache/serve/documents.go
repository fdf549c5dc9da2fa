package serve

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxDocument is the size of a steering manifest or an asset list, in bytes.
const maxDocument = 1 << 20

// document is JSON that holds addresses: a steering manifest or an asset list
// (rfc8216bis sections 7.1 and D.2). It is fetched each time it is asked for,
// since both are made for the moment, and its addresses are replaced.
type document struct {
	s     *session
	url   string
	lists bool // an asset list
}

// owner implements target.
func (d *document) owner() *session { return d.s }

// document makes the path of one.
func (s *session) document(raw string, lists bool) string {
	kind := "steering"
	if lists {
		kind = "assets"
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issue(&document{s: s, url: raw, lists: lists}, kind, raw, fileName(raw, ".json"))
}

// serve implements target.
func (d *document) serve(w http.ResponseWriter, r *http.Request) {
	body, wait, err := d.fetch(r)
	if err == nil {
		body, err = d.rewrite(body)
	}
	if err != nil {
		if wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(wait/time.Second)))
		}
		refuse(w, asTrouble(d.url, err))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Usher", "pass; made for the moment")
	serveBytes(w, r, body, "")
}

func (d *document) fetch(r *http.Request) (body []byte, wait time.Duration, err error) {
	ctx, cancel := contextOf(r)
	defer cancel(nil)
	up, err := d.s.request(ctx, http.MethodGet, d.address(r.URL.Query()))
	if err != nil {
		return nil, 0, err
	}
	resp, err := d.s.do(up, cancel, headerTimeout, d.s.turn())
	if err != nil {
		return nil, 0, orCause(ctx, err)
	}
	defer resp.Body.Close()
	if t := failure(resp, d.url); t != nil {
		return nil, t.retryAfter, t
	}
	idle := time.AfterFunc(idleTimeout, func() { cancel(errIdle) })
	defer idle.Stop()
	body, err = io.ReadAll(io.LimitReader(watched{resp.Body, idle, nil}, maxDocument+1))
	if err == nil && len(body) > maxDocument {
		err = &Trouble{Code: TooLarge, Where: redact(d.url)}
	}
	return body, 0, err
}

// address adds what a player reports to a steering server (section 7.2). The
// throughput is that of the way to the service: what the player measured is
// that of the loopback.
func (d *document) address(q url.Values) string {
	if d.lists {
		return d.url
	}
	out := url.Values{}
	if v := q.Get("_HLS_pathway"); v != "" && len(v) < 256 {
		out.Set("_HLS_pathway", v)
	}
	if rate := d.s.g.meter.estimate().Rate; rate > 0 && q.Has("_HLS_throughput") {
		out.Set("_HLS_throughput", strconv.Itoa(rate))
	}
	switch {
	case len(out) == 0:
		return d.url
	case strings.Contains(d.url, "?"):
		return d.url + "&" + out.Encode()
	default:
		return d.url + "?" + out.Encode()
	}
}

// rewrite replaces the addresses in the document. All else stays, except for
// PATHWAY-CLONES: they are recipes for changing addresses, of the service's
// kind and not of the loopback's, and a player may do without.
func (d *document) rewrite(body []byte) ([]byte, error) {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, &Trouble{Code: NotPlaylist, Where: redact(d.url), Err: fmt.Errorf("read JSON: %w", err)}
	}
	if d.lists {
		return d.rewriteAssets(all)
	}
	delete(all, "PATHWAY-CLONES")
	if err := d.replace(all, "RELOAD-URI", func(raw string) string { return d.s.document(raw, false) }); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}

func (d *document) rewriteAssets(all map[string]json.RawMessage) ([]byte, error) {
	var assets []map[string]json.RawMessage
	if err := json.Unmarshal(all["ASSETS"], &assets); err != nil {
		return nil, &Trouble{Code: NotPlaylist, Where: redact(d.url), Err: fmt.Errorf("read ASSETS: %w", err)}
	}
	if d.s.full() {
		return nil, &Trouble{Code: TooLarge, Where: redact(d.url)}
	}
	for _, a := range assets {
		err := d.replace(a, "URI", func(raw string) string { return d.s.playlist(raw, roleOther, nil, source{}).path })
		if err != nil {
			return nil, err
		}
	}
	out, err := json.Marshal(assets)
	if err != nil {
		return nil, fmt.Errorf("write ASSETS: %w", err)
	}
	all["ASSETS"] = out
	return json.Marshal(all)
}

// replace gives a member that is an address its loopback address.
func (d *document) replace(m map[string]json.RawMessage, name string, path func(raw string) string) error {
	var raw string
	if m[name] == nil || json.Unmarshal(m[name], &raw) != nil {
		return nil
	}
	base, err := url.Parse(d.url)
	if err != nil {
		return fmt.Errorf("parse URL: %w", withoutURL(err))
	}
	u, err := base.Parse(raw)
	if err != nil || !hasHTTP(u.String()) {
		return nil // a player cannot use it either
	}
	out, err := json.Marshal(d.s.g.o.Base + path(u.String()))
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	m[name] = out
	return nil
}
