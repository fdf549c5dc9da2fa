package keys

import (
	"errors"
	"fmt"
)

// ErrAway means that a tier that holds keys does not answer now. What it holds
// is not lost.
var ErrAway = errors.New("where the keys are kept cannot be used now")

// Away is a vault of a tier that cannot be used: every call is ErrAway, with
// why. A box that has keys in a TPM which does not answer must not begin anew
// with lesser ones behind its household's back.
func Away(tier Tier, why error) Vault {
	return awayVault{tier: tier, err: fmt.Errorf("%w: %w", ErrAway, why)}
}

type awayVault struct {
	tier Tier
	err  error
}

func (v awayVault) Create(string) (Key, error)            { return nil, v.err }
func (v awayVault) Key(string) (Key, error)               { return nil, v.err }
func (v awayVault) Delete(string) error                   { return v.err }
func (v awayVault) Seal(string, []byte) ([]byte, error)   { return nil, v.err }
func (v awayVault) Unseal(string, []byte) ([]byte, error) { return nil, v.err }
func (v awayVault) Protection() Protection                { return Protection{Tier: v.tier} }
