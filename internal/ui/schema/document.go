// Package schema holds the OpenRPC document of the bridge and reads it: which
// methods there are, their params and results, the scope each needs, and what
// each role may do.
//
// The document is the source of the bridge's contract: the server checks
// params with it, tests hold the server's results, errors and scopes against
// it, and docs/protocol.md is written from it. The package is pure: it never
// blocks, starts nothing, and keeps no state.
package schema

import (
	"bytes"
	_ "embed" // the document
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

//go:embed openrpc.json
var source string

// Document is the part of OpenRPC 1.3.2 that the bridge uses, with its own
// extensions (x-…).
type Document struct {
	OpenRPC       string              `json:"openrpc"`
	Info          Info                `json:"info"`
	Roles         map[string][]string `json:"x-roles"`  // scopes by role; what is not named is denied
	Topics        map[string]string   `json:"x-topics"` // scope by topic, needed to follow it
	Notifications []Notification      `json:"x-notifications"`
	CloseCodes    map[string]string   `json:"x-close-codes"` // meaning by WebSocket close code
	Problems      map[string]string   `json:"x-problems"`    // meaning by the code of a Problem
	Methods       []Method            `json:"methods"`
	Components    Components          `json:"components"`
}

// Info is the title and version of the API.
type Info struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description"`
}

// Notification is a message from the server that answers nothing.
type Notification struct {
	Name    string  `json:"name"`
	Summary string  `json:"summary"`
	Params  *Schema `json:"params"`
}

// Components are the parts that methods refer to.
type Components struct {
	Schemas map[string]*Schema `json:"schemas"`
	Errors  map[string]Error   `json:"errors"`
}

// Error is a code and its one meaning.
type Error struct {
	Ref     string `json:"$ref,omitempty"`
	Code    int    `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
}

// Method is one call.
type Method struct {
	Name           string   `json:"name"`
	Summary        string   `json:"summary"`
	Description    string   `json:"description,omitempty"`
	ParamStructure string   `json:"paramStructure"`
	Params         []Param  `json:"params"`
	Result         Result   `json:"result"`
	Errors         []Error  `json:"errors"`
	Scope          string   `json:"x-scope"`                 // needed to call it; empty: any open session
	Since          string   `json:"x-since,omitempty"`       // version of the API that brought it; empty: 1.0
	ExactlyOne     []string `json:"x-exactly-one,omitempty"` // params of which exactly one must be given
}

// Param is one param of a method.
type Param struct {
	Name     string  `json:"name"`
	Required bool    `json:"required"`
	Schema   *Schema `json:"schema"`
}

// Result is what a method answers.
type Result struct {
	Name   string  `json:"name"`
	Schema *Schema `json:"schema"`
}

// Source is the document as it is written, JSON in UTF-8.
func Source() []byte { return []byte(source) }

// Load reads the built-in document.
func Load() (*Document, error) { return Parse(Source()) }

// Parse reads a document. Members it does not know are an error, so that
// nothing in the document goes unchecked.
func Parse(data []byte) (*Document, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	doc := new(Document)
	if err := dec.Decode(doc); err != nil {
		return nil, fmt.Errorf("read OpenRPC document: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("read OpenRPC document: text after its end")
	}
	return doc, doc.resolveErrors()
}

func (d *Document) resolveErrors() error {
	const prefix = "#/components/errors/"
	for i := range d.Methods {
		for j, e := range d.Methods[i].Errors {
			name, ok := strings.CutPrefix(e.Ref, prefix)
			known, found := d.Components.Errors[name]
			if !ok || !found {
				return fmt.Errorf("read OpenRPC document: method %s: unknown error %q", d.Methods[i].Name, e.Ref)
			}
			d.Methods[i].Errors[j] = known
		}
	}
	return nil
}

// Method finds a method by its name.
func (d *Document) Method(name string) (Method, bool) {
	i := slices.IndexFunc(d.Methods, func(m Method) bool { return m.Name == name })
	if i < 0 {
		return Method{}, false
	}
	return d.Methods[i], true
}

// Names lists the methods in the document's order.
func (d *Document) Names() []string {
	names := make([]string, len(d.Methods))
	for i, m := range d.Methods {
		names[i] = m.Name
	}
	return names
}

// ParamsObject is the schema of the method's params given by name.
func (m Method) ParamsObject() *Schema {
	s := &Schema{Type: Types{"object"}, Properties: map[string]*Schema{}, Additional: &Additional{}}
	for _, p := range m.Params {
		s.Properties[p.Name] = p.Schema
		if p.Required {
			s.Required = append(s.Required, p.Name)
		}
	}
	return s
}
