package catalog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Codes of problems. A service's own codes are passed on beside them.
const (
	codeNotFound    = "not_found"
	codeUnreachable = "service_unreachable"
	codeGarbage     = "service_garbage"
)

// limits bound one answer.
type limits struct {
	bytes int64
	time  time.Duration
	media string // what the content type must be: exactly this, or "image/"
}

const jsonType = "application/json"

func documentLimits() limits  { return limits{64 << 10, 15 * time.Second, jsonType} }
func catalogueLimits() limits { return limits{16 << 20, time.Minute, jsonType} }
func answerLimits() limits    { return limits{1 << 20, 15 * time.Second, jsonType} }
func pictureLimits() limits   { return limits{1 << 20, 20 * time.Second, "image/"} }

// garbageError says that a service answered something else than it should.
type garbageError struct{ what string }

func (e *garbageError) Error() string { return e.what }

func garbage(format string, args ...any) error {
	return &garbageError{fmt.Sprintf(format, args...)}
}

// statusError is an HTTP status without a reason.
type statusError struct{ status int }

func (e *statusError) Error() string { return fmt.Sprintf("it answers HTTP %d", e.status) }

// answer is a whole answer, already within its limits.
type answer struct {
	status int
	body   []byte
	media  string // content type without parameters
	etag   string
	from   *url.URL // after redirects
}

// fetcher does the requests.
type fetcher struct {
	client  *http.Client
	account func(*http.Request) (*http.Response, error) // nil: everything is asked for by nobody
}

// with does the requests to a service in the name of the box's account there.
func (c *Client) with(s *site) fetcher {
	f := c.fetch
	f.account = func(r *http.Request) (*http.Response, error) { return c.options.Account(s.config.ID, r) }
	return f
}

// send sends with the account, and without where there is none.
func (f fetcher) send(r *http.Request) (*http.Response, error) {
	if f.account != nil {
		if resp, err := f.account(r); resp != nil || err != nil {
			return resp, err
		}
	}
	return f.client.Do(r)
}

func newFetcher(c *http.Client) fetcher {
	own := *c
	own.CheckRedirect = checkRedirect
	return fetcher{client: &own}
}

const mostRedirects = 5

// checkRedirect follows within the scheme only: HTTPS must not fall back to
// HTTP, and nothing else is ours to open.
func checkRedirect(r *http.Request, via []*http.Request) error {
	if len(via) > mostRedirects {
		return garbage("it redirects more than %d times", mostRedirects)
	}
	if r.URL.Scheme != via[0].URL.Scheme {
		return garbage("it redirects from %s to %s", via[0].URL.Scheme, r.URL.Scheme)
	}
	return nil
}

// get reads u. With an etag the answer may be 304 and has no body then.
func (f fetcher) get(ctx context.Context, u *url.URL, etag string, l limits) (answer, error) {
	return f.do(ctx, http.MethodGet, u, etag, nil, l)
}

// post sends JSON.
func (f fetcher) post(ctx context.Context, u *url.URL, body []byte, l limits) (answer, error) {
	return f.do(ctx, http.MethodPost, u, "", body, l)
}

func (f fetcher) do(ctx context.Context, method string, u *url.URL, etag string, body []byte, l limits) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, l.time)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(body))
	if err != nil {
		return answer{}, withoutURL(err)
	}
	r.Header.Set("Accept", l.media+"*;q=0.9, application/problem+json")
	if l.media == jsonType {
		r.Header.Set("Accept", jsonType+", application/problem+json")
	}
	if etag != "" {
		r.Header.Set("If-None-Match", etag)
	}
	if len(body) > 0 {
		r.Header.Set("Content-Type", jsonType)
	}
	resp, err := f.send(r)
	if err != nil {
		return answer{}, withoutURL(err)
	}
	defer resp.Body.Close()
	return read(resp, l)
}

// withoutURL takes the URL out of a client error: it may carry a token.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// read takes a whole answer and judges it: a problem document becomes a
// *box.Problem, another failure a statusError, a wrong type a garbageError.
func read(resp *http.Response, l limits) (answer, error) {
	a := answer{status: resp.StatusCode, etag: resp.Header.Get("ETag"), from: resp.Request.URL}
	a.media, _, _ = mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if a.status == http.StatusNotModified || a.status == http.StatusNoContent {
		return a, nil
	}
	var err error
	if a.body, err = io.ReadAll(io.LimitReader(resp.Body, l.bytes+1)); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return a, garbage("its answer breaks off after %d bytes", len(a.body))
		}
		return a, fmt.Errorf("read answer: %w", err)
	}
	switch {
	case int64(len(a.body)) > l.bytes:
		return a, garbage("its answer is larger than %d KiB", l.bytes>>10)
	case a.status >= http.StatusBadRequest && a.media == "application/problem+json":
		return a, decodeProblem(a.body, a.status)
	case a.status >= http.StatusInternalServerError || a.status == http.StatusTooManyRequests:
		return a, &statusError{a.status}
	case a.status != http.StatusOK && a.status != http.StatusCreated:
		return a, garbage("it answers HTTP %d without a reason", a.status)
	case !fits(a.media, l.media):
		return a, garbage("it sends %q instead of %s", a.media, strings.TrimSuffix(l.media, "/"))
	}
	return a, nil
}

func fits(media, want string) bool {
	if strings.HasSuffix(want, "/") {
		return strings.HasPrefix(media, want)
	}
	return media == want
}

// parseService checks a service's address.
func parseService(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || !isHTTP(u) {
		return nil, garbage("its address in the configuration is no http or https address")
	}
	u.RawQuery, u.Fragment = "", ""
	return u, nil
}

func isHTTP(u *url.URL) bool { return u.Scheme == "http" || u.Scheme == "https" }
