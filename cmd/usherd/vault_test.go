package main

import (
	"errors"
	"testing"

	"usher/device/keys"
)

type rememberedSettings map[string]string

func (m rememberedSettings) Setting(key string) (string, bool, error) {
	v, ok := m[key]
	return v, ok, nil
}

func (m rememberedSettings) SetSetting(key, value string) error {
	m[key] = value
	return nil
}

// TestTiers: the best tier that answers is taken and stays; one that has keys
// and does not answer is away, and no lesser one takes its place.
func TestTiers(t *testing.T) {
	broken := errors.New("the TPM is gone")
	for name, c := range map[string]struct {
		kept, wanted string
		works        map[keys.Tier]bool
		want         keys.Tier
		away         bool
		keeps        string
	}{
		"the best":              {"", "auto", map[keys.Tier]bool{keys.TPM: true, keys.File: true}, keys.TPM, false, "tpm"},
		"what there is":         {"", "auto", map[keys.Tier]bool{keys.File: true}, keys.File, false, "file"},
		"as before":             {"file", "auto", map[keys.Tier]bool{keys.TPM: true, keys.File: true}, keys.File, false, "file"},
		"nothing behind a back": {"tpm", "auto", map[keys.Tier]bool{keys.File: true}, keys.TPM, true, "tpm"},
		"as told":               {"file", "tpm", map[keys.Tier]bool{keys.TPM: true, keys.File: true}, keys.TPM, false, "tpm"},
		"as told, and gone":     {"file", "tpm", map[keys.Tier]bool{keys.File: true}, keys.TPM, true, "file"},
		"a tier of the future":  {"quantum", "auto", map[keys.Tier]bool{keys.File: true}, keys.File, false, "file"},
	} {
		t.Run(name, func(t *testing.T) {
			memory := rememberedSettings{}
			if c.kept != "" {
				memory[settingTier] = c.kept
			}
			found := tiers{folder: t.TempDir(), keep: memory, best: []keys.Tier{keys.TPM, keys.File}, open: map[keys.Tier]func(string) (keys.Vault, error){}}
			for _, tier := range found.best {
				found.open[tier] = func(dir string) (keys.Vault, error) {
					if !c.works[tier] {
						return nil, broken
					}
					v, err := keys.OpenFile(dir)
					return tiered{v, tier}, err
				}
			}
			v, err := found.find(c.wanted)
			if err != nil {
				t.Fatal(err)
			}
			away := keysAway(v)
			if got := v.Protection().Tier; got != c.want || (away != nil) != c.away || memory[settingTier] != c.keeps {
				t.Errorf("%s, away %v, remembers %q", got, away, memory[settingTier])
			}
			if _, err := v.Create("x"); (err != nil) != c.away || c.away && !errors.Is(err, keys.ErrAway) {
				t.Errorf("create: %v", err)
			}
		})
	}
}

// tiered is files under another name.
type tiered struct {
	keys.Vault
	tier keys.Tier
}

func (t tiered) Protection() keys.Protection { return keys.Protection{Tier: t.tier} }
