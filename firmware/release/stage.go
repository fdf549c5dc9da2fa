package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/theupdateframework/go-tuf/v2/metadata"

	"usher/firmware"
	"usher/firmware/image"
)

// Chunk is the size of chunks, bytes.
const Chunk = 1 << 20

// RootPlan is who may sign what.
type RootPlan struct {
	Root     []Public // say who signs the rest; kept in safes
	Releases []Public // say what a box may run; kept off the network
	Online   []Public // say which list is the newest; on the machine that publishes
	// Threshold is how many of Root and of Releases must sign: at least 2, or 1
	// of 1 for a lab.
	Threshold int
	Days      int // that it holds
}

// StageRoot makes the next root. It needs signatures of its own keys, and of
// those of the root before it.
func (r *Repo) StageRoot(p RootPlan) error {
	if err := p.check(); err != nil {
		return err
	}
	v, err := r.last(metadata.ROOT)
	if err != nil {
		return err
	}
	m := metadata.Root(r.until(p.Days))
	m.Signed.Version = v + 1
	for role, keys := range map[string][]Public{metadata.ROOT: p.Root, metadata.TARGETS: p.Releases, metadata.SNAPSHOT: p.Online, metadata.TIMESTAMP: p.Online} {
		for _, k := range keys {
			key, err := metadata.KeyFromPublicKey(k.key)
			if err != nil {
				return fmt.Errorf("a key of %s: %w", role, err)
			}
			if err := m.Signed.AddKey(key, role); err != nil {
				return fmt.Errorf("a key of %s: %w", role, err)
			}
		}
	}
	m.Signed.Roles[metadata.ROOT].Threshold, m.Signed.Roles[metadata.TARGETS].Threshold = p.Threshold, p.Threshold
	return stage(r.Staged(metadata.ROOT), m)
}

func (p RootPlan) check() error {
	lab := p.Threshold == 1 && len(p.Root) == 1 && len(p.Releases) == 1
	switch {
	case len(p.Online) == 0:
		return errors.New("no online key is named")
	case p.Threshold < 2 && !lab:
		return errors.New("with a threshold of 1, one stolen key is enough to take over every box: use 2 of 3 keys (1 of 1 is for a lab)")
	case len(p.Root) < p.Threshold || len(p.Releases) < p.Threshold:
		return fmt.Errorf("%d root keys and %d release keys cannot give %d signatures", len(p.Root), len(p.Releases), p.Threshold)
	}
	seen := map[string]bool{}
	for _, k := range append(append(append([]Public(nil), p.Root...), p.Releases...), p.Online...) {
		if seen[string(k.key)] {
			return errors.New("a key is named twice: each role needs keys of its own")
		}
		seen[string(k.key)] = true
	}
	return nil
}

// StageRelease reads an image, writes its files, and puts the release into the
// staged list. terms say for whom it is; Notes may be set. It gives the name in
// the list.
func (r *Repo) StageRelease(img io.ReadSeeker, terms firmware.Release, days int) (name string, err error) {
	name, err = nameOf(terms)
	if err != nil {
		return "", err
	}
	custom, err := image.EncodeTerms(terms)
	if err != nil {
		return "", err
	}
	m, err := r.targets()
	if err != nil {
		return "", err
	}
	if _, ok := m.Signed.Targets[name]; ok {
		return "", fmt.Errorf("%s is in the list already: a version is never another image", name)
	}
	description, err := r.files(img, terms)
	if err != nil {
		return "", err
	}
	sum := firmware.Sum(sha256.Sum256(description))
	path := filepath.Join(r.Public(), "targets", filepath.Dir(name), sum.String()+"."+filepath.Base(name))
	if err := replace(path, description); err != nil {
		return "", err
	}
	raw := json.RawMessage(custom)
	m.Signed.Targets[name] = &metadata.TargetFiles{Length: int64(len(description)), Hashes: metadata.Hashes{"sha256": sum[:]}, Custom: &raw, Path: name}
	m.Signed.Expires = r.until(days)
	return name, stage(r.Staged(metadata.TARGETS), m)
}

