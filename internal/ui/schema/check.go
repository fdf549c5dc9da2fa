package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"usher/internal/spell"
)

// Schema is the part of JSON Schema that the document uses.
type Schema struct {
	Ref         string             `json:"$ref,omitempty"`
	Type        Types              `json:"type,omitempty"`
	Description string             `json:"description,omitempty"`
	Enum        []any              `json:"enum,omitempty"`
	Const       any                `json:"const,omitempty"`
	Minimum     *float64           `json:"minimum,omitempty"`
	Maximum     *float64           `json:"maximum,omitempty"`
	MinLength   int                `json:"minLength,omitempty"` // in code points
	MaxLength   int                `json:"maxLength,omitempty"` // in code points; 0: no limit
	Items       *Schema            `json:"items,omitempty"`
	MinItems    int                `json:"minItems,omitempty"`
	MaxItems    int                `json:"maxItems,omitempty"` // 0: no limit
	Properties  map[string]*Schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	Additional  *Additional        `json:"additionalProperties,omitempty"`
	OneOf       []*Schema          `json:"oneOf,omitempty"`
}

// Types is a JSON Schema type: one name.
type Types []string

// UnmarshalJSON reads one type name.
func (t *Types) UnmarshalJSON(data []byte) error {
	var one string
	if err := json.Unmarshal(data, &one); err != nil {
		return fmt.Errorf("read schema type: %w", err)
	}
	*t = Types{one}
	return nil
}

// Additional says what properties beside the named ones are allowed: none
// (the zero value), any, or those of a schema.
type Additional struct {
	Any    bool
	Schema *Schema
}

// UnmarshalJSON reads a boolean or a schema.
func (a *Additional) UnmarshalJSON(data []byte) error {
	if json.Unmarshal(data, &a.Any) == nil {
		return nil
	}
	a.Schema = new(Schema)
	return json.Unmarshal(data, a.Schema)
}

// Violation says which member breaks a schema, and how.
type Violation struct {
	Field string // dotted path from the checked value; empty: the value itself
	Text  string // what is wrong, without the field
	Near  string // the nearest known name, for an unknown one
}

// Error names the field, what is wrong with it, and the nearest known name.
func (v *Violation) Error() string {
	text := v.Text
	if v.Field != "" {
		text = fmt.Sprintf("%q %s", v.Field, v.Text)
	}
	if v.Near != "" {
		text += fmt.Sprintf("; did you mean %q?", v.Near)
	}
	return text
}

// Check holds a value, as encoding/json decodes it with UseNumber, against a
// schema of the document. Object members must be named in the schema unless it
// allows more. It returns nil or a *Violation.
func (d *Document) Check(s *Schema, value any) error {
	if v := d.check(s, value, ""); v != nil {
		return v
	}
	return nil
}

// Resolve follows a schema's reference; it is nil for a reference to nowhere.
func (d *Document) Resolve(s *Schema) *Schema {
	for s != nil && s.Ref != "" {
		name, _ := strings.CutPrefix(s.Ref, "#/components/schemas/")
		s = d.Components.Schemas[name]
	}
	return s
}

func (d *Document) check(s *Schema, value any, at string) *Violation {
	if s = d.Resolve(s); s == nil {
		return &Violation{Field: at, Text: "refers to an unknown schema"}
	}
	if len(s.OneOf) > 0 {
		return d.checkOneOf(s, value, at)
	}
	if len(s.Type) > 0 && !s.Type.match(value) {
		return &Violation{Field: at, Text: "must be " + article(s.Type[0])}
	}
	if v := checkChoice(s, value, at); v != nil {
		return v
	}
	switch value := value.(type) {
	case string:
		return checkLength(s, value, at)
	case json.Number:
		return checkRange(s, value, at)
	case []any:
		return d.checkItems(s, value, at)
	case map[string]any:
		return d.checkObject(s, value, at)
	}
	return nil
}

// checkOneOf wants a value that fits at least one alternative. (JSON Schema
// says exactly one; the document's alternatives exclude one another.)
func (d *Document) checkOneOf(s *Schema, value any, at string) *Violation {
	var last *Violation
	for _, alternative := range s.OneOf {
		if last = d.check(alternative, value, at); last == nil {
			return nil
		}
	}
	return &Violation{Field: at, Text: "fits none of the allowed forms; the last one: " + last.Text}
}

