package oem

import (
	"errors"
	"io"
	"os"

	"usher/internal/config"
	"usher/internal/rights"
)

// Open reads and verifies the overlay of a box, for [config.Input]. An overlay
// that is not there is fs.ErrNotExist; everything else that is wrong is a
// *config.Error with the next step.
func Open(name, keysName string) (*config.Overlay, error) {
	if _, err := os.Stat(name); err != nil {
		return nil, err
	}
	keys, err := ReadKeys(keysName)
	if err != nil {
		return nil, &config.Error{Where: name, Text: "cannot be verified: " + err.Error(), Hint: "put the public keys of the OEM there (usher oem key prints them), or name another file: oem.keys"}
	}
	o, err := ReadOverlay(name, keys)
	if err != nil {
		return nil, &config.Error{Where: name, Text: err.Error(), Hint: hint(err, keysName)}
	}
	return o.Config(), nil
}

// ReadOverlay reads and verifies an overlay. Its errors are those of [Parse] and
// of the disk.
func ReadOverlay(name string, keys rights.Keys) (*Overlay, error) {
	packed, err := read(name, MaxBytes)
	if err != nil {
		return nil, err
	}
	return Parse(packed, keys)
}

func hint(err error, keys string) string {
	switch {
	case errors.Is(err, rights.ErrKey), errors.Is(err, rights.ErrAlgorithm):
		return "sign it with a key that " + keys + " has, or add its public key there"
	case errors.Is(err, rights.ErrFormat):
		return "make it with: usher oem pack"
	}
	return "copy it to the box again: it was changed on its way"
}

// ReadKeys reads the public keys of overlays.
func ReadKeys(name string) (rights.Keys, error) {
	data, err := read(name, rights.MaxKeys)
	if err != nil {
		return rights.Keys{}, err
	}
	return rights.ParseKeys(data)
}

// read reads a file, and one byte more than allowed at most.
func read(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most+1))
}
