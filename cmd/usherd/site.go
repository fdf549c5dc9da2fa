package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"usher/device/pairing"
	"usher/internal/account"
	"usher/internal/box"
	"usher/internal/bundle"
	"usher/internal/config"
	"usher/internal/rights"
	"usher/internal/service"
	"usher/internal/ui"
)

// siteEdge is what an installer's bundles set.
type siteEdge struct {
	a       *appliance
	store   *bundle.Store
	base    *config.Loaded // without bundles
	serial  string
	tickets map[string]string // to be used yet, at the start
}

// openSite puts what bundles set over the configuration. What cannot be read is
// left out, and told: the box plays.
func (a *appliance) openSite() error {
	a.site = siteEdge{a: a, store: bundle.NewStore(a.folders.state), base: a.cfg, serial: serialOf(a.cfg)}
	site, err := a.site.store.Read()
	if err == nil {
		var next *config.Loaded
		if next, err = a.cfg.With(siteConfig(site)); err == nil {
			a.cfg, a.site.tickets = next, site.Tickets
			return nil
		}
	}
	a.part("site").Error("What bundles set is left out", "err", err)
	return nil
}

func siteConfig(s bundle.Site) config.Site {
	c := config.Site{Language: s.Settings.Language, Metered: s.Settings.Metered, Brand: s.Settings.Brand}
	for _, one := range s.Services {
		c.Services = append(c.Services, config.SiteService(one))
	}
	return c
}

// serialOf is the serial number of the box: the configuration's, or that of
// its firmware (device tree, DMI); "" where none is known. The unit's /proc has
// processes alone, without the device tree.
func serialOf(cfg *config.Loaded) string {
	if cfg.Bundle.Serial != "" {
		return cfg.Bundle.Serial
	}
	for _, name := range []string{"/proc/device-tree/serial-number", "/sys/firmware/devicetree/base/serial-number", "/sys/class/dmi/id/product_serial"} {
		raw, err := os.ReadFile(name)
		serial := strings.Trim(string(raw), "\x00 \n")
		if err == nil && serial != "" && len(serial) <= 64 && !strings.ContainsFunc(serial, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return serial
		}
	}
	return ""
}

// keys are those whose bundles are taken.
func (s siteEdge) keys() (rights.Keys, error) {
	name := s.base.Bundle.Keys
	if name == "" {
		return rights.Keys{}, &box.Problem{Code: "bundle_off", Text: "This daemon takes no bundles.", Hint: "Name the keys of those whose bundles it is to take: bundle.keys in usher.toml"}
	}
	raw, err := s.base.ReadFile(name, rights.MaxKeys)
	if err == nil {
		var keys rights.Keys
		if keys, err = rights.ParseKeys(raw); err == nil {
			return keys, nil
		}
	}
	return rights.Keys{}, &box.Problem{Code: "bundle_off", Text: "The keys of bundles cannot be used: " + err.Error() + ".", Hint: "Repair the file that bundle.keys in usher.toml names."}
}

// Apply is ui.Site's.
func (s siteEdge) Apply(_ context.Context, text string) error {
	keys, err := s.keys()
	if err != nil {
		return err
	}
	now := time.Now()
	if now.Before(built()) {
		return &box.Problem{Code: "bundle_clock", Text: "The clock of the box stands at " + now.Format(time.DateOnly) + ", so nobody can tell whether the bundle is in time.", Hint: "Connect the box to the network and wait a minute, or run: timedatectl set-ntp true"}
	}
	if p := s.a.daemon.View().Playback.Phase; p != "" && p != "idle" && p != "ended" && p != "failed" {
		return &box.Problem{Code: "bundle_watching", Text: "Somebody watches, and the box would start anew.", Hint: "Wait for the end, or stop it: usher stop"}
	}
	b, err := bundle.Parse(text, keys)
	if err != nil {
		return bundleProblem(err)
	}
	err = s.store.Change(func(before bundle.Site) (bundle.Site, error) {
		if err := b.Check(s.serial, now, before); err != nil {
			return before, err
		}
		next := before.With(b, s.serial, now)
		_, err := s.base.With(siteConfig(next))
		return next, err
	})
	if err != nil {
		return bundleProblem(err)
	}
	s.a.part("site").Info("Bundle was applied", "bundle", b.ID, "signer", b.Signer, "sequence", b.Sequence)
	time.AfterFunc(restartAfter, func() { s.a.again(errAgain) })
	return nil
}

