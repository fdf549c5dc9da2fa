package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"usher/device/remote"
	"usher/internal/box"
)

// Between tries to find a daemon that went away.
const (
	firstWait = 100 * time.Millisecond
	mostWait  = 2 * time.Second
)

// watcher follows the topics over as many connections as it takes.
type watcher struct {
	*app
	seen map[string]event // the last of each topic
}

// watched are the topics, those whose state is printed at the start in front.
func watched() []string { return []string{"playback", "system", "progress", "keys"} }

// watch prints events until Ctrl-C. When the daemon goes away it is looked for
// until it is back; what happened meanwhile is asked for.
func watch(ctx context.Context, a *app, _ []string) error {
	w := watcher{app: a, seen: map[string]event{}}
	c, err := a.connect(ctx)
	for err == nil {
		err = w.follow(ctx, c)
		c.close()
		if !unreachable(err) {
			break
		}
		fmt.Fprintln(a.err, "usher: The daemon went away; it is looked for.")
		c, err = w.again(ctx)
	}
	if errors.Is(ctx.Err(), context.Canceled) { // Ctrl-C is how it ends
		return nil
	}
	return err
}

func unreachable(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.code == exitUnreachable
}

// again connects as soon as there is a daemon.
func (w watcher) again(ctx context.Context) (*client, error) {
	for wait := firstWait; ; wait = min(2*wait, mostWait) {
		c, err := w.connect(ctx)
		if err == nil || !unreachable(err) {
			return c, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// follow prints what changes until the connection ends.
func (w watcher) follow(ctx context.Context, c *client) error {
	if err := w.catchUp(ctx, c); err != nil {
		return local(err)
	}
	for {
		e, err := c.next(ctx)
		if err != nil {
			return err
		}
		if err := w.show(e); err != nil {
			return err
		}
	}
}

// catchUp follows the topics, and prints where they stand or what was missed.
func (w watcher) catchUp(ctx context.Context, c *client) error {
	if len(w.seen) > 0 {
		return w.resume(ctx, c)
	}
	var now struct{ Topics map[string]event }
	if err := c.call(ctx, "topic.subscribe", map[string]any{"topics": watched()}, &now); err != nil {
		return err
	}
	for i, name := range watched() {
		e := now.Topics[name]
		e.Topic = name
		w.seen[name] = e
		if i > 1 { // empty or long
			continue
		}
		if err := w.printEvent(e); err != nil {
			return err
		}
	}
	return nil
}

func (w watcher) resume(ctx context.Context, c *client) error {
	for _, name := range watched() {
		last := w.seen[name]
		var got struct {
			Replayed []event
			Snapshot *event
		}
		if err := c.call(ctx, "topic.resume", map[string]any{"topic": name, "epoch": last.Epoch, "seq": last.Seq}, &got); err != nil {
			return err
		}
		if s := got.Snapshot; s != nil {
			s.Topic = name
			got.Replayed = []event{*s}
		}
		for _, e := range got.Replayed {
			if err := w.show(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// show prints an event, but for the empty one that begins the keys anew.
func (w watcher) show(e event) error {
	w.seen[e.Topic] = e
	if e.Topic == "keys" && e.Event == nil {
		return nil
	}
	return w.printEvent(e)
}

func (a *app) printEvent(e event) error {
	if a.opt.json {
		return json.NewEncoder(a.out).Encode(e)
	}
	text, err := a.eventText(e)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s  %-8s  %s\n", time.Now().Format("15:04:05.000"), e.Topic, text)
	return err
}

func (a *app) eventText(e event) (string, error) {
	switch e.Topic {
	case "playback":
		var v box.PlaybackView
		err := decode(e.State, &v)
		return a.playbackText(v), err
	case "system":
		var v box.SystemView
		err := decode(e.State, &v)
		text := "player " + playerText(v)
		for _, p := range problems(box.View{System: v}) {
			text += "; " + p.Text
		}
		return text, err
	case "keys":
		var k remote.Event
		err := decode(e.Event, &k)
		return fmt.Sprintf("%s %s", k.Key, k.Action), err
	case "progress":
		var all map[string]box.Progress // one that is taken away has no position
		text := e.State
		if e.Patch != nil {
			text = e.Patch
		}
		err := decode(text, &all)
		return newest(all), err
	}
	return string(e.State), nil
}

func (a *app) playbackText(v box.PlaybackView) string {
	if v.Phase == "idle" {
		return "idle"
	}
	text := fmt.Sprintf("%s  %s  %s", v.Phase, a.title(v), positionText(v, time.UnixMilli(v.AtMS)))
	if v.Problem != nil {
		text += "  " + v.Problem.Text
	}
	return text
}

// newest is the position that was stored last.
func newest(all map[string]box.Progress) string {
	id := ""
	for other, p := range all {
		if id == "" || p.UpdatedMS > all[id].UpdatedMS || p.UpdatedMS == all[id].UpdatedMS && other < id {
			id = other
		}
	}
	if id == "" {
		return "none"
	}
	p := all[id]
	return fmt.Sprintf("%s at %s of %s", id, clock(ms(p.PositionMS)), clock(ms(p.DurationMS)))
}
