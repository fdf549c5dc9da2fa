package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// The oldest browsers the page is built for: WPE WebKit 2.36 and Chromium 87
// are what boxes of 2021 and later carry.
var engines = []api.Engine{{Name: api.EngineChrome, Version: "87"}, {Name: api.EngineSafari, Version: "14.1"}}

// build gives the files of dist by name.
func build(root string) (map[string][]byte, error) {
	page, err := bundle(root, []api.EntryPoint{
		{InputPath: "src/main.tsx", OutputPath: "app"},
		{InputPath: "src/demo.tsx", OutputPath: "demo"},
		{InputPath: "src/style/all.css", OutputPath: "app"},
		{InputPath: "src/style/sofa.css", OutputPath: "demo"},
		{InputPath: "src/phone/main.tsx", OutputPath: "phone/phone"},
		{InputPath: "src/phone/style.css", OutputPath: "phone/phone"},
	}, english(func(word string) bool {
		return !strings.HasPrefix(word, "problem.") && !strings.HasPrefix(word, networkWords)
	}))
	if err != nil {
		return nil, err
	}
	network, err := bundle(root, []api.EntryPoint{
		{InputPath: "src/net/main.tsx", OutputPath: "network"},
		{InputPath: "src/net/style.css", OutputPath: "network"},
	}, english(func(word string) bool { return strings.HasPrefix(word, networkWords) }), handed(root))
	if err != nil {
		return nil, err
	}
	maps.Copy(page, network)
	return page, errors.Join(addStatic(root, page), addWords(root, page))
}

// networkWords begin the names of the words that only the part about the network
// has, whose script brings them in English.
const networkWords = "net."

// bundle gives the files of entry points by name.
func bundle(root string, points []api.EntryPoint, plugins ...api.Plugin) (map[string][]byte, error) {
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:       root,
		EntryPointsAdvanced: points,
		Outdir:              filepath.Join(root, "dist"),
		Bundle:              true,
		Format:              api.FormatIIFE,
		Charset:             api.CharsetUTF8,
		MinifySyntax:        true,
		MinifyWhitespace:    true,
		MinifyIdentifiers:   true,
		LegalComments:       api.LegalCommentsNone, // the licences are in licenses.txt
		Engines:             engines,
		NodePaths:           []string{filepath.Join(root, "vendor")},
		JSX:                 api.JSXAutomatic,
		JSXImportSource:     "preact",
		AssetNames:          "[name]",
		Loader:              map[string]api.Loader{".woff2": api.LoaderFile},
		Plugins:             plugins,
	})
	if err := failure(result.Errors); err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	for _, f := range result.OutputFiles {
		name, err := filepath.Rel(filepath.Join(root, "dist"), f.Path)
		if err != nil {
			return nil, fmt.Errorf("name page file: %w", err)
		}
		files[filepath.ToSlash(name)] = f.Contents
	}
	return files, nil
}

// handed are the modules of the page that the part about the network is handed
// when it is fetched (src/network.ts), by their paths from src.
func handed(root string) api.Plugin {
	shared := []string{"preact/hooks", "preact/jsx-runtime", "bridge", "choices", "text", "screens/fact", "screens/item", "screens/standby"}
	src := filepath.Join(root, "src")
	return api.Plugin{Name: "handed", Setup: func(b api.PluginBuild) {
		b.OnResolve(api.OnResolveOptions{Filter: "^(preact|[.])"}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			name := args.Path
			if strings.HasPrefix(name, ".") {
				name, _ = filepath.Rel(src, filepath.Join(args.ResolveDir, name)) // both are absolute
			}
			if slices.Contains(shared, filepath.ToSlash(name)) {
				return api.OnResolveResult{Path: filepath.ToSlash(name), Namespace: "handed"}, nil
			}
			return api.OnResolveResult{}, nil
		})
		b.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: "handed"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			return api.OnLoadResult{Contents: new(fmt.Sprintf("module.exports = globalThis.usher.shared[%q];", args.Path)), Loader: api.LoaderJS}, nil
		})
	}}
}

// english keeps some of the English words in a script. Those for problems are in
// none: the daemon sends them in English itself. A seventh of the words of the
// first screen are spared by that.
func english(keep func(word string) bool) api.Plugin {
	return api.Plugin{Name: "english", Setup: func(b api.PluginBuild) {
		b.OnLoad(api.OnLoadOptions{Filter: `i18n/en\.json$`}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			raw, err := os.ReadFile(args.Path)
			if err != nil {
				return api.OnLoadResult{}, fmt.Errorf("read words: %w", err)
			}
			var words map[string]string
			if err := json.Unmarshal(raw, &words); err != nil {
				return api.OnLoadResult{}, fmt.Errorf("read words %s: %w", args.Path, err)
			}
			maps.DeleteFunc(words, func(word, _ string) bool { return !keep(word) })
			small, err := json.Marshal(words) // in the order of names
			return api.OnLoadResult{Contents: new(string(small)), Loader: api.LoaderJSON}, err
		})
	}}
}

// addWords adds the languages that the page reads when they are wanted.
// English is in the script.
func addWords(root string, files map[string][]byte) error {
	names, err := filepath.Glob(filepath.Join(root, "src", "i18n", "*.json"))
	if err != nil {
		return fmt.Errorf("list languages: %w", err)
	}
	for _, name := range names {
		lang := filepath.Base(name)
		if lang == "en.json" {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("read words: %w", err)
		}
		var small bytes.Buffer
		if err := json.Compact(&small, b); err != nil {
			return fmt.Errorf("read words %s: %w", name, err)
		}
		files["words."+lang] = small.Bytes()
	}
	return nil
}

// addStatic adds what is not bundled.
func addStatic(root string, files map[string][]byte) error {
	for name, from := range map[string]string{
		"index.html": "index.html", "icon.svg": "icon.svg", "theme.css": "theme.css",
		"phone/index.html": "phone/index.html", "phone/remote.webmanifest": "phone/remote.webmanifest",
		"phone/theme.css": "theme.css", "phone/icon.png": "phone/icon.png",
	} {
		b, err := os.ReadFile(filepath.Join(root, "src", from))
		if err != nil {
			return fmt.Errorf("read page file: %w", err)
		}
		files[name] = b
	}
	var licenses bytes.Buffer
	for _, name := range []string{"preact", "figtree"} {
		b, err := os.ReadFile(filepath.Join(root, "vendor", name, "LICENSE"))
		if err != nil {
			return fmt.Errorf("read licence of %s: %w", name, err)
		}
		fmt.Fprintf(&licenses, "== %s ==\n\n%s\n", name, bytes.TrimSpace(b))
	}
	files["licenses.txt"] = licenses.Bytes()
	return nil
}

func failure(messages []api.Message) error {
	var errs []error
	for _, text := range api.FormatMessages(messages, api.FormatMessagesOptions{Kind: api.ErrorMessage}) {
		errs = append(errs, errors.New(text))
	}
	return errors.Join(errs...)
}
