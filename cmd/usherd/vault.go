package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"usher/device/keys"
	"usher/device/keys/creds"
	"usher/device/keys/kernel"
	"usher/device/keys/tpm"
	"usher/internal/box"
)

// settingTier is where the state remembers which tier has the keys.
const settingTier = "keys.tier"

// healthKeys is the health code of keys that cannot be used.
const healthKeys = "keys_away"

// tierSettings are what is remembered of tiers.
type tierSettings interface {
	Setting(key string) (value string, ok bool, err error)
	SetSetting(key, value string) error
}

// tiers finds where the keys of accounts are.
type tiers struct {
	folder string
	keep   tierSettings
	open   map[keys.Tier]func(folder string) (keys.Vault, error)
	best   []keys.Tier // of open, those that "auto" tries, best first
}

// tiersOf are the tiers of a box. A demo leaves the machine's TPM alone, unless
// it is told to use it.
func (a *appliance) tiersOf() tiers {
	t := tiers{
		folder: filepath.Join(a.folders.state, "keys"), keep: a.state, best: []keys.Tier{keys.TPM, keys.Systemd, keys.File},
		open: map[keys.Tier]func(string) (keys.Vault, error){
			keys.TPM: func(dir string) (keys.Vault, error) {
				v, err := tpm.Open(a.cfg.Keys.TPM, dir)
				if err != nil {
					return nil, err
				}
				a.later(v.Close)
				return v, nil
			},
			keys.Systemd: func(dir string) (keys.Vault, error) { return creds.Open(dir) },
			keys.File:    func(dir string) (keys.Vault, error) { return keys.OpenFile(dir) },
			keys.Kernel:  func(dir string) (keys.Vault, error) { return kernel.Open("usher " + dir) },
		},
	}
	if a.cfg.Demo {
		t.best = []keys.Tier{keys.File}
	}
	return t
}

// find opens the tier that is wanted ("auto": the one that has the keys, or the
// best there is) and remembers it. One that has keys and does not answer stays
// the tier, and is away.
func (t tiers) find(wanted string) (keys.Vault, error) {
	kept, ok, err := t.keep.Setting(settingTier)
	if err != nil {
		return nil, fmt.Errorf("read where the keys are: %w", err)
	}
	try := t.best
	switch {
	case wanted != "auto":
		try = []keys.Tier{keys.Tier(wanted)}
	case ok && t.open[keys.Tier(kept)] != nil:
		try = []keys.Tier{keys.Tier(kept)}
	}
	var missed []error
	for _, tier := range try {
		v, err := t.open[tier](filepath.Join(t.folder, string(tier)))
		if err == nil {
			return v, t.remember(kept, string(tier))
		}
		missed = append(missed, fmt.Errorf("%s: %w", tier, err))
	}
	return keys.Away(try[0], errors.Join(missed...)), nil
}

func (t tiers) remember(kept, tier string) error {
	if kept == tier {
		return nil
	}
	if err := t.keep.SetSetting(settingTier, tier); err != nil {
		return fmt.Errorf("remember where the keys are: %w", err)
	}
	return nil
}

// keysAway is what is wrong with a vault; nil for one that can be used.
func keysAway(v keys.Vault) *box.Problem {
	_, err := v.Key("probe") // a name that no account has: accounts have those of services
	if !errors.Is(err, keys.ErrAway) {
		return nil
	}
	return &box.Problem{
		Code: healthKeys, Text: "Where this box keeps its keys (" + string(v.Protection().Tier) + ") cannot be used, so its accounts rest.",
		Hint: "Switch the box off and on; if it stays so, its log says why. What was paired is not lost.",
	}
}

func keysOf(p keys.Protection) box.Keys {
	return box.Keys{Tier: string(p.Tier), Bound: p.Bound, Sealed: p.Sealed, Text: p.Text()}
}
