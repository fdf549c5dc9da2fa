package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// The page is one script, app.js, and parts that it fetches later (src/later.ts),
// each of which is one script as well: src/parts/NAME.ts. A module that the page
// has, or that two parts want, is in the page's script, and the parts import what
// they use of it from there; so no module is twice on the page.
//
// esbuild's own splitting would make a file of every combination of parts that
// share something. And a part must be fetched by an address that can be asked
// for again: browsers remember failures of the addresses of modules.

// sharing is which script has which English words (src/parts/words.json): a list
// of words, or of their beginnings, for each part. The page has what no part has,
// and besides what is listed for the first screen. Words for problems are in no
// script: the daemon sends them in English itself.
type sharing map[string][]string

const firstScreen = "first" // in src/parts/words.json

func readSharing(root string) (sharing, error) {
	raw, err := os.ReadFile(filepath.Join(root, "src", "parts", "words.json"))
	if err != nil {
		return nil, fmt.Errorf("read which words are where: %w", err)
	}
	var s sharing
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("read which words are where: %w", err)
	}
	return s, nil
}

// parts are the names of the parts.
func (s sharing) parts() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s)), func(name string) bool { return name == firstScreen })
}

// has says whether a script has a word.
func (s sharing) has(script, word string) bool {
	begins := func(b string) bool { return strings.HasPrefix(word, b) }
	if script != "app" {
		return slices.ContainsFunc(s[script], begins)
	}
	elsewhere := begins("problem.") || slices.ContainsFunc(s.parts(), func(part string) bool { return s.has(part, word) })
	return !elsewhere || slices.Contains(s[firstScreen], word)
}

// script is what belongs together: the page, and the names under which its parts
// find what they import.
type script struct {
	root   string
	words  sharing
	names  map[string]map[string]string // module, name in it: name in app.js
	shared map[string]bool              // modules of the page, by their paths from root
	mark   string                       // of this page, so that no part of another one is taken for its own
}

// bundlePage gives the files of the page's scripts by name.
func bundlePage(root string) (map[string][]byte, error) {
	words, err := readSharing(root)
	if err != nil {
		return nil, err
	}
	s := script{root: root, words: words}
	if err := errors.Join(s.share(), s.name()); err != nil {
		return nil, err
	}
	defines := map[string]string{"PAGE": fmt.Sprintf("%q", s.mark)}
	page, err := bundle(root, []api.EntryPoint{{InputPath: "entry:app", OutputPath: "app"}}, module(defines, s.entries(), s.english()))
	if err != nil {
		return nil, err
	}
	var points []api.EntryPoint
	for _, name := range words.parts() {
		points = append(points, api.EntryPoint{InputPath: "entry:" + name, OutputPath: name})
	}
	later, err := bundle(root, points, module(defines, s.entries(), s.handed(), s.english()))
	if err != nil {
		return nil, err
	}
	maps.Copy(page, later)
	return page, nil
}

// module are the options of scripts that are modules.
func module(defines map[string]string, plugins ...api.Plugin) api.BuildOptions {
	return api.BuildOptions{Format: api.FormatESModule, Define: defines, External: []string{"/app.js"}, Plugins: plugins}
}

// share finds out which modules are the page's, and gives the page its mark.
func (s *script) share() error {
	uses := map[string]int{}
	sum := sha256.New()
	for _, point := range append([]string{"src/main.tsx"}, s.files()...) {
		inputs, err := s.inputs(point)
		if err != nil {
			return err
		}
		for _, name := range inputs {
			source, err := os.ReadFile(filepath.Join(s.root, name))
			if err != nil {
				return fmt.Errorf("read the page's source: %w", err)
			}
			_, _ = fmt.Fprintf(sum, "%s %d\n%s", name, len(source), source) // a hash takes everything
			if uses[name]++; point == "src/main.tsx" {
				uses[name]++
			}
		}
	}
	maps.DeleteFunc(uses, func(_ string, n int) bool { return n < 2 })
	s.shared = map[string]bool{}
	for name := range uses {
		s.shared[name] = true
	}
	s.mark = fmt.Sprintf("%x", sum.Sum(nil))[:8]
	return nil
}

// files are the entry points of the parts.
func (s *script) files() (out []string) {
	for _, name := range s.words.parts() {
		out = append(out, "src/parts/"+name+".ts")
	}
	return out
}

// inputs are the modules that an entry point consists of, by their paths from root.
func (s *script) inputs(point string) ([]string, error) {
	o := options(s.root, module(nil))
	o.EntryPoints, o.Metafile = []string{point}, true
	result := api.Build(o)
	if err := failure(result.Errors); err != nil {
		return nil, err
	}
	var meta struct {
		Inputs map[string]struct{}
	}
	if err := json.Unmarshal([]byte(result.Metafile), &meta); err != nil {
		return nil, fmt.Errorf("read esbuild's account of %s: %w", point, err)
	}
	return slices.Sorted(maps.Keys(meta.Inputs)), nil
}

// imported is how esbuild writes an import, when it is not asked to save bytes.
var imported = regexp.MustCompile(`(?s)import \{([^}]*)\} from "page:([^"]+)"`)

