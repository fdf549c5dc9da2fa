package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"usher/cache/serve"
	"usher/device/cec"
	"usher/internal/box"
	"usher/internal/daemon"
	"usher/internal/ui"
)

// whyLines is how many frames or decisions an explanation shows; tv.frames
// shows all that are kept.
const whyLines = 8

// wakeSpan is how long after the act the frames of one touch play may come.
const wakeSpan = 16 * time.Second

func clockText(t time.Time) string { return t.Local().Format("15:04:05.000") }

// noTV is for a box that was told to leave the television alone.
func noTV() []ui.Reason {
	return []ui.Reason{reason("tv", `The mode is "off": the box says nothing on the cable. [tv] mode in the configuration turns it on.`)}
}

// tv says how the television and the box stand, and what was decided.
func (w why) tv(box.PlaybackView, serve.Report, bool) []ui.Reason {
	if w.a.tv.station == nil {
		return noTV()
	}
	v, sys := w.a.tv.station.View(), w.a.daemon.View().System
	list := []ui.Reason{reason("mode", "%s in the configuration; on the bus %q.", w.a.cfg.TV.Mode, v.Mode)}
	if !v.Link.Attached {
		return append(list, reason("adapter", "%s %s", v.Link.Trouble.Text, v.Link.Trouble.Next))
	}
	list = append(list,
		reason("adapter", "%s (%s), HDMI address %v, %v.", v.Link.Adapter.Node, v.Link.Adapter.Driver, v.Link.Physical, v.Link.Logical),
		reason("tv", "%s, made by %v; %s.", v.TVPower, v.TVVendor, shown(sys.TV)),
		reason("sound", "volume keys go to: %s.", v.Sound.At),
		reason("box", "%s on the bus.", v.Power))
	if !v.Blocked.IsZero() {
		list = append(list, reason("loop", "The bus may not wake the box until %s.", clockText(v.Blocked)))
	}
	return append(list, lastLines("decided", w.a.tv.station.Frames(), func(e cec.Entry) bool { return e.Note != "" })...)
}

func shown(v box.TVView) string {
	text := "it shows something else"
	if v.Active {
		text = "it shows the box"
	}
	if v.Reason != "" {
		text += ", because " + v.Reason
	}
	return text
}

// tvWoke is the chain from an act of a person to the lit television.
func (w why) tvWoke(box.PlaybackView, serve.Report, bool) []ui.Reason {
	if w.a.tv.station == nil {
		return noTV()
	}
	frames := w.a.tv.station.Frames()
	woke := w.a.tv.station.View().Woke
	if woke.At.IsZero() {
		list := []ui.Reason{reason("tv", "The box did not turn the television on since usherd started.")}
		return append(list, lastLines("refused", frames, func(e cec.Entry) bool { return strings.HasPrefix(e.Note, "waking the television") })...)
	}
	_, entries, _ := w.a.daemon.Journal().Read()
	var list []ui.Reason
	if act, ok := actBefore(entries, woke.At); ok {
		list = append(list, reason("act", "%s %s", clockText(act.At), describeAct(act.Event)))
	}
	list = append(list, reason("rule", "%s %s, because %s.", clockText(woke.At), woke.Why.Rule, woke.Why.From))
	for _, e := range frames {
		if of := e.At.Sub(woke.At); of >= 0 && of <= wakeSpan && e.Out && e.Why.Rule == woke.Why.Rule {
			list = append(list, reason("frame", "%s", e))
		}
	}
	return append(list, reason("outcome", "%s.", strings.TrimSuffix(woke.Then, ".")))
}

// actBefore is the newest event up to a time that asked for the picture.
func actBefore(entries []daemon.Entry, at time.Time) (daemon.Entry, bool) {
	const slack = time.Second // the station acts a moment after the core
	for _, e := range slices.Backward(entries) {
		if e.At.After(at) || at.Sub(e.At) > slack {
			continue
		}
		if slices.ContainsFunc(e.Effects, showsPicture) {
			return e, true
		}
	}
	return daemon.Entry{}, false
}

