package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"usher/internal/box"
	"usher/internal/offer"
)

func play(ctx context.Context, a *app, words []string) error {
	params := map[string]any{}
	switch {
	case a.opt.at != "" && a.opt.start:
		return usage("--at and --start exclude each other.", "See: usher help play")
	case a.opt.start:
		params["from"] = "start"
	case a.opt.at != "":
		at, relative, err := parseTime(a.opt.at)
		if err != nil || relative {
			return usage(fmt.Sprintf("--at: %q is not a time within a film.", a.opt.at), "Write 1:23:45 or 90s.")
		}
		params["positionMs"] = at.Milliseconds()
	}
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if params["titleId"], err = a.choose(ctx, c, strings.Join(words, " ")); err != nil {
		return err
	}
	if a.opt.noWait {
		if err := c.call(ctx, "player.play", params, nil); err != nil {
			return local(err)
		}
		return a.done()
	}
	ctx, cancel := context.WithTimeout(ctx, a.opt.timeout)
	defer cancel()
	return a.playAndWait(ctx, c, params)
}

// playAndWait plays, and follows the playback until it is known how it went.
func (a *app) playAndWait(ctx context.Context, c *client, params any) error {
	var before struct {
		Topics map[string]struct{ State box.PlaybackView }
	}
	if err := c.call(ctx, "topic.subscribe", map[string]any{"topics": []string{"playback"}}, &before); err != nil {
		return local(err)
	}
	if err := c.call(ctx, "player.play", params, nil); err != nil {
		return local(err)
	}
	v := before.Topics["playback"].State
	last := v.Session
	for {
		e, err := c.next(ctx)
		if err != nil {
			return stillStarting(err, v)
		}
		if err := decode(e.State, &v); err != nil {
			return err
		}
		if v.Session <= last { // of the title before
			continue
		}
		if done, err := a.outcome(v); done {
			return err
		}
	}
}

// outcome says whether a title has begun to play, or why it does not.
func (a *app) outcome(v box.PlaybackView) (done bool, err error) {
	switch v.Phase {
	case "playing", "paused":
		if a.opt.json {
			return true, a.print(v)
		}
		fmt.Fprintf(a.out, "Playing %s\n", a.title(v))
		return true, nil
	case "idle", "ended":
		return true, &failure{code: exitFailed, key: "stopped", text: "It was stopped before it played.", hint: "See: usher status"}
	case "failed":
		return true, failed(v)
	}
	return false, nil
}

func failed(v box.PlaybackView) *failure {
	f := &failure{code: exitFailed, key: "failed", text: "The title did not play.", hint: "Run: usher doctor"}
	if p := v.Problem; p != nil {
		f.key, f.text, f.hint = p.Code, p.Text, p.Hint
	}
	switch {
	case notPaired(f.key):
		f.code = exitNotPaired
	case refused(f.key):
		f.code = exitRefused
	case strings.Contains(f.key, "timeout"):
		f.code = exitTimeout
	}
	return f
}

func notPaired(key string) bool { return key == "pairing_required" || key == "not_paired" }

// refused says whether a problem is a decision of the service rather than a
// fault: the codes are those of docs/protocol.md.
func refused(key string) bool {
	switch key {
	case "window", "territory", "not_allowed", "subscription_required", "payment_required", "purchase_required",
		"not_yet", "window_over", "age", "unrated", "watershed", "kids_purchase", "lease_expired", "lease_not_yet", "lease_territory",
		"lease_revoked", "rolled_back", "start_by", "play_window", "offline_too_long", "credit_limit", "streams":
		return true
	}
	return false
}

func stillStarting(err error, v box.PlaybackView) error {
	var f *failure
	if errors.As(err, &f) && f.code == exitTimeout {
		f.text = fmt.Sprintf("The title does not play yet (%s).", v.Phase)
		f.hint = "It may still begin: usher status; or wait longer: usher play -timeout 60s …"
	}
	return err
}

// choose finds the title that is meant: an id, or words.
func (a *app) choose(ctx context.Context, c *client, words string) (id string, err error) {
	if !strings.ContainsAny(words, " \t") {
		if id, err := exact(ctx, c, words); id != "" || err != nil {
			return id, err
		}
	}
	var found struct{ Titles []offer.Title }
	if err := c.call(ctx, "catalog.search", map[string]any{"query": words, "language": a.lang, "limit": 50}, &found); err != nil {
		return "", local(err)
	}
	best := fittest(found.Titles, words)
	switch len(best) {
	case 0:
		return "", &failure{code: exitFailed, key: "not_found", text: fmt.Sprintf("No title was found for %q.", words), hint: "Try fewer words: usher search WORDS"}
	case 1:
		return best[0].ID, nil
	}
	return "", a.ambiguous(words, best)
}

// exact asks for a title by its id, with or without the service's. An empty id
// means that there is none.
func exact(ctx context.Context, c *client, word string) (id string, err error) {
	ids := []string{word}
	if !strings.Contains(word, ":") {
		var have struct{ Services []box.Service }
		if err := c.call(ctx, "catalog.services", nil, &have); err != nil {
			return "", local(err)
		}
		ids = ids[:0]
		for _, s := range have.Services {
			ids = append(ids, s.ID+":"+word)
		}
	}
	for _, id := range ids {
		err := c.call(ctx, "catalog.title", map[string]string{"id": id}, nil)
		var e *remoteError
		switch {
		case err == nil:
			return id, nil
		case errors.As(err, &e): // not found, or the service is away: the search will say
		default:
			return "", err
		}
	}
	return "", nil
}

// fittest are the titles whose names fit the words best: equal, else with them
// inside, else all that the service found. A name that begins with the words is
// no better than one that has them after its article.
func fittest(titles []offer.Title, words string) []offer.Title {
	words = strings.ToLower(words)
	fits := []func(string) bool{
		func(name string) bool { return name == words },
		func(name string) bool { return strings.Contains(name, words) },
		func(string) bool { return true },
	}
	for _, fit := range fits {
		best := slices.DeleteFunc(slices.Clone(titles), func(t offer.Title) bool {
			for _, name := range t.Name {
				if fit(strings.ToLower(name)) {
					return false
				}
			}
			return true
		})
		if len(best) > 0 {
			return best
		}
	}
	return nil
}

// mostCandidates fit on a screen beside what was typed.
const mostCandidates = 10

func (a *app) ambiguous(words string, titles []offer.Title) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%q fits several titles:\n", words)
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	shown := titles[:min(len(titles), mostCandidates)]
	for _, t := range shown {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", t.ID, t.Name.In(a.lang), year(t))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if more := len(titles) - len(shown); more > 0 {
		fmt.Fprintf(&text, "  and %d more\n", more)
	}
	return &failure{code: exitUsage, key: "ambiguous", text: strings.TrimRight(text.String(), "\n"), hint: "Play one by its id: usher play " + titles[0].ID}
}
