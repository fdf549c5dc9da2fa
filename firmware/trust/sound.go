package trust

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// shape is as much of any metadata file as has to be there before the library
// is given it: go-tuf 2.4 goes on without looking where a field is missing or
// null, and ed25519 panics at keys of another length.
type shape struct {
	Signed struct {
		Keys map[string]*struct {
			Type   string `json:"keytype"`
			Scheme string `json:"scheme"`
			Value  struct {
				Public string `json:"public"`
			} `json:"keyval"`
		} `json:"keys"`
		Roles map[string]*struct {
			KeyIDs    []string `json:"keyids"`
			Threshold int      `json:"threshold"`
		} `json:"roles"`
		Meta    map[string]*metaFile `json:"meta"`
		Targets map[string]*struct{} `json:"targets"`
	} `json:"signed"`
	Signatures []json.RawMessage `json:"signatures"`
}

type metaFile struct {
	Length  int64 `json:"length"`
	Version int64 `json:"version"`
}

// The most of each that metadata may have: each costs a signature check.
const (
	maxKeys       = 64
	maxSignatures = 64
	maxReleases   = 1024
)

// sound says whether a part can be given to the library. It says nothing about
// trust.
func sound(part int, data []byte) error {
	var s shape
	if err := json.Unmarshal(data, &s); err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if len(s.Signatures) > maxSignatures {
		return fmt.Errorf("%w: %d signatures", ErrFormat, len(s.Signatures))
	}
	switch part {
	case partRoot:
		return s.root()
	case partTimestamp:
		return s.names("snapshot.json")
	case partSnapshot:
		return s.names("targets.json")
	}
	return s.list()
}

func (s shape) root() error {
	if len(s.Signed.Keys) > maxKeys {
		return fmt.Errorf("%w: %d keys", ErrFormat, len(s.Signed.Keys))
	}
	for id, k := range s.Signed.Keys {
		if k == nil || !usable(k.Type, k.Scheme, k.Value.Public) {
			return fmt.Errorf("%w: key %.8s is neither Ed25519 nor ECDSA on P-256", ErrFormat, id)
		}
	}
	for _, role := range metadata.TOP_LEVEL_ROLE_NAMES {
		r := s.Signed.Roles[role]
		if r == nil || r.Threshold < 1 || len(r.KeyIDs) > maxKeys {
			return fmt.Errorf("%w: no role %s", ErrFormat, role)
		}
		for _, id := range r.KeyIDs {
			if s.Signed.Keys[id] == nil {
				return fmt.Errorf("%w: %s names a key that is not there", ErrFormat, role)
			}
		}
	}
	return nil
}

func usable(kind, scheme, public string) bool {
	switch {
	case kind == metadata.KeyTypeEd25519 && scheme == metadata.KeySchemeEd25519:
		key, err := hex.DecodeString(public)
		return err == nil && len(key) == 32
	case kind == metadata.KeyTypeECDSA_SHA2_P256 || kind == metadata.KeyTypeECDSA_SHA2_P256_COMPAT:
		return scheme == metadata.KeySchemeECDSA_SHA2_P256
	}
	return false
}

func (s shape) names(file string) error {
	if len(s.Signed.Meta) > maxReleases {
		return fmt.Errorf("%w: %d files", ErrFormat, len(s.Signed.Meta))
	}
	for name, m := range s.Signed.Meta {
		if m == nil || m.Version < 1 || m.Length < 0 {
			return fmt.Errorf("%w: nothing is said about %q", ErrFormat, name)
		}
	}
	if s.Signed.Meta[file] == nil {
		return fmt.Errorf("%w: %s is not named", ErrFormat, file)
	}
	return nil
}

func (s shape) list() error {
	if len(s.Signed.Targets) > maxReleases {
		return fmt.Errorf("%w: %d releases", ErrFormat, len(s.Signed.Targets))
	}
	for name, t := range s.Signed.Targets {
		if t == nil {
			return fmt.Errorf("%w: nothing is said about %q", ErrFormat, name)
		}
	}
	return nil
}

// classify puts an error of the library into this package's words, so that its
// types stay here.
func classify(err error) error {
	for _, c := range []struct{ is, as error }{
		{&metadata.ErrExpiredMetadata{}, ErrExpired},
		{&metadata.ErrUnsignedMetadata{}, ErrSignatures},
		{&metadata.ErrBadVersionNumber{}, ErrRollback},
		{&metadata.ErrLengthOrHashMismatch{}, ErrMismatch},
		{&metadata.ErrValue{}, ErrFormat},
		{&metadata.ErrRepository{}, ErrMismatch},
		{&metadata.ErrRuntime{}, ErrMismatch},
	} {
		if errors.Is(err, c.is) {
			return fmt.Errorf("%w (%v)", c.as, err) //nolint:errorlint // the library's types must not leave the package
		}
	}
	return err
}

// taken says whether a root takes an online key back that another one trusts.
func taken(old, now *metadata.Metadata[metadata.RootType]) bool {
	if old == nil {
		return false
	}
	for _, role := range []string{metadata.TIMESTAMP, metadata.SNAPSHOT} {
		for _, id := range old.Signed.Roles[role].KeyIDs {
			if !slices.Contains(now.Signed.Roles[role].KeyIDs, id) {
				return true
			}
		}
	}
	return false
}
