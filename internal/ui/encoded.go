package ui

import (
	"encoding/json"
	"fmt"
	"sync"
)

// encoded keeps the last large answer as it is sent: ten thousand titles take
// long to encode, and every page asks for the same when it is loaded.
type encoded struct {
	mu   sync.Mutex
	key  string
	data json.RawMessage
}

// get is the answer of a key; make makes one that is not kept.
func (e *encoded) get(key string, build func() any) (json.RawMessage, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.key == key && e.data != nil {
		return e.data, nil
	}
	data, err := json.Marshal(build())
	if err != nil {
		return nil, fmt.Errorf("encode the rails: %w", err)
	}
	e.key, e.data = key, data
	return data, nil
}

// railsKey tells catalogues apart by where they are in memory: they are never
// changed in place, and another viewer has another one.
func railsKey(found []catalogueOf, most int) string {
	key := fmt.Sprint(most)
	for _, c := range found {
		key += fmt.Sprintf(" %s %q", c.service, c.Revision)
		if len(c.Titles) > 0 {
			key += fmt.Sprintf(" %p %d", &c.Titles[0], len(c.Titles))
		}
	}
	return key
}
