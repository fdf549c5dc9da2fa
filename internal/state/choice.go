package state

import (
	"encoding/json"
	"fmt"
	"strings"

	bolt "go.etcd.io/bbolt"

	"usher/internal/box"
)

// choicePrefix begins the settings that hold choices of tracks.
const choicePrefix = "choice/"

// SaveChoice stores for good what was last chosen to hear and to read in a
// series or film. It blocks until the disk has it.
func (s *Store) SaveChoice(id string, c box.Choice) error {
	text, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode choice: %w", err)
	}
	if id == "" || len(id) > MaxID {
		return fmt.Errorf("save choice for %.40q: the id must have 1 to %d bytes", id, MaxID)
	}
	err = s.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(settingsBucket)).Put([]byte(choicePrefix+id), text)
	})
	if err != nil {
		return fmt.Errorf("save choice: %w", err)
	}
	return nil
}

// Choices gives every stored choice by qualified id. One that cannot be read
// is left out: the box then begins with the household's languages.
func (s *Store) Choices() (map[string]box.Choice, error) {
	all := map[string]box.Choice{}
	err := s.db.View(func(tx *bolt.Tx) error {
		c := tx.Bucket([]byte(settingsBucket)).Cursor()
		for k, v := c.Seek([]byte(choicePrefix)); strings.HasPrefix(string(k), choicePrefix); k, v = c.Next() {
			var choice box.Choice
			if json.Unmarshal(v, &choice) == nil {
				all[strings.TrimPrefix(string(k), choicePrefix)] = choice
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read choices of tracks: %w", err)
	}
	return all, nil
}
