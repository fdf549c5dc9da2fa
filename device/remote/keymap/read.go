package keymap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"usher/internal/spell"
)

// MaxFile is how long a keymap file may be, bytes.
const MaxFile = 256 << 10

// Error is what is wrong with a file.
type Error struct {
	Line int
	Text string // what is wrong
	Hint string // what may have been meant; may be empty
}

// Error is one line, with the hint at its end.
func (e *Error) Error() string {
	s := fmt.Sprintf("line %d: %s", e.Line, e.Text)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// reader goes through JSON and knows the line it is at.
type reader struct {
	data []byte
	dec  *json.Decoder
}

func newReader(data []byte) *reader {
	return &reader{data: data, dec: json.NewDecoder(bytes.NewReader(data))}
}

// line is where the last token ended, from 1.
func (r *reader) line() int {
	return 1 + bytes.Count(r.data[:min(int(r.dec.InputOffset()), len(r.data))], []byte("\n"))
}

func (r *reader) fail(format string, args ...any) error {
	return &Error{Line: r.line(), Text: fmt.Sprintf(format, args...)}
}

// unknown is an error about a word that is none of those known.
func (r *reader) unknown(what, word string, known []string) error {
	e := &Error{Line: r.line(), Text: fmt.Sprintf("%s %q is not known", what, clip(word))}
	if n := spell.Nearest(clip(word), known); n != "" {
		e.Hint = fmt.Sprintf("did you mean %q?", n)
	}
	return e
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}

func (r *reader) token() (json.Token, error) {
	t, err := r.dec.Token()
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, r.fail("the file ends too early")
	case errors.As(err, &syntax):
		return nil, &Error{Line: 1 + bytes.Count(r.data[:min(int(syntax.Offset), len(r.data))], []byte("\n")), Text: "not JSON: " + strings.TrimPrefix(syntax.Error(), "json: ")}
	case err != nil:
		return nil, r.fail("not JSON: %v", err)
	}
	return t, nil
}

// object reads one and has each value read by field. A name that comes twice is
// an error: one of the two would be lost.
func (r *reader) object(what string, field func(name string) error) error {
	t, err := r.token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return r.fail("%s must be an object in { }", what)
	}
	return r.fields(field)
}

// fields reads an object whose brace is read.
func (r *reader) fields(field func(name string) error) error {
	seen := map[string]bool{}
	for r.dec.More() {
		t, err := r.token()
		if err != nil {
			return err
		}
		name, _ := t.(string) // JSON has no other names
		if seen[name] {
			return r.fail("%q is there twice", clip(name))
		}
		seen[name] = true
		if err := field(name); err != nil {
			return err
		}
	}
	_, err := r.token()
	return err
}

// array reads one and has each element read by element.
func (r *reader) array(what string, element func() error) error {
	t, err := r.token()
	if err != nil {
		return err
	}
	if t != json.Delim('[') {
		return r.fail("%s must be a list in [ ]", what)
	}
	for r.dec.More() {
		if err := element(); err != nil {
			return err
		}
	}
	_, err = r.token()
	return err
}

func (r *reader) text(what string) (string, error) {
	t, err := r.token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", r.fail("%s must be a text in quotes", what)
	}
	return s, nil
}

func (r *reader) truth(what string) (bool, error) {
	t, err := r.token()
	if err != nil {
		return false, err
	}
	b, ok := t.(bool)
	if !ok {
		return false, r.fail("%s must be true or false", what)
	}
	return b, nil
}
