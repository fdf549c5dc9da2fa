package release

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
)

// Repo is a repository in a folder. Nobody else may change it meanwhile.
type Repo struct {
	dir string
	now func() time.Time
}

// Open opens a repository, and makes its folders where they are not there.
func Open(dir string, now func() time.Time) (*Repo, error) {
	for _, d := range []string{"staged", "public/metadata", "public/targets", "public/files"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return nil, err
		}
	}
	return &Repo{dir, now}, nil
}

// Public is the folder to serve.
func (r *Repo) Public() string { return filepath.Join(r.dir, "public") }

// Staged is where a file waits for signatures: "root" or "targets".
func (r *Repo) Staged(role string) string { return filepath.Join(r.dir, "staged", role+".json") }

func (r *Repo) meta(name string) string { return filepath.Join(r.Public(), "metadata", name) }

// The errors of a repository that is not far enough.
var (
	ErrNoRoot   = errors.New("there is no published root yet. Run: usher-release root, sign, publish")
	ErrNothing  = errors.New("nothing is staged")
	ErrUnsigned = errors.New("signatures are missing")
)

// last is the highest version of a role that is published; zero is none.
func (r *Repo) last(role string) (version int64, err error) {
	list, err := os.ReadDir(filepath.Join(r.Public(), "metadata"))
	if err != nil {
		return 0, err
	}
	for _, f := range list {
		n, ok := strings.CutSuffix(f.Name(), "."+role+".json")
		if v, err := strconv.ParseInt(n, 10, 64); ok && err == nil {
			version = max(version, v)
		}
	}
	return version, nil
}

// root is the one in force.
func (r *Repo) root() (*metadata.Metadata[metadata.RootType], error) {
	v, err := r.last(metadata.ROOT)
	if err != nil {
		return nil, err
	}
	if v == 0 {
		return nil, ErrNoRoot
	}
	return metadata.Root().FromFile(r.meta(fmt.Sprintf("%d.root.json", v)))
}

// targets is the newest list: staged, published, or a new one.
func (r *Repo) targets() (*metadata.Metadata[metadata.TargetsType], error) {
	m, err := metadata.Targets().FromFile(r.Staged(metadata.TARGETS))
	if !errors.Is(err, fs.ErrNotExist) {
		return m, err
	}
	v, err := r.last(metadata.TARGETS)
	if err != nil {
		return nil, err
	}
	m = metadata.Targets()
	if v > 0 {
		if m, err = metadata.Targets().FromFile(r.meta(fmt.Sprintf("%d.targets.json", v))); err != nil {
			return nil, err
		}
	}
	m.Signed.Version = v + 1
	return m, nil
}

// until is when something ends, in whole seconds as TUF has them.
func (r *Repo) until(days int) time.Time {
	return r.now().UTC().AddDate(0, 0, days).Truncate(time.Second)
}

// stage writes a file that is to be signed: signatures of before are worth
// nothing.
func stage[T metadata.Roles](name string, m *metadata.Metadata[T]) error {
	m.Signatures = []metadata.Signature{}
	return save(name, m)
}

func save[T metadata.Roles](name string, m *metadata.Metadata[T]) error {
	data, err := m.ToBytes(true)
	if err != nil {
		return fmt.Errorf("encode %s: %w", filepath.Base(name), err)
	}
	return replace(name, append(data, '\n'))
}

// replace writes a file that a web server may read: temporary file, sync,
// rename, sync of the folder.
func replace(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, settle(f, name))
}

// settle gives a written temporary file its name.
func settle(f *os.File, name string) error {
	err := errors.Join(f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	d, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
