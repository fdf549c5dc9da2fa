package catalog

import (
	_ "embed"
	"strings"
	"unicode"
)

// pinyin has a line for each letter that a reading begins with: the letter, and
// the characters. It is level 1 of GB 2312-80, whose 3,755 characters are in
// the order of their readings; a character with several has the usual one.
//
//go:embed pinyin.txt
var pinyin string

// pinyinLetter is the letter that the reading of r begins with; 0 is unknown.
// It looks through eleven kilobytes, about a microsecond.
func pinyinLetter(r rune) byte {
	at := strings.IndexRune(pinyin, r)
	if at < 0 {
		return 0
	}
	return pinyin[strings.LastIndexByte(pinyin[:at], '\n')+1]
}

// initials is what somebody types who writes a Chinese name by the first
// letters of its readings: dhha for 灯火海岸. It is "" for a text without
// characters that are known.
func initials(folded string) string {
	if !strings.ContainsFunc(folded, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return ""
	}
	var b strings.Builder
	for _, r := range folded {
		han := unicode.Is(unicode.Han, r)
		switch l := pinyinLetter(r); {
		case han && l != 0:
			b.WriteByte(l)
		case han:
			return "" // half a name would be found by letters that nobody types
		case r < unicode.MaxASCII && r != ' ':
			b.WriteRune(r)
		}
	}
	return b.String()
}
