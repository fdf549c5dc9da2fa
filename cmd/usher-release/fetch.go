package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"usher/firmware"
	"usher/firmware/fetch"
	"usher/firmware/fleet"
	"usher/firmware/trust"
)

// fetcher is a box as far as fetching goes.
type fetcher struct {
	url, root, ca, old, out string
	box                     fleet.Box
	groups                  string
	present                 fleet.Present
}

func fetchVerb(fs *flag.FlagSet) action {
	f := &fetcher{}
	fs.StringVar(&f.url, "url", "", "where the public folder is served")
	fs.StringVar(&f.root, "root", "", "root that the box left the factory with, such as public/metadata/1.root.json")
	fs.StringVar(&f.ca, "ca", "", "PEM `file` of the authority of the web server; default is the system's")
	fs.StringVar(&f.box.Board, "board", "", "what the box is")
	fs.StringVar(&f.box.ID, "id", "usher-release", "of the box, for its place among all")
	fs.StringVar(&f.groups, "groups", "", "groups that the box is in")
	fs.StringVar(&f.present.Version, "present", "", "version that the box runs")
	fs.StringVar(&f.old, "old", "", "image that the box runs: what is in it is not fetched")
	fs.StringVar(&f.out, "out", "", "where to write the image; default is to check it only")
	return func(ctx context.Context, out io.Writer, words []string) error {
		if err := needWords(words, 0, 0); err != nil {
			return err
		}
		if f.url == "" || f.root == "" || f.box.Board == "" {
			return usage("-url, -root and -board are needed")
		}
		f.box.Groups = names(f.groups)
		return f.run(ctx, out)
	}
}

func (f *fetcher) run(ctx context.Context, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "usher-release-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	disk, err := trust.OpenFile(filepath.Join(dir, "metadata"))
	if err != nil {
		return err
	}
	defer disk.Close()
	budget := fetch.NewBudget(0, 0)
	client, err := f.client(disk, budget)
	if err != nil {
		return err
	}
	defer client.Repository.Server.Close()
	o, skipped, err := client.Check(ctx, f.present)
	if err != nil {
		return err
	}
	for _, s := range skipped {
		fmt.Fprintf(out, "%s is not for this box: %s\n", s.Version, s.Why)
	}
	if o == nil {
		_, err = fmt.Fprintln(out, "nothing to install")
		return err
	}
	taken, err := f.take(ctx, o)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: %d bytes, of which %d were there already; %d bytes were fetched in all\n", o.Release.Version, o.Release.Size, taken, budget.Spent())
	return err
}

func (f *fetcher) client(disk trust.Disk, budget *fetch.Budget) (*fleet.Static, error) {
	root, err := os.ReadFile(f.root)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	clock := trust.NewClock(trust.ClockOptions{Built: start.AddDate(-1, 0, 0), Wall: time.Now, Mono: func() time.Duration { return time.Since(start) }})
	keeper, err := trust.New(trust.Options{Root: root, Disk: disk, Clock: clock, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	o := fetch.Options{Base: f.url, Clock: clock, Budget: budget, UserAgent: "usher-release/" + version}
	if f.ca != "" {
		if o.Transport, err = authority(f.ca); err != nil {
			return nil, err
		}
	}
	server, err := fetch.New(o)
	if err != nil {
		return nil, err
	}
	return &fleet.Static{Repository: &fleet.Repository{Keeper: keeper, Server: server}, Box: f.box, Clock: clock}, nil
}

func authority(name string) (http.RoundTripper, error) {
	pem, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", name)
	}
	return &http.Transport{DisableCompression: true, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}}, nil
}

// take fetches the image, and says how much of it came from the old one.
func (f *fetcher) take(ctx context.Context, o *fleet.Offer) (taken int64, err error) {
	var old io.ReaderAt
	var size int64
	if f.old != "" {
		file, err := os.Open(f.old)
		if err != nil {
			return 0, err
		}
		defer file.Close()
		if size, err = file.Seek(0, io.SeekEnd); err != nil {
			return 0, err
		}
		old = file
	}
	into := io.Discard
	if f.out != "" {
		file, err := os.OpenFile(f.out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		into = file
	}
	d, err := o.Open(ctx, old, size)
	if err != nil {
		return 0, err
	}
	defer d.Close()
	return chunks(ctx, o.Release, d, into)
}

func chunks(ctx context.Context, r firmware.Release, d *fleet.Download, into io.Writer) (int64, error) {
	buf := make([]byte, r.Chunk)
	for i := range r.Chunks {
		c := buf[:r.Length(i)]
		if err := firmware.Take(ctx, d, r, i, c); err != nil {
			return 0, err
		}
		if _, err := into.Write(c); err != nil {
			return 0, fmt.Errorf("write the image: %w", err)
		}
	}
	return d.Taken(), nil
}
