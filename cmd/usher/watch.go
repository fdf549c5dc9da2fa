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

// watch prints events until Ctrl-C.
func watch(ctx context.Context, a *app, _ []string) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	topics := []string{"playback", "system", "progress", "keys"}
	var now struct{ Topics map[string]event }
	if err := c.call(ctx, "topic.subscribe", map[string]any{"topics": topics}, &now); err != nil {
		return local(err)
	}
	for _, name := range topics[:2] { // where things stand; the rest is empty or long
		e := now.Topics[name]
		e.Topic = name
		if err := a.printEvent(e); err != nil {
			return err
		}
	}
	for {
		e, err := c.next(ctx)
		if err != nil {
			if errors.Is(ctx.Err(), context.Canceled) { // Ctrl-C is how it ends
				return nil
			}
			return err
		}
		if err := a.printEvent(e); err != nil {
			return err
		}
	}
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
		var all map[string]box.Progress
		err := decode(e.State, &all)
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
