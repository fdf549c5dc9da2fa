package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"usher/internal/box"
)

const firmwareDetail = `status    what runs, what is on its way, and what it waits for
check     look for new firmware now
install   install the newest; the box starts anew as soon as nobody watches
postpone  put it off for DURATION, such as 3h; at most a day, three times
rollback  go back to the firmware before; the box starts anew
history   what became of updates`

// firmwareState is the answer of firmware.status.
type firmwareState struct {
	Firmware box.FirmwareView `json:"firmware"`
	Slots    []struct {
		Name, State, Version, Reason string
		Attempts                     int
		Booted, Primary              bool
	} `json:"slots"`
	History []struct {
		At            time.Time
		From, Version string
		Kept          bool
		Reason        string
	} `json:"history"`
	Skipped []struct{ Version, Why string } `json:"skipped"`
}

// firmwareVerb is usher firmware.
func firmwareVerb(ctx context.Context, a *app, words []string) error {
	const use = "Use: usher firmware status | check | install | postpone DURATION | rollback | history"
	switch word := words[0]; word {
	case "status", "history":
		return a.firmware(ctx, word == "history")
	case "check", "install", "rollback":
		return a.command(ctx, "firmware."+word, nil)
	case "postpone":
		if len(words) < 2 {
			return usage("For how long is it to be put off?", "Use: usher firmware postpone 3h")
		}
		d, err := time.ParseDuration(words[1])
		if err != nil || d < time.Minute || d > 24*time.Hour {
			return usage(fmt.Sprintf("%q is no time from a minute to a day.", words[1]), "Use: usher firmware postpone 3h")
		}
		return a.command(ctx, "firmware.postpone", map[string]int64{"forMs": d.Milliseconds()})
	default:
		return usage(fmt.Sprintf("There is no usher firmware %q.", word), use)
	}
}

// firmware prints how the slots stand, or what became of updates.
func (a *app) firmware(ctx context.Context, history bool) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	var raw json.RawMessage
	if err := c.call(ctx, "firmware.status", nil, &raw); err != nil {
		return local(err)
	}
	if a.opt.json {
		return a.print(raw)
	}
	var s firmwareState
	if err := decode(raw, &s); err != nil {
		return err
	}
	if history {
		return a.table(s.historyRows)
	}
	return a.table(s.rows)
}

func (s firmwareState) rows(w io.Writer) {
	f := s.Firmware
	fmt.Fprintf(w, "runs\t%s from slot %s\n", f.Version, f.Slot)
	fmt.Fprintf(w, "update\t%s\n", updateText(f))
	if f.Problem != nil {
		fmt.Fprintf(w, "trouble\t%s %s\n", f.Problem.Text, f.Problem.Hint)
	}
	for _, x := range s.Slots {
		text := x.State
		if x.Version != "" {
			text = x.Version + ", " + text
		}
		if x.Reason != "" {
			text += " (" + x.Reason + ")"
		}
		if x.State == "trying" {
			text += fmt.Sprintf(", %d starts left", x.Attempts)
		}
		if x.Booted {
			text += ", runs"
		}
		if x.Primary {
			text += ", starts next"
		}
		fmt.Fprintf(w, "slot %s\t%s\n", x.Name, text)
	}
	for _, x := range s.Skipped {
		fmt.Fprintf(w, "passed over\t%s: %s\n", x.Version, x.Why)
	}
}

// updateText says in a line how far an update is.
func updateText(f box.FirmwareView) string {
	text := string(f.Stage)
	if f.Offer != "" {
		text = f.Offer + ", " + text
	}
	if f.Stage == box.FirmwareWriting {
		text += fmt.Sprintf(" %d %%", f.Percent)
	}
	if f.Waits != "" {
		text += ", waits: " + f.Waits
	}
	if f.LaterMS > 0 {
		text += ", put off until " + time.UnixMilli(f.LaterMS).Format("2 Jan 15:04")
	}
	if f.CheckedMS > 0 {
		text += ", looked for at " + time.UnixMilli(f.CheckedMS).Format("15:04:05")
	}
	return text
}

func (s firmwareState) historyRows(w io.Writer) {
	for _, e := range s.History {
		end := "kept"
		if !e.Kept {
			end = "went back: " + e.Reason
		}
		fmt.Fprintf(w, "%s\t%s\tfrom %s\t%s\n", e.At.Local().Format("2006-01-02 15:04:05"), e.Version, e.From, end)
	}
	if len(s.History) == 0 {
		fmt.Fprintln(w, "No update has come to its end yet.")
	}
}
