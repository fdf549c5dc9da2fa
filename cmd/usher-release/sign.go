package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"usher/firmware/release"
)

func showVerb(*flag.FlagSet) action {
	return func(_ context.Context, out io.Writer, words []string) error {
		if err := needWords(words, 1, 1); err != nil {
			return err
		}
		return release.Describe(out, words[0])
	}
}

func signVerb(fs *flag.FlagSet) action {
	keys := fs.String("key", "", "private key `file`, or several with commas")
	return func(_ context.Context, out io.Writer, words []string) error {
		if err := needWords(words, 1, 1); err != nil {
			return err
		}
		if *keys == "" {
			return usage("-key is missing")
		}
		for _, name := range names(*keys) {
			k, err := release.LoadKey(name)
			if err != nil {
				return err
			}
			if err := release.Sign(words[0], k); err != nil {
				return err
			}
		}
		return release.Describe(out, words[0])
	}
}

func joinVerb(*flag.FlagSet) action {
	return func(_ context.Context, out io.Writer, words []string) error {
		if err := needWords(words, 2, -1); err != nil {
			return err
		}
		if err := release.Join(words[0], words[1:]...); err != nil {
			return err
		}
		return release.Describe(out, words[0])
	}
}

func publishVerb(fs *flag.FlagSet) action {
	repo := repoFlag(fs)
	key := fs.String("key", "", "private online key `file`")
	days := fs.Int("days", onlineDays, "for how long boxes believe that this is the newest, days: publish again before")
	return func(_ context.Context, out io.Writer, words []string) error {
		if err := needWords(words, 0, 0); err != nil {
			return err
		}
		r, err := repo()
		if err != nil {
			return err
		}
		k, err := release.LoadKey(*key)
		if err != nil {
			return fmt.Errorf("the online key: %w", err)
		}
		p, err := r.Publish(k, *days)
		if err != nil {
			return err
		}
		if p.Root > 0 {
			fmt.Fprintf(out, "root %d is published\n", p.Root)
		}
		if p.List > 0 {
			fmt.Fprintf(out, "list %d is published\n", p.List)
		}
		_, err = fmt.Fprintf(out, "timestamp %d holds for %d days. Serve: %s\n", p.Timestamp, *days, r.Public())
		return err
	}
}
