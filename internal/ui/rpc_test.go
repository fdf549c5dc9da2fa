package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"

	"usher/device/remote"
	"usher/internal/ui/schema"
	"usher/internal/ui/uitest"
)

// specDocument describes the methods of the examples in JSON-RPC 2.0 section 7.
const specDocument = `{"openrpc":"1.3.2","info":{"title":"t","version":"1.0.0","description":""},
"x-problems":{},"x-roles":{},"x-notifications":[],"x-close-codes":{},"components":{"schemas":{},"errors":{}},"methods":[
{"name":"subtract","summary":"","paramStructure":"either","params":[{"name":"minuend","required":true,"schema":{"type":"number"}},{"name":"subtrahend","required":true,"schema":{"type":"number"}}],"result":{"name":"r","schema":{"type":"number"}},"errors":[],"x-scope":""},
{"name":"sum","summary":"","paramStructure":"either","params":[{"name":"a","required":true,"schema":{"type":"number"}},{"name":"b","required":true,"schema":{"type":"number"}},{"name":"c","required":true,"schema":{"type":"number"}}],"result":{"name":"r","schema":{"type":"number"}},"errors":[],"x-scope":""},
{"name":"update","summary":"","paramStructure":"either","params":[{"name":"a","required":false,"schema":{}},{"name":"b","required":false,"schema":{}},{"name":"c","required":false,"schema":{}},{"name":"d","required":false,"schema":{}},{"name":"e","required":false,"schema":{}}],"result":{"name":"r","schema":{}},"errors":[],"x-scope":""},
{"name":"notify_hello","summary":"","paramStructure":"either","params":[{"name":"a","required":true,"schema":{}}],"result":{"name":"r","schema":{}},"errors":[],"x-scope":""},
{"name":"get_data","summary":"","paramStructure":"either","params":[],"result":{"name":"r","schema":{}},"errors":[],"x-scope":""}]}`