// nameOf is where a release stands in the list.
func nameOf(r firmware.Release) (string, error) {
	plain := regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~+-]*$`)
	for _, s := range append([]string{r.Version}, r.Boards...) {
		if !plain.MatchString(s) {
			return "", fmt.Errorf("%q: versions and boards are letters, digits and . _ ~ + -", s)
		}
	}
	if err := r.CheckTerms(); err != nil {
		return "", err
	}
	return r.Boards[0] + "/" + r.Version + ".json", nil
}

// files writes the files of an image and gives its description.
func (r *Repo) files(img io.ReadSeeker, terms firmware.Release) ([]byte, error) {
	size, err := img.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = img.Seek(0, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("read the image: %w", err)
	}
	block := image.BlockFor(size)
	if block == 0 {
		return nil, fmt.Errorf("an image of %d bytes is too large", size)
	}
	data, frames, p, err := r.pack(img, block)
	if err != nil {
		return nil, err
	}
	index := p.Index.Encode()
	d := image.Description{
		Size: p.Size, Chunk: Chunk, Chunks: p.Chunks, Notes: terms.Notes, Data: data,
		Index: image.File{Sum: sha256.Sum256(index), Length: int64(len(index))},
	}
	if frames.Length > 0 {
		d.Frames = &image.Frames{Data: frames, Lengths: p.Frames}
	}
	if err := replace(filepath.Join(r.Public(), "files", d.Index.Sum.String()), index); err != nil {
		return nil, err
	}
	out, err := d.Encode()
	if err != nil {
		return nil, err
	}
	_, _, err = image.DecodeDescription(out, terms)
	return out, err
}

// pack writes the two files that chunks come from.
func (r *Repo) pack(img io.Reader, block int) (data, frames image.File, p image.Packed, err error) {
	var list [2]summed
	for i := range list {
		if list[i], err = r.begin(); err != nil {
			return data, frames, p, errors.Join(err, list[0].drop())
		}
	}
	if p, err = image.Pack(img, Chunk, block, list[0], list[1]); err != nil {
		return data, frames, p, errors.Join(err, list[0].drop(), list[1].drop())
	}
	if data, err = r.end(list[0]); err != nil {
		return data, frames, p, errors.Join(err, list[1].drop())
	}
	if slices.Max(p.Frames) == 0 {
		return data, frames, p, list[1].drop() // blocks are as small
	}
	frames, err = r.end(list[1])
	return data, frames, p, err
}

// summed is a file of the repository that is being written. It is named by what
// is in it.
type summed struct {
	f   *os.File
	sum hash.Hash
}

func (r *Repo) begin() (summed, error) {
	f, err := os.CreateTemp(filepath.Join(r.Public(), "files"), ".new-*")
	return summed{f, sha256.New()}, err
}

// Write implements io.Writer.
func (s summed) Write(b []byte) (int, error) {
	s.sum.Write(b)
	return s.f.Write(b)
}

func (s summed) drop() error {
	if s.f == nil {
		return nil
	}
	return errors.Join(s.f.Close(), os.Remove(s.f.Name()))
}

// end gives a file its name.
func (r *Repo) end(s summed) (f image.File, err error) {
	f.Sum = firmware.Sum(s.sum.Sum(nil))
	if f.Length, err = s.f.Seek(0, io.SeekCurrent); err != nil {
		return f, errors.Join(err, s.drop())
	}
	return f, settle(s.f, filepath.Join(r.Public(), "files", f.Sum.String()))
}

// StageList has the list signed again as it is: for new keys, or before it
// expires.
func (r *Repo) StageList(days int) error {
	m, err := r.targets()
	if err != nil {
		return err
	}
	m.Signed.Expires = r.until(days)
	return stage(r.Staged(metadata.TARGETS), m)
}

// StageTerms changes for whom a release is, or takes it out of the list where
// change gives false. Version and boards stay.
func (r *Repo) StageTerms(name string, days int, change func(*firmware.Release) bool) error {
	m, err := r.targets()
	if err != nil {
		return err
	}
	t, ok := m.Signed.Targets[name]
	if !ok || t.Custom == nil {
		return fmt.Errorf("%s is not in the list", name)
	}
	terms, err := image.DecodeTerms(bytes.Clone(*t.Custom))
	if err != nil {
		return err
	}
	if !change(&terms) {
		delete(m.Signed.Targets, name)
	} else {
		custom, err := image.EncodeTerms(terms)
		if err != nil {
			return err
		}
		t.Custom = (*json.RawMessage)(&custom)
	}
	m.Signed.Expires = r.until(days)
	return stage(r.Staged(metadata.TARGETS), m)
}
