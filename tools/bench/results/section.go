package results

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// WriteSection replaces the section of a Markdown file that a heading begins,
// or adds it. The file is either as before or all new.
func WriteSection(file, heading, text string) error {
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("write results: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	temp := file + ".new"
	if err := os.WriteFile(temp, []byte(replaceSection(string(old), heading, text)), 0o644); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	if err := os.Rename(temp, file); err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	return nil
}

// replaceSection is WriteSection's text: a section ends at the next "## ".
func replaceSection(old, heading, text string) string {
	if old == "" {
		old = "# Results of the benches\n"
	}
	title := "## " + heading + "\n"
	before, after, found := strings.Cut("\n"+old, "\n"+title)
	if !found {
		return strings.TrimRight(old, "\n") + "\n\n" + title + "\n" + text
	}
	rest := ""
	if i := strings.Index("\n"+after, "\n## "); i >= 0 {
		rest = "\n" + after[i:]
	}
	return strings.TrimPrefix(before, "\n") + "\n" + title + "\n" + text + rest
}
