package main

import (
	"fmt"
	"io"
	"strings"

	"usher/device/cec"
	"usher/device/cec/cecdev"
	"usher/internal/bundle"
	"usher/internal/config"
)

// clearCEC gives back the HDMI-CEC address that a killed usherd left. No
// adapter, and none of ours, are fine: there is nothing to give back.
func clearCEC(stdout io.Writer, cfg *config.Loaded) error {
	nodes, err := cecdev.Clear("/dev", cec.Claim{Name: tvName(cfg)}.OSDName())
	if len(nodes) > 0 {
		fmt.Fprintf(stdout, "gave back the HDMI-CEC address on %s\n", strings.Join(nodes, ", "))
	}
	return err
}

// tvName is the name that the daemon claimed its address by: what an
// installer's bundle set counts as it does there (see openSite).
func tvName(cfg *config.Loaded) string {
	site, err := bundle.NewStore(cfg.StateDir).Read()
	if err != nil {
		return cfg.TV.Name
	}
	if next, err := cfg.With(siteConfig(site)); err == nil {
		return next.TV.Name
	}
	return cfg.TV.Name
}
