package main

import (
	"context"
	"fmt"
	"io"
	"strings"
)

const whyDetail = `  usher why quality   why the picture is as sharp as it is
  usher why start     where the time from OK to the first picture went
  usher why stall     whether the picture stood, and what keeps it from doing so`

// why prints an explanation, one line for each thing that decided.
func why(ctx context.Context, a *app, words []string) error {
	switch words[0] {
	case "quality", "start", "stall":
	default:
		return usage(fmt.Sprintf("%q is no topic.", words[0]), "Topics: "+strings.Join([]string{"quality", "start", "stall"}, ", "))
	}
	var found struct {
		Reasons []struct{ Subject, Text string }
	}
	return a.list(ctx, "system.why", map[string]string{"topic": words[0]}, &found, func(w io.Writer) {
		for _, r := range found.Reasons {
			fmt.Fprintf(w, "%s\t%s\n", r.Subject, r.Text)
		}
	})
}
