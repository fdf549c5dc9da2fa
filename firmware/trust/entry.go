package trust

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"

	"usher/firmware"
	"usher/firmware/image"
)

// Entry is one release of the signed list.
type Entry struct {
	Name string // of its description, a path below the repository
	// Release has no image yet: that is in the description.
	Release firmware.Release
	Sum     firmware.Sum // of the description
	Length  int64        // of the description, bytes
}

// entries reads the list. A release that this box cannot read is left out: it
// is for newer ones.
func entries(t *trustedmetadata.TrustedMetadata) ([]Entry, error) {
	list := t.Targets[metadata.TARGETS]
	if list == nil {
		return nil, reasoned(fmt.Errorf("%w: no list", ErrFormat))
	}
	var all []Entry
	for name, target := range list.Signed.Targets {
		if e, ok := entry(name, target); ok {
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b Entry) int {
		if c := firmware.Compare(b.Release.Version, a.Release.Version); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return all, nil
}

func entry(name string, t *metadata.TargetFiles) (Entry, bool) {
	sum := t.Hashes["sha256"]
	if t.Custom == nil || len(sum) != len(firmware.Sum{}) || t.Length <= 0 || t.Length > image.MaxDescription {
		return Entry{}, false
	}
	r, err := image.DecodeTerms(json.RawMessage(*t.Custom))
	if err != nil {
		return Entry{}, false
	}
	return Entry{Name: name, Release: r, Sum: firmware.Sum(sum), Length: t.Length}, true
}