// name gives a name to everything that a part imports from a module of the page.
func (s *script) name() error {
	o := options(s.root, module(nil, s.marked()))
	o.MinifySyntax, o.MinifyWhitespace, o.MinifyIdentifiers = false, false, false
	o.EntryPoints = s.files()
	result := api.Build(o)
	if err := failure(result.Errors); err != nil {
		return err
	}
	s.names = map[string]map[string]string{}
	for _, f := range result.OutputFiles {
		found := imported.FindAllSubmatch(f.Contents, -1)
		if n := strings.Count(string(f.Contents), `"page:`); n != len(found) {
			return fmt.Errorf("%s: %d imports from the page, of which %d by name: a part imports names only", f.Path, n, len(found))
		}
		for _, m := range found {
			s.note(string(m[2]), string(m[1]))
		}
	}
	n := 0
	for _, module := range slices.Sorted(maps.Keys(s.names)) {
		for _, name := range slices.Sorted(maps.Keys(s.names[module])) {
			s.names[module][name] = fmt.Sprintf("_%x", n)
			n++
		}
	}
	return nil
}

func (s *script) note(module, list string) {
	if s.names[module] == nil {
		s.names[module] = map[string]string{}
	}
	for item := range strings.SplitSeq(list, ",") {
		name, _, _ := strings.Cut(strings.TrimSpace(item), " as ")
		s.names[module][name] = ""
	}
}

// marked leaves imports of modules of the page in the scripts of parts.
func (s *script) marked() api.Plugin {
	return s.resolving("marked", func(name string) api.OnResolveResult {
		return api.OnResolveResult{Path: "page:" + name, External: true}
	})
}

// handed has parts import the modules of the page from its script.
func (s *script) handed() api.Plugin {
	p := s.resolving("handed", func(name string) api.OnResolveResult {
		return api.OnResolveResult{Path: name, Namespace: "page"}
	})
	setup := p.Setup
	p.Setup = func(b api.PluginBuild) {
		setup(b)
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "page"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			return api.OnLoadResult{Contents: new(exports(s.names[args.Path], "/app.js", true)), Loader: api.LoaderJS}, nil
		})
	}
	return p
}

// resolving has a say in what becomes of imports of modules of the page by parts.
func (s *script) resolving(name string, resolve func(module string) api.OnResolveResult) api.Plugin {
	const asked = "asked already"
	return api.Plugin{Name: name, Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: "^(preact|[.])"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			if args.PluginData == asked || args.Kind == api.ResolveEntryPoint {
				return api.OnResolveResult{}, nil
			}
			found := b.Resolve(args.Path, api.ResolveOptions{Importer: args.Importer, ResolveDir: args.ResolveDir, Kind: args.Kind, PluginData: asked})
			path, err := filepath.Rel(s.root, found.Path)
			if err != nil || len(found.Errors) > 0 || !s.shared[filepath.ToSlash(path)] {
				return api.OnResolveResult{}, nil // esbuild will say what is wrong
			}
			return resolve(filepath.ToSlash(path)), nil
		})
	}}
}

// exports are names of a module under others.
func exports(names map[string]string, from string, parts bool) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if parts {
			list = append(list, names[name]+" as "+name)
		} else {
			list = append(list, name+" as "+names[name])
		}
	}
	return fmt.Sprintf("export { %s } from %q;\n", strings.Join(list, ", "), from)
}

// entries are the beginnings of the scripts: app.js hands out what parts import,
// and every part brings its words and the mark of its page.
func (s *script) entries() api.Plugin {
	return api.Plugin{Name: "entries", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: "^entry:"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: strings.TrimPrefix(args.Path, "entry:"), Namespace: "entry"}, nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "entry"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			text := fmt.Sprintf("export * from \"./src/parts/%[1]s\";\nexport { default as words } from \"words:%[1]s\";\nexport const page = PAGE;\n", args.Path)
			if args.Path == "app" {
				text = "import \"./src/main\";\n"
				for _, module := range slices.Sorted(maps.Keys(s.names)) {
					text += exports(s.names[module], "./"+module, false)
				}
			}
			return api.OnLoadResult{Contents: &text, ResolveDir: s.root, Loader: api.LoaderJS}, nil
		})
	}}
}

// english gives every script its English words: the page where it reads the whole
// dictionary, parts by the name words:PART.
func (s *script) english() api.Plugin {
	load := func(script string) (api.OnLoadResult, error) {
		words, err := readWords(filepath.Join(s.root, "src", "i18n", "en.json"))
		if err != nil {
			return api.OnLoadResult{}, err
		}
		maps.DeleteFunc(words, func(word, _ string) bool { return !s.words.has(script, word) })
		small, err := json.Marshal(words) // in the order of names
		return api.OnLoadResult{Contents: new(string(small)), Loader: api.LoaderJSON}, err
	}
	return api.Plugin{Name: "english", Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: `i18n/en\.json$`}, func(api.OnLoadArgs) (api.OnLoadResult, error) { return load("app") })
		b.OnResolve(api.OnResolveOptions{Filter: "^words:"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			return api.OnResolveResult{Path: strings.TrimPrefix(args.Path, "words:"), Namespace: "words"}, nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "words"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) { return load(args.Path) })
	}}
}

func readWords(name string) (map[string]string, error) {
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read words: %w", err)
	}
	var words map[string]string
	if err := json.Unmarshal(raw, &words); err != nil {
		return nil, fmt.Errorf("read words %s: %w", name, err)
	}
	return words, nil
}
