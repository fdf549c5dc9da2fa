package office

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// contract is docs/openapi.yaml.
type contract struct{ root map[string]any }

func readContract(t *testing.T) contract {
	t.Helper()
	raw, err := os.ReadFile("../../../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	v, err := parseYAML(string(raw))
	if err != nil {
		t.Fatalf("docs/openapi.yaml: %v", err)
	}
	return contract{v.(map[string]any)}
}

// at walks into the document, following references.
func (c contract) at(path ...string) (any, bool) {
	var v any = c.root
	for _, key := range path {
		m, ok := c.follow(v).(map[string]any)
		if !ok {
			return nil, false
		}
		if v, ok = m[key]; !ok {
			return nil, false
		}
	}
	return c.follow(v), true
}

func (c contract) follow(v any) any {
	if m, ok := v.(map[string]any); ok {
		if ref, ok := m["$ref"].(string); ok {
			target, ok := c.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...)
			if !ok {
				panic("broken reference " + ref)
			}
			return target
		}
	}
	return v
}

// check judges a JSON value by the part of JSON Schema that the document uses.
func (c contract) check(schema, v any, where string) error {
	s, ok := c.follow(schema).(map[string]any)
	if !ok {
		return fmt.Errorf("%s: schema is no mapping", where)
	}
	for _, keyword := range slices.Sorted(maps.Keys(s)) {
		if !slices.Contains(strings.Fields("type description required properties items enum const pattern format minLength maxLength minimum maximum minItems maxItems minProperties additionalProperties default examples"), keyword) {
			return fmt.Errorf("%s: keyword %q is not checked", where, keyword)
		}
	}
	if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, v) {
		return fmt.Errorf("%s: %v is not one of %v", where, v, enum)
	}
	if want, ok := s["const"]; ok && v != want {
		return fmt.Errorf("%s: %v is not %v", where, v, want)
	}
	switch v := v.(type) {
	case map[string]any:
		return c.checkObject(s, v, where)
	case []any:
		return c.checkArray(s, v, where)
	case string:
		return checkString(s, v, where)
	case float64:
		return checkNumber(s, v, where)
	case bool:
		return wantType(s, "boolean", where)
	}
	return fmt.Errorf("%s: null is never allowed", where)
}

func wantType(s map[string]any, is, where string) error {
	if s["type"] != is {
		return fmt.Errorf("%s: is %s, want %v", where, is, s["type"])
	}
	return nil
}

func (c contract) checkObject(s, v map[string]any, where string) error {
	if err := wantType(s, "object", where); err != nil {
		return err
	}
	required, _ := s["required"].([]any)
	for _, key := range required {
		if _, ok := v[key.(string)]; !ok {
			return fmt.Errorf("%s: %v is missing", where, key)
		}
	}
	if least, ok := s["minProperties"].(float64); ok && len(v) < int(least) {
		return fmt.Errorf("%s: has %d members, want %v", where, len(v), least)
	}
	properties, _ := s["properties"].(map[string]any)
	for key, value := range v {
		schema, ok := properties[key]
		if !ok {
			schema, ok = s["additionalProperties"]
		}
		if schema == true { // anything
			continue
		}
		if !ok {
			return fmt.Errorf("%s: %s is not documented", where, key)
		}
		if err := c.check(schema, value, where+"."+key); err != nil {
			return err
		}
	}
	return nil
}

func (c contract) checkArray(s map[string]any, v []any, where string) error {
	if err := wantType(s, "array", where); err != nil {
		return err
	}
	if least, ok := s["minItems"].(float64); ok && len(v) < int(least) {
		return fmt.Errorf("%s: has %d items, want %v", where, len(v), least)
	}
	for i, item := range v {
		if err := c.check(s["items"], item, fmt.Sprintf("%s[%d]", where, i)); err != nil {
			return err
		}
	}
	return nil
}

func checkString(s map[string]any, v, where string) error {
	if err := wantType(s, "string", where); err != nil {
		return err
	}
	if p, ok := s["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(v) {
		return fmt.Errorf("%s: %q does not match %s", where, v, p)
	}
	if n, ok := s["minLength"].(float64); ok && len(v) < int(n) {
		return fmt.Errorf("%s: %q is too short", where, v)
	}
	if n, ok := s["maxLength"].(float64); ok && len(v) > int(n) {
		return fmt.Errorf("%s: %q is too long", where, v)
	}
	if s["format"] == "date-time" {
		if _, err := time.Parse(time.RFC3339, v); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
	}
	return nil
}

func checkNumber(s map[string]any, v float64, where string) error {
	if err := wantType(s, "integer", where); err != nil {
		return err
	}
	if n, ok := s["minimum"].(float64); ok && v < n {
		return fmt.Errorf("%s: %v is below %v", where, v, n)
	}
	if n, ok := s["maximum"].(float64); ok && v > n {
		return fmt.Errorf("%s: %v is above %v", where, v, n)
	}
	return nil
}

// TestSchemaCheckRejects keeps the checker honest.
func TestSchemaCheckRejects(t *testing.T) {
	c := readContract(t)
	good := `{"id":"a","titleId":"b","url":"/x","live":false,"heartbeatMs":0}`
	for name, raw := range map[string]string{
		"missing":      `{"id":"a","titleId":"b","url":"/x","live":false}`,
		"wrong type":   `{"id":"a","titleId":"b","url":"/x","live":"no","heartbeatMs":0}`,
		"null":         `{"id":"a","titleId":null,"url":"/x","live":false,"heartbeatMs":0}`,
		"undocumented": `{"id":"a","titleId":"b","url":"/x","live":false,"heartbeatMs":0,"extra":1}`,
		"minimum":      `{"id":"a","titleId":"b","url":"/x","live":false,"heartbeatMs":-1}`,
		"too short":    `{"id":"","titleId":"b","url":"/x","live":false,"heartbeatMs":0}`,
		"no date":      `{"id":"a","titleId":"b","url":"/x","live":false,"heartbeatMs":0,"expires":"soon"}`,
	} {
		if c.judge(t, "Playback", raw) == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := c.judge(t, "Playback", good); err != nil {
		t.Errorf("good playback: %v", err)
	}
}

func (c contract) judge(t *testing.T, schema, raw string) error {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(raw), &v); err != nil {
		t.Fatal(err)
	}
	s, _ := c.at("components", "schemas", schema)
	return c.check(s, v, schema)
}

// TestExamplesFit checks every example of the document by its own schema.
func TestExamplesFit(t *testing.T) {
	c := readContract(t)
	seen := 0
	var walk func(v any, where string)
	walk = func(v any, where string) {
		m, ok := v.(map[string]any)
		if !ok {
			return
		}
		if schema, ok := m["schema"]; ok {
			values := map[string]any{}
			if e, ok := m["example"]; ok {
				values["example"] = e
			}
			if named, ok := m["examples"].(map[string]any); ok {
				for name, e := range named {
					values[name] = e.(map[string]any)["value"]
				}
			}
			for name, e := range values {
				seen++
				if err := c.check(schema, e, where+" "+name); err != nil {
					t.Error(err)
				}
			}
		}
		for key, child := range m {
			walk(child, where+"/"+key)
		}
	}
	walk(c.root, "")
	if seen < 15 {
		t.Errorf("only %d examples found", seen)
	}
}
