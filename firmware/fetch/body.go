package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// span is a range of bytes, from the first to before the last.
type span struct{ from, to int64 }

// body is an answer that is being read.
type body struct {
	s      *Server
	name   string
	resp   *http.Response
	cancel context.CancelCauseFunc
	length int64  // of the body; -1 is unknown
	total  int64  // of the file, of an answer with a range
	tag    string // strong validator, or ""
}

var errStall = errors.New("nothing came")

// freshness is which part of Stall an answer may take on a connection that was
// used before: it may be dead, which nobody says where a router forgot it, or the
// box slept.
const freshness = 6

// open asks for a file, or for a range of it. Its answer outlives ctx: each
// read has its own. Where a connection that was used before gives nothing, it
// asks once more on a new one.
func (s *Server) open(ctx context.Context, name string, r *span) (*body, error) {
	b, used, err := s.ask(ctx, name, r)
	if used && ClassOf(err) == Offline && ctx.Err() == nil {
		s.http.CloseIdleConnections() // the others are no younger
		b, _, err = s.ask(ctx, name, r)
	}
	return b, err
}

// ask asks once. used is whether that was on a connection of before.
func (s *Server) ask(ctx context.Context, name string, r *span) (b *body, used bool, err error) {
	live, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	b = &body{s: s, name: name, cancel: cancel}
	defer context.AfterFunc(ctx, func() { cancel(context.Cause(ctx)) })()
	stall := time.AfterFunc(s.o.Stall, func() { cancel(errStall) })
	defer stall.Stop()
	var reused atomic.Bool
	trace := &httptrace.ClientTrace{
		GotConn: func(c httptrace.GotConnInfo) {
			if reused.Store(c.Reused); c.Reused {
				stall.Reset(s.o.Stall / freshness)
			}
		},
		GotFirstResponseByte: func() { // it is not dead
			reused.Store(false)
			stall.Reset(s.o.Stall)
		},
	}
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(live, trace), http.MethodGet, s.base.JoinPath(name).String(), nil)
	if err != nil {
		cancel(nil)
		return nil, false, plain(err)
	}
	req.Header.Set("Accept-Encoding", "identity")
	req.Header.Set("User-Agent", s.o.UserAgent)
	if r != nil {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-%d", r.from, r.to-1))
	}
	resp, err := s.http.Do(req) //nolint:bodyclose // closed by body.close
	if err != nil {
		cause := context.Cause(live)
		cancel(nil)
		switch {
		case ctx.Err() != nil:
			return nil, false, context.Cause(ctx)
		case errors.Is(cause, errStall):
			err = errStall
		}
		return nil, reused.Load(), connecting(name, err)
	}
	b.resp, b.length, b.tag = resp, resp.ContentLength, strong(resp.Header.Get("ETag"))
	s.hear(resp)
	if e := b.fits(r); e != nil {
		b.close()
		return nil, false, e
	}
	return b, false, nil
}

// hear gives the clock the Date of an answer that somebody vouches for.
func (s *Server) hear(resp *http.Response) {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil || resp.Header.Get("Age") != "" || resp.TLS == nil || len(resp.TLS.VerifiedChains) == 0 {
		return
	}
	leaf := resp.TLS.PeerCertificates[0]
	if !date.Before(leaf.NotBefore) && !date.After(leaf.NotAfter) {
		s.o.Clock.Heard(date)
	}
}

// fits says whether the answer is the one that was asked for.
func (b *body) fits(r *span) error {
	if e := answered(b.name, b.resp); e != nil {
		return e
	}
	if isPage(b.resp) {
		return &Error{Class: Portal, Name: b.name, Status: b.resp.StatusCode, Err: errors.New("a page for people came instead")}
	}
	if r == nil {
		if b.resp.StatusCode != http.StatusOK {
			return &Error{Class: Changed, Name: b.name, Status: b.resp.StatusCode}
		}
		return nil
	}
	if b.resp.StatusCode == http.StatusOK {
		return &Error{Class: NoRanges, Name: b.name, Err: errors.New("the whole file came instead of a part: the web server must support ranges")}
	}
	got, total, err := contentRange(b.resp.Header.Get("Content-Range"))
	b.total = total
	switch {
	case err != nil:
		return &Error{Class: NoRanges, Name: b.name, Err: err}
	case got.from != r.from || got.to > r.to || b.length >= 0 && b.length != got.to-got.from:
		return &Error{Class: Changed, Name: b.name, Err: fmt.Errorf("bytes %d to %d came instead of %d to %d", got.from, got.to, r.from, r.to)}
	}
	r.to = got.to
	return nil
}

// read reads what is there. At the end it is io.EOF; an end that came too early
// is a cut.
func (b *body) read(ctx context.Context, into []byte) (int, error) {
	stopEnd := context.AfterFunc(ctx, func() { b.cancel(context.Cause(ctx)) })
	stall := time.AfterFunc(b.s.o.Stall, func() { b.cancel(errStall) })
	n, err := b.resp.Body.Read(into)
	stall.Stop()
	stopEnd()
	if over := b.s.o.Budget.spend(n); over != nil {
		return n, over
	}
	if err == nil || errors.Is(err, io.EOF) {
		if wait := b.s.o.Gate.take(ctx, n); wait != nil {
			return n, wait
		}
		return n, err
	}
	if ctx.Err() != nil {
		return n, context.Cause(ctx)
	}
	if cause := context.Cause(b.resp.Request.Context()); errors.Is(cause, errStall) {
		err = errStall
	}
	return n, &Error{Class: Cut, Name: b.name, Err: plain(err)}
}

// close ends the answer. One that was read to its end leaves its connection to
// the next.
func (b *body) close() {
	_ = b.resp.Body.Close() // what was needed of it was read
	b.cancel(nil)
}

func strong(tag string) string {
	if strings.HasPrefix(tag, "W/") {
		return ""
	}
	return tag
}

// contentRange reads "bytes 0-99/1234" (RFC 9110, 14.4).
func contentRange(v string) (s span, total int64, err error) {
	wrong := fmt.Errorf("no sense in Content-Range %.60q", v)
	rest, ok := strings.CutPrefix(v, "bytes ")
	first, rest, ok1 := strings.Cut(rest, "-")
	last, size, ok2 := strings.Cut(rest, "/")
	if !ok || !ok1 || !ok2 {
		return s, 0, wrong
	}
	from, err1 := strconv.ParseInt(first, 10, 64)
	to, err2 := strconv.ParseInt(last, 10, 64)
	total, err3 := strconv.ParseInt(size, 10, 64)
	if errors.Join(err1, err2, err3) != nil || from < 0 || to < from || to >= total {
		return s, 0, wrong
	}
	return span{from, to + 1}, total, nil
}
