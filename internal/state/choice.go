package state

import (
	"encoding/json"
	"fmt"
	"strings"

	bolt "go.etcd.io/bbolt"

	"usher/internal/box"
)

// choicePrefix begins the settings that hold choices of tracks of a profile.
func choicePrefix(profile string) string {
	if isFirst(profile) {
		return "choice/"
	}
	return "choice@" + profile + "/"
}

// SaveChoice stores for good what a profile last chose to hear and to read in a
// series or film. It blocks until the disk has it.
func (s *Store) SaveChoice(profile, id string, c box.Choice) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode choice: %w", err)
	}
	if err := checkID(profile, id); err != nil {
		return fmt.Errorf("save choice for %.40q: %w", id, err)
	}
	err = s.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(settingsBucket)).Put([]byte(choicePrefix(profile)+id), text)
	})
	if err != nil {
		return fmt.Errorf("save choice: %w", err)
	}
	return nil
}

// Choices gives every stored choice of a profile by qualified id. One that
// cannot be read is left out: the box then begins with the profile's languages.
func (s *Store) Choices(profile string) (map[string]box.Choice, error) {
	all := map[string]box.Choice{}
	prefix := choicePrefix(profile)
	err := s.db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket([]byte(settingsBucket)).Cursor()
		for k, v := c.Seek([]byte(prefix)); strings.HasPrefix(string(k), prefix); k, v = c.Next() {
			var choice box.Choice
			if json.Unmarshal(v, &choice) == nil {
				all[strings.TrimPrefix(string(k), prefix)] = choice
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read choices of tracks: %w", err)
	}
	return all, nil
}
