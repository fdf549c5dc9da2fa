package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// maxFile is the largest configuration file that is read, in bytes.
const maxFile = 256 << 10

// entry is one key of a file with the line it stands in.
type entry struct {
	key   string // dotted
	line  int    // from 1
	value any    // string, int64, float64, bool, []any, map[string]any, []map[string]any
}

// applyText sets what a file of a layer says and returns every problem in it.
func (l *Loaded) applyText(layer SourceKind, name string, data []byte) error {
	if len(data) > maxFile {
		return &Error{Where: name, Text: fmt.Sprintf("larger than %d bytes", maxFile), Hint: "is this a configuration file?"}
	}
	entries, err := parse(name, data)
	if err != nil {
		return err
	}
	var problems []error
	for _, e := range entries {
		if err := l.applyEntry(Source{Kind: layer, Name: name + ":" + strconv.Itoa(e.line)}, e); err != nil {
			problems = append(problems, err)
		}
	}
	return errors.Join(problems...)
}

func (l *Loaded) applyEntry(from Source, e entry) error {
	where := from.Name
	if from.Kind == FromOverlay {
		where = from.String()
		if done, err := l.ofOEM(where, e); done {
			return err
		}
	}
	if e.key == "service" {
		return l.applyServices(where, from, e.value)
	}
	s, ok := find(e.key)
	if !ok {
		return unknown(where, "key", e.key, keys())
	}
	return l.set(s, where, e, from)
}

// set sets one key of a file.
func (l *Loaded) set(s setting, where string, e entry, from Source) error {
	if words, ok := stringList(e.value); ok && s.words != nil {
		l.sources[s.key] = from
		return complaint(where, e.key, "", s.words(&l.Config, words))
	}
	v, err := scalar(s, e.value)
	if err != nil {
		return complaint(where, e.key, "", err)
	}
	return l.apply(s, where, e.key, v, from)
}

// applyServices takes the place of the services of an earlier layer.
func (l *Loaded) applyServices(where string, from Source, value any) error {
	list, ok := tables(value)
	if !ok {
		return complaint(where, "service", "", errors.New("an array of tables: [[service]]"))
	}
	l.Services, l.sources["service"] = nil, from
	var problems []error
	for i, t := range list {
		key := "service " + strconv.Itoa(i+1)
		for k := range t {
			if !slices.Contains(serviceKeys(), k) {
				problems = append(problems, unknown(where, "key", key+": "+k, within(key, serviceKeys())))
			}
		}
		var s Service
		s.ID, _ = t["id"].(string)
		s.URL, _ = t["url"].(string)
		if k, err := s.signed(t); err != nil {
			problems = append(problems, complaint(where, key+": "+k, "", err))
		}
		if k, err := s.account(t); err != nil {
			problems = append(problems, complaint(where, key+": "+k, "", err))
		}
		problems = append(problems, l.addService(where, key, s))
	}
	return errors.Join(problems...)
}

// within names keys of a table of an array.
func within(table string, keys []string) []string {
	all := make([]string, 0, len(keys))
	for _, k := range keys {
		all = append(all, table+": "+k)
	}
	return all
}

// scalar is the text of a value of the kind that s has.
func scalar(s setting, value any) (string, error) {
	switch s.get(&Config{}).(type) {
	case []string:
		return "", errors.New(`a list of words such as ["mpv", "--fs"]`)
	case int:
		if n, ok := value.(int64); ok {
			return strconv.FormatInt(n, 10), nil
		}
		return "", errors.New("a whole number without quotes")
	}
	if v, ok := value.(string); ok {
		return v, nil
	}
	return "", errors.New("a text in quotes")
}

// tables is an array of tables in either of the two ways to write one.
func tables(value any) ([]map[string]any, bool) {
	if list, ok := value.([]map[string]any); ok {
		return list, true
	}
	items, ok := value.([]any)
	list := make([]map[string]any, 0, len(items))
	for _, it := range items {
		t, isTable := it.(map[string]any)
		if !isTable {
			return nil, false
		}
		list = append(list, t)
	}
	return list, ok
}

func stringList(value any) ([]string, bool) {
	items, ok := value.([]any)
	words := make([]string, 0, len(items))
	for _, it := range items {
		s, isText := it.(string)
		if !isText {
			return nil, false
		}
		words = append(words, s)
	}
	return words, ok
}

// parse reads TOML into flat entries in the order of the file.
func parse(name string, data []byte) ([]entry, error) {
	top := map[string]toml.Primitive{}
	md, err := toml.Decode(string(data), &top)
	if err != nil {
		return nil, syntaxError(name, err)
	}
	var entries []entry
	for _, k := range md.Keys() {
		if p, ok := top[k[0]]; ok && len(k) > 0 {
			delete(top, k[0])
			entries = flatten(entries, &md, k[0], p)
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.key, b.key))
	})
	return entries, nil
}

func syntaxError(name string, err error) error {
	var p toml.ParseError
	if errors.As(err, &p) {
		return &Error{Where: name + ":" + strconv.Itoa(p.Position.Line), Key: p.LastKey, Text: "not TOML: " + p.Message}
	}
	return &Error{Where: name, Text: "not TOML: " + err.Error()}
}

// flatten adds p, or what is inside it when it is a table.
func flatten(entries []entry, md *toml.MetaData, key string, p toml.Primitive) []entry {
	var pr probe
	e := entry{key: key}
	var at toml.ParseError
	if errors.As(md.PrimitiveDecode(p, &pr), &at) {
		e.line = at.Position.Line
	}
	e.value = pr.value
	table, ok := pr.value.(map[string]any)
	inner := map[string]toml.Primitive{}
	if !ok || key == "service" || len(table) == 0 && !isTable(key) || md.PrimitiveDecode(p, &inner) != nil {
		return append(entries, e)
	}
	for k, v := range inner {
		entries = flatten(entries, md, key+"."+k, v)
	}
	return entries
}

func isTable(key string) bool {
	return slices.ContainsFunc(keys(), func(k string) bool { return strings.HasPrefix(k, key+".") })
}

// probe takes in a value of any type and refuses it, because the library says
// in which line a value stands only when there is something wrong with it.
type probe struct{ value any }

var errProbe = errors.New("only looking")

// UnmarshalTOML keeps v.
func (p *probe) UnmarshalTOML(v any) error {
	p.value = v
	return errProbe
}
