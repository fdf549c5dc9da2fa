package ddi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Options are the parts of a Client. Base, ID and Token are required.
type Options struct {
	Base      string // where hawkBit is, such as "https://hawkbit.example": HTTPS, or a loopback address
	Tenant    string // default "default"
	ID        string // of the box, as hawkBit knows it (controllerId)
	Token     string // a secret
	Gateway   bool   // Token is that of a gateway, and not of this box alone
	Transport http.RoundTripper
	UserAgent string
	Timeout   time.Duration // of one call; default 30 s
}

// The errors of calls. Others are of the network: try again later.
var (
	ErrRefused = errors.New("the server does not know this box, or its token")
	ErrGone    = errors.New("the server has closed this action")
	ErrBusy    = errors.New("the server asks to come back later")
	ErrAnswer  = errors.New("the server's answer makes no sense")
)

// maxAnswer is the longest answer that is read, bytes.
const maxAnswer = 256 << 10

// Client is a box's side. It is safe for concurrent use.
type Client struct {
	o    Options
	root *url.URL // of this box
	http *http.Client

	mu   sync.Mutex
	tag  string // of the last base
	base Base
}

// New makes a Client.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.Base)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.User != nil || !secure(u) {
		return nil, errors.New("the address of hawkBit must be like https://hawkbit.example")
	}
	if o.ID == "" || o.Token == "" {
		return nil, errors.New("hawkBit needs the id and the token of this box")
	}
	if o.Tenant == "" {
		o.Tenant = "default"
	}
	if o.Timeout == 0 {
		o.Timeout = 30 * time.Second
	}
	return &Client{
		o: o, root: u.JoinPath(url.PathEscape(o.Tenant), "controller", "v1", url.PathEscape(o.ID)),
		http: &http.Client{Transport: o.Transport, Timeout: o.Timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil
}

func secure(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// call makes one request. in and out may be nil.
func (c *Client) call(ctx context.Context, method string, at *url.URL, tag string, in, out any) (newTag string, err error) {
	var body io.Reader
	if in != nil {
		data, err := json.Marshal(in)
		if err != nil {
			return "", fmt.Errorf("hawkBit: %w", err)
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, at.String(), body)
	if err != nil {
		return "", fmt.Errorf("hawkBit: %w", plain(err))
	}
	req.Header.Set("Authorization", c.authorization())
	req.Header.Set("Accept", "application/hal+json, application/json")
	req.Header.Set("User-Agent", c.o.UserAgent)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "", fmt.Errorf("hawkBit: %w", plain(err))
	}
	defer resp.Body.Close()
	if err := answered(resp); err != nil {
		return "", fmt.Errorf("hawkBit: %w", err)
	}
	return resp.Header.Get("ETag"), c.read(resp.Body, out)
}

func (c *Client) authorization() string {
	if c.o.Gateway {
		return "GatewayToken " + c.o.Token
	}
	return "TargetToken " + c.o.Token
}

var errSame = errors.New("nothing new")

// answered gives an answer its error.
func answered(resp *http.Response) error {
	switch s := resp.StatusCode; {
	case s == http.StatusNotModified:
		return errSame
	case s == http.StatusUnauthorized, s == http.StatusForbidden:
		return fmt.Errorf("%w (%d)", ErrRefused, s)
	case s == http.StatusNotFound, s == http.StatusGone:
		return fmt.Errorf("%w (%d)", ErrGone, s)
	case s == http.StatusTooManyRequests, s == http.StatusConflict, s >= 500:
		return fmt.Errorf("%w (%d)", ErrBusy, s)
	case s < 200 || s > 299:
		return fmt.Errorf("%w: status %d", ErrAnswer, s)
	}
	return nil
}

func (c *Client) read(body io.Reader, out any) error {
	data, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("hawkBit: %w", err)
	case len(data) > maxAnswer:
		return fmt.Errorf("%w: longer than %d bytes", ErrAnswer, maxAnswer)
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return nil
}

// plain takes the address out of an error: it holds the box's id.
func plain(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// action is the address of an action.
func (c *Client) action(kind string, a Action, more ...string) *url.URL {
	u := c.root.JoinPath(append([]string{kind, strconv.FormatInt(a.ID, 10)}, more...)...)
	if a.revision != "" && len(more) == 0 {
		u.RawQuery = url.Values{"c": {a.revision}}.Encode()
	}
	return u
}
