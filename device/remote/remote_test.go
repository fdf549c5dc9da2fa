package remote

import "testing"

func TestKeysAreValidAndOnce(t *testing.T) {
	seen := map[Key]bool{}
	for _, k := range Keys() {
		if !k.Valid() || seen[k] {
			t.Errorf("key %q: valid %v, seen before %v", k, k.Valid(), seen[k])
		}
		seen[k] = true
	}
	for _, k := range []Key{"", "OK", "power off", "volup "} {
		if k.Valid() {
			t.Errorf("%q passes for a key", k)
		}
	}
}
