package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"usher/internal/spell"
)

// ExitUsage is the exit code of a command that was told something it does not
// understand.
const ExitUsage = 2

// Error is one thing wrong in what usherd was told. Load may join several;
// errors.As finds the first.
type Error struct {
	Where string // "usher.toml:12", "environment", "command line"
	Key   string // as written there: "player.kind", "USHER_PLAYER_KIND", "-listen"
	Value string // what was given, when that is the trouble
	Text  string // what is wrong
	Hint  string // the next step; may be empty
}

// Error is one line, with the hint on a second.
func (e *Error) Error() string {
	s := e.Where + ": "
	switch {
	case e.Value != "":
		s += fmt.Sprintf("%s = %s: %s", e.Key, strconv.Quote(clip(e.Value)), e.Text)
	case e.Key != "":
		s += fmt.Sprintf("%s: %s", e.Key, e.Text)
	default:
		s += e.Text
	}
	if e.Hint != "" {
		s += "\n  hint: " + e.Hint
	}
	return s
}

// ExitCode is the exit code of a process that ends because of this error.
func (*Error) ExitCode() int { return ExitUsage }

// clip keeps an absurd value from filling the screen.
func clip(s string) string {
	const longest = 80
	if len(s) > longest {
		return s[:longest] + "…"
	}
	return s
}

func unknown(where, what, key string, known []string) *Error {
	e := &Error{Where: where, Key: key, Text: "no such " + what, Hint: "usherd -h lists what there is"}
	if n := meant(key, known); n != "" {
		e.Hint = fmt.Sprintf("did you mean %s?", n)
	}
	return e
}

// meant is the key that somebody may have meant: one whose table was
// forgotten, or one that is spelled alike.
func meant(key string, known []string) string {
	i := slices.IndexFunc(known, func(k string) bool { return strings.HasSuffix(k, "."+key) })
	if i >= 0 {
		return known[i]
	}
	return spell.Nearest(key, known)
}
