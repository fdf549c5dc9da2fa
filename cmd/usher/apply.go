package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"usher/internal/bundle"
	"usher/internal/jws"
)

const applyDetail = `FILE is a signed bundle, or the folder of a USB stick with box-provision.jws in
it. The box takes it when one of the keys of bundle.keys in usher.toml signed it,
for this box's serial number, in time, and with a number above the last one. It
starts anew with the services and settings of the bundle, and uses its ticket: it
is connected without a code. Ends with 4 when bundle or ticket is refused, with 7
when the service was not reached yet (the box goes on trying).`

const bundleDetail = `usher bundle key KEY.pem makes a signing key, and prints the key set for bundle.keys
of the boxes. KEY.pem stays with whoever signs.
usher bundle sign KEY.pem SITE.json prints a bundle of what SITE.json says; see
docs/installers.md for it. Neither needs a daemon.`

// bundleFile is the one file of a stick that is looked at.
const bundleFile = "box-provision.jws"

// applyTime is how long a box may take to be connected once it is back.
const applyTime = 20 * time.Second

// siteView is what the daemon says about bundles.
type siteView struct {
	Serial  string `json:"serial"`
	Signers []struct {
		Key      string `json:"key"`
		Sequence uint64 `json:"sequence"`
		Bundle   string `json:"bundle,omitempty"`
	} `json:"signers"`
	Services []struct {
		ID     string `json:"id"`
		URL    string `json:"url"`
		Issuer string `json:"issuer,omitempty"`
	} `json:"services"`
	Language string   `json:"language,omitempty"`
	Metered  string   `json:"metered"`
	Brand    string   `json:"brand"`
	Waiting  []string `json:"waiting"`
	Refused  []struct {
		Service string `json:"service"`
		Code    string `json:"code"`
	} `json:"refused"`
}

// apply hands a bundle to the daemon, waits for it to come back, and says what
// became of the ticket.
func apply(ctx context.Context, a *app, words []string) error {
	text, err := readBundle(words[0])
	if err != nil {
		return err
	}
	if err := a.untilItGoes(ctx, "box.apply", map[string]string{"bundle": text}); err != nil {
		return err
	}
	return a.applied(ctx)
}

// untilItGoes makes a call that the daemon answers, and then starts again.
func (a *app) untilItGoes(ctx context.Context, method string, params any) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	c.patience = 30 * time.Second
	if err := c.call(ctx, method, params, nil); err != nil {
		return local(err)
	}
	for err == nil {
		_, err = c.next(ctx)
	}
	if ctx.Err() != nil {
		return gone(ctx, ctx.Err())
	}
	return nil
}

// readBundle reads the file, or the one file of a folder that is looked at. No
// link is followed: a stick comes from outside.
func readBundle(name string) (string, error) {
	info, err := os.Lstat(name)
	if err == nil && info.IsDir() {
		name = filepath.Join(name, bundleFile)
		info, err = os.Lstat(name)
	}
	if err != nil {
		return "", usage(fmt.Sprintf("The bundle cannot be read: %v.", root(err)), "Name the file, or the folder that has "+bundleFile+".")
	}
	if !info.Mode().IsRegular() || info.Size() > bundle.MaxBytes {
		return "", &failure{code: exitRefused, key: "bundle_damaged", text: fmt.Sprintf("%s is no file of at most %d bytes.", name, bundle.MaxBytes), hint: "A bundle is one small file, and no link."}
	}
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("read bundle: %w", err)
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, bundle.MaxBytes+1))
	if err != nil {
		return "", fmt.Errorf("read bundle: %w", err)
	}
	text := strings.TrimSuffix(string(raw), "\n") // editors end a file so
	if text == "" {
		return "", &failure{code: exitRefused, key: "bundle_damaged", text: name + " is empty.", hint: "Copy the bundle to the stick again."}
	}
	return text, nil
}

