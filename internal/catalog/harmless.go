package catalog

import (
	"bytes"
	"strconv"
)

// harmless is JSON without control characters in its strings: those of a
// service are printed on terminals, where an escape sequence can do more than
// be read (ECMA-48), and go to players and televisions. Newlines and tabs stay, others become
// blanks. raw is not changed; nothing is copied when there are none.
func harmless(raw []byte) []byte {
	out := raw
	put := func(at int, text string) {
		if &out[0] == &raw[0] {
			out = bytes.Clone(raw)
		}
		copy(out[at:], text)
	}
	for i := 0; i < len(raw); i++ {
		rest := raw[i:]
		switch {
		case rest[0] == 0x7f:
			put(i, " ")
		case rest[0] == 0xc2 && len(rest) > 1 && rest[1] >= 0x80 && rest[1] < 0xa0: // U+0080 to U+009F
			put(i, "  ")
			i++
		case rest[0] != '\\' || len(rest) < 2:
		case rest[1] == 'b' || rest[1] == 'f' || rest[1] == 'r':
			put(i, `\t`)
			i++
		case rest[1] == 'u' && len(rest) >= 6:
			if n, err := strconv.ParseUint(string(rest[2:6]), 16, 16); err == nil && steers(rune(n)) {
				put(i, `\u0020`)
			}
			i++
		default:
			i++ // what is escaped is no escape
		}
	}
	return out
}

// steers says that r is a control character other than a newline or a tab.
func steers(r rune) bool {
	return r < 0x20 && r != '\n' && r != '\t' || r >= 0x7f && r < 0xa0
}
