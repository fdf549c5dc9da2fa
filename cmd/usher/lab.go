package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"strings"

	"usher/player/lab"
)

const labDetail = `Plays real HLS streams on a real player and prints what it does, row by row: what
MPRIS promises, and what Usher makes of it. The player is started on a private bus
(mpv, vlc, or --command); with --bus and --player NAME one that runs already is
examined where it is. It takes about three minutes, and needs ffmpeg. It does not need
the daemon. Exit 1: a row that Usher cannot do without failed.`

// labFlags are the flags of usher player lab.
type labFlags struct {
	player   string
	command  string
	bus      string
	rows     string
	markdown bool
}

func labFlagSet(fs *flag.FlagSet, o *options) {
	fs.StringVar(&o.lab.player, "player", "mpv", "mpv, vlc, or the `NAME` after org.mpris.MediaPlayer2.")
	fs.StringVar(&o.lab.command, "command", "", "start the player with this `PROGRAM` and its arguments")
	fs.StringVar(&o.lab.bus, "bus", "", "examine a player that runs already on the bus at this `ADDRESS`")
	fs.StringVar(&o.lab.rows, "rows", "", "only rows whose id begins with one of these, separated by commas")
	fs.BoolVar(&o.lab.markdown, "markdown", false, "print Markdown, as in docs/players.md")
}

// players is the verb for native players; its one word is lab.
func players(ctx context.Context, a *app, words []string) error {
	if words[0] != "lab" {
		return usage(fmt.Sprintf("There is no %q for players.", words[0]), "Use: usher player lab")
	}
	o := a.labOptions()
	report, err := lab.Run(ctx, o)
	if err != nil {
		return &failure{code: exitFailed, key: "no_player", text: err.Error(), hint: "See: usher help player"}
	}
	switch {
	case a.opt.json:
		err = report.WriteJSON(a.out)
	case a.opt.lab.markdown:
		err = report.WriteMarkdown(a.out)
	default:
		err = report.WriteText(a.out)
	}
	if err == nil && !report.Green() {
		return &failure{code: exitFailed, key: "rows_failed", text: "The player fails rows that Usher cannot do without.", hint: "See docs/porting-player.md for what a player needs."}
	}
	return err
}

func (a *app) labOptions() lab.Options {
	f := a.opt.lab
	o := lab.Options{Player: f.player, Command: strings.Fields(f.command), Bus: f.bus, Logger: slog.New(slog.DiscardHandler)}
	if f.rows != "" {
		o.Rows = func(id string) bool {
			for _, prefix := range strings.Split(f.rows, ",") {
				if strings.HasPrefix(id, prefix) {
					return true
				}
			}
			return false
		}
	}
	o.Progress = func(r lab.Row) { fmt.Fprintf(a.err, "%-5s %s\n", r.Result, r.ID) }
	return o
}
