package schema

import "strings"

// Nearest finds the word most like given: at most a third of its letters
// (and at least one) are wrong. It is empty when nothing is that near. Case does
// not count.
func Nearest(given string, words []string) string {
	const longest = 64 // longer input is no typing error, and costs time
	if len(given) > longest {
		return ""
	}
	best, nearest := "", max(len(given)/3, 1)+1
	for _, w := range words {
		if d := distance(strings.ToLower(given), strings.ToLower(w)); d < nearest {
			best, nearest = w, d
		}
	}
	return best
}

// distance is Levenshtein's, in bytes, with one row of memory.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
