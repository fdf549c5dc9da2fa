package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

//go:embed usherd.8
var usherd8 string

// list is the file that says what a box has of the product: Buildroot and Yocto
// install it too (firmware/oem/install.sh).
const list = "firmware/oem/files"

// files are what the package installs, and the bill of materials.
func (j *job) files(ctx context.Context, b *built) (all []entry, bom []byte, err error) {
	if all, err = j.listed(b); err != nil {
		return nil, nil, err
	}
	overrides, err := os.ReadFile(filepath.Join(j.root, "tools", "deb", "lintian-overrides"))
	if err != nil {
		return nil, nil, fmt.Errorf("pack: %w", err)
	}
	all = append(all, entry{"usr/share/lintian/overrides/usher", 0o644, overrides})
	docs, bom, err := j.docs(ctx, b)
	return append(all, docs...), bom, err
}

// listed are the files of the list.
func (j *job) listed(b *built) ([]entry, error) {
	text, err := os.ReadFile(filepath.Join(j.root, list))
	if err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	var all []entry
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		e, err := j.taken(b, words)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", list, number, err)
		}
		all = append(all, e)
	}
	return all, nil
}

// taken is a file of the list: its mode, where it is from, its place on the box,
// and perhaps "commented".
func (j *job) taken(b *built, words []string) (entry, error) {
	if len(words) < 3 || len(words) == 4 && words[3] != "commented" || len(words) > 4 {
		return entry{}, errors.New("want: MODE FROM TO [commented]")
	}
	mode, err := strconv.ParseInt(words[0], 8, 64)
	if err != nil || mode&^0o777 != 0 {
		return entry{}, fmt.Errorf("mode %q: want three octal digits such as 0644", words[0])
	}
	from := filepath.Join(j.root, words[1])
	if program, ok := strings.CutPrefix(words[1], "@"); ok {
		from = filepath.Join(b.dir, program)
	}
	data, err := os.ReadFile(from)
	if err != nil {
		return entry{}, err
	}
	if len(words) == 4 {
		data = sample(data)
	}
	return entry{words[2], mode, data}, nil
}

// sample is the configuration with every key commented out: what it does not
// say is the daemon's default, also after an upgrade that changes one.
func sample(conf []byte) []byte {
	return regexp.MustCompile(`(?m)^([^#\[\s])`).ReplaceAll(conf, []byte("#$1"))
}

// docs are manual pages, completion, licences, changelog and bill of materials.
func (j *job) docs(ctx context.Context, b *built) ([]entry, []byte, error) {
	man, completion, err := j.texts(ctx)
	if err != nil {
		return nil, nil, err
	}
	mods, err := j.modules(ctx, b)
	if err != nil {
		return nil, nil, err
	}
	licences, err := j.copyright(ctx, mods)
	if err != nil {
		return nil, nil, err
	}
	bom, err := j.bom(filepath.Join(b.dir, "usherd"), filepath.Join(b.dir, "usher"), filepath.Join(b.dir, "usher-boot"))
	if err != nil {
		return nil, nil, err
	}
	texts := []entry{
		{"usr/share/bash-completion/completions/usher", 0o644, []byte(completion)},
		{"usr/share/doc/usher/copyright", 0o644, licences},
		{"usr/share/doc/usher/usher.cdx.json", 0o644, bom},
	}
	for _, z := range []struct{ to, text string }{
		{"usr/share/man/man1/usher.1.gz", man},
		{"usr/share/man/man8/usherd.8.gz", usherd8},
		{"usr/share/doc/usher/changelog.gz", j.changelog()},
	} {
		data, err := zipped([]byte(z.text))
		if err != nil {
			return nil, nil, err
		}
		texts = append(texts, entry{z.to, 0o644, data})
	}
	return texts, bom, nil
}

// changelog is the form that Debian's tools read; what changed for people is in
// the product's own.
func (j *job) changelog() string {
	return fmt.Sprintf("usher (%s) stable; urgency=medium\n\n  * Built from %s; CHANGELOG.md of the sources says what is new.\n\n -- %s  %s\n",
		j.version, j.git, j.maintainer, j.when.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
}

// copyright holds the licence of every part that is in the programs, in full:
// they are linked into one file each, and their licences want to go with it.
func (j *job) copyright(ctx context.Context, mods []module) ([]byte, error) {
	var out strings.Builder
	out.WriteString("Usher: Copyright the Usher authors. Licensed under the Apache License 2.0,\n/usr/share/common-licenses/Apache-2.0 on Debian systems.\n\nThe programs also contain the following.\n")
	goroot, err := output(ctx, j.root, sealed(), "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	page, err := os.ReadFile(filepath.Join(j.root, "internal", "ui", "web", "dist", "licenses.txt"))
	if err != nil {
		return nil, fmt.Errorf("licences of the page: %w", err)
	}
	fmt.Fprintf(&out, "\n==== The page\n\n%s", page)
	all := append([]module{{path: "Go's standard library", dir: strings.TrimSpace(goroot)}}, mods...)
	for _, m := range all {
		text, err := licence(m.dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.path, err)
		}
		fmt.Fprintf(&out, "\n==== %s %s\n\n%s", m.path, m.version, text)
	}
	return []byte(out.String()), nil
}

// licence is every licence and notice in a module's top folder. The Apache
// License itself is on every Debian system, and only named.
func licence(dir string) (string, error) {
	found, err := os.ReadDir(dir)
	if err != nil {
		return "", fmt.Errorf("look for the licence: %w", err)
	}
	name := regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.-].*)?$`)
	var texts []string
	for _, f := range found {
		if f.IsDir() || !name.MatchString(f.Name()) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			return "", fmt.Errorf("read the licence: %w", err)
		}
		texts = append(texts, apache(string(data)))
	}
	if len(texts) == 0 {
		return "", fmt.Errorf("no licence in %s", filepath.Base(dir))
	}
	slices.Sort(texts)
	return strings.Join(texts, "\n"), nil
}

// apache puts a reference in the place of the Apache License: of a file that
// holds nothing else, and of the text where a module has more licences in the
// same file.
func apache(text string) string {
	const (
		named = "Apache License 2.0, /usr/share/common-licenses/Apache-2.0\n"
		whole = 11_600 // bytes: the license with its appendix, and a line of copyright
		terms = 9_000  // bytes: less than the license without the appendix
	)
	if strings.HasPrefix(strings.TrimSpace(text), "Apache License") && len(text) < whole {
		return named
	}
	license := regexp.MustCompile(`(?s)[ \t]*Apache License\s+Version 2\.0, January 2004.*?END OF TERMS AND CONDITIONS\n`)
	return license.ReplaceAllStringFunc(text, func(found string) string {
		if len(found) < terms || len(found) > whole {
			return found // another text
		}
		return named
	})
}
