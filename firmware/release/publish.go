package release

import (
	"crypto"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/sigstore/sigstore/pkg/signature"
	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// Published is what Publish did.
type Published struct {
	Root, List int64 // versions that are new; 0 is none
	Timestamp  int64
}

// Publish puts what is staged and signed into the public folder, and says with
// an online key, for days, that this is the newest there is. With nothing
// staged it says so again: boxes refuse what nobody has said for too long.
func (r *Repo) Publish(online Key, days int) (Published, error) {
	var p Published
	var err error
	if p.Root, err = r.publishRoot(); err != nil {
		return p, err
	}
	root, err := r.root()
	if err != nil {
		return p, err
	}
	if p.List, err = r.publishList(root); err != nil {
		return p, err
	}
	snapshot, err := r.publishSnapshot(root, online, days)
	if err != nil {
		return p, err
	}
	p.Timestamp, err = r.publishTimestamp(root, online, days, snapshot)
	return p, err
}

// publishRoot publishes a staged root, if there is one.
func (r *Repo) publishRoot() (int64, error) {
	m, err := metadata.Root().FromFile(r.Staged(metadata.ROOT))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("staged root: %w", err)
	}
	before, err := r.root()
	switch {
	case errors.Is(err, ErrNoRoot):
		before = m
	case err != nil:
		return 0, err
	case m.Signed.Version != before.Signed.Version+1:
		return 0, fmt.Errorf("staged root: version %d after %d", m.Signed.Version, before.Signed.Version)
	}
	if err := signed(before, metadata.ROOT, m); err != nil {
		return 0, fmt.Errorf("staged root, by the keys of root %d: %w", before.Signed.Version, err)
	}
	if err := signed(m, metadata.ROOT, m); err != nil {
		return 0, fmt.Errorf("staged root, by its own keys: %w", err)
	}
	if err := r.listFits(m); err != nil {
		return 0, err
	}
	return m.Signed.Version, r.move(metadata.ROOT, m.Signed.Version)
}

// listFits says whether a list that boxes will be led to is signed by the keys of
// a new root: otherwise they would be left without one.
func (r *Repo) listFits(root *metadata.Metadata[metadata.RootType]) error {
	m, err := r.targets()
	if err != nil {
		return err
	}
	if len(m.Signatures) == 0 && m.Signed.Version == 1 {
		return nil // there never was one
	}
	if err := signed(root, metadata.TARGETS, m); err != nil {
		return fmt.Errorf("the list of releases, by the keys of root %d (to sign it again: usher-release resign): %w", root.Signed.Version, err)
	}
	return nil
}

// publishList publishes a staged list, if there is one.
func (r *Repo) publishList(root *metadata.Metadata[metadata.RootType]) (int64, error) {
	m, err := metadata.Targets().FromFile(r.Staged(metadata.TARGETS))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("staged list: %w", err)
	}
	if err := signed(root, metadata.TARGETS, m); err != nil {
		return 0, fmt.Errorf("staged list: %w", err)
	}
	last, err := r.last(metadata.TARGETS)
	if err != nil {
		return 0, err
	}
	if m.Signed.Version != last+1 {
		return 0, fmt.Errorf("staged list: version %d after %d", m.Signed.Version, last)
	}
	return m.Signed.Version, r.move(metadata.TARGETS, m.Signed.Version)
}

// signed says whether a file has the signatures that root asks for.
func signed(root *metadata.Metadata[metadata.RootType], role string, m any) error {
	if err := root.VerifyDelegate(role, m); err != nil {
		return fmt.Errorf("%w: %v", ErrUnsigned, err) //nolint:errorlint // the library's types must not leave the package
	}
	return nil
}

// move publishes a staged file.
func (r *Repo) move(role string, version int64) error {
	data, err := os.ReadFile(r.Staged(role))
	if err != nil {
		return err
	}
	if err := replace(r.meta(fmt.Sprintf("%d.%s.json", version, role)), data); err != nil {
		return err
	}
	return os.Remove(r.Staged(role))
}

func (r *Repo) publishSnapshot(root *metadata.Metadata[metadata.RootType], online Key, days int) (int64, error) {
	list, err := r.last(metadata.TARGETS)
	if err != nil {
		return 0, err
	}
	if list == 0 {
		return 0, fmt.Errorf("%w: there is no list of releases yet. Run: usher-release build, sign, publish", ErrNothing)
	}
	last, err := r.last(metadata.SNAPSHOT)
	if err != nil {
		return 0, err
	}
	m := metadata.Snapshot(r.until(days))
	m.Signed.Version = last + 1
	if m.Signed.Meta["targets.json"], err = r.named(metadata.TARGETS, list); err != nil {
		return 0, err
	}
	return last + 1, putOnline(root, metadata.SNAPSHOT, r.meta(fmt.Sprintf("%d.snapshot.json", last+1)), m, online)
}

func (r *Repo) publishTimestamp(root *metadata.Metadata[metadata.RootType], online Key, days int, snapshot int64) (int64, error) {
	name := r.meta("timestamp.json")
	version := int64(1)
	old, err := metadata.Timestamp().FromFile(name)
	switch {
	case err == nil:
		version = old.Signed.Version + 1
	case !errors.Is(err, fs.ErrNotExist):
		return 0, fmt.Errorf("published timestamp: %w", err)
	}
	m := metadata.Timestamp(r.until(days))
	m.Signed.Version = version
	if m.Signed.Meta["snapshot.json"], err = r.named(metadata.SNAPSHOT, snapshot); err != nil {
		return 0, err
	}
	return version, putOnline(root, metadata.TIMESTAMP, name, m, online)
}

// named is how one file names another.
func (r *Repo) named(role string, version int64) (*metadata.MetaFiles, error) {
	data, err := os.ReadFile(r.meta(fmt.Sprintf("%d.%s.json", version, role)))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	return &metadata.MetaFiles{Version: version, Length: int64(len(data)), Hashes: metadata.Hashes{"sha256": sum[:]}}, nil
}

// putOnline signs with an online key, checks, and publishes.
func putOnline[T metadata.Roles](root *metadata.Metadata[metadata.RootType], role, name string, m *metadata.Metadata[T], online Key) error {
	s, err := signature.LoadSigner(online.private, crypto.Hash(0))
	if err != nil {
		return fmt.Errorf("sign %s: %w", role, err)
	}
	if _, err := m.Sign(s); err != nil {
		return fmt.Errorf("sign %s: %w", role, err)
	}
	if err := signed(root, role, m); err != nil {
		return fmt.Errorf("%s: the key is not the root's online key: %w", role, err)
	}
	return save(name, m)
}
