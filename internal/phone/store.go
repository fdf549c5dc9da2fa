package phone

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// Keeper stores small texts for good.
type Keeper interface {
	Setting(key string) (value string, ok bool, err error)
	SetSetting(key, value string) error
}

// settingKey is where everything is kept, as one JSON object.
const settingKey = "phones"

// Most is how many phones there may be.
const Most = 16

// record is what is on the disk.
type record struct {
	On       bool     `json:"on"`
	Instance string   `json:"instance"` // the box's name on the network, random
	Phones   []member `json:"phones"`
}

// member is a phone that was let in.
type member struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Key      string `json:"key"`      // base64url
	PairedMS int64  `json:"pairedMs"` // Unix milliseconds
	SeenMS   int64  `json:"seenMs"`   // to the hour
}

// read reads what was kept. What cannot be read any more is no phone: it is
// paired again.
func read(k Keeper) (record, error) {
	text, ok, err := k.Setting(settingKey)
	if err != nil {
		return record{}, fmt.Errorf("read phones: %w", err)
	}
	var r record
	if !ok || json.Unmarshal([]byte(text), &r) != nil {
		return record{}, nil
	}
	r.Phones = slices.DeleteFunc(r.Phones, func(m member) bool {
		_, err := m.key()
		return err != nil || m.ID == ""
	})
	return r, nil
}

func (r record) write(k Keeper) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encode phones: %w", err)
	}
	if err := k.SetSetting(settingKey, string(text)); err != nil {
		return fmt.Errorf("store phones: %w", err)
	}
	return nil
}

func (r record) find(id string) int {
	return slices.IndexFunc(r.Phones, func(m member) bool { return m.ID == id })
}

func (m member) key() ([]byte, error) {
	key, err := base64.RawURLEncoding.DecodeString(m.Key)
	if err != nil || len(key) != keySize {
		return nil, fmt.Errorf("phone %s has no key", m.ID)
	}
	return key, nil
}

// maxName is the longest name of a phone, in characters.
const maxName = 40

// plainName makes a name that a phone gave itself fit to be shown.
func plainName(name string) string {
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	letters := []rune(strings.Join(strings.Fields(name), " "))
	return string(letters[:min(len(letters), maxName)])
}

// seenEvery is how exactly it is kept when a phone was here: phones come and go
// all evening, and flash wears.
const seenEvery = time.Hour
