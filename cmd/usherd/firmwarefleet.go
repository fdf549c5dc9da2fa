package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"usher/firmware/fetch"
	"usher/firmware/fleet"
	"usher/firmware/fleet/ddi"
	"usher/firmware/trust"
	"usher/internal/config"
	"usher/internal/durable"
)

// led is what says which release the box takes, and when it is asked again.
type led struct {
	client fleet.Client
	next   func(failures int) time.Duration
	server *fetch.Server
}

// openFleet opens what says which release the box takes.
func (a *appliance) openFleet(c config.Firmware, folder string, gate *fetch.Gate) (led, error) {
	id, err := boxID(filepath.Join(folder, "id"))
	if err != nil {
		return led{}, err
	}
	clock := trust.NewClock(trust.ClockOptions{Built: builtAt(debug.ReadBuildInfo()), Wall: time.Now, Mono: sinceBoot(), Synced: clockSynced})
	keeper, memory, err := openTrust(a.cfg, c.Root, filepath.Join(folder, "trust"), clock, a.part("trust"))
	if err != nil {
		return led{}, err
	}
	a.later(memory.Close)
	server, err := fetch.New(fetch.Options{Base: c.URL, Clock: clock, Gate: gate, UserAgent: "usher/" + version})
	if err != nil {
		return led{}, err
	}
	a.later(func() error { server.Close(); return nil })
	repository := &fleet.Repository{Keeper: keeper, Server: server}
	box := fleet.Box{ID: id, Board: c.Board, Groups: c.Groups}
	if a.cfg.Hawkbit.URL == "" || a.cfg.Firmware.URL == "" {
		return led{&fleet.Static{Repository: repository, Box: box, Clock: clock}, box.Next, server}, nil
	}
	return a.openHawkbit(&fleet.Led{Repository: repository, Box: box, Clock: clock}, clock)
}

var errHawkbit = errors.New("hawkbit.url needs hawkbit.token, and hawkbit.id where the box has no serial number")

// openHawkbit has hawkBit lead: it says which of the signed releases, and when.
func (a *appliance) openHawkbit(l *fleet.Led, clock fetch.Clock) (led, error) {
	c := a.cfg.Hawkbit
	id := c.ID
	if id == "" {
		id = serialOf(a.cfg)
	}
	if c.Token == "" || id == "" {
		return led{}, errHawkbit
	}
	token, err := durable.Read(c.Token, 4<<10)
	if err != nil {
		return led{}, fmt.Errorf("hawkbit.token: %w", err)
	}
	l.Server, err = ddi.New(ddi.Options{
		Base: c.URL, Tenant: c.Tenant, ID: id, Token: strings.TrimSpace(string(token)), Gateway: c.Kind == "gateway",
		Transport: fetch.NewTransport(clock), UserAgent: "usher/" + version,
	})
	if err != nil {
		return led{}, err
	}
	a.later(func() error { l.Server.Close(); return nil })
	return led{l, l.Next, l.Repository.Server}, nil
}

// boxID is a number of the box's own, which is made once and never sent.
func boxID(name string) (string, error) {
	data, err := durable.Read(name, 128)
	if err == nil && len(data) > 0 {
		return string(data), nil
	}
	id := rand.Text()
	return id, durable.Replace(name, []byte(id))
}
