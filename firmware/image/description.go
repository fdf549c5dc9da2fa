package image

import (
	"encoding/json"
	"fmt"

	"usher/firmware"
)

// MaxDescription is the longest that a description may be, bytes.
const MaxDescription = 8 << 20

// Description is what a release is made of. Its SHA-256 stands in the signed
// list, so that whatever it names by a sum can be trusted.
type Description struct {
	Format int               `json:"format"`
	Size   int64             `json:"size"`      // of the image, bytes
	Chunk  int               `json:"chunkSize"` // as firmware.Release.Chunk
	Chunks []firmware.Sum    `json:"chunks"`
	Notes  map[string]string `json:"notes,omitempty"` // by language (BCP 47)
	Index  File              `json:"index"`           // an encoded [Index]
	Data   File              `json:"data"`            // the blocks as they are stored, one after the other
	// Frames are there for boxes that have little of the image; nil: a release of
	// before there were any.
	Frames *Frames `json:"frames,omitempty"`
}

// File is a file of the repository, named by its SHA-256.
type File struct {
	Sum    firmware.Sum `json:"sha256"`
	Length int64        `json:"length"` // bytes
}

// Encode writes a description.
func (d Description) Encode() ([]byte, error) {
	d.Format = format
	data, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode description: %w", err)
	}
	return data, nil
}

// DecodeDescription reads a description. terms are those of the signed list;
// the release that it gives has them and the image.
func DecodeDescription(data []byte, terms firmware.Release) (Description, firmware.Release, error) {
	if len(data) > MaxDescription {
		return Description{}, terms, fmt.Errorf("%w: a description of %d bytes", firmware.ErrRelease, len(data))
	}
	var d Description
	if err := decode(data, &d); err != nil {
		return d, terms, err
	}
	r := terms
	r.Size, r.Chunk, r.Chunks, r.Notes = d.Size, d.Chunk, d.Chunks, d.Notes
	switch {
	case d.Format != format:
		return d, r, fmt.Errorf("%w: a description of format %d", firmware.ErrRelease, d.Format)
	case d.Index.Length <= 0 || d.Index.Length > MaxIndex:
		return d, r, fmt.Errorf("%w: an index of %d bytes", firmware.ErrRelease, d.Index.Length)
	case d.Data.Length < 0 || d.Data.Length > d.Size:
		return d, r, fmt.Errorf("%w: %d bytes stored for %d", firmware.ErrRelease, d.Data.Length, d.Size)
	}
	if err := r.Check(); err != nil || d.Frames == nil {
		return d, r, err
	}
	return d, r, d.Frames.check(r)
}