func (t Types) match(value any) bool {
	switch t[0] {
	case "string":
		_, ok := value.(string)
		return ok
	case "boolean":
		_, ok := value.(bool)
		return ok
	case "null":
		return value == nil
	case "array":
		_, ok := value.([]any)
		return ok
	case "object":
		_, ok := value.(map[string]any)
		return ok
	case "number":
		n, ok := value.(json.Number)
		if ok {
			_, err := n.Float64() // finite
			ok = err == nil
		}
		return ok
	case "integer":
		n, ok := value.(json.Number)
		if ok {
			_, err := n.Int64()
			ok = err == nil
		}
		return ok
	}
	return false
}

func checkChoice(s *Schema, value any, at string) *Violation {
	if s.Const != nil && !same(s.Const, value) {
		return &Violation{Field: at, Text: fmt.Sprintf("must be %v", s.Const)}
	}
	if len(s.Enum) == 0 || slices.ContainsFunc(s.Enum, func(e any) bool { return same(e, value) }) {
		return nil
	}
	words := make([]string, len(s.Enum))
	for i, e := range s.Enum {
		words[i] = fmt.Sprint(e)
	}
	near := ""
	if given, ok := value.(string); ok {
		near = spell.Nearest(given, words)
	}
	return &Violation{Field: at, Text: "must be one of " + strings.Join(words, ", "), Near: near}
}

// same compares with a word or a truth value of the document; it uses no other
// constants, and maps and lists cannot be compared.
func same(want, got any) bool {
	switch want.(type) {
	case string, bool:
		return want == got
	}
	return false
}

func checkLength(s *Schema, value, at string) *Violation {
	n := utf8.RuneCountInString(value)
	switch {
	case n < s.MinLength:
		return &Violation{Field: at, Text: fmt.Sprintf("must have at least %d characters", s.MinLength)}
	case s.MaxLength > 0 && n > s.MaxLength:
		return &Violation{Field: at, Text: fmt.Sprintf("must have at most %d characters", s.MaxLength)}
	}
	return nil
}

func checkRange(s *Schema, value json.Number, at string) *Violation {
	n, err := value.Float64()
	switch {
	case err != nil:
		return &Violation{Field: at, Text: "is not a finite number"}
	case s.Minimum != nil && n < *s.Minimum:
		return &Violation{Field: at, Text: fmt.Sprintf("must be at least %v", *s.Minimum)}
	case s.Maximum != nil && n > *s.Maximum:
		return &Violation{Field: at, Text: fmt.Sprintf("must be at most %v", *s.Maximum)}
	}
	return nil
}

func (d *Document) checkItems(s *Schema, value []any, at string) *Violation {
	switch {
	case len(value) < s.MinItems:
		return &Violation{Field: at, Text: fmt.Sprintf("must have at least %d items", s.MinItems)}
	case s.MaxItems > 0 && len(value) > s.MaxItems:
		return &Violation{Field: at, Text: fmt.Sprintf("must have at most %d items", s.MaxItems)}
	case s.Items == nil:
		return nil
	}
	for i, item := range value {
		if v := d.check(s.Items, item, fmt.Sprintf("%s[%d]", at, i)); v != nil {
			return v
		}
	}
	return nil
}

func (d *Document) checkObject(s *Schema, value map[string]any, at string) *Violation {
	// Sorted, so that the same params always give the same error.
	for _, name := range slices.Sorted(maps.Keys(value)) {
		member, known := s.Properties[name]
		if !known {
			if s.Additional == nil || !s.Additional.Any && s.Additional.Schema == nil {
				near := spell.Nearest(name, slices.Sorted(maps.Keys(s.Properties)))
				return &Violation{Field: join(at, name), Text: "is not known", Near: near}
			}
			member = s.Additional.Schema
		}
		if member == nil {
			continue
		}
		if v := d.check(member, value[name], join(at, name)); v != nil {
			return v
		}
	}
	for _, name := range s.Required {
		if _, ok := value[name]; !ok {
			return &Violation{Field: join(at, name), Text: "is missing"}
		}
	}
	return nil
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

func article(kind string) string {
	switch kind {
	case "integer", "array", "object":
		return "an " + kind
	case "null":
		return kind
	}
	return "a " + kind
}
