package serve

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"usher/cache"
)

// serveBytes answers conditions and ranges from memory.
func serveBytes(w http.ResponseWriter, r *http.Request, body []byte, etag string) {
	if unchanged(r, etag, "") {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h := w.Header()
	h.Set("Accept-Ranges", "bytes")
	size := int64(len(body))
	header := r.Header.Get("Range")
	if !usesRange(r, cache.Meta{ETag: etag}) {
		header = ""
	}
	rng, ok := parseRange(header, size)
	if !ok {
		unsatisfiable(w, size)
		return
	}
	writeRangeHeader(w, rng, size, 0)
	if r.Method == http.MethodGet {
		w.Write(body[rng.off : rng.off+rng.n]) // an error means that the player left
	}
}

func unsatisfiable(w http.ResponseWriter, size int64) {
	w.Header().Set("Content-Range", "bytes */"+strconv.FormatInt(size, 10))
	http.Error(w, "The range is outside the object.", http.StatusRequestedRangeNotSatisfiable)
}

// writeRangeHeader begins a 200 or 206. shift is where the object begins in a
// larger one, whose size is total.
func writeRangeHeader(w http.ResponseWriter, rng byteRange, total, shift int64) {
	h := w.Header()
	h.Set("Content-Length", strconv.FormatInt(rng.n, 10))
	if !rng.present {
		w.WriteHeader(http.StatusOK)
		return
	}
	size := "*"
	if total > 0 {
		size = strconv.FormatInt(total, 10)
	}
	h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%s", rng.off+shift, rng.off+shift+rng.n-1, size))
	w.WriteHeader(http.StatusPartialContent)
}

// refuse turns an error into a status. What the service said is passed on;
// what did not come in time is 504, so that a player may try again.
func refuse(w http.ResponseWriter, err error) {
	status, why := http.StatusGatewayTimeout, "ended"
	var t *Trouble
	if errors.As(err, &t) {
		why = t.short()
		switch t.Code {
		case HTTPStatus:
			if status = t.Status; status < 400 {
				status = http.StatusBadGateway
			}
		case Forbidden, BadURL:
			status = http.StatusForbidden
		case NotPlaylist, NotMedia, TooLarge, Changed:
			status = http.StatusBadGateway
		}
	}
	w.Header().Set("X-Usher", "pass; "+why)
	http.Error(w, http.StatusText(status), status)
}

func hasHTTP(raw string) bool {
	return strings.HasPrefix(raw, "https://") || strings.HasPrefix(raw, "http://")
}
