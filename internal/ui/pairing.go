package ui

import (
	"context"

	"usher/internal/box"
)

// pairMethods are those of accounts.
func (b *Bridge) pairMethods() map[string]spec {
	return map[string]spec{
		"pairing.get": takes(b.pairing),
		"pair.start":  takes(b.pairStart).asCommand(),
		"pair.cancel": takes(b.pairCancel).asCommand(),
		"pair.remove": takes(b.pairRemove).asCommand(),
	}
}

func (b *Bridge) pairing(context.Context, *session, none) (any, error) {
	return tidyPairing(b.box.View().Pairing), nil
}

type serviceParams struct {
	Service string `json:"service"`
}

func (b *Bridge) pairStart(_ context.Context, c *session, p serviceParams) (any, error) {
	return b.submit(box.PairRequested{Service: p.Service, By: c.source()})
}

func (b *Bridge) pairCancel(_ context.Context, _ *session, p serviceParams) (any, error) {
	return b.submit(box.PairCancelled{Service: p.Service})
}

func (b *Bridge) pairRemove(_ context.Context, _ *session, p serviceParams) (any, error) {
	return b.submit(box.UnpairRequested{Service: p.Service})
}

// tidyPairing has a list where there is none.
func tidyPairing(v box.PairingView) box.PairingView {
	v.Accounts = some(v.Accounts)
	return v
}
