package ui

import (
	"context"

	"usher/device/remote"
	"usher/internal/box"
)

// TV is a television whose remote the bridge can press: that of a demo.
type TV interface {
	// Press presses a button shortly; it does not block. Reached says whether
	// the television took it, or passed it on.
	Press(button string) (reached bool, err error)
	// Hold keeps a button down until LetGo.
	Hold(button string) (reached bool, err error)
	LetGo()
}

// source says who speaks: the page, or the command line.
func (c *session) source() box.Source {
	switch c.role.door {
	case doorScreen:
		return box.ByPage
	case doorPhone:
		return box.ByPhone
	}
	return box.ByCLI
}

func (b *Bridge) standby(_ context.Context, c *session, _ none) (any, error) {
	return b.submit(box.StandbyAsked{By: c.source(), Reason: "a person asked"})
}

func (b *Bridge) wake(_ context.Context, c *session, _ none) (any, error) {
	return b.submit(box.WakeAsked{By: c.source(), Reason: "a person asked"})
}

type inhibitParams struct {
	ID     string `json:"id"`
	Reason string `json:"reason"`
	ForMS  int64  `json:"forMs"`
}

func (b *Bridge) delayStandby(_ context.Context, _ *session, p inhibitParams) (any, error) {
	if p.ForMS == 0 {
		return b.submit(box.InhibitorReleased{ID: p.ID})
	}
	return b.submit(box.InhibitorTaken{ID: p.ID, Reason: p.Reason, For: milliseconds(p.ForMS)})
}

type pressParams struct {
	Button string        `json:"button"`
	Action remote.Action `json:"action"`
}

func (b *Bridge) tvPress(_ context.Context, _ *session, p pressParams) (any, error) {
	if b.tv == nil {
		return nil, refusal(&box.Problem{
			Code: "tv_real", Text: "Only the television of a demo can be pressed from here.",
			Hint: "Use the television's own remote, or start usherd -demo.",
		})
	}
	press := b.tv.Press
	switch p.Action {
	case remote.Press:
		press = b.tv.Hold
	case remote.Release:
		b.tv.LetGo()
		return map[string]bool{"reached": true}, nil
	}
	reached, err := press(p.Button)
	if err != nil {
		return nil, err
	}
	return map[string]bool{"reached": reached}, nil
}
