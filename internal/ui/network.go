package ui

import (
	"context"

	"usher/internal/box"
)

// passphrases keeps passphrases of networks. Its methods do not block.
type passphrases interface {
	// Keep takes one, and gives the ticket under which the edge finds it; 0 for
	// none.
	Keep(p Passphrase) (ticket uint64)
	// Drop forgets one that nobody will ask for.
	Drop(ticket uint64)
}

// networkMethods are those of the network as the screen has them: what comes of
// them is in topic "network". Those of installers are the same wishes, whose end
// is waited for; see wifiMethods.
func (b *Bridge) networkMethods() map[string]spec {
	return map[string]spec{
		"network.get":    takes(b.networkGet),
		"network.look":   takes(b.networkLook).asCommand(),
		"network.join":   takes(b.networkJoin).asCommand(),
		"network.forget": takes(b.networkForget).asCommand(),
		"network.cancel": takes(b.networkCancel).asCommand(),
	}
}

func (b *Bridge) networkGet(context.Context, *session, none) (any, error) {
	return tidyNetwork(b.box.View().Network), nil
}

func (b *Bridge) networkLook(context.Context, *session, none) (any, error) {
	return b.submit(box.NetworkLookAsked{})
}

// networkJoin leaves the passphrase with the edge: the core is told a number.
func (b *Bridge) networkJoin(_ context.Context, _ *session, p WiFiJoin) (any, error) {
	e := box.NetworkJoinAsked{Name: p.Name, SSID: p.SSID, Hidden: p.Hidden}
	if b.tickets != nil {
		e.Ticket = b.tickets.Keep(p.Passphrase)
	}
	done, err := b.submit(e)
	if err != nil && b.tickets != nil {
		b.tickets.Drop(e.Ticket)
	}
	return done, err
}

func (b *Bridge) networkForget(_ context.Context, _ *session, p WiFiName) (any, error) {
	return b.submit(box.NetworkForgetAsked{Name: p.Name, SSID: p.SSID})
}

func (b *Bridge) networkCancel(context.Context, *session, none) (any, error) {
	return b.submit(box.NetworkCancelled{})
}

// tidyNetwork has a list where there is none.
func tidyNetwork(v box.NetworkView) box.NetworkView {
	v.Networks = some(v.Networks)
	return v
}
