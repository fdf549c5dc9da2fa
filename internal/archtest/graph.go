package archtest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// module is the import path of everything of ours.
const module = "usher"

// pkg is a package of ours with its parsed files.
type pkg struct {
	path  string // relative to the module: "internal/box"
	files []file
}

// file is one source file, whatever its build tags.
type file struct {
	name string // base name
	src  []byte
	ast  *ast.File
	fset *token.FileSet
}

func (f file) isTest() bool { return strings.HasSuffix(f.name, "_test.go") }

// imports lists the import paths.
func (f file) imports() []string {
	var list []string
	for _, i := range f.ast.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err == nil {
			list = append(list, p)
		}
	}
	return list
}

func (f file) line(p token.Pos) int { return f.fset.Position(p).Line }

// newFile parses src; comments are kept because package comments are checked.
func newFile(name string, src []byte) (file, error) {
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return file{}, err
	}
	return file{name: filepath.Base(name), src: src, ast: tree, fset: fset}, nil
}

// listed is what `go list` says of a package. Files for other systems count:
// a rule holds on all of them.
type listed struct {
	Dir, ImportPath                                              string
	GoFiles, CgoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles []string
}

// load lists the packages below root, a folder of the module. An overlay in
// the form of `go build -overlay` may add or replace files.
func load(ctx context.Context, root string, overlay map[string]string) ([]pkg, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-e", "-json=Dir,ImportPath,GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles", "./...")
	cmd.Dir = root
	if overlay != nil {
		name, err := writeOverlay(overlay)
		if err != nil {
			return nil, err
		}
		defer removeFile(name)
		cmd.Args = slices.Insert(cmd.Args, 2, "-overlay="+name)
	}
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("go list: %w: %s", err, exit.Stderr)
		}
		return nil, fmt.Errorf("go list: %w", err)
	}
	return decode(out, overlay)
}

func decode(out []byte, overlay map[string]string) ([]pkg, error) {
	var pkgs []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		switch err := d.Decode(&l); {
		case errors.Is(err, io.EOF):
			return pkgs, nil
		case err != nil:
			return nil, fmt.Errorf("go list: %w", err)
		}
		p := pkg{path: strings.TrimPrefix(strings.TrimPrefix(l.ImportPath, module), "/")}
		for _, name := range slices.Concat(l.GoFiles, l.CgoFiles, l.IgnoredGoFiles, l.TestGoFiles, l.XTestGoFiles) {
			f, err := readSource(filepath.Join(l.Dir, name), overlay)
			if err != nil {
				return nil, err
			}
			p.files = append(p.files, f)
		}
		pkgs = append(pkgs, p)
	}
}

// checkImports gives every import that breaks the rules, with the reason.
func checkImports(pkgs []pkg, rules []rule, homes []home) []string {
	var faults []string
	for _, p := range pkgs {
		r, ok := ruleOf(p.path, rules)
		if !ok {
			faults = append(faults, fmt.Sprintf("%s: has no rule; give it a line in internal/archtest/rules.go", p.path))
			continue
		}
		for _, f := range p.files {
			for _, imp := range f.imports() {
				if why := forbidden(r, f, imp, rules, homes); why != "" {
					faults = append(faults, fmt.Sprintf("%s/%s: imports %s: %s", p.path, f.name, imp, why))
				}
			}
		}
	}
	slices.Sort(faults)
	return slices.Compact(faults)
}

// forbidden says why file f of package r must not import imp; "" when it may.
func forbidden(r rule, f file, imp string, rules []rule, homes []home) string {
	if ours, ok := strings.CutPrefix(imp, module+"/"); ok {
		return forbiddenOurs(r, f.isTest(), ours, rules)
	}
	if first, _, _ := strings.Cut(imp, "/"); strings.Contains(first, ".") {
		return forbiddenThird(r.pkg, f.isTest(), imp, homes)
	}
	return forbiddenStd(r, f, imp)
}

func forbiddenOurs(r rule, test bool, imp string, rules []rule) string {
	to, ok := ruleOf(imp, rules)
	if !ok {
		return "it has no rule in internal/archtest/rules.go"
	}
	if test {
		if to.role == fake || imp == r.pkg || matchAny(r.may, imp) || matchAny(r.tests, imp) || matchAny(words(vocabulary()...), imp) {
			return ""
		}
		return "not in its tests either: " + r.why
	}
	if !matchAny(r.may, imp) {
		return r.why
	}
	top := r.pkg == "cmd/usherd" || r.role == edges || r.role == bench || r.role == tool
	switch {
	case to.role == edges && r.pkg != "cmd/usherd":
		return "only cmd/usherd imports the demo's edges"
	case to.role == driver && !top:
		return "only cmd/usherd, internal/sim and tools import drivers"
	case to.role == fake && !top && r.role != fake:
		return "only tests, internal/sim and cmd/usherd import fakes"
	}
	return ""
}

func forbiddenThird(from string, test bool, imp string, homes []home) string {
	for _, h := range homes {
		if imp != h.module && !strings.HasPrefix(imp, h.module+"/") {
			continue
		}
		if matchAny(h.in, from) || test && matchAny(h.tests, from) {
			return ""
		}
		return h.module + " lives in " + strings.Join(h.in, ", ") + " only"
	}
	return "a third-party library without a home in internal/archtest/rules.go"
}

func forbiddenStd(r rule, f file, imp string) string {
	if !f.isTest() && slices.Contains([]string{"syscall", "unsafe", "C"}, imp) && !matchAny(machine(), r.pkg) {
		return "system calls live in drivers"
	}
	if isPure(r, f) && matchAny(below(impure()), imp) && !slices.Contains(harmless(), imp) {
		return "this file is pure: " + r.why
	}
	return ""
}

func isPure(r rule, f file) bool {
	ok, _ := path.Match(r.pure, f.name)
	return ok && !f.isTest()
}

func ruleOf(p string, rules []rule) (rule, bool) {
	i := slices.IndexFunc(rules, func(r rule) bool { return r.pkg == p })
	if i < 0 {
		return rule{}, false
	}
	return rules[i], true
}

// matchAny says whether p is one of the patterns or below one with /... .
func matchAny(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(pat string) bool {
		base, all := strings.CutSuffix(pat, "...")
		base = strings.TrimSuffix(base, "/")
		return pat == p || all && (base == "" || p == base || strings.HasPrefix(p, base+"/"))
	})
}

func below(list []string) []string {
	var out []string
	for _, p := range list {
		out = append(out, p+"/...")
	}
	return out
}
