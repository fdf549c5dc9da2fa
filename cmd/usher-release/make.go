package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"usher/firmware"
	"usher/firmware/release"
)

// For how long things hold, days.
const (
	rootDays   = 365
	listDays   = 180
	onlineDays = 7
)

func keyVerb(*flag.FlagSet) action {
	return func(_ context.Context, out io.Writer, words []string) error {
		if err := needWords(words, 1, 1); err != nil {
			return err
		}
		if _, err := release.NewKey(words[0]); err != nil {
			return fmt.Errorf("make a key: %w", err)
		}
		_, err := fmt.Fprintf(out, "%s is the key: keep it, and a copy of it, where nobody else reads.\n%s.pub may be given to anybody.\n", words[0], words[0])
		return err
	}
}

// repoFlag is the repository of a verb.
func repoFlag(fs *flag.FlagSet) func() (*release.Repo, error) {
	dir := fs.String("repo", "", "`folder` of the repository")
	return func() (*release.Repo, error) {
		if *dir == "" {
			return nil, usage("-repo is missing")
		}
		return release.Open(*dir, time.Now)
	}
}

func rootVerb(fs *flag.FlagSet) action {
	repo := repoFlag(fs)
	root := fs.String("root", "", "public keys that sign roots: kept in safes")
	releases := fs.String("releases", "", "public keys that sign lists of releases: kept off the network")
	online := fs.String("online", "", "public keys of the machine that publishes")
	threshold := fs.Int("threshold", 2, "how many root keys, and how many release keys, must sign")
	days := fs.Int("days", rootDays, "for how long it holds, days")
	return func(_ context.Context, out io.Writer, words []string) error {
		if err := needWords(words, 0, 0); err != nil {
			return err
		}
		r, err := repo()
		if err != nil {
			return err
		}
		p := release.RootPlan{Threshold: *threshold, Days: *days}
		for _, f := range []struct {
			list string
			into *[]release.Public
		}{{*root, &p.Root}, {*releases, &p.Releases}, {*online, &p.Online}} {
			for _, name := range names(f.list) {
				k, err := release.LoadPublic(name)
				if err != nil {
					return err
				}
				*f.into = append(*f.into, k)
			}
		}
		if err := r.StageRoot(p); err != nil {
			return err
		}
		return staged(out, r.Staged("root"))
	}
}

func names(list string) (all []string) {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			all = append(all, name)
		}
	}
	return all
}

// staged shows what there is to sign, and says how to go on.
func staged(out io.Writer, file string) error {
	if err := release.Describe(out, file); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "To be signed: %s\nNext: usher-release sign -key FILE %s, as often as it needs, and usher-release publish.\n", file, file)
	return err
}

// noteFlags are notes by language: -notes de=FILE.
type noteFlags map[string]string

func (n noteFlags) String() string { return "" }

// Set implements flag.Value.
func (n noteFlags) Set(s string) error {
	lang, name, ok := strings.Cut(s, "=")
	if !ok {
		return errors.New("must be like de=FILE")
	}
	text, err := os.ReadFile(name)
	n[lang] = strings.TrimSpace(string(text))
	return err
}

func buildVerb(fs *flag.FlagSet) action {
	repo := repoFlag(fs)
	img := fs.String("image", "", "the image: a file system of 4 KiB blocks, not compressed")
	version := fs.String("version", "", "such as 2026.11.2")
	boards := fs.String("board", "", "what it runs on, such as acme-stick-3")
	counter := fs.Uint64("counter", math.MaxUint64, "raised by one when this release must not be undone")
	notes := noteFlags{}
	fs.Var(notes, "notes", "`LANGUAGE=FILE` with what is new; may be given more than once")
	days := fs.Int("days", listDays, "for how long the list holds, days")
	change := termFlags(fs, 0)
	return func(_ context.Context, out io.Writer, words []string) error {
		switch err := needWords(words, 0, 0); {
		case err != nil:
			return err
		case *img == "" || *version == "" || *boards == "":
			return usage("-image, -version and -board are needed")
		case *counter == math.MaxUint64:
			return usage("-counter is missing: it decides what boxes can go back to, so there is no default")
		}
		r, err := repo()
		if err != nil {
			return err
		}
		f, err := os.Open(*img)
		if err != nil {
			return err
		}
		defer f.Close()
		terms := firmware.Release{Version: *version, Boards: names(*boards), Counter: *counter, Notes: notes}
		change(&terms)
		if _, err := r.StageRelease(f, terms, *days); err != nil {
			return err
		}
		return staged(out, r.Staged("targets"))
	}
}

// termFlags are for whom a release is. What is not given stays.
func termFlags(fs *flag.FlagSet, percent int) func(*firmware.Release) {
	share := fs.Int("percent", percent, "share of boxes that may take it")
	groups := fs.String("groups", "", "groups of boxes that may take it besides")
	var from, urgent timeFlag
	fs.Var(&from, "from", "`time` from which it may be taken, such as 2026-12-01T03:00:00Z")
	fs.Var(&urgent, "urgent", "`time` from which it is installed also where somebody puts it off")
	return func(r *firmware.Release) {
		fs.Visit(func(f *flag.Flag) {
			switch f.Name {
			case "percent":
				r.Percent = *share
			case "groups":
				r.Groups = names(*groups)
			case "from":
				r.From = from.Time
			case "urgent":
				r.Urgent = urgent.Time
			}
		})
	}
}

func rolloutVerb(fs *flag.FlagSet) action {
	repo := repoFlag(fs)
	days := fs.Int("days", listDays, "for how long the list holds, days")
	change := termFlags(fs, 0)
	return relist(repo, days, func(r *firmware.Release) bool { change(r); return true })
}

func withdrawVerb(fs *flag.FlagSet) action {
	return relist(repoFlag(fs), fs.Int("days", listDays, "for how long the list holds, days"), func(*firmware.Release) bool { return false })
}

func relist(repo func() (*release.Repo, error), days *int, change func(*firmware.Release) bool) action {
	return func(_ context.Context, out io.Writer, words []string) error {
		if err := needWords(words, 1, 1); err != nil {
			return err
		}
		r, err := repo()
		if err != nil {
			return err
		}
		if err := r.StageTerms(words[0], *days, change); err != nil {
			return err
		}
		return staged(out, r.Staged("targets"))
	}
}

func resignVerb(fs *flag.FlagSet) action {
	repo := repoFlag(fs)
	days := fs.Int("days", listDays, "for how long the list holds, days")
	return func(_ context.Context, out io.Writer, words []string) error {
		if err := needWords(words, 0, 0); err != nil {
			return err
		}
		r, err := repo()
		if err != nil {
			return err
		}
		if err := r.StageList(*days); err != nil {
			return err
		}
		return staged(out, r.Staged("targets"))
	}
}
