package main

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"usher/internal/box"
	"usher/player"
)

const tracksDetail = `Without words: what the title has, and which is on (*).
  usher tracks audio de              another sound: its number or its language
  usher tracks subtitles off         no subtitles
  usher tracks delay audio -0.25     sound a quarter of a second earlier (until the title ends)
  usher tracks picture 4:3           another aspect; fill cuts it to the screen; own is the stream's`

func rate(ctx context.Context, a *app, words []string) error {
	text, percent := strings.CutSuffix(words[0], "%")
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, "x"), 64)
	if percent {
		n /= 100
	}
	if err != nil || math.IsNaN(n) || n < 0.5 || n > 2 {
		return usage(fmt.Sprintf("%q is not a rate.", words[0]), "Write a number from 0.5 to 2; 1 is normal.")
	}
	return a.command(ctx, "player.rate", map[string]float64{"rate": n})
}

func tracks(ctx context.Context, a *app, words []string) error {
	switch {
	case len(words) == 0:
		return a.showTracks(ctx)
	case len(words) == 2 && (words[0] == "audio" || words[0] == "subtitles"):
		return a.chooseTrack(ctx, words[0], words[1])
	case len(words) == 2 && words[0] == "picture":
		return a.shape(ctx, words[1])
	case len(words) == 3 && words[0] == "delay" && (words[1] == "audio" || words[1] == "subtitles"):
		return a.delay(ctx, words[1], words[2])
	}
	return usage("That is nothing that tracks can do.", "See: usher help tracks")
}

// present is the tracks of the title that is on.
func (a *app) present(ctx context.Context) (v box.TracksView, err error) {
	c, err := a.connect(ctx)
	if err != nil {
		return v, err
	}
	defer c.close()
	return v, local(c.call(ctx, "player.tracks", nil, &v))
}

func (a *app) showTracks(ctx context.Context) error {
	v, err := a.present(ctx)
	if err != nil {
		return err
	}
	if a.opt.json {
		return a.print(v)
	}
	if v.Session == 0 {
		fmt.Fprintln(a.out, "Nothing is playing.")
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, t := range v.Audio {
		fmt.Fprintf(w, "audio\t%s\n", trackText(t))
	}
	for _, t := range v.Subtitles {
		fmt.Fprintf(w, "subtitles\t%s\n", trackText(t))
	}
	fmt.Fprintf(w, "delay\taudio %s, subtitles %s\n", ms(v.AudioDelayMS), ms(v.SubtitleDelayMS))
	if p := v.Picture; p.Width > 0 {
		fmt.Fprintf(w, "picture\t%d × %d %s\n", p.Width, p.Height, p.HDR)
	}
	if v.Can.Why != "" {
		fmt.Fprintf(w, "note\t%s\n", v.Can.Why)
	}
	if v.Problem != nil {
		fmt.Fprintf(w, "problem\t%s %s\n", v.Problem.Text, v.Problem.Hint)
	}
	return w.Flush()
}

func trackText(t player.Track) string {
	mark := " "
	if t.Selected {
		mark = "*"
	}
	return strings.TrimRight(fmt.Sprintf("%s%d\t%s\t%s", mark, t.ID, t.Language, t.Title), "\t ")
}

// chooseTrack takes a number, a language, or off.
func (a *app) chooseTrack(ctx context.Context, kind, word string) error {
	id, err := strconv.Atoi(word)
	switch {
	case word == "off" && kind == "subtitles":
		id = 0
	case err != nil:
		v, err := a.present(ctx)
		if err != nil {
			return err
		}
		list := v.Audio
		if kind == "subtitles" {
			list = v.Subtitles
		}
		if id = trackIn(list, word); id == 0 {
			return &failure{code: exitFailed, key: "no_track", text: fmt.Sprintf("The title has no %s in %q.", kind, word), hint: "See what it has: usher tracks"}
		}
	case id < 1 || id > 1000:
		return usage(fmt.Sprintf("%q is not the number of a track.", word), "See: usher tracks")
	}
	return a.command(ctx, "player.choose", map[string]any{"kind": kind, "id": id})
}

// trackIn is the number of the first track in a language, or 0.
func trackIn(list []player.Track, language string) int {
	for _, exact := range []bool{true, false} {
		for _, t := range list {
			have, _, _ := strings.Cut(t.Language, "-")
			if strings.EqualFold(t.Language, language) || !exact && strings.EqualFold(have, language) {
				return t.ID
			}
		}
	}
	return 0
}

func (a *app) delay(ctx context.Context, kind, word string) error {
	if n, err := strconv.ParseFloat(word, 64); err == nil {
		word = strconv.FormatFloat(n, 'f', -1, 64) + "s"
	}
	d, err := time.ParseDuration(word)
	if err != nil || d.Abs() > 10*time.Second {
		return usage(fmt.Sprintf("%q is not a delay.", word), "Write seconds from -10 to 10, such as -0.25, or 250ms.")
	}
	return a.command(ctx, "player.delay", map[string]any{"kind": kind, "ms": d.Milliseconds()})
}

func (a *app) shape(ctx context.Context, word string) error {
	params := map[string]any{}
	switch word {
	case "own":
	case "fill":
		params["fill"] = 1
	default:
		aspect, ok := aspectOf(word)
		if !ok {
			return usage(fmt.Sprintf("%q is not a shape of a picture.", word), "Write 4:3, 16:9, 2.39, fill or own.")
		}
		params["aspect"] = aspect
	}
	return a.command(ctx, "player.picture", params)
}

// aspectOf reads 16:9 and 2.39.
func aspectOf(word string) (float64, bool) {
	w, h, pair := strings.Cut(word, ":")
	aspect, err := strconv.ParseFloat(w, 64)
	if pair && err == nil {
		var height float64
		height, err = strconv.ParseFloat(h, 64)
		aspect /= height
	}
	return aspect, err == nil && aspect >= 0.5 && aspect <= 3
}
