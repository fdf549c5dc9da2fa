package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
)

// bill is a software bill of materials, CycloneDX 1.5.
type bill struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

type metadata struct {
	Timestamp string    `json:"timestamp"`
	Component component `json:"component"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref"`
	Name       string     `json:"name"`
	Version    string     `json:"version"`
	URL        string     `json:"purl,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// bom lists what is really in the programs, as go version -m reads it out of
// them: the modules with the sums of go.sum, and Go itself.
func (j *job) bom(programs ...string) ([]byte, error) {
	parts := map[string]component{}
	for _, p := range programs {
		info, err := buildinfo.ReadFile(p)
		if err != nil {
			return nil, fmt.Errorf("read what is in a program: %w", err)
		}
		std := part("std", info.GoVersion[len("go"):], "")
		parts[std.Ref] = std
		for _, m := range info.Deps {
			if !ours(m) {
				c := replaced(m)
				parts[c.Ref] = c
			}
		}
	}
	b := bill{
		Format: "CycloneDX", Spec: "1.5", Version: 1,
		Metadata: metadata{
			Timestamp: j.when.Format("2006-01-02T15:04:05Z"),
			Component: component{Type: "application", Ref: "usher", Name: "usher", Version: j.git},
		},
		Components: slices.SortedFunc(maps.Values(parts), func(a, b component) int { return strings.Compare(a.Ref, b.Ref) }),
	}
	out, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write bill of materials: %w", err)
	}
	return append(out, '\n'), nil
}

// ours says whether a folder of this repository stands in for a module.
func ours(m *debug.Module) bool { return m.Replace != nil && strings.HasPrefix(m.Replace.Path, ".") }

// replaced is the module whose code was used.
func replaced(m *debug.Module) component {
	if m.Replace != nil {
		m = m.Replace
	}
	return part(m.Path, m.Version, m.Sum)
}

func part(path, version, sum string) component {
	url := "pkg:golang/" + path + "@" + version
	c := component{Type: "library", Ref: url, Name: path, Version: version, URL: url}
	if sum != "" {
		c.Properties = []property{{Name: "go:sum", Value: sum}}
	}
	return c
}
