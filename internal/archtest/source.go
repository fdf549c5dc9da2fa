package archtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/build/constraint"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// hardLimit is the length of function that no reason excuses, in lines.
const hardLimit = 100

// checkSource gives every fault of the source itself: package comments, init
// functions, package-level variables, sizes, build tags, clocks in pure files,
// and library types in what a package exports.
func checkSource(pkgs []pkg, rules []rule, homes []home, long map[string]string) []string {
	var faults []string
	for _, p := range pkgs {
		r, _ := ruleOf(p.path, rules)
		if !hasComment(p) {
			faults = append(faults, p.path+": has no package comment; say what it guarantees, what may block, and what it never does")
		}
		for _, f := range p.files {
			for _, s := range slices.Concat(functions(p, f, long), fileFaults(r, f), variables(f), clocks(r, f), leaks(f, homes)) {
				faults = append(faults, p.path+"/"+f.name+": "+s)
			}
		}
	}
	return faults
}

// hasComment wants words beyond the bare "Package x".
func hasComment(p pkg) bool {
	testsOnly := !slices.ContainsFunc(p.files, func(f file) bool { return !f.isTest() })
	return testsOnly || slices.ContainsFunc(p.files, func(f file) bool {
		return !f.isTest() && len(strings.Fields(f.ast.Doc.Text())) > 5
	})
}

func functions(p pkg, f file, long map[string]string) []string {
	var faults []string
	for _, d := range f.ast.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if fn.Name.Name == "init" && fn.Recv == nil {
			faults = append(faults, "has an init function; let whoever needs it call a constructor")
		}
		lines := f.line(fn.End()) - f.line(fn.Pos()) + 1
		limit := maxFunction
		if f.isTest() || long[p.path+"."+fn.Name.Name] != "" {
			limit = hardLimit
		}
		if lines > limit {
			faults = append(faults, fmt.Sprintf("function %s has %d lines, more than %d", fn.Name.Name, lines, limit))
		}
	}
	return faults
}

func fileFaults(r rule, f file) []string {
	var faults []string
	if n := bytes.Count(f.src, []byte("\n")); n > maxFile && !f.isTest() && !ast.IsGenerated(f.ast) {
		faults = append(faults, fmt.Sprintf("has %d lines, more than %d", n, maxFile))
	}
	if !f.isTest() && hasTags(f) && !matchAny(machine(), r.pkg) {
		faults = append(faults, "has a build constraint; those live in drivers")
	}
	return faults
}

// hasTags says whether the file is left out on some systems, by a comment or
// by its name.
func hasTags(f file) bool {
	for _, g := range f.ast.Comments {
		for _, c := range g.List {
			if g.Pos() < f.ast.Package && constraint.IsGoBuild(c.Text) {
				return true
			}
		}
	}
	for _, s := range []string{"_linux", "_amd64", "_arm64", "_arm", "_darwin", "_windows", "_unix"} {
		if strings.HasSuffix(strings.TrimSuffix(f.name, ".go"), s) {
			return true
		}
	}
	return false
}

// variables finds package-level variables that could change. Left alone are
// error sentinels, embedded files, compiled patterns, interface guards, the
// version that the linker writes into a command (go build -ldflags -X), and
// unexported tables written out as literals that nothing in the file assigns
// to: Go has no constants for those.
func variables(f file) []string {
	if f.isTest() {
		return nil
	}
	var faults []string
	for _, d := range f.ast.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR || strings.Contains(commentsIn(g), "go:embed") {
			continue
		}
		for _, s := range g.Specs {
			spec, ok := s.(*ast.ValueSpec)
			if ok && !constant(f, spec) {
				faults = append(faults, fmt.Sprintf("package-level variable %s; pass it in, or make it a function", spec.Names[0].Name))
			}
		}
	}
	return faults
}

// commentsIn has the directives, which CommentGroup.Text leaves out.
func commentsIn(g *ast.GenDecl) string {
	var all strings.Builder
	ast.Inspect(g, func(n ast.Node) bool {
		if c, ok := n.(*ast.Comment); ok {
			all.WriteString(c.Text)
		}
		return true
	})
	return all.String()
}