// bundleProblem says why a bundle is not applied; an error of the disk stays
// what it is.
func bundleProblem(err error) error {
	for _, p := range []struct {
		err        error
		code, hint string
	}{
		{bundle.ErrForeign, "bundle_foreign", "Ask for a bundle with this box's serial number: usher export"},
		{bundle.ErrEarly, "bundle_early", "Look at the clock of the box: usher doctor"},
		{bundle.ErrExpired, "bundle_expired", "Have it signed anew, with a later end and the next number."},
		{bundle.ErrOld, "bundle_old", "Have it signed anew, with a number above what usher export shows."},
		{bundle.ErrDamaged, "bundle_damaged", "Have it signed anew: usher bundle sign"},
		{rights.ErrFormat, "bundle_damaged", "Copy it to the stick again."},
		{rights.ErrKey, "bundle_signature", "Have it signed with a key that bundle.keys in usher.toml has."},
		{rights.ErrAlgorithm, "bundle_signature", "Have it signed with a key that bundle.keys in usher.toml has."},
		{rights.ErrSignature, "bundle_signature", "It was changed after it was signed: use the original."},
	} {
		if errors.Is(err, p.err) {
			return &box.Problem{Code: p.code, Text: bundleWords(err), Hint: p.hint}
		}
	}
	if _, ok := errors.AsType[*config.Error](err); ok {
		return &box.Problem{Code: "bundle_damaged", Text: bundleWords(err), Hint: "Have it signed anew with a value that the box takes."}
	}
	return err
}

func bundleWords(err error) string {
	return "The bundle is not applied: " + strings.ReplaceAll(err.Error(), "\n", "; ") + "."
}

// Show is ui.Site's.
func (s siteEdge) Show(context.Context) (ui.SiteView, error) {
	site, err := s.store.Read()
	if err != nil {
		return ui.SiteView{}, err
	}
	c := s.a.cfg
	v := ui.SiteView{
		Serial: s.serial, Signers: []ui.SiteSigner{}, Services: []ui.SiteService{}, Language: c.Language, Metered: c.Network.Metered, Brand: c.TV.Name,
		Waiting: slices.AppendSeq([]string{}, maps.Keys(site.Tickets)), Refused: []ui.SiteRefusal{},
	}
	slices.Sort(v.Waiting)
	for _, one := range c.Services {
		v.Services = append(v.Services, ui.SiteService{ID: one.ID, URL: one.URL, Issuer: one.Account.Issuer})
	}
	for _, id := range slices.Sorted(maps.Keys(site.Refused)) {
		v.Refused = append(v.Refused, ui.SiteRefusal{Service: id, Code: site.Refused[id]})
	}
	keys, _ := s.keys() // without any there are none to show
	for _, id := range keys.IDs() {
		m := site.Signers[id]
		one := ui.SiteSigner{Key: id, Sequence: m.Sequence, Bundle: m.ID}
		if !m.Applied.IsZero() {
			one.AppliedMS = m.Applied.UnixMilli()
		}
		v.Signers = append(v.Signers, one)
	}
	return v, nil
}

// services use the tickets that are left, each until its service answered.
func (s siteEdge) services() []service.Service {
	if len(s.tickets) == 0 || s.a.account.all == nil {
		return nil
	}
	return []service.Service{{Name: "tickets", Run: s.enrol}}
}

func (s siteEdge) enrol(ctx context.Context) error {
	var all sync.WaitGroup
	for id, ticket := range s.tickets {
		all.Go(func() { s.redeem(ctx, id, ticket) })
	}
	all.Wait()
	<-ctx.Done()
	return nil
}

// How often a ticket is tried while its service is away.
const (
	ticketSoon   = 250 * time.Millisecond
	ticketSeldom = time.Minute
)

// redeem uses one ticket. What is settled is on the disk before the next try
// could begin, so that a ticket is never used for a second account.
func (s siteEdge) redeem(ctx context.Context, id, ticket string) {
	for wait := ticketSoon; ; wait = min(2*wait, ticketSeldom) {
		err := s.a.account.all.Enrol(ctx, id, account.Ticket{Secret: pairing.Secret(ticket), Serial: s.serial})
		if code, done := ticketDone(err); done {
			if code != "" {
				s.a.part("site").Warn("Ticket was not taken; connect the box by code", "service", id, "code", code)
			}
			if err := s.store.Settle(id, ticket, code); err != nil {
				s.a.part("site").Error("Ticket cannot be crossed out", "service", id, "err", err)
			}
			return
		}
		s.a.part("site").Debug("Ticket is tried again", "service", id, "err", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// ticketDone says whether a ticket is done with, and the error code if it was not
// taken.
func ticketDone(err error) (code string, done bool) {
	if refused, ok := errors.AsType[*account.TicketError](err); ok {
		return refused.Code, true
	}
	switch {
	case err == nil, errors.Is(err, account.ErrPaired):
		return "", true
	case errors.Is(err, account.ErrUnknown):
		return "no_account", true
	}
	return fmt.Sprint(err), false
}
