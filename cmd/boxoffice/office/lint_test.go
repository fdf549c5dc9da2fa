package office

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestContractIsWellMade lints docs/openapi.yaml, without a network: what
// generators and readers stumble over.
func TestContractIsWellMade(t *testing.T) {
	c := readContract(t)
	tags, ids := map[string]bool{}, map[string]bool{}
	list, _ := c.at("tags")
	for _, tag := range list.([]any) {
		tags[tag.(map[string]any)["name"].(string)] = true
	}
	paths, _ := c.at("paths")
	for path, item := range paths.(map[string]any) {
		for method, v := range item.(map[string]any) {
			op, where := v.(map[string]any), method+" "+path
			id, _ := op["operationId"].(string)
			if id == "" || ids[id] {
				t.Errorf("%s: operationId %q is empty or used twice", where, id)
			}
			ids[id] = true
			if s, _ := op["summary"].(string); s == "" || !strings.HasSuffix(s, ".") {
				t.Errorf("%s: the summary is no sentence: %q", where, s)
			}
			for _, tag := range op["tags"].([]any) {
				if !tags[tag.(string)] {
					t.Errorf("%s: tag %s is not declared", where, tag)
				}
			}
			lintParameters(t, c, where, path, op)
			lintAnswers(t, c, where, op)
		}
	}
	lintReferences(t, c)
}

// lintParameters: what is in braces is declared, and all are described.
func lintParameters(t *testing.T, c contract, where, path string, op map[string]any) {
	t.Helper()
	declared := []string{}
	list, _ := op["parameters"].([]any)
	for _, v := range list {
		p := c.follow(v).(map[string]any)
		if p["description"] == nil || p["schema"] == nil {
			t.Errorf("%s: parameter %v has no description or schema", where, p["name"])
		}
		if p["in"] == "path" {
			declared = append(declared, p["name"].(string))
			if p["required"] != true {
				t.Errorf("%s: %v is in the path and must be required", where, p["name"])
			}
		}
	}
	for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
		if !slices.Contains(declared, m[1]) {
			t.Errorf("%s: {%s} is not declared", where, m[1])
		}
	}
}

// lintAnswers: something good, and problems for the rest; 401 wherever a token
// is asked for, and nowhere else.
func lintAnswers(t *testing.T, c contract, where string, op map[string]any) {
	t.Helper()
	answers := op["responses"].(map[string]any)
	if !slices.ContainsFunc(slices.Collect(maps.Keys(answers)), func(s string) bool { return s[0] == '2' }) || answers["default"] == nil {
		t.Errorf("%s: no good answer, or no default", where)
	}
	for status, v := range answers {
		a := c.follow(v).(map[string]any)
		if a["description"] == nil {
			t.Errorf("%s: %s has no description", where, status)
		}
		if status[0] == '4' || status[0] == '5' || status == "default" {
			if content, _ := a["content"].(map[string]any); content["application/problem+json"] == nil {
				t.Errorf("%s: %s is no problem document", where, status)
			}
		}
	}
	security, _ := op["security"].([]any)
	if asks := len(security) > 0; asks != (answers["401"] != nil) {
		t.Errorf("%s: security %v, and 401 %v", where, security, answers["401"] != nil)
	}
}

// lintReferences: each is to something, and no schema is there for nothing.
func lintReferences(t *testing.T, c contract) {
	t.Helper()
	used := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				used[ref] = true
				if _, ok := c.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...); !ok {
					t.Errorf("%s leads nowhere", ref)
				}
			}
			for _, child := range v {
				walk(child)
			}
		case []any:
			for _, child := range v {
				walk(child)
			}
		}
	}
	walk(c.root)
	components, _ := c.at("components")
	for kind, v := range components.(map[string]any) {
		for name := range v.(map[string]any) {
			if ref := fmt.Sprintf("#/components/%s/%s", kind, name); !used[ref] && kind != "securitySchemes" && name != "Lease" {
				t.Errorf("%s is not used", ref)
			}
		}
	}
}

// TestLeasesFitTheContract: the claims of every kind of lease.
func TestLeasesFitTheContract(t *testing.T) {
	b := newFamily(t).box()
	if err := b.till.SetOffline(b.id, true); err != nil {
		t.Fatal(err)
	}
	for _, w := range [][2]string{{"glass-harbour", "rent"}, {"violin-in-winter", "buy"}} {
		if _, err := b.till.Pay(b.id, code(b.buy(w[0], w[1], 201)), "sheet", ""); err != nil {
			t.Fatal(err)
		}
	}
	b.play("glass-harbour")
	got := read[entitlements](t, b.Ask("GET", "/v1/entitlements", ""))
	models := map[string]bool{}
	for _, compact := range got.Leases {
		raw, err := base64.RawURLEncoding.DecodeString(strings.Split(compact, ".")[1])
		if err != nil {
			t.Fatal(err)
		}
		if err := b.c.judge(t, "Lease", string(raw)); err != nil {
			t.Errorf("%v: %s", err, raw)
		}
		var claims struct{ Ent struct{ Model string } }
		if err := json.Unmarshal(raw, &claims); err != nil {
			t.Fatal(err)
		}
		models[claims.Ent.Model] = true
	}
	if want := []string{"credit", "purchase", "rental", "subscription"}; !slices.Equal(slices.Sorted(maps.Keys(models)), want) {
		t.Errorf("models %v, want %v", models, want)
	}
}
