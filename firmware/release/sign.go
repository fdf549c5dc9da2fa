package release

import (
	"bytes"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// Sign adds a signature to a staged file, wherever that was carried to. A
// signature that is there already is made again.
func Sign(file string, k Key) error {
	return edit(file, func(s signable) error { return s.sign(k) })
}

// Join adds the signatures of copies that were signed elsewhere. A copy of
// something else is refused.
func Join(file string, copies ...string) error {
	return edit(file, func(s signable) error {
		for _, name := range copies {
			other, err := open(name)
			if err != nil {
				return err
			}
			if err := s.join(other); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
}

// Describe writes what somebody who signs a file agrees to.
func Describe(w io.Writer, file string) error {
	s, err := open(file)
	if err != nil {
		return err
	}
	return s.describe(w)
}

// signable is a root or a list.
type signable interface {
	sign(k Key) error
	join(other signable) error
	describe(w io.Writer) error
	save(name string) error
}

func edit(file string, f func(signable) error) error {
	s, err := open(file)
	if err != nil {
		return err
	}
	if err := f(s); err != nil {
		return err
	}
	return s.save(file)
}

func open(file string) (signable, error) {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", file, ErrNothing)
	}
	if err != nil {
		return nil, err
	}
	if m, err := metadata.Root().FromBytes(data); err == nil {
		return &rootFile{meta[metadata.RootType]{m}}, nil
	}
	m, err := metadata.Targets().FromBytes(data)
	if err != nil {
		return nil, fmt.Errorf("%s is neither a root nor a list of releases", file)
	}
	return &listFile{meta[metadata.TargetsType]{m}}, nil
}

// meta is what is the same for both.
type meta[T metadata.Roles] struct{ m *metadata.Metadata[T] }

func (f meta[T]) save(name string) error { return save(name, f.m) }

func (f meta[T]) sign(k Key) error {
	s, err := signature.LoadSigner(k.private, crypto.Hash(0))
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	before := f.m.Signatures
	f.m.Signatures = nil
	made, err := f.m.Sign(s)
	if err != nil {
		return fmt.Errorf("sign: %w", err)
	}
	f.m.Signatures = before
	f.add(*made)
	return nil
}

func (f meta[T]) add(s metadata.Signature) {
	f.m.Signatures = slices.DeleteFunc(f.m.Signatures, func(x metadata.Signature) bool { return x.KeyID == s.KeyID })
	f.m.Signatures = append(f.m.Signatures, s)
}

var errOther = errors.New("a copy of another file")

func (f meta[T]) joinMeta(other *metadata.Metadata[T]) error {
	a, err1 := json.Marshal(f.m.Signed)
	b, err2 := json.Marshal(other.Signed)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if string(a) != string(b) {
		return errOther
	}
	for _, s := range other.Signatures {
		f.add(s)
	}
	return nil
}

type rootFile struct{ meta[metadata.RootType] }

func (f *rootFile) join(other signable) error {
	o, ok := other.(*rootFile)
	if !ok {
		return errOther
	}
	return f.joinMeta(o.m)
}

func (f *rootFile) describe(w io.Writer) error {
	s := f.m.Signed
	_, err := fmt.Fprintf(w, "root %d, until %s, %d signatures\n", s.Version, s.Expires.Format("2006-01-02"), len(f.m.Signatures))
	for _, role := range metadata.TOP_LEVEL_ROLE_NAMES {
		var ids []string
		for _, id := range s.Roles[role].KeyIDs {
			ids = append(ids, id[:min(len(id), 12)])
		}
		_, e := fmt.Fprintf(w, "  %-9s %d of %d: %s\n", role, s.Roles[role].Threshold, len(ids), strings.Join(ids, " "))
		err = errors.Join(err, e)
	}
	return err
}

type listFile struct{ meta[metadata.TargetsType] }

func (f *listFile) join(other signable) error {
	o, ok := other.(*listFile)
	if !ok {
		return errOther
	}
	return f.joinMeta(o.m)
}

func (f *listFile) describe(w io.Writer) error {
	s := f.m.Signed
	_, err := fmt.Fprintf(w, "list %d, until %s, %d signatures\n", s.Version, s.Expires.Format("2006-01-02"), len(f.m.Signatures))
	names := make([]string, 0, len(s.Targets))
	for name := range s.Targets {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		var terms bytes.Buffer
		if c := s.Targets[name].Custom; c != nil {
			err = errors.Join(err, json.Compact(&terms, *c))
		}
		_, e := fmt.Fprintf(w, "  %s\n    description %x\n    %s\n", name, []byte(s.Targets[name].Hashes["sha256"]), terms.String())
		err = errors.Join(err, e)
	}
	return err
}
