// Package qr makes QR codes (ISO/IEC 18004) as plain data, for a screen that
// draws them and for a terminal.
//
// It guarantees that what it makes reads back as the text it was given, with
// error correction level M (15 % of the modules may be unreadable), and that
// texts are limited to [MaxText]. It never blocks, keeps nothing and starts
// nothing; the same text gives the same code.
package qr

import (
	"errors"
	"fmt"
	"strings"

	"rsc.io/qr"
)

// MaxText is the longest text of a code, in bytes: longer ones have modules
// that a phone cannot make out from a sofa.
const MaxText = 300

// ErrLong is a text that is empty or too long.
var ErrLong = errors.New("a QR code holds 1 to 300 bytes here")

// Code is a QR code without its quiet zone, which whoever draws it adds: four
// modules on each side, light (ISO/IEC 18004 section 5.3.8).
type Code struct {
	Size    int    `json:"size"`    // modules on a side, 21 to 177
	Modules string `json:"modules"` // Size×Size characters by rows: '1' is dark, '0' light
}

// Of makes the code of a text.
func Of(text string) (Code, error) {
	if text == "" || len(text) > MaxText {
		return Code{}, ErrLong
	}
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return Code{}, fmt.Errorf("make QR code: %w", err)
	}
	var b strings.Builder
	for y := range c.Size {
		for x := range c.Size {
			b.WriteByte(bit(c.Black(x, y)))
		}
	}
	return Code{Size: c.Size, Modules: b.String()}, nil
}

func bit(dark bool) byte {
	if dark {
		return '1'
	}
	return '0'
}

// quiet is the light border, in modules. Phones read two from a screen.
const quiet = 2

// Text draws a code for a terminal: two modules in each character, dark on
// light whatever the colours of the terminal are. A code that is no square
// gives no lines.
func (c Code) Text() string {
	if c.Size <= 0 || len(c.Modules) != c.Size*c.Size {
		return ""
	}
	var b strings.Builder
	for y := -quiet; y < c.Size+quiet; y += 2 {
		b.WriteString("\x1b[30;107m") // black on bright white
		for x := -quiet; x < c.Size+quiet; x++ {
			b.WriteString(half(c.dark(x, y), c.dark(x, y+1)))
		}
		b.WriteString("\x1b[0m\n")
	}
	return b.String()
}

func (c Code) dark(x, y int) bool {
	return x >= 0 && y >= 0 && x < c.Size && y < c.Size && c.Modules[y*c.Size+x] == '1'
}

// half is the character whose upper and lower halves are as dark as said.
func half(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	}
	return " "
}
