package ui

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"runtime/debug"
	"slices"
	"time"

	"usher/internal/ui/schema"
)

// handler carries out one call whose params fit the document. c is the
// connection it came on.
type handler func(ctx context.Context, c *session, params json.RawMessage) (any, error)

// spec is a method as the server has it; the document says the rest.
type spec struct {
	handle handler
	params reflect.Type // what the handler decodes; held against the document by a test
	// command marks a method that never blocks and changes the box. Commands
	// are carried out in the order they come, ahead of look-ups that still run.
	command bool
	key     bool          // counted as a key event by the rate limit
	timeout time.Duration // 0: it never blocks
}

// takes makes a handler from a function with typed params.
func takes[P any](f func(context.Context, *session, P) (any, error)) spec {
	return spec{
		params: reflect.TypeFor[P](),
		handle: func(ctx context.Context, c *session, raw json.RawMessage) (any, error) {
			var p P
			if err := json.Unmarshal(raw, &p); err != nil {
				return nil, paramsFault("", err.Error())
			}
			return f(ctx, c, p)
		},
	}
}

func (s spec) asCommand() spec { s.command = true; return s }

func (s spec) within(t time.Duration) spec { s.timeout = t; return s }

// method joins the server's and the document's halves of a method.
type method struct {
	spec
	schema.Method
	object *schema.Schema
	since  minor // version of the API that brought it
}

// dispatcher finds and carries out calls. It has no state that changes.
type dispatcher struct {
	doc     *schema.Document
	methods map[string]method
	names   []string
	newest  minor // version of the document
	limits  limits
	logger  *slog.Logger
}

// newDispatcher joins specs with the document. Both must have the same methods.
func newDispatcher(doc *schema.Document, specs map[string]spec, lim limits, logger *slog.Logger) (*dispatcher, error) {
	newest, err := newestMinor(doc)
	if err != nil {
		return nil, fmt.Errorf("make bridge: %w", err)
	}
	d := &dispatcher{doc: doc, methods: map[string]method{}, names: doc.Names(), newest: newest, limits: lim, logger: logger}
	for _, m := range doc.Methods {
		s, ok := specs[m.Name]
		if !ok {
			return nil, fmt.Errorf("make bridge: the document's method %s is not served", m.Name)
		}
		since, err := minorOf(m.Since, newest)
		if err != nil {
			return nil, fmt.Errorf("make bridge: method %s: x-since: %w", m.Name, err)
		}
		d.methods[m.Name] = method{spec: s, Method: m, object: m.ParamsObject(), since: since}
	}
	for name := range specs {
		if _, ok := d.methods[name]; !ok {
			return nil, fmt.Errorf("make bridge: method %s is not in the document", name)
		}
	}
	return d, nil
}

// kinds says whether a frame is made of commands only, and whether it has any.
func (d *dispatcher) kinds(f frame) (only, some bool) {
	only = true
	for _, it := range f.items {
		m, known := d.methods[it.request.method]
		switch {
		case it.fault != nil || !known: // answered at once
		case m.command:
			some = true
		default:
			only = false
		}
	}
	return only, some
}

// answer carries out the calls of a frame in order, and encodes the replies.
func (d *dispatcher) answer(ctx context.Context, c *session, f frame) []byte {
	replies := make([][]byte, len(f.items))
	for i, it := range f.items {
		if it.fault != nil {
			replies[i] = reply(it.request.id, nil, it.fault)
			continue
		}
		result, bad := d.call(ctx, c, it.request)
		replies[i] = reply(it.request.id, result, bad)
	}
	return f.join(replies)
}

func (d *dispatcher) call(ctx context.Context, c *session, r request) (result json.RawMessage, bad *fault) {
	m, ok := d.methods[r.method]
	if !ok {
		c.take(false) // guessing names is limited too
		return nil, methodFault(r.method, d.names)
	}
	if wait, ok := c.take(m.key); !ok {
		return nil, limitFault(wait)
	}
	if m.since > c.api {
		return nil, newerFault(m.Name, m.since, c.api)
	}
	if m.Scope != "" && !slices.Contains(c.role.scopes, m.Scope) {
		c.denied()
		return nil, d.forbiddenFault(m.Name, m.Scope, c.role.name)
	}
	params, bad := d.params(m, r.params)
	if bad != nil {
		return nil, bad
	}
	return d.run(ctx, c, m, params)
}

func (d *dispatcher) run(ctx context.Context, c *session, m method, params json.RawMessage) (result json.RawMessage, bad *fault) {
	defer func() {
		if p := recover(); p != nil { // one bad answer must not end the box's evening
			d.logger.Error("Method panicked", "method", m.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			result, bad = nil, internalFault()
		}
	}()
	if m.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, m.timeout)
		defer cancel()
	}
	value, err := m.handle(ctx, c, params)
	if err != nil {
		f, unknown := faultOf(err)
		if unknown && ctx.Err() == nil {
			d.logger.Warn("Call went wrong", "method", m.Name, "error", err)
		}
		return nil, f
	}
	if result, err = json.Marshal(value); err != nil {
		d.logger.Error("Result cannot be encoded", "method", m.Name, "error", err)
		return nil, internalFault()
	}
	return result, nil
}

// params holds what was sent against the document and gives it by name.
func (d *dispatcher) params(m method, raw json.RawMessage) (json.RawMessage, *fault) {
	if raw == nil {
		raw = json.RawMessage("{}")
	}
	value, err := decode(raw)
	if err != nil {
		return nil, paramsFault("", err.Error())
	}
	if list, ok := value.([]any); ok {
		if value, err = byName(m, list); err != nil {
			return nil, violationFault(err)
		}
		if raw, err = json.Marshal(value); err != nil {
			return nil, paramsFault("", err.Error())
		}
	}
	if err := d.doc.Check(m.object, value); err != nil {
		return nil, violationFault(err)
	}
	if members, ok := value.(map[string]any); ok && len(m.ExactlyOne) > 0 {
		if n := count(m.ExactlyOne, members); n != 1 {
			return nil, paramsFault(m.ExactlyOne[0], fmt.Sprintf("Exactly one of %v must be given, not %d.", m.ExactlyOne, n))
		}
	}
	return raw, nil
}

// byName names params given by position (JSON-RPC 2.0 section 4.2), in the
// document's order.
func byName(m method, list []any) (map[string]any, error) {
	if len(list) > len(m.Params) {
		return nil, &schema.Violation{Field: fmt.Sprintf("[%d]", len(m.Params)), Text: fmt.Sprintf("is one too many; %s has %d", m.Name, len(m.Params))}
	}
	named := map[string]any{}
	for i, v := range list {
		named[m.Params[i].Name] = v
	}
	return named, nil
}

func count(names []string, in map[string]any) (n int) {
	for _, name := range names {
		if _, ok := in[name]; ok {
			n++
		}
	}
	return n
}
