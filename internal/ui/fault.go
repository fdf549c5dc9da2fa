package ui

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"usher/internal/box"
	"usher/internal/spell"
	"usher/internal/ui/schema"
)

// The codes of the bridge, one meaning each. Those below are of JSON-RPC 2.0
// section 5.1; ours are positive, outside the range it reserves.
const (
	codeParse    = -32700
	codeRequest  = -32600
	codeMethod   = -32601
	codeParams   = -32602
	codeInternal = -32603

	codeRefused     = 1
	codeNotFound    = 2
	codeUnavailable = 3
	codeForbidden   = 4
	codeLimit       = 5
	codeTimeout     = 6
)

// fault is the error object of a reply.
type fault struct {
	Code    int       `json:"code"`
	Message string    `json:"message"`
	Data    faultData `json:"data"`
}

type faultData struct {
	Key          string `json:"key"` // stable word, finer than the code
	Text         string `json:"text"`
	Hint         string `json:"hint"`
	Retry        bool   `json:"retry"`
	Field        string `json:"field,omitempty"`
	RetryAfterMS int64  `json:"retryAfterMs,omitempty"`
}

func (f *fault) Error() string { return f.Message }

func newFault(code int, key, text, hint string) *fault {
	return &fault{Code: code, Message: text, Data: faultData{Key: key, Text: text, Hint: hint}}
}

func (f *fault) again() *fault {
	f.Data.Retry = true
	return f
}

func parseFault(err error) *fault {
	text := "The frame is not JSON."
	if err != nil {
		text = fmt.Sprintf("The frame is not JSON: %v.", err)
	}
	return newFault(codeParse, "parse_error", text, "Send one JSON-RPC 2.0 request or a batch in each text frame.")
}

func requestFault(what string) *fault {
	return newFault(codeRequest, "invalid_request", what, `Send {"jsonrpc":"2.0","method":…,"params":{…},"id":…}.`)
}

func methodFault(name string, known []string) *fault {
	text := fmt.Sprintf("There is no method %q.", clip(name))
	if near := spell.Nearest(name, known); near != "" {
		text = fmt.Sprintf("There is no method %q; did you mean %q?", clip(name), near)
	}
	return newFault(codeMethod, "method_not_found", text, "Call rpc.discover for the list.")
}

// newerFault answers a method that came after the version that a session
// pinned: to it the server is one of that version.
func newerFault(name string, since, pinned minor) *fault {
	return newFault(codeMethod, "method_not_found", fmt.Sprintf("There is no method %q in API %v.", name, pinned),
		fmt.Sprintf("It came with %v: say \"api\":\"%v\" in session.hello.", since, since))
}

func paramsFault(field, text string) *fault {
	f := newFault(codeParams, "invalid_params", text, "Call rpc.discover for the params of this method.")
	f.Data.Field = field
	return f
}

func violationFault(err error) *fault {
	var v *schema.Violation
	if errors.As(err, &v) {
		return paramsFault(v.Field, "Param "+v.Error()+".")
	}
	return paramsFault("", err.Error())
}

func internalFault() *fault {
	return newFault(codeInternal, "internal_error", "A fault of the daemon.", "Look into the daemon's log.").again()
}

// forbiddenFault denies what a role may not do, and says who may.
func (d *dispatcher) forbiddenFault(what, scope, role string) *fault {
	may := []string{}
	for _, name := range slices.Sorted(maps.Keys(d.doc.Roles)) {
		if slices.Contains(d.doc.Roles[name], scope) {
			may = append(may, name)
		}
	}
	return newFault(codeForbidden, "scope_missing",
		fmt.Sprintf("%s needs the scope %s, which the role %s does not have.", what, scope, role),
		"Roles that have it: "+strings.Join(may, ", ")+". On the box, root is installer: sudo usher …")
}

func limitFault(wait time.Duration) *fault {
	f := newFault(codeLimit, "rate_limit", "Too many calls in a short time.", "Wait a moment and call again.").again()
	f.Data.RetryAfterMS = wait.Milliseconds() + 1
	return f
}

func batchFault(most int) *fault {
	return newFault(codeLimit, "batch_limit", fmt.Sprintf("A batch has at most %d calls.", most), "Send several batches.")
}

// refusal is the reply to an intent that the box does not accept.
func refusal(p *box.Problem) *fault { return newFault(codeRefused, p.Code, p.Text, p.Hint) }

// faultOf says what an error of a look-up means to a client. A cause that is
// not written for people stays out of it; unknown reports whether it was one,
// so that the caller can log it.
func faultOf(err error) (f *fault, unknown bool) {
	var own *fault
	var problem *box.Problem
	switch {
	case errors.As(err, &own):
		return own, false
	case errors.As(err, &problem):
		return problemFault(problem), false
	case errors.Is(err, context.DeadlineExceeded):
		return newFault(codeTimeout, "timeout", "It took too long and was given up.", "Try again; if it stays so, run: usher doctor").again(), false
	default:
		return newFault(codeUnavailable, "unavailable", "The service does not answer.", "Try again; if it stays so, run: usher doctor").again(), true
	}
}

// problemFault sorts a look-up's problem by its code's words, so that a new
// code of a service lands in the right class without a change here.
func problemFault(p *box.Problem) *fault {
	switch {
	case strings.Contains(p.Code, "not_found"), strings.HasPrefix(p.Code, "unknown_"), strings.HasPrefix(p.Code, "no_such_"):
		return newFault(codeNotFound, p.Code, p.Text, p.Hint)
	case strings.Contains(p.Code, "timeout"):
		return newFault(codeTimeout, p.Code, p.Text, p.Hint).again()
	default:
		return newFault(codeUnavailable, p.Code, p.Text, p.Hint).again()
	}
}

// clip keeps what a client sent short enough to be sent back.
func clip(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
