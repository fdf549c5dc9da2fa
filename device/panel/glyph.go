//go:build linux

package panel

import "time"

// digits is how many places a display has at most.
const digits = 6

// colon is the bit of the second digit that lights the colon of a clock, and
// otherwise a decimal point.
const colon = 0x80

// glyph is a character in seven segments, bit 0 being A (top), then clockwise,
// bit 6 the middle. What cannot be drawn is blank.
//
//	 -A-
//	F   B
//	 -G-
//	E   C
//	 -D-
func glyph(r rune) byte {
	if r >= '0' && r <= '9' {
		return [...]byte{0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f}[r-'0']
	}
	if r >= 'a' && r <= 'z' {
		r -= 'a' - 'A'
	}
	return map[rune]byte{
		'A': 0x77, 'B': 0x7c, 'C': 0x39, 'D': 0x5e, 'E': 0x79, 'F': 0x71, 'G': 0x3d, 'H': 0x76, 'I': 0x06, 'J': 0x1e,
		'L': 0x38, 'N': 0x54, 'O': 0x5c, 'P': 0x73, 'Q': 0x67, 'R': 0x50, 'S': 0x6d, 'T': 0x78, 'U': 0x3e, 'Y': 0x6e,
		'-': 0x40, '_': 0x08, '=': 0x48, '?': 0x53,
	}[r]
}

// segments is a text in segments.
func segments(text string) (s [digits]byte) {
	i := 0
	for _, r := range text {
		if i == digits {
			break
		}
		s[i] = glyph(r)
		i++
	}
	return s
}

// clockFace is the time of day; the colon blinks once a second.
func clockFace(t time.Time) [digits]byte {
	s := segments(t.Format("1504"))
	if t.Second()%2 == 0 {
		s[1] |= colon
	}
	return s
}