// applied waits until the daemon is back and its tickets are used.
func (a *app) applied(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, wipeTime)
	defer cancel()
	var v siteView
	for until := time.Now().Add(applyTime); ; {
		err := a.ask(ctx, "box.site", &v)
		f, ok := errors.AsType[*failure](err)
		switch {
		case err != nil && (!ok || f.code != exitUnreachable):
			return err
		case err == nil && (len(v.Waiting) == 0 || time.Now().After(until)):
			return a.tellApplied(v)
		}
		select {
		case <-ctx.Done():
			return &failure{code: exitTimeout, key: "timeout", text: "The daemon did not come back in time.", hint: "Start it; the bundle is applied."}
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func (a *app) tellApplied(v siteView) error {
	if err := a.tellSite(v); err != nil {
		return err
	}
	switch {
	case len(v.Refused) > 0:
		r := v.Refused[0]
		return &failure{code: exitRefused, key: "ticket_refused", text: fmt.Sprintf("The bundle is applied, but %s did not take the ticket (%s).", r.Service, r.Code), hint: "Connect the box by code: usher pair"}
	case len(v.Waiting) > 0:
		return &failure{code: exitPartly, key: "ticket_waits", text: fmt.Sprintf("The bundle is applied; %s was not reached yet, and the box goes on trying.", v.Waiting[0]), hint: "Look later: usher export, usher status"}
	}
	return nil
}

func (a *app) tellSite(v siteView) error {
	if a.opt.json {
		return a.print(v)
	}
	return a.table(func(w io.Writer) {
		fmt.Fprintf(w, "serial\t%s\n", v.Serial)
		for _, s := range v.Signers {
			fmt.Fprintf(w, "signer\t%s, last bundle %d %s\n", s.Key, s.Sequence, s.Bundle)
		}
		for _, s := range v.Services {
			fmt.Fprintf(w, "service\t%s %s\n", s.ID, s.URL)
		}
		fmt.Fprintf(w, "language\t%s\nmetered\t%s\nbrand\t%s\n", v.Language, v.Metered, v.Brand)
	})
}

// export prints what a bundle for this box needs: its serial number, the
// numbers that its signers have used, services and settings. No secrets.
func export(ctx context.Context, a *app, _ []string) error {
	var v siteView
	if err := a.ask(ctx, "box.site", &v); err != nil {
		return err
	}
	a.opt.json = true // it is for the program that makes the bundle
	return a.print(v)
}

// bundles makes keys and signs. It asks no daemon.
func bundles(_ context.Context, a *app, words []string) error {
	switch {
	case words[0] == "key" && len(words) == 2:
		return a.newKey(words[1])
	case words[0] == "sign" && len(words) == 3:
		return a.signBundle(words[1], words[2])
	}
	return usage("Use: usher bundle key KEY.pem | sign KEY.pem SITE.json", "See: usher help bundle")
}

func (a *app) newKey(name string) error {
	k, pem, err := jws.NewKey()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // a key is never overwritten
	if err != nil {
		return fmt.Errorf("store key: %w", err)
	}
	_, err = f.Write(pem)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("store key: %w", err)
	}
	_, err = fmt.Fprintln(a.out, k.Public())
	return err
}

func (a *app) signBundle(keyName, siteName string) error {
	pem, err := os.ReadFile(keyName)
	if err != nil {
		return fmt.Errorf("read key: %w", err)
	}
	k, err := jws.ReadKey(pem)
	if err != nil {
		return usage(fmt.Sprintf("%s cannot be used: %v.", keyName, err), "Make a key: usher bundle key KEY.pem")
	}
	site, err := os.ReadFile(siteName)
	if err != nil {
		return fmt.Errorf("read site: %w", err)
	}
	text, err := bundle.Sign(site, k)
	if err != nil {
		return usage(fmt.Sprintf("No box would take it: %v.", err), "docs/installers.md says what a bundle has.")
	}
	_, err = fmt.Fprintln(a.out, text)
	return err
}
