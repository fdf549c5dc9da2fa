// Package results writes what the benches found: Markdown tables, a section of
// the results file, figures of lists, and what the machine is.
//
// A results file is replaced as a whole or stays as it was. Nothing here blocks
// but the disk, and nothing is linked into the product.
package results

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Table is a Markdown table whose columns are aligned.
type Table struct{ rows [][]string }

// Add appends a row; the first is the head.
func (t *Table) Add(cells ...string) { t.rows = append(t.rows, cells) }

// String is the table in Markdown, its columns aligned.
func (t *Table) String() string {
	widths := map[int]int{}
	for _, row := range t.rows {
		for i, c := range row {
			widths[i] = max(widths[i], len([]rune(c)))
		}
	}
	var s strings.Builder
	for n, row := range t.rows {
		for i := range row {
			fmt.Fprintf(&s, "| %s%s ", row[i], strings.Repeat(" ", widths[i]-len([]rune(row[i]))))
		}
		s.WriteString("|\n")
		if n == 0 {
			for i := range row {
				fmt.Fprintf(&s, "|%s", strings.Repeat("-", widths[i]+2))
			}
			s.WriteString("|\n")
		}
	}
	return s.String()
}

// Clean keeps a message within a cell of a table, and folders out of it.
func Clean(s string) string {
	words := strings.Fields(strings.ReplaceAll(s, "|", "/"))
	for i, w := range words {
		if strings.Count(w, "/") > 2 && !strings.Contains(w, "://") {
			words[i] = "…/" + filepath.Base(w)
		}
	}
	s = strings.Join(words, " ")
	if runes := []rune(s); len(runes) > 240 {
		s = string(runes[:240]) + "…"
	}
	return s
}

// Number writes a figure, or a dash for one that was not measured.
func Number(f float64, digits int) string {
	if f == 0 {
		return "-"
	}
	return fmt.Sprintf("%.*f", digits, f)
}

// Median is the middle of a list; 0 for an empty one.
func Median(list []float64) float64 { return Quantile(list, 0.5) }

// Quantile is the value below which the share q of a list lies; 0 for an empty one.
func Quantile(list []float64, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
