package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"time"
)

func chapter(ctx context.Context, a *app, words []string) error {
	if len(words) == 0 {
		return a.showChapters(ctx)
	}
	by, err := strconv.ParseInt(words[0], 10, 8)
	if err != nil || by == 0 || by < -100 || by > 100 {
		return usage(fmt.Sprintf("%q is not so many chapters on or back.", words[0]), "Write +1 for the next one, -1 for the one before.")
	}
	return a.command(ctx, "player.chapter", map[string]int64{"by": by})
}

func (a *app) showChapters(ctx context.Context) error {
	v, err := a.playback(ctx)
	if err != nil {
		return err
	}
	if a.opt.json {
		return a.print(map[string]any{"chapters": v.Chapters})
	}
	if len(v.Chapters) == 0 {
		fmt.Fprintln(a.out, "No chapters are known.")
		return nil
	}
	return a.table(func(w io.Writer) {
		for i, ch := range v.Chapters {
			fmt.Fprintf(w, "%d\t%s\t%s\n", i+1, clock(time.Duration(ch.AtMS)*time.Millisecond), ch.Name.In(a.lang))
		}
	})
}
