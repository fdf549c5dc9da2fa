package state

import (
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Setting gives a small value stored under key; ok is false when there is none.
func (s *Store) Setting(key string) (value string, ok bool, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		v := tx.Bucket([]byte(settingsBucket)).Get([]byte(key))
		value, ok = string(v), v != nil
		return nil
	})
	if err != nil {
		return "", false, fmt.Errorf("read setting %q: %w", key, err)
	}
	return value, ok, nil
}

// SetSetting stores a small value for good: a key of 1 to MaxKey bytes, a
// value of at most MaxValue bytes.
func (s *Store) SetSetting(key, value string) error {
	if key == "" || len(key) > MaxKey || len(value) > MaxValue {
		return fmt.Errorf("save setting %.40q: key must have 1 to %d bytes and the value at most %d", key, MaxKey, MaxValue)
	}
	err := s.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(settingsBucket)).Put([]byte(key), []byte(value))
	})
	if err != nil {
		return fmt.Errorf("save setting %q: %w", key, err)
	}
	return nil
}
