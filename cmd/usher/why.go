package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

const whyDetail = `  usher why quality   why the picture is as sharp as it is
  usher why start     where the time from OK to the first picture went
  usher why stall     whether the picture stood, and what keeps it from doing so
  usher why tv        how the TV and the box stand, and what was decided
  usher why tv.woke   what turned the TV on: from the act to the frames
  usher why tv.frames every frame and decision that is kept, for a report
  usher why power     why the box is on or in standby`

func whyTopics() []string {
	return []string{"quality", "start", "stall", "tv", "tv.woke", "tv.frames", "power"}
}

// why prints an explanation, one line for each thing that decided.
func why(ctx context.Context, a *app, words []string) error {
	if !slices.Contains(whyTopics(), words[0]) {
		return usage(fmt.Sprintf("%q is no topic.", words[0]), "Topics: "+strings.Join(whyTopics(), ", "))
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
