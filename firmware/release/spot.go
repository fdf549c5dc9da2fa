package release

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"usher/firmware"
)

// Spot is a repository with keys that are made on the spot, for demonstrations
// and tests. All keys are in one folder, which is what a real one never has.
type Spot struct {
	*Repo
	releases []Key
	online   Key
}

// For how long what a Spot signs holds, days.
const spotDays = 365

// NewSpot makes keys and a root, signed by two of three, in a folder where
// nothing is yet.
func NewSpot(dir string, now func() time.Time) (*Spot, error) {
	repo, err := Open(dir, now)
	if err != nil {
		return nil, err
	}
	keys := filepath.Join(dir, "keys")
	if err := os.Mkdir(keys, 0o700); err != nil {
		return nil, err
	}
	made := map[string][]Key{}
	plan := RootPlan{Threshold: 2, Days: spotDays}
	for _, role := range []struct {
		name string
		n    int
		into *[]Public
	}{{"root", 3, &plan.Root}, {"releases", 3, &plan.Releases}, {"online", 1, &plan.Online}} {
		for i := range role.n {
			k, err := NewKey(filepath.Join(keys, fmt.Sprintf("%s-%d", role.name, i+1)))
			if err != nil {
				return nil, err
			}
			made[role.name] = append(made[role.name], k)
			*role.into = append(*role.into, k.Public())
		}
	}
	s := &Spot{Repo: repo, releases: made["releases"][:plan.Threshold], online: made["online"][0]}
	if err := s.StageRoot(plan); err != nil {
		return nil, err
	}
	return s, s.sign("root", made["root"][:plan.Threshold])
}

func (s *Spot) sign(role string, keys []Key) error {
	for _, k := range keys {
		if err := Sign(s.Staged(role), k); err != nil {
			return err
		}
	}
	return nil
}

// Release builds, signs and publishes a release, and gives its name in the
// list. The first call publishes the root as well.
func (s *Spot) Release(img io.ReadSeeker, terms firmware.Release) (name string, err error) {
	if name, err = s.StageRelease(img, terms, spotDays); err != nil {
		return "", err
	}
	return name, s.Issue()
}

// Issue signs and publishes a list that was staged otherwise.
func (s *Spot) Issue() error {
	if err := s.sign("targets", s.releases); err != nil {
		return err
	}
	_, err := s.Publish(s.online, spotDays)
	return err
}

// Root is what a box is born with. There is none before the first release.
func (s *Spot) Root() ([]byte, error) { return os.ReadFile(s.meta("1.root.json")) }