func showsPicture(f box.Effect) bool {
	tell, ok := f.(box.TellTV)
	if !ok {
		return false
	}
	_, ok = tell.Act.(cec.ShowPicture)
	return ok
}

// describeAct says in words what a person did; a title is not named.
func describeAct(e box.Event) string {
	switch e := e.(type) {
	case box.PlayRequested:
		return fmt.Sprintf("somebody started a title (%s).", sourceText(e.By))
	case box.KeyPressed:
		return fmt.Sprintf("the %s key was pressed (%s).", e.Key.Key, sourceText(e.By))
	case box.WakeAsked:
		return fmt.Sprintf("the box was woken: %s (%s).", e.Reason, sourceText(e.By))
	default:
		return fmt.Sprintf("%T.", e)
	}
}

func sourceText(s box.Source) string {
	switch s {
	case box.ByTV:
		return "by the television"
	case box.ByRemote:
		return "on a remote of the box"
	case box.ByPanel:
		return "on the box itself"
	case box.ByPage:
		return "on the page"
	case box.ByCLI:
		return "on the command line"
	case box.ByIdle:
		return "nobody: time passed"
	case box.ByMachine:
		return "by the machine"
	default:
		return "unknown"
	}
}

// tvFrames is the log of frames, for a report.
func (w why) tvFrames(box.PlaybackView, serve.Report, bool) []ui.Reason {
	if w.a.tv.station == nil {
		return noTV()
	}
	list := []ui.Reason{}
	for _, e := range w.a.tv.station.Frames() {
		list = append(list, reason("frame", "%s", e))
	}
	return list
}

// power says why the box is on or in standby.
func (w why) power(box.PlaybackView, serve.Report, bool) []ui.Reason {
	v := w.a.daemon.View().System.Power
	list := []ui.Reason{reason("power", "%s.", v.State)}
	for _, i := range v.Inhibitors {
		list = append(list, reason("delay", "%s, until %s (%s).", i.Reason, clockText(time.UnixMilli(i.UntilMS)), i.ID))
	}
	for _, step := range v.Chain {
		list = append(list, reason("was", "%s %s: %s (%s).", clockText(step.At), step.To, step.Reason, sourceText(step.By)))
	}
	if idle := w.a.cfg.Power.Idle; idle > 0 {
		list = append(list, reason("idle", "Standby after %v without a key and without a film.", idle))
	}
	return list
}

// lastLines are the newest entries that fit, oldest first.
func lastLines(subject string, frames []cec.Entry, fits func(cec.Entry) bool) []ui.Reason {
	var list []ui.Reason
	for _, e := range slices.Backward(frames) {
		if fits(e) && len(list) < whyLines {
			list = append(list, reason(subject, "%s", e))
		}
	}
	slices.Reverse(list)
	return list
}

// tv says whether the television can be talked to.
func (d doctor) tv() []ui.Check {
	if d.a.tv.station == nil {
		return []ui.Check{good("tv", `off, as configured ([tv] mode = "off")`)}
	}
	link := d.a.tv.station.View().Link
	switch t := link.Trouble; {
	case !link.Attached && t.Code == "":
		return []ui.Check{good("tv", "the adapter is being looked for")}
	case !link.Attached && t.Code == "cec_none":
		return []ui.Check{bad("tv", ui.SeverityWarning, t.Text, t.Next)}
	case !link.Attached:
		return []ui.Check{bad("tv", ui.SeverityError, t.Text, t.Next)}
	case !link.Physical.Known():
		return []ui.Check{good("tv", fmt.Sprintf("%s: no television is seen (off, or no cable)", link.Adapter.Node))}
	}
	return []ui.Check{good("tv", fmt.Sprintf("%s (%s), HDMI address %v", link.Adapter.Node, link.Adapter.Driver, link.Physical))}
}
