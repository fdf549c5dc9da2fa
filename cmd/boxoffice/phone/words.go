package phone

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// words are the texts of the pages: by key, then by language.
type words map[string]map[string]string

func readWords() (words, error) {
	raw, err := files.ReadFile("texts.json")
	if err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	var w words
	if err := json.Unmarshal(raw, &w); err != nil {
		return nil, fmt.Errorf("read texts: %w", err)
	}
	return w, nil
}

// Languages are those of the pages, and of every text of the catalogue (BCP 47).
func Languages() []string { return []string{"zh-Hans", "en", "de", "id", "th"} }

func (w words) say(lang, key string, args ...any) string {
	text := w[key][lang]
	if text == "" {
		text = w[key]["en"]
	}
	if len(args) == 0 {
		return text
	}
	return fmt.Sprintf(text, args...)
}

// language is the one of ours that a person likes best (RFC 9110 section
// 12.5.4), or English.
func language(accept string) string {
	best, most := "en", 0.0
	for part := range strings.SplitSeq(accept, ",") {
		tag, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		q := 1.0
		if _, v, ok := strings.Cut(strings.ReplaceAll(params, " ", ""), "q="); ok {
			q, _ = strconv.ParseFloat(v, 64) // nonsense is 0: not wanted
		}
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		for _, lang := range Languages() {
			if ours, _, _ := strings.Cut(lang, "-"); ours == primary && q > most {
				best, most = lang, q
			}
		}
	}
	return best
}
