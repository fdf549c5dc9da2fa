package fetch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"usher/firmware"
	"usher/firmware/image"
)

// Clock is the time that TLS is verified at; trust.Clock is one.
type Clock interface {
	// Now is the time; known is false when it is a lower bound only.
	Now() (now time.Time, known bool)
	// Heard is told the Date of verified answers.
	Heard(time.Time)
}

// Options are the parts of a Server. Base and Clock are required.
type Options struct {
	// Base is where the repository is, such as "https://updates.example/tv/".
	// HTTPS, or a loopback address.
	Base  string
	Clock Clock
	// Transport is used as it is; nil is one with Clock's time for TLS.
	Transport http.RoundTripper
	Gate      *Gate   // nil: always open
	Budget    *Budget // nil: none
	UserAgent string
	// Stall is for how long nothing may come before an attempt ends: 30 s.
	Stall time.Duration
	// Pause is before the second attempt: 1 s. It doubles with each.
	Pause time.Duration
}

// The limits of patience.
const (
	attempts  = 6
	longest   = time.Minute // pause between attempts, Retry-After included
	enough    = 1 << 10     // bytes of an attempt that make up for those that failed before
	piece     = 32 << 10    // bytes between two looks at the gate
	redirects = 3
)

// Server is a repository on a web server. It implements trust.Place. Its
// methods are safe for concurrent use.
type Server struct {
	o    Options
	base *url.URL
	http *http.Client
}

var errInsecure = errors.New("not over HTTPS")

// New makes a Server.
func New(o Options) (*Server, error) {
	base, err := url.Parse(o.Base)
	if err != nil {
		return nil, fmt.Errorf("the address of updates: %w", plain(err))
	}
	if base.Host == "" || base.RawQuery != "" || base.Fragment != "" {
		return nil, fmt.Errorf("the address of updates must be like https://updates.example/tv/, not %q", base.Redacted())
	}
	if !secure(base) {
		return nil, fmt.Errorf("the address of updates, on %s: %w", base.Host, errInsecure)
	}
	if !strings.HasSuffix(base.Path, "/") {
		base.Path += "/"
	}
	if o.Stall == 0 {
		o.Stall = 30 * time.Second
	}
	if o.Pause == 0 {
		o.Pause = time.Second
	}
	s := &Server{o: o, base: base, http: &http.Client{Transport: o.Transport, CheckRedirect: follow}}
	if o.Transport == nil {
		s.http.Transport = NewTransport(o.Clock)
	}
	return s, nil
}

// Close closes idle connections.
func (s *Server) Close() { s.http.CloseIdleConnections() }

// follow allows a few redirects, none of them out of TLS: a portal's are.
func follow(r *http.Request, via []*http.Request) error {
	if !secure(r.URL) && via[0].URL.Scheme == "https" {
		return errInsecure
	}
	if len(via) > redirects {
		return errors.New("too many redirects")
	}
	return nil
}

func secure(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// Metadata implements trust.Place.
func (s *Server) Metadata(ctx context.Context, name string, limit int64) ([]byte, error) {
	return s.whole(ctx, "metadata/"+name, limit)
}

// Description gives the description of a release, which is a target of the
// signed list.
func (s *Server) Description(ctx context.Context, name string, f image.File) ([]byte, error) {
	dir, base := "", name
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		dir, base = name[:i+1], name[i+1:]
	}
	return s.summed(ctx, "targets/"+dir+f.Sum.String()+"."+base, f) // TUF 6.2.1, consistent snapshots
}

// File gives a file that a description names.
func (s *Server) File(ctx context.Context, f image.File) ([]byte, error) {
	return s.summed(ctx, path(f), f)
}

func path(f image.File) string { return "files/" + f.Sum.String() }

// summed gets a file in parts, so that a cut costs nothing.
func (s *Server) summed(ctx context.Context, name string, f image.File) ([]byte, error) {
	if f.Length <= 0 || f.Length > max(image.MaxDescription, image.MaxIndex) {
		return nil, &firmware.Error{Reason: firmware.Untrusted, Err: fmt.Errorf("fetch %s: of %d bytes", name, f.Length)}
	}
	d := &Data{s: s, name: name, f: f}
	defer d.Close()
	data := make([]byte, f.Length)
	if err := d.Read(ctx, 0, data, f.Length); err != nil {
		return nil, err
	}
	if sha256.Sum256(data) != f.Sum {
		return nil, &firmware.Error{Reason: firmware.Untrusted, Err: fmt.Errorf("fetch %s: not what was signed", name)}
	}
	return data, nil
}

// whole gets a file of at most limit bytes.
func (s *Server) whole(ctx context.Context, name string, limit int64) ([]byte, error) {
	var data []byte
	err := s.persist(ctx, func() (int, error) {
		if err := s.o.Gate.wait(ctx); err != nil {
			return 0, err
		}
		b, err := s.get(ctx, name, limit)
		data = b
		return 0, err
	})
	return data, reasoned(err)
}

// persist tries until it works, it cannot work, or it failed too often in a
// row. try says how many bytes it got, which are kept.
func (s *Server) persist(ctx context.Context, try func() (int, error)) error {
	for failed := 0; ; {
		n, err := try()
		var e *Error
		if err == nil || ctx.Err() != nil || !errors.As(err, &e) || !e.again() {
			return err
		}
		if n >= enough {
			failed = 0
		}
		if failed++; failed == attempts {
			return err
		}
		pause := min(max(s.o.Pause<<(failed-1), e.after), longest)
		if e := sleep(ctx, pause); e != nil {
			return e
		}
	}
}

// get is one attempt.
func (s *Server) get(ctx context.Context, name string, limit int64) ([]byte, error) {
	b, err := s.open(ctx, name, nil)
	if err != nil {
		return nil, err
	}
	defer b.close()
	if b.length > limit {
		return nil, &Error{Class: TooLong, Name: name, Err: fmt.Errorf("%d bytes instead of %d", b.length, limit)}
	}
	var data bytes.Buffer
	buf := make([]byte, piece)
	for {
		n, err := b.read(ctx, buf)
		data.Write(buf[:n])
		switch {
		case int64(data.Len()) > limit:
			return nil, &Error{Class: TooLong, Name: name, Err: fmt.Errorf("more than %d bytes", limit)}
		case errors.Is(err, io.EOF):
			return data.Bytes(), nil
		case err != nil:
			return nil, err
		}
	}
}

// isPage says that an answer is for people.
func isPage(resp *http.Response) bool {
	kind, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return err == nil && (kind == "text/html" || kind == "application/xhtml+xml")
}

func retryAfter(resp *http.Response) time.Duration {
	seconds, err := strconv.Atoi(resp.Header.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, int(longest/time.Second))) * time.Second
}

// plain takes the address out of an error: it may hold what is nobody's
// business, and the file is named already.
func plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
