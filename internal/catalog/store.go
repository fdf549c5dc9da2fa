package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"

	"usher/internal/durable"
)

// stored is a catalogue on disk, as the service sent it. The address and the
// country are kept with it: a catalogue of another place must not come back.
type stored struct {
	Version   int             `json:"version"`
	URL       string          `json:"url"`
	Country   string          `json:"country"`
	Base      string          `json:"base"` // of the service document
	ETag      string          `json:"etag"`
	Document  document        `json:"document"`
	Catalogue json.RawMessage `json:"catalogue"`
}

const (
	storedVersion = 1
	storedLimit   = 20 << 20
)

var errNoCacheDir = errors.New("no cache folder")

func (c *Client) file(cfg Config) string {
	return filepath.Join(c.options.CacheDir, url.PathEscape(cfg.ID)+".json")
}

// save replaces the stored catalogue so that a power cut leaves the old one
// or the new one.
func (c *Client) save(cfg Config, v *view, catalogue []byte) error {
	if c.options.CacheDir == "" {
		return nil
	}
	raw, err := json.Marshal(stored{
		Version: storedVersion, URL: cfg.URL, Country: c.options.Country, Base: v.doc.base.String(),
		ETag: v.etag, Document: v.doc, Catalogue: catalogue,
	})
	if err != nil {
		return fmt.Errorf("encode stored catalogue: %w", err)
	}
	if err := os.MkdirAll(c.options.CacheDir, 0o700); err != nil {
		return err
	}
	return durable.Replace(c.file(cfg), raw)
}

// load reads the stored catalogue with the same distrust as one from the
// network: the disk may be full, old or another box's.
func (c *Client) load(cfg Config) (*view, error) {
	if c.options.CacheDir == "" {
		return nil, errNoCacheDir
	}
	f, err := os.Open(c.file(cfg))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, storedLimit))
	if err != nil {
		return nil, fmt.Errorf("read stored catalogue: %w", err)
	}
	return decodeStored(cfg, c.options.Country, raw)
}

func decodeStored(cfg Config, country string, raw []byte) (*view, error) {
	var s stored
	if err := decode(raw, &s); err != nil {
		return nil, fmt.Errorf("decode stored catalogue: %w", err)
	}
	if s.Version != storedVersion || s.URL != cfg.URL || s.Country != country {
		return nil, fmt.Errorf("stored catalogue is of another version, address or country")
	}
	base, err := parseService(s.Base)
	if err != nil {
		return nil, err
	}
	document, err := json.Marshal(s.Document)
	if err != nil {
		return nil, fmt.Errorf("encode stored service document: %w", err)
	}
	doc, err := decodeDocument(document, base)
	if err != nil {
		return nil, err
	}
	v, err := decodeView(cfg.ID, doc, s.Catalogue)
	if err != nil {
		return nil, err
	}
	v.etag = s.ETag
	return v, nil
}
