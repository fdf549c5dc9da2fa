package serve

import (
	"net/http"
	"strconv"
	"strings"

	"usher/cache"
)

// byteRange is what a Range header asks of an object.
type byteRange struct {
	off, n  int64 // n < 0: to the end
	present bool  // false: the whole object, answer 200
}

// parseRange reads a Range header (RFC 9110 section 14.2) for an object of
// size bytes. Headers that are not one byte range are ignored, as the RFC
// allows; ok is false when the range lies outside (416). With an unknown size
// (-1) every range is ignored.
func parseRange(header string, size int64) (r byteRange, ok bool) {
	whole := byteRange{n: size}
	spec, found := strings.CutPrefix(header, "bytes=")
	if !found || size < 0 || strings.Contains(spec, ",") {
		return whole, true
	}
	first, last, found := strings.Cut(strings.TrimSpace(spec), "-")
	if !found {
		return whole, true
	}
	if first == "" {
		return suffixRange(last, size)
	}
	a, valid := parsePos(first)
	if !valid {
		return whole, true
	}
	b := size - 1
	if last != "" {
		if b, valid = parsePos(last); !valid || b < a {
			return whole, true
		}
	}
	if a >= size {
		return byteRange{}, false
	}
	return byteRange{off: a, n: min(b, size-1) - a + 1, present: true}, true
}

func suffixRange(last string, size int64) (byteRange, bool) {
	n, valid := parsePos(last)
	if !valid {
		return byteRange{n: size}, true
	}
	if n == 0 || size == 0 {
		return byteRange{}, false
	}
	n = min(n, size)
	return byteRange{off: size - n, n: n, present: true}, true
}

// absoluteRange reads bytes=a-b with both ends, for parts of a larger file
// whose size is not known.
func absoluteRange(header string) (off, n int64, ok bool) {
	spec, _ := strings.CutPrefix(header, "bytes=")
	first, last, _ := strings.Cut(strings.TrimSpace(spec), "-")
	a, okA := parsePos(first)
	b, okB := parsePos(last)
	if !okA || !okB || b < a {
		return 0, 0, false
	}
	return a, b - a + 1, true
}

// parsePos reads digits only: strconv would take signs.
func parsePos(s string) (int64, bool) {
	if s == "" || len(s) > 18 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// contentRange reads "bytes a-b/total"; total is 0 when it is "*".
func contentRange(header string) (off, n, total int64, ok bool) {
	spec, found := strings.CutPrefix(header, "bytes ")
	span, all, cut := strings.Cut(spec, "/")
	first, last, dash := strings.Cut(span, "-")
	a, okA := parsePos(first)
	b, okB := parsePos(last)
	if !found || !cut || !dash || !okA || !okB || b < a {
		return 0, 0, 0, false
	}
	if all != "*" {
		if total, ok = parsePos(all); !ok || total <= b {
			return 0, 0, 0, false
		}
	}
	return a, b - a + 1, total, true
}

// usesRange says whether the Range header counts: If-Range (RFC 9110 section
// 13.1.5) must name what is here, by strong validator.
func usesRange(r *http.Request, m cache.Meta) bool {
	v := r.Header.Get("If-Range")
	switch {
	case v == "":
		return true
	case strings.HasPrefix(v, `"`):
		return v == m.ETag
	default:
		return m.LastModified != "" && v == m.LastModified
	}
}

// unchanged answers If-None-Match and, without it, If-Modified-Since.
func unchanged(r *http.Request, etag, modified string) bool {
	if v := r.Header.Get("If-None-Match"); v != "" {
		return etag != "" && matches(v, etag)
	}
	v := r.Header.Get("If-Modified-Since")
	if v == "" || modified == "" {
		return false
	}
	since, err1 := http.ParseTime(v)
	at, err2 := http.ParseTime(modified)
	return err1 == nil && err2 == nil && !at.After(since)
}

// matches compares weakly (RFC 9110 section 8.8.3.2).
func matches(list, etag string) bool {
	etag = strings.TrimPrefix(etag, "W/")
	for v := range strings.SplitSeq(list, ",") {
		v = strings.TrimSpace(v)
		if v == "*" || strings.TrimPrefix(v, "W/") == etag {
			return true
		}
	}
	return false
}
