package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/evanw/esbuild/pkg/api"
)

// The oldest browsers the page is built for: WPE WebKit 2.36 and Chromium 87
// are what boxes of 2021 and later carry.
var engines = []api.Engine{{Name: api.EngineChrome, Version: "87"}, {Name: api.EngineSafari, Version: "14.1"}}

// build gives the files of dist by name.
func build(root string) (map[string][]byte, error) {
	files, err := bundlePage(root)
	if err != nil {
		return nil, err
	}
	others, err := bundle(root, []api.EntryPoint{
		{InputPath: "src/style/all.css", OutputPath: "app"},
		{InputPath: "src/parts/demo.css", OutputPath: "demo"},
		{InputPath: "src/parts/network.css", OutputPath: "network"},
		{InputPath: "src/phone/main.tsx", OutputPath: "phone/phone"},
		{InputPath: "src/phone/style.css", OutputPath: "phone/phone"},
	}, api.BuildOptions{Format: api.FormatIIFE})
	if err != nil {
		return nil, err
	}
	maps.Copy(files, others)
	return files, errors.Join(addStatic(root, files), addWords(root, files))
}

// options completes o with what all scripts and styles have in common.
func options(root string, o api.BuildOptions) api.BuildOptions {
	o.AbsWorkingDir = root
	o.Outdir = filepath.Join(root, "dist")
	o.Bundle = true
	o.Charset = api.CharsetUTF8
	o.MinifySyntax, o.MinifyWhitespace, o.MinifyIdentifiers = true, true, true
	o.LegalComments = api.LegalCommentsNone // the licences are in licenses.txt
	o.Engines = engines
	o.NodePaths = []string{filepath.Join(root, "vendor")}
	o.JSX, o.JSXImportSource = api.JSXAutomatic, "preact"
	o.AssetNames = "[name]"
	o.Loader = map[string]api.Loader{".woff2": api.LoaderFile}
	return o
}

// bundle gives the files of entry points by name.
func bundle(root string, points []api.EntryPoint, o api.BuildOptions) (map[string][]byte, error) {
	o = options(root, o)
	o.EntryPointsAdvanced = points
	result := api.Build(o)
	if err := failure(result.Errors); err != nil {
		return nil, err
	}
	files := make(map[string][]byte)
	for _, f := range result.OutputFiles {
		name, err := filepath.Rel(o.Outdir, f.Path)
		if err != nil {
			return nil, fmt.Errorf("name page file: %w", err)
		}
		files[filepath.ToSlash(name)] = f.Contents
	}
	return files, nil
}

// addWords adds the languages that the page reads when they are wanted: the names
// of all words once, and for each language what they are in it, in the same order.
// A quarter of the page's bytes are spared by that. The mark keeps a language of
// one page from being read with the names of another. English is in the scripts.
func addWords(root string, files map[string][]byte) error {
	english, err := readWords(filepath.Join(root, "src", "i18n", "en.json"))
	if err != nil {
		return err
	}
	names := slices.Sorted(maps.Keys(english))
	all, err := json.Marshal(names)
	if err != nil {
		return fmt.Errorf("write the names of words: %w", err)
	}
	mark := fmt.Sprintf("%x", sha256.Sum256(all))[:8]
	files["words.json"] = fmt.Appendf(nil, `{"mark":%q,"words":%s}`, mark, all)
	for _, lang := range []string{"de", "id", "th", "zh-Hans"} {
		words, err := readWords(filepath.Join(root, "src", "i18n", lang+".json"))
		if err != nil {
			return err
		}
		texts := make([]string, len(names))
		for i, name := range names {
			texts[i] = words[name] // a test wants them all
		}
		all, err := json.Marshal(texts)
		if err != nil {
			return fmt.Errorf("write the words of %s: %w", lang, err)
		}
		files["words."+lang+".json"] = fmt.Appendf(nil, `{"mark":%q,"words":%s}`, mark, all)
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
