package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"usher/internal/spell"
	"usher/internal/ui/schema"
)

const rpcDetail = `METHOD is one of docs/protocol.md; usher completion bash knows them and their params. A VALUE is text
where the method takes text, and JSON elsewhere: usher rpc player.seek byMs=-10000
The result is printed as JSON. usher rpc rpc.discover prints the whole contract.`

// rpc makes any one call; it is for scripts and for people who look for a fault.
func rpc(ctx context.Context, a *app, words []string) error {
	params, err := rpcParams(words[0], words[1:])
	if err != nil {
		return err
	}
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	var result json.RawMessage
	if err := c.call(ctx, words[0], params, &result); err != nil {
		return local(err)
	}
	var text bytes.Buffer
	if err := json.Indent(&text, result, "", "  "); err != nil {
		return fmt.Errorf("read the daemon's answer: %w", err)
	}
	_, err = fmt.Fprintln(a.out, text.String())
	return err
}

// rpcParams are the params that words stand for: one JSON value, or members.
// A method that only the daemon knows gets them as they are.
func rpcParams(name string, words []string) (any, error) {
	m, err := methodNamed(name)
	if err != nil {
		return nil, err
	}
	if len(words) == 1 && json.Valid([]byte(words[0])) && strings.ContainsRune("{[", rune(words[0][0])) {
		return json.RawMessage(words[0]), nil
	}
	params := map[string]any{}
	for _, word := range words {
		key, text, ok := strings.Cut(word, "=")
		if !ok {
			return nil, usage(fmt.Sprintf("%q is not NAME=VALUE.", word), "See: usher help rpc")
		}
		s := m.ParamsObject().Properties[key]
		if s == nil {
			return nil, usage(fmt.Sprintf("%s has no param %q.", name, key), "It has: "+strings.Join(paramNames(m), ", "))
		}
		if params[key], err = valueOf(s, text); err != nil {
			return nil, usage(fmt.Sprintf("%s is not JSON: %v.", key, err), "Numbers, true, false and lists are written as in JSON.")
		}
	}
	return params, nil
}

// valueOf reads a value as the schema has it; words that are not JSON are text.
func valueOf(s *schema.Schema, text string) (any, error) {
	if len(s.Type) == 1 && s.Type[0] == "string" {
		return text, nil
	}
	var v any
	err := json.Unmarshal([]byte(text), &v)
	if err != nil && len(s.Type) == 0 { // a reference, or one of several forms: perhaps a word
		return text, nil
	}
	return v, err
}

func methodNamed(name string) (schema.Method, error) {
	doc, err := schema.Load()
	if err != nil {
		return schema.Method{}, err
	}
	m, ok := doc.Method(name)
	if ok {
		return m, nil
	}
	hint := "List them: usher rpc rpc.discover"
	if near := spell.Nearest(name, doc.Names()); near != "" {
		hint = "Did you mean " + near + "?"
	}
	return m, usage(fmt.Sprintf("There is no method %q.", name), hint)
}

func paramNames(m schema.Method) []string {
	names := []string{}
	for _, p := range m.Params {
		names = append(names, p.Name)
	}
	return names
}

// rpcCases are the arms of the completion script that know the params of each
// method, and the names of all methods.
func rpcCases() (arms, methods string) {
	doc, err := schema.Load()
	if err != nil { // the built-in document is read by every test
		return "", ""
	}
	var text strings.Builder
	for _, m := range doc.Methods {
		if len(m.Params) > 0 {
			fmt.Fprintf(&text, "                %s) words=%q ;;\n", m.Name, strings.Join(paramNames(m), "= ")+"=")
		}
	}
	return text.String(), strings.Join(doc.Names(), " ")
}
