package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"time"

	"usher/firmware"
)

// Class is a kind of trouble on the way.
type Class string

// The classes. The first four are tried again.
const (
	Offline  Class = "offline"   // no address, no route, no connection
	Cut      Class = "cut"       // ended early, or nothing came for a while
	Busy     Class = "busy"      // 429, 5xx: the place asks to come back
	Portal   Class = "portal"    // a page for people: somebody wants a sign-in first
	Missing  Class = "missing"   // 404, 410
	Refused  Class = "refused"   // any other 4xx
	Changed  Class = "changed"   // another file than before, or of another length
	NoRanges Class = "no_ranges" // the place cannot give parts of files
	TooLong  Class = "too_long"  // more than was asked for
	Insecure Class = "insecure"  // TLS cannot be verified, or is left by a redirect
)

// Error is trouble with one file.
type Error struct {
	Class  Class
	Name   string // of the file, without what stands before it
	Status int    // of HTTP, if there was an answer
	Err    error

	after time.Duration // what Retry-After asks for
}

// Error names the file, the class and the cause.
func (e *Error) Error() string {
	switch {
	case e.Err != nil:
		return fmt.Sprintf("fetch %s: %s: %v", e.Name, e.Class, e.Err)
	case e.Status != 0:
		return fmt.Sprintf("fetch %s: %s: %d %s", e.Name, e.Class, e.Status, http.StatusText(e.Status))
	}
	return fmt.Sprintf("fetch %s: %s", e.Name, e.Class)
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes a missing file fs.ErrNotExist.
func (e *Error) Is(target error) bool { return e.Class == Missing && target == fs.ErrNotExist }

func (e *Error) again() bool {
	return e.Class == Offline || e.Class == Cut || e.Class == Busy || e.Class == Portal
}

// ClassOf is the class of an error of this package, or "".
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return ""
}

// reasoned gives an error the machine word that people know.
func reasoned(err error) error {
	var known *firmware.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && ClassOf(err) == "" {
		return err
	}
	return &firmware.Error{Reason: firmware.Unreachable, Err: err}
}

// connecting classifies why there was no answer.
func connecting(name string, err error) *Error {
	e := &Error{Class: Offline, Name: name, Err: plain(err)}
	var verify *tls.CertificateVerificationError
	var invalid x509.CertificateInvalidError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	switch {
	case errors.Is(err, errInsecure), errors.As(err, &verify), errors.As(err, &invalid), errors.As(err, &alert):
		e.Class = Insecure
	case errors.As(err, &record):
		e.Class = Portal // something that does not speak TLS answers in its place
	}
	return e
}

// answered classifies an answer that is not the one asked for; nil is none.
func answered(name string, resp *http.Response) *Error {
	e := &Error{Name: name, Status: resp.StatusCode}
	switch s := resp.StatusCode; {
	case s == http.StatusNotFound || s == http.StatusGone:
		e.Class = Missing
	case s == http.StatusTooManyRequests || s >= 500:
		e.Class, e.after = Busy, retryAfter(resp)
	case s == http.StatusRequestedRangeNotSatisfiable:
		e.Class = Changed
	case s == http.StatusNetworkAuthenticationRequired || isPage(resp):
		e.Class = Portal
	case s >= 400:
		e.Class = Refused
	case s != http.StatusOK && s != http.StatusPartialContent:
		e.Class = Portal
	default:
		return nil
	}
	return e
}
