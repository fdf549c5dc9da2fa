package ui

import (
	"context"
	"encoding/json"
	"maps"
	"time"

	"usher/device/remote"
	"usher/internal/box"
	"usher/internal/ui/schema"
)

// none is for methods without params.
type none struct{}

// accepted answers a command.
type accepted struct {
	Accepted bool `json:"accepted"`
}

// methods are the server's half of the document.
func (b *Bridge) methods() map[string]spec {
	key := takes(b.remoteKey).asCommand()
	key.key = true
	lookup := b.limits.call
	all := map[string]spec{
		"session.hello":     takes(b.helloAgain),
		"rpc.discover":      takes(b.discover),
		"topic.subscribe":   takes(b.subscribe),
		"topic.unsubscribe": takes(b.unsubscribe),
		"topic.resume":      takes(b.resume),
		"catalog.services":  takes(b.services),
		"catalog.rails":     takes(b.rails).within(lookup),
		"catalog.title":     takes(b.title).within(lookup),
		"catalog.search":    takes(b.search).within(lookup),
		"playback.get":      takes(b.playback),
		"system.get":        takes(b.system),
		"progress.get":      takes(b.progress),
		"player.play":       takes(b.play).asCommand(),
		"player.pause":      b.intent(box.PauseRequested{}),
		"player.resume":     b.intent(box.ResumeRequested{}),
		"player.toggle":     b.intent(box.ToggleRequested{}),
		"player.stop":       b.intent(box.StopRequested{}),
		"player.next":       b.intent(box.NextRequested{}),
		"player.skip":       takes(b.skip).asCommand(),
		"player.live":       b.intent(box.LiveRequested{}),
		"player.seek":       takes(b.seek).asCommand(),
		"player.chapter":    takes(b.chapter).asCommand(),
		"player.volume":     takes(b.volume).asCommand(),
		"player.rate":       takes(b.rate).asCommand(),
		"remote.key":        key,
		"remote.hold":       takes(b.remoteHold).within(b.limits.long),
		"remote.devices":    takes(b.remoteDevices),
		"remote.learn":      takes(b.remoteLearn).within(b.limits.call),
		"power.standby":     takes(b.standby).asCommand(),
		"power.wake":        takes(b.wake).asCommand(),
		"power.delay":       takes(b.delayStandby).asCommand(),
		"tv.press":          takes(b.tvPress).asCommand(),
		"ui.focus":          takes(b.focus).asCommand(),
		"system.doctor":     takes(b.check).within(b.limits.check),
		"system.why":        takes(b.why),
		"journal.read":      takes(b.journal).within(b.limits.call),
	}
	maps.Copy(all, b.cacheMethods())
	maps.Copy(all, b.trackMethods())
	maps.Copy(all, b.householdMethods())
	maps.Copy(all, b.saleMethods())
	maps.Copy(all, b.pairMethods())
	maps.Copy(all, b.wipeMethods())
	maps.Copy(all, b.siteMethods())
	maps.Copy(all, b.wifiMethods())
	maps.Copy(all, b.networkMethods())
	maps.Copy(all, b.firmwareMethods())
	maps.Copy(all, b.settingMethods())
	maps.Copy(all, b.phoneMethods())
	return all
}

// helloAgain answers a session.hello that is not the first frame.
func (b *Bridge) helloAgain(context.Context, *session, helloParams) (any, error) {
	return nil, newFault(codeRefused, "session_open", "The session is open already.", "Connect anew for another session.")
}

func (b *Bridge) discover(context.Context, *session, none) (any, error) {
	return json.RawMessage(schema.Source()), nil
}

type topicsParams struct {
	Topics []topicName `json:"topics"`
}

func (b *Bridge) subscribe(_ context.Context, c *session, p topicsParams) (any, error) {
	for _, name := range p.Topics { // all of them or none
		if bad := c.mayFollow(name); bad != nil {
			return nil, bad
		}
	}
	c.out.hold(c.working)
	return map[string]any{"topics": b.hub.subscribe(c.out, p.Topics)}, nil
}

func (b *Bridge) unsubscribe(_ context.Context, c *session, p topicsParams) (any, error) {
	return map[string]any{"topics": c.out.unfollow(p.Topics)}, nil
}

type resumeParams struct {
	Topic topicName `json:"topic"`
	Epoch string    `json:"epoch"`
	Seq   uint64    `json:"seq"`
}

