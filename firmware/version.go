package firmware

import (
	"cmp"
	"strings"
)

// Compare says which of two versions is newer: below zero when a is older, zero
// when they are the same, above zero when a is newer. Numbers in them count as
// numbers, so that 2026.9 is older than 2026.11; between numbers, text is
// compared byte by byte. What goes on after the other ended is newer, unless it
// goes on with a tilde: 2.0~rc1 is older than 2.0, as in Debian.
func Compare(a, b string) int {
	for a != "" || b != "" {
		var x, y string
		x, a = cut(a, false)
		y, b = cut(b, false)
		if c := compareText(x, y); c != 0 {
			return c
		}
		x, a = cut(a, true)
		y, b = cut(b, true)
		if c := compareNumbers(x, y); c != 0 {
			return c
		}
	}
	return 0
}

// cut takes the digits that s begins with, or what stands before the first.
func cut(s string, digits bool) (first, rest string) {
	i := 0
	for i < len(s) && (s[i] >= '0' && s[i] <= '9') == digits {
		i++
	}
	return s[:i], s[i:]
}

// compareText puts a tilde before everything, the end included.
func compareText(a, b string) int {
	for i := 0; i < max(len(a), len(b)); i++ {
		if c := cmp.Compare(rank(a, i), rank(b, i)); c != 0 {
			return c
		}
	}
	return 0
}

func rank(s string, i int) int {
	switch {
	case i >= len(s):
		return 0
	case s[i] == '~':
		return -1
	}
	return int(s[i]) + 1
}

// compareNumbers compares digits of any number.
func compareNumbers(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}
