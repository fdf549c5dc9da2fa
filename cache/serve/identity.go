package serve

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"usher/cache"
	"usher/cache/hls"
)

// identity is what a URL is called in the cache: the URL without the
// parameters that only say who may read it, and until when. A rule of
// Options.Tokens is taken at its word. Without one, the parameters that
// well-known CDNs sign with are left out as well, but then what is found is
// used only after the service confirmed its ETag for the new URL (loose).
func (g *Origin) identity(raw string) (name string, loose bool) {
	base, query, found := strings.Cut(raw, "?")
	if !found {
		return raw, false
	}
	u, err := url.Parse(base)
	if err != nil {
		return raw, false
	}
	if drop, ok := g.rule(u.Hostname()); ok {
		return withoutParams(base, query, func(p string) bool { return drop[p] }), false
	}
	name = withoutParams(base, query, signs)
	return name, name != raw
}

// rule is that of the longest suffix of a host, by whole labels.
func (g *Origin) rule(host string) (map[string]bool, bool) {
	for h := strings.ToLower(host); h != ""; {
		if params, ok := g.o.Tokens[h]; ok {
			drop := make(map[string]bool, len(params))
			for _, p := range params {
				drop[p] = true
			}
			return drop, true
		}
		_, h, _ = strings.Cut(h, ".")
	}
	return nil, false
}

func withoutParams(base, query string, drop func(string) bool) string {
	var keep []string
	for p := range strings.SplitSeq(query, "&") {
		if name, _, _ := strings.Cut(p, "="); !drop(name) {
			keep = append(keep, p)
		}
	}
	if len(keep) == 0 {
		return base
	}
	return base + "?" + strings.Join(keep, "&")
}

// signs knows the parameters of Akamai, CloudFront, S3, Google, Azure,
// Fastly, Bunny, Cloudflare and others like them.
func signs(param string) bool {
	switch param {
	case "hdnts", "hdntl", "hdnea", "__token__", "__gda__", // Akamai
		"Policy", "Signature", "Key-Pair-Id", "Expires", // CloudFront, Google
		"URLPrefix", "KeyName", "Edge-Cache-Token",
		"sv", "se", "sp", "sr", "sig", "st", "spr", "skoid", "sktid", "skt", "ske", "sks", "skv", // Azure
		"token", "token_path", "expires", "exp", "verify", "auth_key", "wsSecret", "wsTime", "md5", "hash":
		return true
	}
	return strings.HasPrefix(param, "X-Amz-") || strings.HasPrefix(param, "X-Goog-")
}

// proof is what the service said last about an entry of the cache.
type proof struct {
	url   cache.Key // of the exact URL that it is known to be the content of
	until time.Time // fresh so long, after a 304 (RFC 9111 section 4.3.4)
}

const maxProofs = 8192

func (g *Origin) proofOf(k cache.Key) proof {
	g.proving.Lock()
	defer g.proving.Unlock()
	return g.proofs[k]
}

func (g *Origin) prove(k cache.Key, p proof) {
	g.proving.Lock()
	defer g.proving.Unlock()
	if len(g.proofs) >= maxProofs { // they are asked for again
		clear(g.proofs)
	}
	g.proofs[k] = p
}

// verdict is the answer to a conditional request.
type verdict uint8

const (
	unknown verdict = iota // the service is away
	same
	changed
)

// settle gives the key under which the object is, or will be, in the cache:
// the loose one only where it holds what this very URL leads to.
func (o *object) settle(ctx context.Context, rng hls.Range) cache.Key {
	k := o.key(rng)
	if !o.loose {
		return k
	}
	exact := cache.KeyOf("url", o.url)
	if o.s.g.proofOf(k).url == exact {
		return k
	}
	own := cache.KeyOf("signed", o.s.req.Scope, o.url, rng.String())
	o.mu.Lock()
	apart := o.apart
	o.mu.Unlock()
	if apart {
		return own
	}
	reader := o.s.g.o.Store.Peek(k)
	if reader == nil {
		o.s.g.prove(k, proof{url: exact})
		return k
	}
	defer reader.Close()
	if until, ok := o.confirmed(ctx, reader, rng); ok {
		o.s.g.prove(k, proof{url: exact, until: until})
		return k
	}
	o.mu.Lock()
	o.apart = true
	o.mu.Unlock()
	return own
}

// confirmed asks the service whether what is kept is what this URL leads to.
// Only an ETag can tell: a date is the same for everything of a release.
func (o *object) confirmed(ctx context.Context, reader *cache.Reader, rng hls.Range) (until time.Time, ok bool) {
	have, complete := reader.Have()
	if !complete && have == 0 { // nothing is known of it, and nobody shall wait
		return until, false
	}
	meta, err := reader.Wait(ctx)
	if err != nil || !complete && have != meta.Size || !strings.HasPrefix(meta.ETag, `"`) {
		return until, false
	}
	v, until := o.ask(ctx, meta, rng)
	return until, v == same
}

const (
	askTimeout = 3 * time.Second  // for an answer about what is there already
	askAgain   = 15 * time.Second // after the service was found away
)

// ask makes a conditional request; until is the new freshness. While the
// service is away only one request in a while waits for it: what is kept must
// come without delay then.
func (o *object) ask(ctx context.Context, meta cache.Meta, rng hls.Range) (v verdict, until time.Time) {
	if time.Now().UnixNano() < o.s.away.Load() {
		return unknown, until
	}
	asking, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r, err := o.s.request(asking, http.MethodGet, o.url)
	if err != nil {
		return unknown, until
	}
	setValidators(r, &answer{etag: meta.ETag, modified: meta.LastModified})
	setRange(r, rng, 0)
	resp, err := o.s.do(r, cancel, askTimeout, o.s.turn())
	if err != nil && ctx.Err() == nil { // else it is the player who is away
		o.s.away.Store(time.Now().Add(askAgain).UnixNano())
	}
	if err != nil {
		return unknown, until
	}
	resp.Body.Close() // only the header matters
	switch {
	case resp.StatusCode == http.StatusNotModified:
		return same, readFreshness(resp.Header, time.Now()).until
	case resp.StatusCode < 300, resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusGone:
		return changed, until
	}
	return unknown, until // away, or the signature is over, which says nothing of the content
}
