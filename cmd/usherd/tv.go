package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"usher/device/cec"
	"usher/device/cec/cecdev"
	"usher/device/cec/playback"
	"usher/device/cec/station"
	"usher/device/remote"
	"usher/device/remote/keymap"
	"usher/internal/box"
	"usher/internal/config"
	"usher/internal/daemon"
	"usher/internal/service"
	"usher/internal/sim"
	"usher/internal/ui"
)

// tvEdge is the television at the other end of the cable. In mode "off" there
// is none: no adapter is opened, and the station is nil.
type tvEdge struct {
	station *station.Station
	virtual *sim.TV                    // of a demo; nil: a real one
	keys    atomic.Pointer[keymap.Map] // what the buttons of its remote mean
	presses remote.Presses             // of follow's goroutine, as is clock
	clock   time.Duration              // of the newest sign of a key, since began
	began   time.Time
	tell    func(box.Event)
	quirks  []playback.Quirk // of whoever made the box
	bad     *box.Problem     // what is wrong with their file
}

func (a *appliance) openTV() error {
	a.tv.began = time.Now()
	a.tv.tell = func(e box.Event) { a.daemon.Tell(e) }
	if a.cfg.TV.Mode == "off" {
		return nil
	}
	if a.tv.keys.Load() == nil { // no remotes of its own are read
		m, err := a.readKeymap()
		if err != nil {
			m, a.remote.bad = keymap.Builtin(), a.keymapProblem(err)
		}
		a.tv.keys.Store(m)
	}
	open := func(claim cec.Claim) cec.Bus {
		return cecdev.New(claim, cecdev.Config{Node: a.cfg.TV.Device}, a.part("cec"))
	}
	if a.cfg.Demo && a.cfg.TV.Device == "" {
		a.tv.virtual = sim.NewTV(time.Now())
		open = a.tv.virtual.Open
	}
	a.tv.quirks, a.tv.bad = a.readQuirks()
	a.tv.station = station.New(tvSettings(a.cfg.TV, a.tv.quirks), open, a.part("tv"))
	return nil
}

// readQuirks reads what televisions do differently. With a file that is wrong
// the box does as without it, and says so.
func (a *appliance) readQuirks() ([]playback.Quirk, *box.Problem) {
	file := a.cfg.TV.Quirks
	if file == "" {
		return nil, nil
	}
	data, err := a.cfg.ReadFile(file, playback.MaxQuirks)
	if err == nil {
		var rows []playback.Quirk
		if rows, err = playback.ParseQuirks(data); err == nil {
			return rows, nil
		}
		err = fmt.Errorf("%s: %w", file, err)
	}
	a.part("tv").Warn("What televisions do differently is not used", "err", err)
	return nil, &box.Problem{
		Code: "tv_quirks", Text: fmt.Sprintf("What televisions do differently (tv.quirks) is not used: %v.", err),
		Hint: "Correct the file, and start the box anew; until then it does as without it. docs/cec.md says what a row may have.",
	}
}

// tvSettings are the words of the configuration as the station knows them; rows
// are what televisions do differently.
func tvSettings(c config.TV, rows []playback.Quirk) station.Settings {
	s := station.Settings{Config: playback.Default(), Name: c.Name, Vendor: cec.NoVendor}
	s.Wake, s.Sleep, s.Volume, s.Hold = playback.Wake(c.Wake), playback.Sleep(c.Sleep), playback.Volume(c.Volume), playback.Hold(c.Hold)
	s.Follow, s.Language, s.Deck = c.Follow == "yes", c.Language == "yes", c.Deck == "yes"
	if c.Version == "1.4" {
		s.Version = 14
	}
	if c.Pretend == "lg" {
		s.Vendor, rows = cec.LG, append(slices.Clone(rows), playback.LGHandshake())
	}
	s.Quirks = rows
	switch c.Mode {
	case "wake_only":
		s.Sleep, s.Follow = playback.SleepNever, false
	case "keys_only":
		s.Mode, s.Follow = playback.ModeKeys, false
	case "off":
		s.Mode = playback.ModeOff
	}
	return s
}

