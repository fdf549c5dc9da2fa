// Package spell finds the known word that somebody may have meant, for errors
// that name it. It is pure.
package spell

import "strings"

// Nearest is the known word most like the given one, or "" when none is near
// enough to be what was meant.
func Nearest(word string, known []string) string {
	best, bestDist := "", max(2, len(word)/3)+1
	for _, k := range known {
		d := Distance(strings.ToLower(word), strings.ToLower(k))
		if strings.HasSuffix(k, "."+word) { // the table was forgotten
			d = 0
		}
		if d < bestDist {
			best, bestDist = k, d
		}
	}
	return best
}

// Distance is the Levenshtein distance in bytes.
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost = 1 + min(diag, row[j], row[j+1])
			}
			diag, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
