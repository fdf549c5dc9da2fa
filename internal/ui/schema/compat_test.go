package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestNothingBreaks holds the document against those that were released: what
// a client was written for must stay. A new minor version may add methods,
// optional params, members of results, roles, scopes of a role, problems and
// words of an enumeration in what the server says; clients pass over what they
// do not know.
func TestNothingBreaks(t *testing.T) {
	now, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("released/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no released document: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		released, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, what := range breaks(released, now) {
			t.Errorf("against %s: %s", file, what)
		}
	}
}

// TestNewMethodsSayWhenTheyCame: a session that pinned an older version must
// find the methods of that version and no others.
func TestNewMethodsSayWhenTheyCame(t *testing.T) {
	now, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range now.Methods {
		since := m.Since
		if since == "" {
			since = "1.0"
		}
		data, err := os.ReadFile("released/" + since + ".json")
		if os.IsNotExist(err) { // not released yet: it must be the version in the making
			if !strings.HasPrefix(now.Info.Version, since+".") {
				t.Errorf("%s: x-since %s is neither released nor the version %s", m.Name, since, now.Info.Version)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		released, err := Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		if _, there := released.Method(m.Name); !there {
			major, rest, _ := strings.Cut(now.Info.Version, ".")
			minor, _, _ := strings.Cut(rest, ".")
			t.Errorf("%s was not in API %s: give it \"x-since\": \"%s.%s\"", m.Name, since, major, minor)
		}
	}
}

// comparison gathers what breaks clients.
type comparison struct {
	old, now *Document
	found    []string
	seen     map[string]bool // pairs of references being compared
}

func breaks(old, now *Document) []string {
	c := &comparison{old: old, now: now, seen: map[string]bool{}}
	for _, m := range old.Methods {
		c.method(m)
	}
	for name, scopes := range old.Roles {
		for _, s := range scopes {
			if !slices.Contains(now.Roles[name], s) {
				c.say("role %s loses the scope %s", name, s)
			}
		}
	}
	c.topics()
	for name, e := range old.Components.Errors {
		if now.Components.Errors[name].Code != e.Code {
			c.say("error %s has another code", name)
		}
	}
	for code := range old.CloseCodes {
		if now.CloseCodes[code] == "" {
			c.say("close code %s is gone", code)
		}
	}
	for code := range old.Problems {
		if now.Problems[code] == "" {
			c.say("problem %s is gone", code)
		}
	}
	for _, n := range old.Notifications {
		i := slices.IndexFunc(now.Notifications, func(m Notification) bool { return m.Name == n.Name })
		if i < 0 {
			c.say("notification %s is gone", n.Name)
			continue
		}
		c.given(n.Name, n.Params, now.Notifications[i].Params)
	}
	slices.Sort(c.found)
	return c.found
}

// topics compares who may follow what; before topics had scopes it was all of
// ui.read.
func (c *comparison) topics() {
	names := c.old.Components.Schemas["TopicName"]
	if names == nil {
		return
	}
	for _, topic := range names.Enum {
		name := fmt.Sprint(topic)
		was, is := c.old.Topics[name], c.now.Topics[name]
		if was == "" {
			was = "ui.read"
		}
		if is == "" {
			c.say("topic %s is gone", name)
		}
		for role, scopes := range c.old.Roles {
			if slices.Contains(scopes, was) && !slices.Contains(c.now.Roles[role], is) {
				c.say("topic %s: the role %s may not follow it any more", name, role)
			}
		}
	}
}

func (c *comparison) say(format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf(format, args...))
}

func (c *comparison) method(m Method) {
	n, there := c.now.Method(m.Name)
	if !there {
		c.say("method %s is gone", m.Name)
		return
	}
	for role, scopes := range c.old.Roles {
		could := m.Scope == "" || slices.Contains(scopes, m.Scope)
		if can := n.Scope == "" || slices.Contains(c.now.Roles[role], n.Scope); could && !can {
			c.say("%s: the role %s may not call it any more", m.Name, role)
		}
	}
	for i, p := range m.Params {
		switch {
		case i >= len(n.Params) || n.Params[i].Name != p.Name:
			c.say("%s: param %d is not %s any more", m.Name, i, p.Name)
		case n.Params[i].Required && !p.Required:
			c.say("%s: param %s has become required", m.Name, p.Name)
		default:
			c.taken(m.Name+" "+p.Name, p.Schema, n.Params[i].Schema)
		}
	}
	for _, p := range n.Params[min(len(m.Params), len(n.Params)):] {
		if p.Required {
			c.say("%s: the new param %s is required", m.Name, p.Name)
		}
	}
	if !reflect.DeepEqual(m.ExactlyOne, n.ExactlyOne) {
		c.say("%s: x-exactly-one has changed", m.Name)
	}
	c.given(m.Name+" result", m.Result.Schema, n.Result.Schema)
}

// resolve follows references.
func resolve(d *Document, s *Schema) *Schema {
	for s != nil && s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	if s == nil {
		return &Schema{}
	}
	return s
}

// once says whether a pair of schemas is to be compared: recursive ones once.
func (c *comparison) once(how string, old, now *Schema) bool {
	if old == nil || old.Ref == "" {
		return true
	}
	key := how + old.Ref + fmt.Sprintf("%p", now)
	was := c.seen[key]
	c.seen[key] = true
	return !was
}

// taken compares what clients send: everything that was taken must still be.
func (c *comparison) taken(what string, was, is *Schema) {
	if !c.once("taken", was, is) {
		return
	}
	old, now := resolve(c.old, was), resolve(c.now, is)
	switch {
	case len(now.Type) > 0 && !reflect.DeepEqual(old.Type, now.Type) && !widened(old, now):
		c.say("%s: type %v has become %v", what, old.Type, now.Type)
	case now.Minimum != nil && (old.Minimum == nil || *now.Minimum > *old.Minimum),
		now.Maximum != nil && (old.Maximum == nil || *now.Maximum < *old.Maximum),
		now.MinLength > old.MinLength, now.MinItems > old.MinItems,
		now.MaxLength > 0 && (old.MaxLength == 0 || now.MaxLength < old.MaxLength),
		now.MaxItems > 0 && (old.MaxItems == 0 || now.MaxItems < old.MaxItems):
		c.say("%s: the limits are narrower", what)
	case len(now.Enum) > 0 && len(old.Enum) == 0:
		c.say("%s: only some words are taken now", what)
	}
	for _, word := range old.Enum {
		if len(now.Enum) > 0 && !slices.Contains(now.Enum, word) {
			c.say("%s: the word %v is not taken any more", what, word)
		}
	}
	for _, name := range now.Required {
		if !slices.Contains(old.Required, name) {
			c.say("%s: the member %s has become required", what, name)
		}
	}
	for name, s := range old.Properties {
		if now.Properties[name] == nil {
			c.say("%s: the member %s is not taken any more", what, name)
			continue
		}
		c.taken(what+"."+name, s, now.Properties[name])
	}
	if old.Items != nil && now.Items != nil {
		c.taken(what+"[]", old.Items, now.Items)
	}
	if len(old.OneOf) > len(now.OneOf) && len(now.Type) > 0 {
		c.say("%s: fewer forms are taken", what)
	}
	for i := range min(len(old.OneOf), len(now.OneOf)) {
		c.taken(fmt.Sprintf("%s form %d", what, i), old.OneOf[i], now.OneOf[i])
	}
}

func widened(old, now *Schema) bool {
	return len(old.Type) == 1 && old.Type[0] == "integer" && len(now.Type) == 1 && now.Type[0] == "number"
}

// given compares what the server sends: everything that was said must still be.
func (c *comparison) given(what string, was, is *Schema) {
	if !c.once("given", was, is) {
		return
	}
	old, now := resolve(c.old, was), resolve(c.now, is)
	if !reflect.DeepEqual(old.Type, now.Type) && !widened(now, old) {
		c.say("%s: type %v has become %v", what, old.Type, now.Type)
	}
	if !reflect.DeepEqual(old.Const, now.Const) {
		c.say("%s: %v has become %v", what, old.Const, now.Const)
	}
	for _, name := range old.Required {
		if !slices.Contains(now.Required, name) {
			c.say("%s: the member %s may be missing now", what, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(old.Properties)) {
		if now.Properties[name] == nil {
			c.say("%s: the member %s is gone", what, name)
			continue
		}
		c.given(what+"."+name, old.Properties[name], now.Properties[name])
	}
	if old.Items != nil && now.Items != nil {
		c.given(what+"[]", old.Items, now.Items)
	}
	if old.Additional != nil && old.Additional.Schema != nil && now.Additional != nil && now.Additional.Schema != nil {
		c.given(what+"{}", old.Additional.Schema, now.Additional.Schema)
	}
	for i := range min(len(old.OneOf), len(now.OneOf)) {
		c.given(fmt.Sprintf("%s form %d", what, i), old.OneOf[i], now.OneOf[i])
	}
}

// TestBreaksAreFound plants one break at a time.
func TestBreaksAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		change func(map[string]any)
		want   string
	}{
		"no change": {func(map[string]any) {}, ""},
		"new method": {func(d map[string]any) {
			list(d, "methods", func(l []any) []any { return append(l, deep(l[0], "name", "new")) })
		}, ""},
		"method gone":     {func(d map[string]any) { list(d, "methods", func(l []any) []any { return l[1:] }) }, "method m is gone"},
		"role loses":      {func(d map[string]any) { d["x-roles"].(map[string]any)["screen"] = []any{} }, "loses the scope"},
		"another scope":   {func(d map[string]any) { at(d, "methods", 0)["x-scope"] = "other" }, "may not call it any more"},
		"topic gone":      {func(d map[string]any) { delete(d["x-topics"].(map[string]any), "t") }, "topic t is gone"},
		"topic closed":    {func(d map[string]any) { d["x-topics"].(map[string]any)["t"] = "other" }, "may not follow it"},
		"param gone":      {func(d map[string]any) { at(d, "methods", 0)["params"] = []any{} }, "param 0 is not a"},
		"param required":  {func(d map[string]any) { at(at(d, "methods", 0), "params", 0)["required"] = true }, "become required"},
		"narrower":        {func(d map[string]any) { param(d)["maxLength"] = 3 }, "narrower"},
		"wider":           {func(d map[string]any) { param(d)["maxLength"] = 300 }, ""},
		"other type":      {func(d map[string]any) { param(d)["type"] = "integer" }, "has become"},
		"word not taken":  {func(d map[string]any) { param(d)["enum"] = []any{"x"} }, "only some words"},
		"member gone":     {func(d map[string]any) { delete(part(d)["properties"].(map[string]any), "b") }, "member b is gone"},
		"member optional": {func(d map[string]any) { part(d)["required"] = []any{} }, "may be missing"},
		"member new":      {func(d map[string]any) { part(d)["properties"].(map[string]any)["c"] = map[string]any{"type": "string"} }, ""},
		"problem gone":    {func(d map[string]any) { d["x-problems"] = map[string]any{} }, "problem p is gone"},
		"close code gone": {func(d map[string]any) { d["x-close-codes"] = map[string]any{} }, "close code 4400"},
		"error renumbered": {func(d map[string]any) {
			d["components"].(map[string]any)["errors"].(map[string]any)["E"].(map[string]any)["code"] = 9
		}, "another code"},
	} {
		old, now := planted(t, func(map[string]any) {}), planted(t, c.change)
		found := strings.Join(breaks(old, now), "; ")
		if c.want == "" && found != "" || !strings.Contains(found, c.want) {
			t.Errorf("%s: found %q, want %q", name, found, c.want)
		}
	}
}

const plantedText = `{"openrpc":"1.3.2","info":{"title":"t","version":"1.0.0"},"x-roles":{"screen":["s"]},"x-topics":{"t":"s"},"x-notifications":[],
"x-close-codes":{"4400":"x"},"x-problems":{"p":"x"},"methods":[{"name":"m","params":[{"name":"a","required":false,"schema":{"type":"string","maxLength":20}}],
"result":{"name":"r","schema":{"$ref":"#/components/schemas/R"}},"errors":[],"x-scope":"s"}],
"components":{"schemas":{"TopicName":{"type":"string","enum":["t"]},"R":{"type":"object","properties":{"b":{"type":"integer"},"next":{"$ref":"#/components/schemas/R"}},"required":["b"]}},"errors":{"E":{"code":1,"message":"x"}}}}`

func planted(t *testing.T, change func(map[string]any)) *Document {
	t.Helper()
	var tree map[string]any
	if err := json.Unmarshal([]byte(plantedText), &tree); err != nil {
		t.Fatal(err)
	}
	change(tree)
	data, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func at(m map[string]any, name string, i int) map[string]any {
	return m[name].([]any)[i].(map[string]any)
}

func list(m map[string]any, name string, change func([]any) []any) { m[name] = change(m[name].([]any)) }

func param(d map[string]any) map[string]any {
	return at(at(d, "methods", 0), "params", 0)["schema"].(map[string]any)
}

func part(d map[string]any) map[string]any {
	return d["components"].(map[string]any)["schemas"].(map[string]any)["R"].(map[string]any)
}

func deep(v any, name, value string) any {
	m := maps.Clone(v.(map[string]any))
	m[name] = value
	return m
}
