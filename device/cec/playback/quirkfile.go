package playback

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"usher/device/cec"
)

// MaxQuirks is how long a file of quirks may be, bytes.
const MaxQuirks = 64 << 10

// Limits of a file of quirks. A Vendor Command carries 14 operands at most
// (HDMI 1.4b, CEC 13.16: a message has 16 blocks, of which two are its head).
const (
	mostExchanges = 32
	mostOperands  = 14
)

// ParseQuirks reads the rows of an OEM, a JSON array of Quirk; docs/cec.md, "For
// makers of boxes", has an example. The error names the line, or the row, from
// 1. A maker is there once.
func ParseQuirks(data []byte) ([]Quirk, error) {
	if len(data) > MaxQuirks {
		return nil, fmt.Errorf("longer than %d KiB", MaxQuirks>>10)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var rows []Quirk
	err := dec.Decode(&rows)
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the array")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("line %d: %w", line(data, dec.InputOffset(), err), err)
	}
	for i, q := range rows {
		if slices.ContainsFunc(rows[:i], func(o Quirk) bool { return o.Vendor == q.Vendor }) {
			return nil, fmt.Errorf("row %d: the maker %v is there twice", i+1, q.Vendor)
		}
		if err := q.check(); err != nil {
			return nil, fmt.Errorf("row %d: %w", i+1, err)
		}
	}
	return rows, nil
}

// line is where reading ended, from 1: the library knows more of some errors.
func line(data []byte, read int64, err error) int {
	if s, ok := errors.AsType[*json.SyntaxError](err); ok {
		read = s.Offset
	}
	return 1 + bytes.Count(data[:min(int(read), len(data))], []byte("\n"))
}

func (q Quirk) check() error {
	switch {
	case q.Vendor == 0 || q.Vendor == cec.NoVendor:
		return errors.New(`the vendor is missing: a brand such as "Samsung", or six hexadecimal digits`)
	case q.Hold != "" && !slices.Contains(holds(), q.Hold):
		return fmt.Errorf("hold is %q; it may be one of %q", q.Hold, holds())
	case q.Hold == "" && len(q.Exchanges) == 0:
		return errors.New("it says nothing: hold or exchanges")
	case len(q.Exchanges) > mostExchanges:
		return fmt.Errorf("%d exchanges at most", mostExchanges)
	}
	for i, x := range q.Exchanges {
		if len(x.Hear) == 0 || len(x.Say) == 0 || max(len(x.Hear), len(x.Say)) > mostOperands {
			return fmt.Errorf("exchange %d: hear and say are 1 to %d bytes", i+1, mostOperands)
		}
	}
	return nil
}

func holds() []Hold { return []Hold{HoldAuto, HoldRepeat, HoldRelease} }