func specDispatcher(t testing.TB) *dispatcher {
	t.Helper()
	doc, err := schema.Parse([]byte(specDocument))
	if err != nil {
		t.Fatal(err)
	}
	type three struct{ A, B, C float64 }
	type two struct{ Minuend, Subtrahend float64 }
	nothing := takes(func(context.Context, *session, any) (any, error) { return nil, nil })
	d, err := newDispatcher(doc, map[string]spec{
		"subtract": takes(func(_ context.Context, _ *session, p two) (any, error) { return p.Minuend - p.Subtrahend, nil }),
		"sum":      takes(func(_ context.Context, _ *session, p three) (any, error) { return p.A + p.B + p.C, nil }),
		"get_data": takes(func(context.Context, *session, none) (any, error) { return []any{"hello", 5}, nil }),
		"update":   nothing, "notify_hello": nothing,
	}, defaults(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// loose is a session without a connection and without rate limits.
func loose(b *Bridge, d *dispatcher) *session {
	return &session{
		bridge: b, calls: d, api: d.newest, limits: d.limits, role: role{name: "screen", scopes: d.doc.Roles["screen"]},
		out: newOutbox(d.limits, func(error) {}), keyTime: newBucket(1, math.Inf(1)), callTime: newBucket(1, math.Inf(1)),
	}
}

func TestExamplesOfTheSpecification(t *testing.T) {
	d := specDispatcher(t)
	c := loose(&Bridge{}, d)
	bad := func(id string, code int) string { return fmt.Sprintf(`{"id":%s,"error":%d}`, id, code) }
	for _, e := range []struct{ send, want string }{
		{`{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}`, `{"id":1,"result":19}`},
		{`{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}`, `{"id":2,"result":-19}`},
		{`{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}`, `{"id":3,"result":19}`},
		{`{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}`, `{"id":4,"result":19}`},
		{`{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}`, ``},
		{`{"jsonrpc": "2.0", "method": "foobar"}`, ``},
		{`{"jsonrpc": "2.0", "method": "foobar", "id": "1"}`, bad(`"1"`, codeMethod)},
		{`{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]`, bad("null", codeParse)},
		{`{"jsonrpc": "2.0", "method": 1, "params": "bar"}`, bad("null", codeRequest)},
		{`[ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method"`, bad("null", codeParse)},
		{`[]`, bad("null", codeRequest)},
		{`[1]`, "[" + bad("null", codeRequest) + "]"},
		{`[1,2,3]`, "[" + bad("null", codeRequest) + "," + bad("null", codeRequest) + "," + bad("null", codeRequest) + "]"},
		{
			`[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
			{"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"}, {"foo": "boo"},
			{"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"}, {"jsonrpc": "2.0", "method": "get_data", "id": "9"}]`,
			`[{"id":"1","result":7},{"id":"2","result":19},` + bad("null", codeRequest) + "," + bad(`"5"`, codeMethod) + `,{"id":"9","result":["hello",5]}]`,
		},
		{`[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]}, {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]`, ``},
		// Beyond the examples.
		{`{"jsonrpc":"2.0","method":"get_data","id":null}`, `{"id":null,"result":["hello",5]}`},
		{`{"jsonrpc":"2.0","method":"get_data","id":-1.5e3}`, `{"id":-1.5e3,"result":["hello",5]}`},
		{`{"jsonrpc":"2.0","method":"get_data","id":12345678901234567890123}`, `{"id":12345678901234567890123,"result":["hello",5]}`},
		{`{"jsonrpc":"2.0","method":"get_data","id":{}}`, bad("null", codeRequest)},
		{`{"jsonrpc":"2.0","method":"get_data","id":"` + strings.Repeat("x", 200) + `"}`, bad("null", codeRequest)},
		{`{"jsonrpc":"1.0","method":"get_data","id":1}`, bad("1", codeRequest)},
		{`{"jsonrpc":"2.0","Method":"get_data","id":1}`, bad("1", codeRequest)},
		{`{"jsonrpc":"2.0","method":"get_data","id":1,"extra":1}`, bad("1", codeRequest)},
		{`{"jsonrpc":"2.0","method":"get_data","params":null,"id":1}`, bad("1", codeRequest)},
		{`{"jsonrpc":"2.0","method":"subtract","params":[1,2,3],"id":1}`, bad("1", codeParams)},
		{`{"jsonrpc":"2.0","method":"subtract","params":[1],"id":1}`, bad("1", codeParams)},
		{`{"jsonrpc":"2.0","method":"subtract","params":{"Minuend":1,"subtrahend":1},"id":1}`, bad("1", codeParams)},
		{`{"jsonrpc":"2.0","method":"get_data","id":1} {}`, bad("null", codeParse)},
		{``, bad("null", codeParse)},
		{strings.Repeat("[", 17), bad("null", codeLimit)},
		{`[` + strings.Repeat("1,", 50) + `1]`, bad("null", codeLimit)},
	} {
		got := d.answer(t.Context(), c, parse([]byte(e.send), d.limits))
		if brief(t, got) != e.want {
			t.Errorf("%s\n got %s\nwant %s", e.send, brief(t, got), e.want)
		}
	}
}

// brief keeps of an answer its id, its result, and the code of its error.
func brief(t *testing.T, data []byte) string {
	t.Helper()
	if len(data) == 0 {
		return ""
	}
	if data[0] == '[' {
		var list []json.RawMessage
		if err := json.Unmarshal(data, &list); err != nil {
			t.Fatal(err)
		}
		texts := []string{}
		for _, one := range list {
			texts = append(texts, brief(t, one))
		}
		return "[" + strings.Join(texts, ",") + "]"
	}
	var a struct {
		JSONRPC    string
		ID, Result json.RawMessage
		Error      *fault
	}
	if err := json.Unmarshal(data, &a); err != nil || a.JSONRPC != "2.0" {
		t.Fatalf("answer %s: %v", data, err)
	}
	if a.Error != nil {
		if a.Error.Data.Key == "" || a.Error.Data.Text == "" || a.Error.Data.Hint == "" {
			t.Errorf("an error without key, text or hint: %s", data)
		}
		return fmt.Sprintf(`{"id":%s,"error":%d}`, a.ID, a.Error.Code)
	}
	return fmt.Sprintf(`{"id":%s,"result":%s}`, a.ID, a.Result)
}

func TestWrongParamsAreNamed(t *testing.T) {
	b := newBench(t)
	p := b.dial(t)
	p.call("session.hello", hello(`,"api":"1.1"`), new(any)) // player.chapter is not in 1.0
	for _, c := range []struct{ method, params, field, text string }{
		{"player.play", `{"titelId":"a:b"}`, "titelId", `Param "titelId" is not known; did you mean "titleId"?.`},
		{"player.play", `{}`, "titleId", `Param "titleId" is missing.`},
		{"player.play", `{"titleId":7}`, "titleId", `Param "titleId" must be a string.`},
		{"player.play", `{"titleId":""}`, "titleId", `Param "titleId" must have at least 1 characters.`},
		{"player.play", `{"titleId":"a:b","from":"strat"}`, "from", `Param "from" must be one of resume, start; did you mean "start"?.`},
		{"player.play", `{"titleId":"a:b","from":"start","positionMs":1}`, "positionMs", `Param "positionMs" and "from" exclude each other.`},
		{"player.play", `{"titleId":"a:b","positionMs":1.5}`, "positionMs", `Param "positionMs" must be an integer.`},
		{"player.play", `{"titleId":"a:b","positionMs":-1}`, "positionMs", `Param "positionMs" must be at least 0.`},
		{"player.chapter", `{"by":0}`, "by", "Param \"by\" is 0: 1 is the next chapter, -1 the one before."},
		{"player.seek", `{}`, "toMs", "Exactly one of [toMs byMs] must be given, not 0."},
		{"player.seek", `{"toMs":1,"byMs":1}`, "toMs", "Exactly one of [toMs byMs] must be given, not 2."},
		{"player.volume", `{"level":1.01}`, "level", `Param "level" must be at most 1.`},
		{"player.volume", `{"mute":"yes"}`, "mute", `Param "mute" fits none of the allowed forms; the last one: must be toggle.`},
		{"topic.subscribe", `{"topics":["playbck"]}`, "topics[0]", `Param "topics[0]" must be one of playback, system, tracks, pairing, household, purchase, settings, progress, keys, phones, typing, network; did you mean "playback"?.`},
		{"topic.subscribe", `{"topics":[]}`, "topics", `Param "topics" must have at least 1 items.`},
		{"remote.key", `{"key":"ko"}`, "key", ""},
		{"system.get", `{"x":1}`, "x", `Param "x" is not known.`},
		{"catalog.search", `{"query":"a","limit":51}`, "limit", `Param "limit" must be at most 50.`},
	} {
		a := p.ask(c.method, c.params)
		switch {
		case a.Error == nil || a.Error.Code != codeParams || a.Error.Data.Field != c.field:
			t.Errorf("%s %s: %+v, want -32602 for %s", c.method, c.params, a.Error, c.field)
		case c.text != "" && a.Error.Message != c.text:
			t.Errorf("%s %s: %s\nwant %s", c.method, c.params, a.Error.Message, c.text)
		}
	}
	if a := p.ask("player.paws", `{}`); a.Error == nil || a.Error.Message != `There is no method "player.paws"; did you mean "player.pause"?` {
		t.Errorf("unknown method: %+v", a.Error)
	}
	if len(b.box.Events()) != 0 {
		t.Error("the box was told something")
	}
}

// fuzzBridge is a bridge that does not run; its calls work all the same.
func fuzzBridge(t testing.TB) *Bridge {
	t.Helper()
	b, err := New(Options{Box: uitest.NewBox(), Catalogue: uitest.Catalogue{}, Token: testToken, Port: 1})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func FuzzFrame(f *testing.F) {
	for _, s := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"player.play","params":{"titleId":"demo:tide"}}`,
		`[{"jsonrpc":"2.0","method":"topic.subscribe","params":{"topics":["keys"]},"id":"a"},1]`,
		`{"jsonrpc":"2.0","id":1,"method":"topic.resume","params":["keys","",0]}`,
		`[]`, `{`, "\x00", `{"jsonrpc":"2.0","id":"\ud800","method":"\u0000"}`,
	} {
		f.Add([]byte(s))
	}
	b := fuzzBridge(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		c := loose(b, b.calls)
		c.working = c.out.reserve()
		frame := parse(data, b.limits)
		got := b.calls.answer(t.Context(), c, frame)
		switch {
		case got == nil:
			for _, it := range frame.items {
				if it.request.id != nil {
					t.Fatalf("%q has an id but no answer", data)
				}
			}
		case !json.Valid(got) || bytes.HasPrefix(got, []byte("[")) != frame.batch:
			t.Fatalf("%q is answered by %s", data, got)
		}
		b.hub.leave(c.out)
	})
}

func FuzzParams(f *testing.F) {
	b := fuzzBridge(f)
	for i, m := range b.doc.Methods {
		f.Add(uint8(i), []byte(examples()[m.Name]))
	}
	f.Fuzz(func(t *testing.T, which uint8, params []byte) {
		m := b.calls.methods[b.doc.Methods[int(which)%len(b.doc.Methods)].Name]
		if !json.Valid(params) || tooDeep(params, b.limits.depth) {
			return
		}
		fits, bad := b.calls.params(m, params)
		if bad != nil {
			if bad.Code != codeParams {
				t.Fatalf("%s %s: %v", m.Name, params, bad)
			}
			return
		}
		c := loose(b, b.calls)
		c.working = c.out.reserve()
		// What fits the document must not be a fault of ours.
		if _, bad := b.calls.run(t.Context(), c, m, fits); bad != nil && bad.Code == codeInternal {
			t.Fatalf("%s %s: %v", m.Name, params, bad)
		}
		b.hub.leave(c.out)
	})
}

func TestDispatcherNeedsBothHalves(t *testing.T) {
	d := specDispatcher(t)
	specs := map[string]spec{}
	for name, m := range d.methods {
		specs[name] = m.spec
	}
	specs["more"] = specs["sum"]
	if _, err := newDispatcher(d.doc, specs, defaults(), nil); err == nil {
		t.Error("a method without a document is served")
	}
	delete(specs, "more")
	delete(specs, "sum")
	if _, err := newDispatcher(d.doc, specs, defaults(), nil); err == nil {
		t.Error("a documented method is missing")
	}
}

func TestPanicIsAnswered(t *testing.T) {
	d := specDispatcher(t)
	m := d.methods["get_data"]
	m.handle = func(context.Context, *session, json.RawMessage) (any, error) { panic("bug") }
	if _, bad := d.run(t.Context(), nil, m, nil); bad == nil || bad.Code != codeInternal || strings.Contains(bad.Message, "bug") {
		t.Errorf("panic: %+v", bad)
	}
	m.handle = func(context.Context, *session, json.RawMessage) (any, error) { return math.NaN(), nil }
	if _, bad := d.run(t.Context(), nil, m, nil); bad == nil || bad.Code != codeInternal {
		t.Errorf("NaN: %+v", bad)
	}
}

func TestKeysOfTheDocumentAreAllKeys(t *testing.T) {
	doc, err := schema.Load()
	if err != nil {
		t.Fatal(err)
	}
	var want []any
	for _, k := range remote.Keys() {
		want = append(want, string(k))
	}
	if got := doc.Components.Schemas["Key"].Enum; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("document %v\n     code %v", got, want)
	}
}
