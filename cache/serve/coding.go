package serve

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// codings are asked for with playlists and subtitles, which shrink to a tenth:
// a live window of hours is megabytes each reload. Media is never coded.
const codings = "br, zstd, gzip"

// maxWindow is the memory that a service can make the zstd decoder use; RFC
// 9659 allows 8 MiB for content codings.
const maxWindow = 8 << 20

// decoded undoes the content coding of a response whose body is read through
// body; coded says that there was one.
func decoded(resp *http.Response, body io.Reader) (r io.Reader, coded bool, err error) {
	switch name := strings.ToLower(strings.TrimSpace(resp.Header.Get("Content-Encoding"))); name {
	case "", "identity":
		return body, resp.Uncompressed, nil
	case "gzip", "x-gzip":
		r, err = gzip.NewReader(body)
	case "br":
		r = brotli.NewReader(body)
	case "zstd":
		// One at a time: the decoder begins no goroutine and needs no Close.
		r, err = zstd.NewReader(body, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
	default:
		return nil, false, fmt.Errorf("content coding %q is not known", name)
	}
	if err != nil {
		return nil, false, fmt.Errorf("begin to decode: %w", err)
	}
	return r, true, nil
}
