package office

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// parseYAML reads the part of YAML that docs/openapi.yaml is written in:
// block mappings and sequences by indentation, one-line flow collections,
// plain and double-quoted scalars, literal blocks. Anything else is an error,
// so that the document stays in that part.
func parseYAML(text string) (any, error) {
	p := &yamlParser{}
	for i, line := range strings.Split(text, "\n") {
		p.lines = append(p.lines, yamlLine{
			number: i + 1, indent: len(line) - len(strings.TrimLeft(line, " ")), text: strings.TrimSpace(line),
		})
	}
	v, err := p.block(0)
	if err == nil && p.skip() {
		err = p.errorf("not expected here")
	}
	return v, err
}

type yamlLine struct {
	number, indent int
	text           string
}

type yamlParser struct {
	lines []yamlLine
	at    int
}

var yamlKey = regexp.MustCompile(`^("[^"]*"|[^\s"'{}\[\]&*#!|>%@,-][^:]*|[^\s:]+):(?: +(.*))?$`)

func (p *yamlParser) errorf(format string, args ...any) error {
	l := p.lines[min(p.at, len(p.lines)-1)]
	return fmt.Errorf("line %d %q: %s", l.number, l.text, fmt.Sprintf(format, args...))
}

// skip passes empty lines and says whether one with text is left.
func (p *yamlParser) skip() bool {
	for p.at < len(p.lines) && p.lines[p.at].text == "" {
		p.at++
	}
	return p.at < len(p.lines)
}

func (p *yamlParser) block(indent int) (any, error) {
	if !p.skip() {
		return nil, fmt.Errorf("document ends too early")
	}
	if strings.HasPrefix(p.lines[p.at].text, "- ") {
		return p.sequence(indent)
	}
	return p.mapping(indent)
}

func (p *yamlParser) sequence(indent int) (any, error) {
	list := []any{}
	for p.skip() && p.lines[p.at].indent == indent && strings.HasPrefix(p.lines[p.at].text, "- ") {
		rest := p.lines[p.at].text[2:]
		var v any
		var err error
		if yamlKey.MatchString(rest) && rest[0] != '{' {
			p.lines[p.at].indent, p.lines[p.at].text = indent+2, rest
			v, err = p.mapping(indent + 2)
		} else {
			p.at++
			v, err = yamlFlow(rest)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func (p *yamlParser) mapping(indent int) (any, error) {
	m := map[string]any{}
	for p.skip() && p.lines[p.at].indent == indent {
		parts := yamlKey.FindStringSubmatch(p.lines[p.at].text)
		if parts == nil {
			return nil, p.errorf("want key: value")
		}
		key := strings.Trim(parts[1], `"`)
		if _, twice := m[key]; twice {
			return nil, p.errorf("key used twice")
		}
		p.at++
		v, err := p.value(indent, parts[2])
		if err != nil {
			return nil, err
		}
		m[key] = v
	}
	if p.skip() && p.lines[p.at].indent > indent {
		return nil, p.errorf("indented too far")
	}
	return m, nil
}

func (p *yamlParser) value(indent int, rest string) (any, error) {
	switch {
	case rest == "|":
		var b strings.Builder
		for p.at < len(p.lines) && (p.lines[p.at].text == "" || p.lines[p.at].indent > indent) {
			b.WriteString(p.lines[p.at].text + "\n")
			p.at++
		}
		return b.String(), nil
	case rest != "":
		v, err := yamlFlow(rest)
		if err != nil {
			err = fmt.Errorf("line %d: %w", p.lines[p.at-1].number, err)
		}
		return v, err
	case !p.skip() || p.lines[p.at].indent <= indent:
		return nil, p.errorf("value is missing")
	}
	return p.block(p.lines[p.at].indent)
}

// yamlFlow reads a value on one line.
func yamlFlow(s string) (any, error) {
	v, rest, err := yamlFlowPart(s, "")
	if err == nil && strings.TrimSpace(rest) != "" {
		err = fmt.Errorf("%q follows the value", rest)
	}
	return v, err
}

// yamlFlowPart reads a value up to one of the ends, and gives what is left.
func yamlFlowPart(s, ends string) (any, string, error) {
	s = strings.TrimLeft(s, " ")
	switch {
	case strings.HasPrefix(s, "{"):
		return yamlFlowMapping(s[1:])
	case strings.HasPrefix(s, "["):
		return yamlFlowSequence(s[1:])
	case strings.HasPrefix(s, `"`):
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			return nil, "", fmt.Errorf("%q: %w", s, err)
		}
		text, err := strconv.Unquote(quoted)
		return text, s[len(quoted):], err
	}
	end := len(s)
	if ends != "" {
		if end = strings.IndexAny(s, ends); end < 0 {
			return nil, "", fmt.Errorf("%q does not end in one of %q", s, ends)
		}
	}
	return yamlScalar(strings.TrimSpace(s[:end])), s[end:], nil
}

func yamlFlowMapping(s string) (any, string, error) {
	m := map[string]any{}
	for {
		s = strings.TrimLeft(s, " ")
		if strings.HasPrefix(s, "}") {
			return m, s[1:], nil
		}
		key, rest, ok := strings.Cut(s, ": ")
		if !ok {
			return nil, "", fmt.Errorf("%q: want key: value", s)
		}
		v, rest, err := yamlFlowPart(rest, ",}")
		if err != nil {
			return nil, "", err
		}
		m[strings.Trim(key, `"`)] = v
		s = strings.TrimPrefix(strings.TrimLeft(rest, " "), ",")
	}
}

func yamlFlowSequence(s string) (any, string, error) {
	list := []any{}
	for {
		s = strings.TrimLeft(s, " ")
		if strings.HasPrefix(s, "]") {
			return list, s[1:], nil
		}
		v, rest, err := yamlFlowPart(s, ",]")
		if err != nil {
			return nil, "", err
		}
		list = append(list, v)
		s = strings.TrimPrefix(strings.TrimLeft(rest, " "), ",")
	}
}

func yamlScalar(s string) any {
	switch s {
	case "true":
		return true
	case "false":
		return false
	}
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return n
	}
	return s
}
