package serve

import (
	"io"
	"net/http"
	"path"
	"time"
)

// recorder notes what was answered, for the request log. It passes ReadFrom
// on, so that files still go out by sendfile.
type recorder struct {
	http.ResponseWriter
	began  time.Time
	status int
	bytes  int64
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implements io.Writer.
func (r *recorder) Write(p []byte) (int, error) {
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// ReadFrom implements io.ReaderFrom.
func (r *recorder) ReadFrom(src io.Reader) (int64, error) {
	n, err := io.Copy(r.ResponseWriter, src)
	r.bytes += n
	return n, err
}

// log explains the answer: the first word of how is hit, fill, pass or stale,
// and the rest is the reason. The id is left out, since who knows it can read.
func (r *recorder) log(s *session, req *http.Request) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	s.log.Debug("Answered",
		"method", req.Method, "name", path.Base(req.URL.Path), "range", req.Header.Get("Range"),
		"status", r.status, "bytes", r.bytes, "how", r.Header().Get("X-Usher"),
		"took", time.Since(r.began))
}
