package state

import (
	"errors"
	"fmt"
	"strings"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"usher/internal/box"
)

// MaxProfile is the longest id of a profile, bytes.
const MaxProfile = 32

// profileEnd divides a profile from a title in the running file. The first
// profile's titles stand there, and in the database, as they did before there
// were profiles: what an older usherd wrote is found again, and an older one
// that a failed update brings back finds its own.
const profileEnd = "\x1f"

func isFirst(profile string) bool { return profile == "" || profile == box.FirstProfile }

// bucketOf is where the positions of a profile are.
func bucketOf(profile string) []byte {
	if isFirst(profile) {
		return []byte(progressBucket)
	}
	return []byte(progressBucket + "/" + profile)
}

func runningID(profile, id string) string {
	if isFirst(profile) {
		return id
	}
	return profile + profileEnd + id
}

func splitRunning(key string) (profile, id string) {
	if profile, id, found := strings.Cut(key, profileEnd); found {
		return profile, id
	}
	return box.FirstProfile, key
}

// ForgetViewer wipes what is kept for a profile, for good: all in one
// transaction, so that power lost in between leaves all or nothing of it.
func (s *Store) ForgetViewer(profile string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	last := s.running.last
	err := s.db.Update(func(tx *bolt.Tx) error {
		if err := settleIn(tx, last); err != nil { // or its last title would come back with the next start
			return err
		}
		if err := forgetProgress(tx, profile); err != nil {
			return err
		}
		c := tx.Bucket([]byte(settingsBucket)).Cursor()
		prefix := choicePrefix(profile)
		for k, _ := c.Seek([]byte(prefix)); strings.HasPrefix(string(k), prefix); k, _ = c.Next() {
			if err := c.Delete(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("forget profile %q: %w", profile, err)
	}
	return nil
}

func forgetProgress(tx *bolt.Tx, profile string) error {
	err := tx.DeleteBucket(bucketOf(profile))
	if errors.Is(err, berrors.ErrBucketNotFound) {
		err = nil
	}
	if err == nil && isFirst(profile) { // an older usherd takes a database without it for damaged
		_, err = tx.CreateBucket([]byte(progressBucket))
	}
	return err
}
