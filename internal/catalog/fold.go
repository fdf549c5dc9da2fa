package catalog

import (
	"strings"
	"unicode"
)

// fold makes texts comparable: lower case, Latin letters without their
// diacritics, other signs than letters and digits as single spaces. Thai vowel
// and tone marks stay: they are letters of the word, not ornaments.
func fold(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		r = unicode.ToLower(r)
		switch plain := foldLatin(r); {
		case plain != "":
			writeWord(&b, &space, plain)
		case r >= 0x300 && r <= 0x36f: // combining diacritics of decomposed text
		case r == '\'' || r == '’': // the cartographers daughter
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			writeWord(&b, &space, string(r))
		default:
			space = true
		}
	}
	return b.String()
}

func writeWord(b *strings.Builder, space *bool, s string) {
	if *space && b.Len() > 0 {
		b.WriteByte(' ')
	}
	*space = false
	b.WriteString(s)
}

// foldLatin gives the plain letters of a Latin letter with a diacritic
// (Latin-1 and Latin Extended-A, and the Vietnamese horns); "" for others.
func foldLatin(r rune) string {
	if r < 0xdf || r > 0x1ef9 {
		return ""
	}
	switch r {
	case 'ß':
		return "ss"
	case 'æ':
		return "ae"
	case 'œ':
		return "oe"
	case 'þ':
		return "th"
	}
	const (
		with    = "àáâãäåāăąçćĉċčďđèéêëēĕėęěĝğġģĥħìíîïĩīĭįıĵķĺļľłñńņňòóôõöøōŏőơŕŗřśŝşšţťŧùúûüũūŭůűųưŵýÿŷźżžð"
		without = "aaaaaaaaacccccddeeeeeeeeegggghhiiiiiiiiijkllllnnnnoooooooooorrrssssttt" + "uuuuuuuuuuuwyyyzzzd"
	)
	at := 0
	for _, w := range with {
		if w == r {
			return without[at : at+1]
		}
		at++
	}
	return ""
}
