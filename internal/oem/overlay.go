package oem

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"usher/internal/config"
	"usher/internal/jws"
	"usher/internal/memfs"
	"usher/internal/rights"
)

// Type is the "typ" of an overlay, so that nothing else that its key signs can
// be taken for one (RFC 8725 section 3.11).
const Type = "usher-oem+jwt"

// The limits of an overlay.
const (
	MaxBytes = 4 << 20  // of the file
	maxHead  = 32 << 10 // bytes of its first line
	maxFiles = 32
	maxLabel = 64 // letters of name and version
)

// ErrDamaged is a file that is no overlay; it comes with more words.
var ErrDamaged = errors.New("not an overlay")

// Overlay is what an OEM ships.
type Overlay struct {
	Name    string            // of the product or brand: a word
	Version string            // a word, for people; versions are not compared
	Signer  string            // id of the key that signed it; "" before
	Files   map[string][]byte // by name; [config.OverlayText] is one of them
}

// head is what is signed.
type head struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Files   []file `json:"files"`
}

type file struct {
	Name   string `json:"name"`
	Size   int    `json:"size"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// Pack signs an overlay. What no box would take is an error.
func Pack(o *Overlay, k jws.Key) ([]byte, error) {
	h := head{Name: o.Name, Version: o.Version}
	var body bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(o.Files)) {
		data := o.Files[name]
		h.Files = append(h.Files, file{Name: name, Size: len(data), SHA256: sum(data)})
		body.Write(data)
	}
	payload, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encode overlay: %w", err)
	}
	packed := append([]byte(k.Sign(Type, payload)+"\n"), body.Bytes()...)
	keys, err := rights.ParseKeys([]byte(k.Public()))
	if err != nil {
		return nil, err
	}
	if _, err := Parse(packed, keys); err != nil {
		return nil, err
	}
	return packed, nil
}

func sum(data []byte) string {
	s := sha256.Sum256(data)
	return hex.EncodeToString(s[:])
}

// Parse verifies an overlay with one of the keys and reads it. Its errors are
// ErrDamaged and those of [rights.Verify].
func Parse(packed []byte, keys rights.Keys) (*Overlay, error) {
	if len(packed) > MaxBytes {
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrDamaged, MaxBytes)
	}
	line, body, ok := bytes.Cut(packed, []byte("\n"))
	if !ok || bytes.Count(line, []byte(".")) != 2 {
		return nil, fmt.Errorf("%w: its first line is no signature", ErrDamaged)
	}
	payload, signer, err := rights.Verify(string(line), Type, maxHead, keys)
	if err != nil {
		return nil, err
	}
	h, err := decode(payload)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	o := &Overlay{Name: h.Name, Version: h.Version, Signer: signer, Files: map[string][]byte{}}
	if err := o.take(h.Files, body); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return o, nil
}

// decode reads what was signed, which says nothing beyond the list.
func decode(payload []byte) (h head, err error) {
	d := json.NewDecoder(bytes.NewReader(payload))
	d.DisallowUnknownFields()
	if err := d.Decode(&h); err != nil {
		return h, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return h, errors.New("something follows what is signed")
	}
	switch {
	case !word(h.Name):
		return h, errors.New("its name has to be a word of 1 to 64 letters")
	case !word(h.Version):
		return h, errors.New("its version has to be a word of 1 to 64 letters")
	case len(h.Files) > maxFiles:
		return h, fmt.Errorf("more than %d files", maxFiles)
	}
	return h, nil
}

// word allows printable ASCII without spaces.
func word(s string) bool {
	return s != "" && len(s) <= maxLabel && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// take cuts the files out of the body and compares their sums.
func (o *Overlay) take(files []file, body []byte) error {
	for _, f := range files {
		if !config.OverlayFile(f.Name) || o.has(f.Name) {
			return fmt.Errorf("file %.80q is there twice, or cannot be called that", f.Name)
		}
		if f.Size < 0 || f.Size > len(body) {
			return fmt.Errorf("it ends before the end of %s", f.Name)
		}
		data := body[:f.Size:f.Size]
		if sum(data) != f.SHA256 {
			return fmt.Errorf("%s was changed after it was signed", f.Name)
		}
		o.Files[f.Name], body = data, body[f.Size:]
	}
	switch {
	case len(body) > 0:
		return errors.New("something follows the last file")
	case !o.has(config.OverlayText):
		return errors.New("it has no " + config.OverlayText)
	}
	return nil
}

// Config is the overlay as a layer of the configuration.
func (o *Overlay) Config() *config.Overlay {
	return &config.Overlay{Name: o.Name + " " + o.Version, Signer: o.Signer, Text: o.Files[config.OverlayText], Files: memfs.Files(o.Files)}
}

func (o *Overlay) has(name string) bool {
	_, ok := o.Files[name]
	return ok
}