func constant(f file, spec *ast.ValueSpec) bool {
	for i, name := range spec.Names {
		if name.Name == "_" || name.Name == "version" && f.ast.Name.Name == "main" {
			continue
		}
		if i >= len(spec.Values) {
			return false
		}
		switch v := spec.Values[i].(type) {
		case *ast.CallExpr:
			if !slices.Contains([]string{"errors.New", "fmt.Errorf", "regexp.MustCompile"}, called(v)) {
				return false
			}
		case *ast.CompositeLit:
			if ast.IsExported(name.Name) || assigned(f, name.Name) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// called is "pkg.Name" of a call, or "".
func called(c *ast.CallExpr) string {
	if s, ok := c.Fun.(*ast.SelectorExpr); ok {
		if x, ok := s.X.(*ast.Ident); ok {
			return x.Name + "." + s.Sel.Name
		}
	}
	return ""
}

// assigned says whether something in the file writes to name or into it, or
// takes its address.
func assigned(f file, name string) bool {
	found := false
	is := func(e ast.Expr) bool { return root(e) == name }
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			found = found || n.Tok != token.DEFINE && slices.ContainsFunc(n.Lhs, is)
		case *ast.IncDecStmt:
			found = found || is(n.X)
		case *ast.UnaryExpr:
			found = found || n.Op == token.AND && is(n.X)
		}
		return true
	})
	return found
}

// root is the variable that an expression like x.f[i] is a part of.
func root(e ast.Expr) string {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x.Name
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		default:
			return ""
		}
	}
}

func clocks(r rule, f file) []string {
	if !isPure(r, f) {
		return nil
	}
	var faults []string
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && root(s.X) == "time" && slices.Contains(clock(), s.Sel.Name) {
			faults = append(faults, fmt.Sprintf("line %d: uses time.%s in a pure file: %s", f.line(s.Pos()), s.Sel.Name, r.why))
		}
		return true
	})
	return faults
}

// leaks finds types of third-party libraries in exported declarations.
func leaks(f file, homes []home) []string {
	third := thirdNames(f, homes)
	if f.isTest() || len(third) == 0 || f.ast.Name.Name == "main" {
		return nil
	}
	var faults []string
	for _, d := range f.ast.Decls {
		for _, e := range exportedTypes(d) {
			ast.Inspect(e, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(third, root(s.X)) {
					faults = append(faults, fmt.Sprintf("line %d: exports %s.%s; no type of a library crosses a package boundary", f.line(s.Pos()), root(s.X), s.Sel.Name))
				}
				return true
			})
		}
	}
	return faults
}

// thirdNames is what the file calls the libraries it imports.
func thirdNames(f file, homes []home) []string {
	var names []string
	for _, i := range f.ast.Imports {
		p := strings.Trim(i.Path.Value, `"`)
		if !slices.ContainsFunc(homes, func(h home) bool { return p == h.module || strings.HasPrefix(p, h.module+"/") }) {
			continue
		}
		name := p[strings.LastIndex(p, "/")+1:]
		if len(name) == 2 && name[0] == 'v' { // …/dbus/v5
			name = filepath.Base(filepath.Dir(p))
		}
		if i.Name != nil {
			name = i.Name.Name
		}
		names = append(names, name)
	}
	return names
}

// exportedTypes are the parts of a declaration that other packages see.
func exportedTypes(d ast.Decl) []ast.Node {
	var seen []ast.Node
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(root(receiver(d)))) {
			seen = append(seen, d.Type)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() {
					seen = append(seen, visible(s.Type)...)
				}
			case *ast.ValueSpec:
				if s.Names[0].IsExported() && s.Type != nil {
					seen = append(seen, s.Type)
				}
			}
		}
	}
	return seen
}

// visible leaves out the unexported fields of a struct.
func visible(t ast.Expr) []ast.Node {
	st, ok := t.(*ast.StructType)
	if !ok {
		return []ast.Node{t}
	}
	var fields []ast.Node
	for _, f := range st.Fields.List {
		if len(f.Names) == 0 || slices.ContainsFunc(f.Names, (*ast.Ident).IsExported) {
			fields = append(fields, f.Type)
		}
	}
	return fields
}

func receiver(d *ast.FuncDecl) ast.Expr {
	t := d.Recv.List[0].Type
	if s, ok := t.(*ast.StarExpr); ok {
		return s.X
	}
	return t
}

// readSource parses the file, or what takes its place.
func readSource(name string, overlay map[string]string) (file, error) {
	from := name
	if o, ok := overlay[name]; ok {
		from = o
	}
	src, err := os.ReadFile(from)
	if err != nil {
		return file{}, err
	}
	return newFile(name, src)
}

// writeOverlay writes the file that -overlay wants; see go help build.
func writeOverlay(replace map[string]string) (string, error) {
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp("", "overlay-*.json")
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return f.Name(), err
}

func removeFile(name string) { _ = os.Remove(name) }
