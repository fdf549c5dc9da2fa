package hls

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// RefKind says what a URI in a playlist points to.
type RefKind uint8

// The kinds of reference.
const (
	RefSegment     RefKind = iota // a URI line of a media playlist
	RefVariant                    // the URI line of EXT-X-STREAM-INF: a media playlist
	RefRendition                  // EXT-X-MEDIA: a media playlist
	RefIFrames                    // EXT-X-I-FRAME-STREAM-INF: a media playlist
	RefImages                     // EXT-X-IMAGE-STREAM-INF (Roku, SVTA): a media playlist
	RefReport                     // EXT-X-RENDITION-REPORT: a media playlist
	RefMap                        // EXT-X-MAP
	RefKey                        // EXT-X-KEY
	RefSessionKey                 // EXT-X-SESSION-KEY
	RefPart                       // EXT-X-PART
	RefHint                       // EXT-X-PRELOAD-HINT
	RefSessionData                // EXT-X-SESSION-DATA: JSON
	RefSteering                   // EXT-X-CONTENT-STEERING: JSON
	RefAsset                      // EXT-X-DATERANGE X-ASSET-URI: a playlist
	RefAssetList                  // EXT-X-DATERANGE X-ASSET-LIST: JSON
	refFixed                      // not a URI: a tag that is always replaced
)

// Playlist says whether the reference leads to another playlist.
func (k RefKind) Playlist() bool {
	switch k {
	case RefVariant, RefRendition, RefIFrames, RefImages, RefReport, RefAsset:
		return true
	}
	return false
}

type span struct{ lo, hi uint32 }

type ref struct {
	span
	kind  RefKind
	index int32 // of the segment, variant, rendition, map, key or part; -1
	rng   Range
}

// Ref is one URI in a playlist.
type Ref struct {
	Kind  RefKind
	Range Range // the part that is meant; Length 0 is all of it
	Index int   // into Segments, Variants, Renditions, Maps, Keys, Parts or Hints; -1 when it is in none
	p     *Playlist
	span  span
}

func (p *Playlist) refAt(i int32) Ref {
	r := p.refs[i]
	return Ref{Kind: r.kind, Range: r.rng, Index: int(r.index), p: p, span: r.span}
}

// RefCount is how many references there are.
func (p *Playlist) RefCount() int { return len(p.refs) }

// Refs calls yield for every reference in order, until it returns false.
func (p *Playlist) Refs(yield func(Ref) bool) {
	for i := range p.refs {
		if p.refs[i].kind != refFixed && !yield(p.refAt(int32(i))) {
			return
		}
	}
}

// Raw is the URI as written.
func (r Ref) Raw() string { return r.p.text(r.span) }

// maxAddress is how long an http URL may be, in bytes. Servers take half of it.
const maxAddress = 16 << 10

var errLongAddress = errors.New("address is too long")

// URL is the absolute URL, with variables substituted and without fragment
// (RFC 3986 section 5). URIs of other schemes (data:, skd:, urn:) come back
// as they are. An http URL of more than 16 KiB is an error: a few variables in
// one line could else make one of gigabytes.
func (r Ref) URL() (string, error) {
	raw := r.p.data[r.span.lo:r.span.hi]
	if bytes.Contains(raw, []byte("{$")) {
		var ok bool
		if raw, ok = substitute(raw, r.p.Defines, maxAddress); !ok {
			return "", errLongAddress
		}
	}
	u, err := r.absolute(raw)
	if err == nil && len(u) > maxAddress && hasHTTP([]byte(u[:8])) {
		return "", errLongAddress
	}
	return u, err
}

func (r Ref) absolute(raw []byte) (string, error) {
	if plain(raw) {
		if hasHTTP(raw) {
			return string(raw), nil
		}
		if r.p.prefix != "" && relative(raw) {
			return r.p.prefix + string(raw), nil
		}
	}
	return r.p.resolve(string(raw))
}

func (p *Playlist) resolve(raw string) (string, error) {
	if s, _, ok := strings.Cut(raw, ":"); ok && isOpaque(s) {
		return raw, nil
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", fmt.Errorf("parse URI: %w", withoutURL(err))
	}
	if p.base != nil {
		u = p.base.ResolveReference(u)
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String(), nil
}

// withoutURL drops the URL from a url.Error: it may carry a token.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

func isOpaque(scheme string) bool {
	switch strings.ToLower(scheme) {
	case "data", "skd", "urn", "blob":
		return true
	}
	return false
}

func hasHTTP(b []byte) bool {
	return bytes.HasPrefix(b, []byte("https://")) || bytes.HasPrefix(b, []byte("http://"))
}

// relative says that b is a plain relative path: appending it to the base's
// folder is what RFC 3986 asks for.
func relative(b []byte) bool {
	if len(b) == 0 || b[0] == '/' || b[0] == '?' {
		return false
	}
	for _, c := range b {
		switch c {
		case ':':
			return false
		case '/', '?':
			return true
		}
	}
	return true
}

// plain says that b has only characters that stay as they are in a URL and no
// dot segments, so that it needs no parsing.
func plain(b []byte) bool {
	slash := true // at the start of a path element
	for _, c := range b {
		if c == '.' && slash {
			return false
		}
		slash = c == '/'
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', 'A' <= c && c <= 'Z':
		case c == '/', c == '.', c == '-', c == '_', c == '~', c == '%' || c == '?' || c == '=' || c == '&',
			c == ':', c == '+', c == ',', c == '*', c == '!', c == '@', c == ';', c == '(', c == ')':
		default:
			return false
		}
	}
	return true
}

// prefixOf is the base up to the last slash of its path, or "" when a plain
// append would not do.
func prefixOf(base *url.URL) string {
	if base == nil || base.Host == "" || base.Opaque != "" {
		return ""
	}
	b := url.URL{Scheme: base.Scheme, User: base.User, Host: base.Host, Path: base.Path, RawPath: base.RawPath}
	s := b.String()
	if base.Path == "" {
		return s + "/"
	}
	if strings.Contains(s, "/./") || strings.Contains(s, "/../") {
		return ""
	}
	return s[:strings.LastIndexByte(s, '/')+1]
}

// substitute replaces {$name} (rfc8216bis section 4.3). Unknown names stay.
// ok is false when the result would have more than most bytes.
func substitute(b []byte, vars map[string]string, most int) (out []byte, ok bool) {
	for len(out)+len(b) <= most {
		i := bytes.Index(b, []byte("{$"))
		if i < 0 {
			return append(out, b...), true
		}
		j := bytes.IndexByte(b[i:], '}')
		if j < 0 {
			return append(out, b...), true
		}
		v, known := vars[string(b[i+2:i+j])]
		if !known {
			v = string(b[i : i+j+1])
		}
		if len(out)+i+len(v) > most {
			break
		}
		out = append(append(out, b[:i]...), v...)
		b = b[i+j+1:]
	}
	return nil, false
}

// Rewrite is the playlist with every URI replaced by what replace returns for
// it; "" leaves a URI as it is. All other bytes stay.
func (p *Playlist) Rewrite(replace func(Ref) string) []byte {
	out := make([]byte, 0, len(p.data)+len(p.data)/8)
	at := uint32(0)
	for i := range p.refs {
		r := &p.refs[i]
		var s string
		if r.kind == refFixed {
			s = p.fixed[r.lo]
		} else if s = replace(p.refAt(int32(i))); s == "" {
			continue
		}
		out = append(out, p.data[at:r.lo]...)
		out = append(out, s...)
		at = r.hi
	}
	return append(out, p.data[at:]...)
}
