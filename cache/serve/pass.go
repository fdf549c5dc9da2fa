package serve

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"path"
	"strings"
	"time"
)

// pass hands a request on and keeps nothing of the answer: for HEAD, for parts
// that no playlist names, and for objects beyond the limit.
func (o *object) pass(w http.ResponseWriter, r *http.Request, why string) {
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	resp, err := o.reach(ctx, r)
	if err != nil {
		refuse(w, asTrouble(o.url, err))
		return
	}
	defer resp.Body.Close()
	h := w.Header()
	for _, k := range []string{"Content-Length", "Content-Range", "Content-Encoding", "ETag", "Last-Modified", "Accept-Ranges"} {
		if v := resp.Header.Get(k); v != "" {
			h.Set(k, v)
		}
	}
	h.Set("Content-Type", contentType(resp.Header.Get("Content-Type"), o.path))
	h.Set("X-Usher", "pass; "+why)
	w.WriteHeader(resp.StatusCode)
	if _, err := io.Copy(w, resp.Body); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// reach asks the service, and again while it is away: as with what is kept, the
// player is held rather than told of it.
func (o *object) reach(ctx context.Context, r *http.Request) (*http.Response, error) {
	began, wait := time.Now(), backoff{first: o.s.g.o.Retry}
	for {
		resp, err := o.handOn(ctx, r)
		t := (*Trouble)(nil)
		if err != nil {
			t = asTrouble(o.url, err)
		} else if t = failure(resp, o.url); t == nil || !t.Passing() {
			return resp, nil
		}
		if !t.Passing() || ctx.Err() != nil || time.Since(began) > o.s.g.o.Hold {
			return resp, err
		}
		if resp != nil {
			resp.Body.Close() // it says only that the service is away
		}
		if err := sleep(ctx, max(wait.next(), t.retryAfter)); err != nil {
			return nil, err
		}
	}
}

// handOn makes one request like the player's. The body belongs to ctx.
func (o *object) handOn(ctx context.Context, r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	up, err := o.s.request(ctx, r.Method, o.s.current(ctx, o.from, o.url))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	for _, k := range []string{"Range", "If-Range", "If-None-Match", "If-Modified-Since"} {
		if v := r.Header.Get(k); v != "" {
			up.Header.Set(k, v)
		}
	}
	up.Header.Set("Accept-Encoding", "identity")
	resp, err := o.s.do(up, cancel, o.patience(), o.s.turn())
	if err != nil {
		err = orCause(ctx, err)
		cancel(nil)
		return nil, err
	}
	b := bufio.NewReaderSize(resp.Body, copyBuffer)
	resp.Body = &turnBody{ReadCloser: buffered{b, resp.Body}, end: func() { cancel(nil) }}
	if isHTML(resp) && isPage(resp, b) {
		resp.Body.Close() // nobody wants to read it
		return nil, &Trouble{Code: NotMedia, Where: redact(o.url), Err: errPortal}
	}
	return resp, nil
}

// contentType mends what services send for files they do not know.
func contentType(sent, name string) string {
	kind, _, _ := strings.Cut(sent, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "", "text/plain", "application/octet-stream", "binary/octet-stream", "text/html":
	default:
		return sent
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".ts", ".mpegts":
		return "video/mp2t"
	case ".mp4", ".m4s", ".m4v", ".cmfv", ".fmp4":
		return "video/mp4"
	case ".m4a", ".cmfa":
		return "audio/mp4"
	case ".aac":
		return "audio/aac"
	case ".vtt", ".webvtt":
		return "text/vtt; charset=utf-8"
	case ".json":
		return "application/json"
	}
	return "application/octet-stream"
}
