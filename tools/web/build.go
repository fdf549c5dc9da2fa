package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// The oldest browsers the page is built for: WPE WebKit 2.36 and Chromium 87
// are what boxes of 2021 and later carry.
var engines = []api.Engine{{Name: api.EngineChrome, Version: "87"}, {Name: api.EngineSafari, Version: "14.1"}}

// build gives the files of dist by name.
func build(root string) (map[string][]byte, error) {
	result := api.Build(api.BuildOptions{
		AbsWorkingDir: root,
		EntryPointsAdvanced: []api.EntryPoint{
			{InputPath: "src/main.tsx", OutputPath: "app"},
			{InputPath: "src/demo.tsx", OutputPath: "demo"},
			{InputPath: "src/style/all.css", OutputPath: "app"},
			{InputPath: "src/phone/main.tsx", OutputPath: "phone/phone"},
			{InputPath: "src/phone/style.css", OutputPath: "phone/phone"},
		},
		Outdir:            filepath.Join(root, "dist"),
		Bundle:            true,
		Format:            api.FormatIIFE,
		Charset:           api.CharsetUTF8,
		MinifySyntax:      true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		LegalComments:     api.LegalCommentsNone, // the licences are in licenses.txt
		Engines:           engines,
		NodePaths:         []string{filepath.Join(root, "vendor")},
		JSX:               api.JSXAutomatic,
		JSXImportSource:   "preact",
		AssetNames:        "[name]",
		Loader:            map[string]api.Loader{".woff2": api.LoaderFile},
		Plugins:           []api.Plugin{withoutProblems()},
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
	return files, errors.Join(addStatic(root, files), addWords(root, files))
}

// withoutProblems leaves the words for problems out of the English in the
// script: the daemon sends them in English itself. A seventh of the words of
// the first screen are spared by that.
func withoutProblems() api.Plugin {
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
			maps.DeleteFunc(words, func(word, _ string) bool { return strings.HasPrefix(word, "problem.") })
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
