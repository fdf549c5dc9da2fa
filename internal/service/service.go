// Package service runs the long-living parts of the daemon side by side,
// starts those that fall over again, and waits for all of them on the way out.
//
// It guarantees that Run returns only after every service has returned, that
// a panic in a service's own goroutine becomes an error with its stack instead
// of the end of the process, and that the context of every service is
// cancelled with a cause that says why. Run blocks; everything else returns at
// once. The package never starts anything outside Run and never drops an
// error: each is logged once, where it is decided what follows from it.
//
// A goroutine that a service starts itself is its own: a panic there ends the
// process, as in any Go program.
package service

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Restart says what follows when a service returns before it was told to.
type Restart uint8

// The restart policies.
const (
	Always  Restart = iota // start it again, whatever it returned
	OnError                // start it again after an error; a nil return is its end
	Never                  // leave it down; an error is logged and reported
)

var restartNames = [...]string{"always", "on-error", "never"}

// String is the lower-case name used in logs.
func (r Restart) String() string {
	if int(r) < len(restartNames) {
		return restartNames[r]
	}
	return "unknown"
}

// Service is one part that runs until its context ends.
type Service struct {
	// Name is used in logs, errors and reports; unique in its group.
	Name string
	// Run blocks until ctx ends. It may be called again after it returned,
	// but never twice at a time. It must return soon after ctx ends.
	Run func(ctx context.Context) error
	// Restart is the policy; the zero value is Always.
	Restart Restart
}

// Report is a change in how a service stands.
type Report struct {
	Name  string
	Up    bool          // it was started
	Err   error         // why it is down; nil when it ended by itself without an error
	Retry time.Duration // until it is started again; 0 when it will not be
	Fails int           // how often it fell over in a row
}

// ErrDone is the cancel cause seen by whatever outlives a group whose services
// have all come to their end.
var ErrDone = errors.New("all services have ended")

type fatalError struct{ err error }

func (e *fatalError) Error() string { return e.err.Error() }
func (e *fatalError) Unwrap() error { return e.err }

// Fatal marks err as one that the whole process must not survive: a service
// that returns it ends its group, whatever its policy. Fatal(nil) is nil.
func Fatal(err error) error {
	if err == nil {
		return nil
	}
	return &fatalError{err}
}

// IsFatal says whether err was marked by Fatal.
func IsFatal(err error) bool {
	var f *fatalError
	return errors.As(err, &f)
}

// PanicError is a panic of a service.
type PanicError struct {
	Value any    // what panic was called with
	Stack []byte // of the panicking goroutine
}

// Error names the value; the stack is logged beside it.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap gives the value when it was an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