func (b *Bridge) resume(_ context.Context, c *session, p resumeParams) (any, error) {
	if bad := c.mayFollow(p.Topic); bad != nil {
		return nil, bad
	}
	c.out.hold(c.working)
	return b.hub.resume(c.out, p.Topic, p.Epoch, p.Seq), nil
}

func (b *Bridge) playback(context.Context, *session, none) (any, error) {
	return b.box.View().Playback, nil
}

func (b *Bridge) system(context.Context, *session, none) (any, error) {
	return tidySystem(b.box.View().System), nil
}

func (b *Bridge) progress(context.Context, *session, none) (any, error) {
	return b.tidyProgress(b.box.View().Progress), nil
}

// submit passes an intent to the box.
func (b *Bridge) submit(e box.Event) (any, error) {
	if p := b.box.Submit(e); p != nil {
		return nil, refusal(p)
	}
	return accepted{true}, nil
}

// intent is a command without params.
func (b *Bridge) intent(e box.Event) spec {
	return takes(func(context.Context, *session, none) (any, error) { return b.submit(e) }).asCommand()
}

type playParams struct {
	TitleID    string `json:"titleId"`
	From       string `json:"from"`
	PositionMS *int64 `json:"positionMs"`
}

func (b *Bridge) play(_ context.Context, c *session, p playParams) (any, error) {
	e := box.PlayRequested{TitleID: p.TitleID, From: box.FromResume, By: c.source()}
	switch {
	case p.PositionMS != nil && p.From != "":
		return nil, paramsFault("positionMs", "Param \"positionMs\" and \"from\" exclude each other.")
	case p.PositionMS != nil:
		e.From, e.Position = box.FromPosition, milliseconds(*p.PositionMS)
	case p.From == "start":
		e.From = box.FromStart
	}
	return b.submit(e)
}

type seekParams struct {
	ToMS *int64 `json:"toMs"`
	ByMS *int64 `json:"byMs"`
}

func (b *Bridge) seek(_ context.Context, _ *session, p seekParams) (any, error) {
	if p.ToMS != nil {
		return b.submit(box.SeekRequested{To: milliseconds(*p.ToMS)})
	}
	return b.submit(box.SeekRequested{By: milliseconds(*p.ByMS), Relative: true})
}

type chapterParams struct {
	By int `json:"by"`
}

func (b *Bridge) chapter(_ context.Context, _ *session, p chapterParams) (any, error) {
	if p.By == 0 {
		return nil, paramsFault("by", "Param \"by\" is 0: 1 is the next chapter, -1 the one before.")
	}
	return b.submit(box.SeekRequested{Chapters: p.By})
}

type skipParams struct {
	Back bool `json:"back"`
}

func (b *Bridge) skip(_ context.Context, _ *session, p skipParams) (any, error) {
	return b.submit(box.SkipRequested{Back: p.Back})
}

type volumeParams struct {
	Level *float64 `json:"level"`
	By    *float64 `json:"by"`
	Mute  any      `json:"mute"` // true, false or "toggle"
}

func (b *Bridge) volume(_ context.Context, _ *session, p volumeParams) (any, error) {
	e := box.VolumeRequested{Change: box.VolumeToggleMute}
	switch {
	case p.Level != nil:
		e = box.VolumeRequested{Change: box.VolumeSet, Level: *p.Level}
	case p.By != nil:
		e = box.VolumeRequested{Change: box.VolumeStep, By: *p.By}
	case p.Mute == true:
		e.Change = box.VolumeMute
	case p.Mute == false:
		e.Change = box.VolumeUnmute
	}
	return b.submit(e)
}

type rateParams struct {
	Rate float64 `json:"rate"`
}

func (b *Bridge) rate(_ context.Context, _ *session, p rateParams) (any, error) {
	return b.submit(box.RateRequested{Rate: p.Rate})
}

type keyParams struct {
	Key    remote.Key    `json:"key"`
	Action remote.Action `json:"action"`
}

func (b *Bridge) remoteKey(_ context.Context, c *session, p keyParams) (any, error) {
	if p.Action == "" {
		p.Action = remote.Press
	}
	return b.submit(box.KeyPressed{Key: remote.Event{Key: p.Key, Action: p.Action}, By: c.source()})
}

func (b *Bridge) check(ctx context.Context, _ *session, _ none) (any, error) {
	checks := []Check{}
	if b.doctor != nil {
		checks = append(checks, b.doctor.Check(ctx)...)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return map[string]any{"checks": checks}, nil
}

func milliseconds(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }
