package schema

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryReferenceLeadsSomewhere(t *testing.T) {
	doc, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, ref := range regexp.MustCompile(`"\$ref": "([^"]*)"`).FindAllStringSubmatch(source, -1) {
		_, name, _ := strings.Cut(ref[1], "#/components/schemas/")
		_, known := doc.Components.Errors[strings.TrimPrefix(ref[1], "#/components/errors/")]
		if doc.Components.Schemas[name] == nil && !known {
			t.Errorf("%s leads nowhere", ref[1])
		}
	}
	for _, m := range doc.Methods {
		if m.Summary == "" || m.ParamStructure != "either" || m.Result.Schema == nil {
			t.Errorf("%s has no summary, structure or result", m.Name)
		}
		for _, name := range m.ExactlyOne {
			if m.ParamsObject().Properties[name] == nil {
				t.Errorf("%s: x-exactly-one names %s, which is no param", m.Name, name)
			}
		}
	}
}

// TestInstallersMayWhatTheHouseholdMay: who is root at the box is not sent away.
func TestInstallersMayWhatTheHouseholdMay(t *testing.T) {
	doc, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, scope := range doc.Roles["local"] {
		if !slices.Contains(doc.Roles["installer"], scope) {
			t.Errorf("role installer lacks the scope %s of local", scope)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON": "{", "unknown member": `{"openrpc":"1.3.2","more":1}`, "text after": source + "{}",
		"unknown error": `{"methods":[{"name":"a","errors":[{"$ref":"#/components/errors/No"}]}]}`,
		"type list":     `{"components":{"schemas":{"A":{"type":["string","null"]}}}}`,
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

func TestCheck(t *testing.T) {
	doc := &Document{Components: Components{Schemas: map[string]*Schema{"Word": {Type: Types{"string"}, MaxLength: 3}}}}
	for _, c := range []struct{ schema, good, bad, says string }{
		{`{"type":"string","minLength":2,"maxLength":3}`, `"äöü"`, `"äöüß"`, "must have at most 3 characters"},
		{`{"type":"string","minLength":2}`, `"ab"`, `"a"`, "must have at least 2 characters"},
		{`{"type":"integer"}`, `-3`, `1.5`, "must be an integer"},
		{`{"type":"integer"}`, `9223372036854775807`, `9223372036854775808`, "must be an integer"},
		{`{"type":"number","minimum":0,"maximum":1}`, `0.5`, `1.5`, "must be at most 1"},
		{`{"type":"number","minimum":0}`, `1e300`, `-1`, "must be at least 0"},
		{`{"type":"number"}`, `1`, `1e999`, "must be a number"},
		{`{"type":"number"}`, `1`, `"1"`, "must be a number"},
		{`{"type":"boolean"}`, `false`, `0`, "must be a boolean"},
		{`{"type":"null"}`, `null`, `0`, "must be null"},
		{`{"type":"array","items":{"type":"null"},"minItems":1,"maxItems":2}`, `[null]`, `[]`, "must have at least 1 items"},
		{`{"type":"array","maxItems":2}`, `[1,2]`, `[1,2,3]`, "must have at most 2 items"},
		{`{"type":"array","items":{"$ref":"#/components/schemas/Word"}}`, `["a"]`, `["a","long"]`, `"[1]" must have at most 3 characters`},
		{`{"enum":["left","right"]}`, `"left"`, `"rigth"`, `must be one of left, right; did you mean "right"?`},
		{`{"const":true}`, `true`, `false`, "must be true"},
		{`{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}`, `{"a":"x"}`, `{}`, `"a" is missing`},
		{`{"type":"object","properties":{"name":{}}}`, `{"name":1}`, `{"nmae":1}`, `"nmae" is not known; did you mean "name"?`},
		{`{"type":"object","additionalProperties":{"type":"string"}}`, `{"x":"y"}`, `{"x":1}`, `"x" must be a string`},
		{`{"type":"object","additionalProperties":true}`, `{"x":1}`, `1`, "must be an object"},
		{`{"oneOf":[{"type":"null"},{"type":"boolean"}]}`, `null`, `1`, "fits none of the allowed forms; the last one: must be a boolean"},
		{`{"$ref":"#/components/schemas/Word"}`, `"abc"`, `"abcd"`, "must have at most 3 characters"},
		{`{"type":"object","properties":{"a":{"type":"object","properties":{"b":{"type":"null"}}}}}`, `{"a":{"b":null}}`, `{"a":{"b":1}}`, `"a.b" must be null`},
	} {
		var s Schema
		if err := json.Unmarshal([]byte(c.schema), &s); err != nil {
			t.Fatal(err)
		}
		if err := doc.Check(&s, value(t, c.good)); err != nil {
			t.Errorf("%s: %s: %v", c.schema, c.good, err)
		}
		if err := doc.Check(&s, value(t, c.bad)); err == nil || err.Error() != c.says {
			t.Errorf("%s: %s: %v, want %s", c.schema, c.bad, err, c.says)
		}
	}
	if err := doc.Check(&Schema{Ref: "#/components/schemas/None"}, nil); err == nil {
		t.Error("a reference to nowhere allows everything")
	}
}

func value(t *testing.T, text string) any {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// TestProblemsAreListed finds the codes of problems in the sources: each must
// be in the document, where pages and translators look.
func TestProblemsAreListed(t *testing.T) {
	doc, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	literal := regexp.MustCompile(`(?:Problem\{\s*Code:|\bcode[A-Z]\w*\s*=)\s*"([a-z0-9_]+)"`)
	found := 0
	for _, dir := range []string{"box", "daemon", "catalog", "state", "../cmd/usherd"} {
		err := filepath.WalkDir("../../"+dir, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil //nolint:nilerr // a part that is not there has no problems
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range literal.FindAllStringSubmatch(string(text), -1) {
				found++
				if doc.Problems[m[1]] == "" {
					t.Errorf("%s: problem %q is not in x-problems of openrpc.json", path, m[1])
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found == 0 {
		t.Error("no problem was found in the sources: the pattern is wrong")
	}
}

func FuzzCheck(f *testing.F) {
	f.Add(`{"type":"object","properties":{"a":{"enum":["x"]}}}`, `{"a":"y"}`)
	f.Add(`{"oneOf":[{"type":"array","items":{"type":"integer"}}]}`, `[1,2.5]`)
	f.Add(`{"const":{}}`, `{}`)
	f.Add(`{"const":[1]}`, `[1]`)
	f.Add(`{"enum":[{}]}`, `{}`)
	doc := &Document{}
	f.Fuzz(func(t *testing.T, schema, text string) {
		var s Schema
		if json.Unmarshal([]byte(schema), &s) != nil || strings.Count(schema, "$ref") > 0 {
			return
		}
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		var v any
		if dec.Decode(&v) == nil {
			_ = doc.Check(&s, v)
		}
	})
}
