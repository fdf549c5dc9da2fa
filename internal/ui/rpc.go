package ui

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// request is one call of JSON-RPC 2.0 section 4.
type request struct {
	id     json.RawMessage // a string, a number or null; nil: a notification
	method string
	params json.RawMessage // an object or an array; nil: none
}

// item is one element of a frame: a request, or why it is none.
type item struct {
	request request
	fault   *fault
}

// frame is one message of a client.
type frame struct {
	items []item
	batch bool // answer with an array (JSON-RPC 2.0 section 6)
}

// parse reads a message. It never fails: what cannot be read becomes an item
// with a fault.
func parse(data []byte, lim limits) frame {
	switch {
	case tooDeep(data, lim.depth):
		return broken(newFault(codeLimit, "depth_limit", "The JSON is nested too deeply.", "Send flatter params."))
	case !json.Valid(data):
		return broken(parseFault(json.Unmarshal(data, new(any))))
	}
	if data = bytes.TrimLeft(data, " \t\r\n"); data[0] != '[' {
		return frame{items: []item{parseItem(data, lim)}}
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(data, &elements); err != nil {
		return broken(parseFault(err))
	}
	switch {
	case len(elements) == 0:
		return broken(requestFault("The batch is empty."))
	case len(elements) > lim.batch:
		return broken(batchFault(lim.batch))
	}
	f := frame{batch: true, items: make([]item, len(elements))}
	for i, e := range elements {
		f.items[i] = parseItem(e, lim)
	}
	return f
}

func broken(f *fault) frame {
	return frame{items: []item{{request: request{id: json.RawMessage("null")}, fault: f}}}
}

// parseItem reads one request from valid JSON. Member names are compared
// exactly, which encoding/json does for maps but not for structs.
func parseItem(data json.RawMessage, lim limits) item {
	bad := func(id json.RawMessage, what string) item {
		if id == nil {
			id = json.RawMessage("null")
		}
		return item{request: request{id: id}, fault: requestFault(what)}
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil || members == nil {
		return bad(nil, "A request is an object.")
	}
	id := members["id"]
	if id != nil && !validID(id, lim.id) {
		return bad(nil, "The id is not a short string, a number or null.")
	}
	var method string
	if err := json.Unmarshal(members["method"], &method); err != nil || members["method"][0] != '"' {
		return bad(id, "The method is not a string.")
	}
	params := members["params"]
	switch {
	case string(members["jsonrpc"]) != `"2.0"`:
		return bad(id, `The jsonrpc member is not "2.0".`)
	case params != nil && params[0] != '{' && params[0] != '[':
		return bad(id, "The params are neither an object nor an array.")
	}
	for name := range members {
		switch name {
		case "jsonrpc", "method", "params", "id":
		default:
			return bad(id, "A request has no member "+clip(name)+".")
		}
	}
	return item{request: request{id: id, method: method, params: params}}
}

func validID(id json.RawMessage, most int) bool {
	if len(id) > most {
		return false
	}
	c := id[0]
	return c == '"' || c == '-' || c >= '0' && c <= '9' || string(id) == "null"
}

// tooDeep says whether JSON text nests arrays and objects deeper than most. It
// looks before the parser does, and does not mind text that is not JSON.
func tooDeep(data []byte, most int) bool {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > most {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}

// reply encodes the answer to one request; nil for a notification.
func reply(id json.RawMessage, result json.RawMessage, f *fault) []byte {
	if id == nil {
		return nil
	}
	var b bytes.Buffer
	b.WriteString(`{"jsonrpc":"2.0","id":`)
	b.Write(id)
	if f == nil {
		b.WriteString(`,"result":`)
		b.Write(result)
	} else {
		text, err := json.Marshal(f)
		if err != nil { // strings and numbers only: a bug
			text = []byte(`{"code":-32603,"message":"A fault of the daemon."}`)
		}
		b.WriteString(`,"error":`)
		b.Write(text)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// join encodes the answers of a frame; nil when there is nothing to say.
func (f frame) join(replies [][]byte) []byte {
	said := replies[:0]
	for _, r := range replies {
		if r != nil {
			said = append(said, r)
		}
	}
	switch {
	case len(said) == 0:
		return nil
	case !f.batch:
		return said[0]
	}
	return append(append([]byte{'['}, bytes.Join(said, []byte{','})...), ']')
}

// decode reads a JSON value with numbers kept as written.
func decode(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the value")
	}
	return v, nil
}

// validText says whether a text message is UTF-8 (RFC 6455 section 8.1).
func validText(data []byte) bool { return utf8.Valid(data) }
