package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"usher/internal/durable"
	"usher/internal/jws"
	"usher/internal/oem"
)

const oemDetail = `For whoever makes boxes; none of it needs a daemon. docs/porting.md leads through it.
usher oem key KEY.pem makes a signing key, and prints the key set for oem.keys of
the boxes. KEY.pem stays with whoever signs.
usher oem lint DIR looks at the folder that an overlay is made of: overlay.toml (name,
version), usher.toml, and the files that it names as "oem:NAME". Ends with 1 when
something is wrong. usher oem lint FILE --keys KEYS.json verifies an overlay as a
box does, and looks into it.
usher oem pack KEY.pem DIR FILE lints and signs. The same folder gives the same bytes.`

// oemFlags are those of oem lint.
type oemFlags struct{ keys string }

func oemFlagSet(fs *flag.FlagSet, o *options) {
	fs.StringVar(&o.oem.keys, "keys", "", "key set `FILE` that an overlay is verified with")
}

// oemVerbs are what those need who make boxes.
func oemVerbs() []verb {
	return []verb{
		{name: "oem", args: "lint DIR | lint FILE | pack KEY.pem DIR FILE | key KEY.pem", min: 2, most: 4, summary: "look at, and sign, what makes a box a brand's own", detail: oemDetail, run: oemVerb, flags: oemFlagSet},
	}
}

func oemVerb(_ context.Context, a *app, words []string) error {
	switch {
	case words[0] == "lint" && len(words) == 2:
		return a.lintOEM(words[1])
	case words[0] == "pack" && len(words) == 4:
		return a.packOEM(words[1], words[2], words[3])
	case words[0] == "key" && len(words) == 2:
		return a.newKey(words[1])
	}
	return usage("Use: usher oem lint DIR | lint FILE --keys KEYS.json | pack KEY.pem DIR FILE | key KEY.pem", "See: usher help oem")
}

// lintOEM looks at a folder, or at an overlay.
func (a *app) lintOEM(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return usage(fmt.Sprintf("The overlay cannot be read: %v.", root(err)), "Name the folder that has usher.toml, or the overlay.")
	}
	o, problems := &oem.Overlay{}, []oem.Problem(nil)
	if info.IsDir() {
		o, problems = oem.ReadFolder(os.DirFS(name))
	} else if o, err = a.openOEM(name); err != nil {
		return err
	}
	r := o.Lint()
	r.Problems = append(append([]oem.Problem{}, problems...), r.Problems...)
	if err := a.tellOEM(o, r); err != nil {
		return err
	}
	return refuseOEM(r)
}

func refuseOEM(r oem.Report) error {
	if len(r.Problems) == 0 {
		return nil
	}
	return &failure{code: exitFailed, key: "overlay_wrong", text: fmt.Sprintf("The overlay has %s.", counted(len(r.Problems), "problem")), hint: "Mend the files, and look again: usher oem lint"}
}

func counted(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// openOEM verifies an overlay as a box does.
func (a *app) openOEM(name string) (*oem.Overlay, error) {
	if a.opt.oem.keys == "" {
		return nil, usage("With which keys is the overlay to be verified?", "Add: --keys KEYS.json, the file that oem.keys of the boxes names")
	}
	keys, err := oem.ReadKeys(a.opt.oem.keys)
	if err != nil {
		return nil, usage(fmt.Sprintf("The keys %s cannot be used: %v.", a.opt.oem.keys, root(err)), "usher oem key prints such a set.")
	}
	o, err := oem.ReadOverlay(name, keys)
	if err != nil {
		return nil, &failure{code: exitRefused, key: "overlay_refused", text: fmt.Sprintf("No box would take %s: %v.", name, err), hint: "Pack it again: usher oem pack"}
	}
	return o, nil
}

func (a *app) tellOEM(o *oem.Overlay, r oem.Report) error {
	if a.opt.json {
		return a.print(map[string]any{"name": o.Name, "version": o.Version, "signer": o.Signer, "problems": r.Problems, "notes": r.Notes, "files": r.Files})
	}
	for _, p := range r.Problems {
		tellProblem(a.out, "wrong", p)
	}
	for _, p := range r.Notes {
		tellProblem(a.out, "note", p)
	}
	if len(r.Problems) > 0 {
		return nil
	}
	return a.table(func(w io.Writer) {
		fmt.Fprintf(w, "overlay\t%s %s\n", o.Name, o.Version)
		if o.Signer != "" {
			fmt.Fprintf(w, "signed by\t%s\n", o.Signer)
		}
		for _, name := range r.Files {
			fmt.Fprintf(w, "file\t%s\t%d bytes\n", name, len(o.Files[name]))
		}
	})
}

// tellProblem is in the form of compilers, so that editors find the line.
func tellProblem(w io.Writer, kind string, p oem.Problem) {
	key := ""
	if p.Key != "" {
		key = p.Key + ": "
	}
	fmt.Fprintf(w, "%s: %s: %s%s\n", p.File, kind, key, p.Text)
	if p.Hint != "" {
		fmt.Fprintf(w, "  hint: %s\n", p.Hint)
	}
}

// packOEM lints, packs and signs. What was there is replaced only by a whole
// overlay.
func (a *app) packOEM(keyName, dir, name string) error {
	pem, err := os.ReadFile(keyName)
	if err != nil {
		return usage(fmt.Sprintf("The key cannot be read: %v.", root(err)), "Make one: usher oem key KEY.pem")
	}
	k, err := jws.ReadKey(pem)
	if err != nil {
		return usage(fmt.Sprintf("%s cannot be used: %v.", keyName, err), "Make a key: usher oem key KEY.pem")
	}
	o, problems := oem.ReadFolder(os.DirFS(dir))
	r := o.Lint()
	r.Problems = append(append([]oem.Problem{}, problems...), r.Problems...)
	if err := refuseOEM(r); err != nil {
		return errors.Join(a.tellOEM(o, r), err)
	}
	o.Keep(r.Files)
	packed, err := oem.Pack(o, k)
	if err != nil {
		return fmt.Errorf("sign overlay: %w", err)
	}
	if err := durable.Replace(name, packed); err != nil {
		return fmt.Errorf("store %s: %w", filepath.Base(name), err)
	}
	if err := os.Chmod(name, 0o644); err != nil { // it has no secrets, and usherd is another user
		return fmt.Errorf("let others read %s: %w", filepath.Base(name), err)
	}
	o.Signer = k.ID
	return a.tellOEM(o, r)
}
