// Package spell finds the known word that somebody may have meant, for errors
// that name it. It is pure.
package spell

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
		if d := Distance(strings.ToLower(given), strings.ToLower(w)); d < nearest {
			best, nearest = w, d
		}
	}
	return best
}

// Distance counts the letters to add, leave out, replace, or swap with their
// neighbour (optimal string alignment), in bytes, with three rows of memory.
func Distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			cost := last[j]
			if a[i] != b[j] {
				cost++
			}
			row[j+1] = min(cost, row[j]+1, last[j+1]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