// powerEdges are those who are told of power.
func (a *appliance) powerEdges() daemon.PowerEdges {
	p := daemon.PowerEdges{Rest: a.origin.SetResting, Inhibit: a.sleeper.inhibit, Allow: a.sleeper.allow}
	if a.tv.station != nil {
		p.TV = a.tv.station.Do
	}
	return p
}

// virtualTV is the remote of the demo's television.
type virtualTV struct{ tv *sim.TV }

// Press, Hold and LetGo implement the bridge's television.
func (v virtualTV) Press(button string) (bool, error) { return v.tv.Press(button) }
func (v virtualTV) Hold(button string) (bool, error)  { return v.tv.Hold(button) }
func (v virtualTV) LetGo()                            { v.tv.LetGo() }

// tvForBridge is the television whose remote the bridge may press; nil: a real one.
func (a *appliance) tvForBridge() ui.TV {
	if a.tv.virtual == nil {
		return nil
	}
	return virtualTV{a.tv.virtual}
}

func (a *appliance) tvServices() []service.Service {
	if a.tv.station == nil {
		return nil
	}
	return []service.Service{{Name: "tv", Run: a.tv.run, Restart: service.Never}}
}

// run runs the station, and passes on what it reports.
func (e *tvEdge) run(ctx context.Context) error {
	var following sync.WaitGroup
	following.Go(func() { e.follow(e.station.Reports()) })
	err := e.station.Run(ctx)
	following.Wait()
	return err
}

// follow passes reports on until there are no more. What waits is taken before
// time brings anything: a key may have been let go long ago.
func (e *tvEdge) follow(reports <-chan cec.Report) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var r cec.Report
		var open bool
		select {
		case r, open = <-reports:
		default:
			e.pressed(e.presses.Tick(e.time(time.Now())))
			timer.Reset(e.patience())
			select {
			case r, open = <-reports:
			case <-timer.C:
				continue
			}
		}
		if !open {
			return
		}
		e.report(r)
	}
}

// patience is how long nothing comes of keys that are down.
func (e *tvEdge) patience() time.Duration {
	due, held := e.presses.Due()
	if !held {
		return time.Hour
	}
	return max(due-time.Since(e.began), 0)
}

// time is t on the clock of the presses, which never runs backwards: a frame
// may be heard of after a tick that came later.
func (e *tvEdge) time(t time.Time) time.Duration {
	e.clock = max(e.clock, t.Sub(e.began))
	return e.clock
}

// report puts a report into the words of the core.
func (e *tvEdge) report(r cec.Report) {
	switch r := r.(type) {
	case cec.KeyReport:
		e.key(r)
	case cec.KeyRepeated:
		e.pressed(e.presses.Still(button(r.Code), e.time(r.At)))
	case cec.WakeAsked:
		e.tell(box.WakeAsked{By: box.ByTV, Reason: r.Reason})
	case cec.StandbyAsked:
		e.tell(box.StandbyAsked{By: box.ByTV, Reason: r.Reason})
	default:
		e.tell(box.TVReported{Report: r})
	}
}

// key is a button of the television's remote. Holding it repeats as it does on
// every remote, by the time on the wire; how the television sends that is not
// seen here any more.
func (e *tvEdge) key(r cec.KeyReport) {
	if !r.Down {
		e.pressed(e.presses.Up(button(r.Code), e.time(r.At)))
		return
	}
	meant := e.keys.Load().CEC(uint8(r.Code))
	if r.Code == cec.UIPlayFunction && slices.Equal([]byte(r.Data), []byte{cec.PlayStill}) {
		meant = remote.Binding{Short: remote.Pause}
	}
	down := e.presses.Down
	if r.Loose {
		down = e.presses.Loose
	}
	e.pressed(down(button(r.Code), meant, e.time(r.At)))
}

func button(code cec.UICode) remote.Button { return remote.Button{Device: "cec", Code: uint32(code)} }

func (e *tvEdge) pressed(list []remote.Event) {
	for _, k := range list {
		e.tell(box.KeyPressed{Key: k, By: box.ByTV})
	}
}
