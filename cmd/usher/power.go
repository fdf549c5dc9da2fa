package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"usher/internal/box"
)

const tvDetail = `Keys reach the box while the television shows it. Buttons: power input tuner,
up down left right ok back home, play pause stop forward.
A real television has a remote of its own.`

func tvButtons() []string {
	return []string{"power", "input", "tuner", "up", "down", "left", "right", "ok", "back", "home", "play", "pause", "stop", "forward"}
}

// tv presses a button of the demo's television.
func tv(ctx context.Context, a *app, words []string) error {
	if !slices.Contains(tvButtons(), words[0]) {
		return usage(fmt.Sprintf("The television has no button %q.", words[0]), "Buttons: "+strings.Join(tvButtons(), " "))
	}
	return a.command(ctx, "tv.press", map[string]string{"button": words[0]})
}

// tvText says how the television stands.
func tvText(v box.TVView) string {
	if !v.Present {
		return cmp.Or(v.Reason, "none")
	}
	text := v.Power
	if v.Active {
		text += ", shows the box"
	}
	if v.Sound != "box" {
		text += ", sound by " + v.Sound
	}
	return text
}

// powerText says how the box stands, and who delays standby.
func powerText(v box.PowerView) string {
	text := v.State
	if v.Reason != "" {
		text += " (" + v.Reason + ")"
	}
	for _, i := range v.Inhibitors {
		text += fmt.Sprintf("; delayed until %s: %s", time.UnixMilli(i.UntilMS).Format("15:04:05"), i.Reason)
	}
	return text
}
