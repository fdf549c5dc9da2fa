package main

import (
	"errors"
	"time"

	"usher/internal/box"
	"usher/internal/service"
	"usher/internal/sim"
	"usher/player"
	"usher/player/launch"
	"usher/player/mpris"
	"usher/player/vlc"
)

// playerEdge is the native player and what has to run for it.
type playerEdge struct {
	conn      player.Conn
	tracks    player.Tracks // nil: none
	services  []service.Service
	simulated *sim.Player // nil: a real one
}

// healthPlayer is the health code of the player's supervisor.
const healthPlayer = "player"

// openPlayer finds the player that the configuration names. A demo on a
// machine without mpv goes on with the simulated one, which says so.
func (a *appliance) openPlayer() error {
	kind, program := a.cfg.Player.Kind, a.program()
	if kind == "simulated" {
		return a.openSimulated()
	}
	if program == nil {
		return a.openRunning()
	}
	missing := program.Check()
	switch {
	case missing != nil && a.cfg.Demo:
		a.log.Warn("The player is simulated: films run, but nothing is shown", "reason", missing)
		return a.openSimulated()
	default:
		return a.openProgram(program)
	}
}

// program is the player to start, the built-in way or with another program and
// more arguments; nil is a player that somebody else starts.
func (a *appliance) program() launch.Program {
	name, args := "", []string(nil)
	if c := a.cfg.Player.Command; len(c) > 0 {
		name, args = c[0], c[1:]
	}
	hold := a.cfg.Player.Between == "last_frame"
	switch {
	case a.cfg.Player.Kind == "mpv":
		return launch.MPV{Program: name, Args: args, Hold: hold}
	case a.cfg.Player.Kind == "vlc":
		return launch.VLC{Program: name, Args: args, Hold: hold}
	case name != "":
		return launch.Other{Program: name, Args: args, Shown: true}
	}
	return nil
}

// openProgram drives a player that usherd starts and brings back.
func (a *appliance) openProgram(p launch.Program) error {
	bus, err := a.busOfPlayer()
	if err != nil {
		return err
	}
	l := launch.New(launch.Options{
		Dir: a.folders.player, Bus: bus, Program: p,
		Notify: a.playerTrouble, Logger: a.part("launch"),
	})
	o := mpris.Options{Bus: l.Address(), Match: mpris.Match{PID: l.PID}, Video: p.Video(), Hung: l.Hung}
	switch p.(type) {
	case launch.MPV:
		o.Match.Name, o.Socket = "mpv", l.Socket()
		a.player.tracks = mpris.NewTracks(o.Socket)
	case launch.VLC:
		web := vlc.New(l.Web)
		o.Match.Name, o.Open = "vlc", web.Open
		a.player.tracks = web
	default:
		o.Match.Name = a.cfg.Player.Name
	}
	a.drive(o)
	a.player.services = append(a.player.services, service.Service{Name: "launch", Run: l.Run})
	return nil
}

// busOfPlayer is the address of the bus to put the player on; "" is a private
// one that is started for it.
func (a *appliance) busOfPlayer() (string, error) {
	session := launch.SessionBus()
	switch bus := a.cfg.Player.Bus; bus {
	case "auto":
		return session, nil
	case "private":
		return "", nil
	case "session":
		if session == "" {
			return "", &startError{
				err: errors.New("find the session bus: there is none"), code: exitFailed,
				hint: "set player.bus to \"private\", or start usherd inside a session (DBUS_SESSION_BUS_ADDRESS)",
			}
		}
		return session, nil
	default:
		return bus, nil
	}
}

// openRunning drives a player that somebody else starts.
func (a *appliance) openRunning() error {
	bus := a.cfg.Player.Bus
	if bus == "auto" || bus == "private" {
		bus = "session"
	}
	a.drive(mpris.Options{Bus: bus, Match: mpris.Match{Name: a.cfg.Player.Name}, Video: true})
	return nil
}

// drive makes the driver of the player.
func (a *appliance) drive(o mpris.Options) {
	o.Logger = a.part("player")
	if t := a.tracer; t != nil {
		o.Called = func(verb string, sent, answered time.Time) { t.Step("D-Bus", sent, answered, "command", verb) }
	}
	c := mpris.New(o)
	a.player.conn = c
	a.player.services = append(a.player.services, service.Service{Name: "player", Run: c.Run, Restart: service.Never})
}

// endedCode is the code on the bridge for how the player's program ended.
func endedCode(e launch.Ended) string {
	switch e {
	case launch.Crashed:
		return "player_crashed"
	case launch.Closed:
		return "player_closed"
	case launch.Hung:
		return "player_hung"
	}
	return ""
}

// playerTrouble passes on why the player does not run, or that it does.
func (a *appliance) playerTrouble(problem error) {
	e := box.HealthChanged{Code: healthPlayer}
	if p, ok := errors.AsType[*launch.Problem](problem); ok {
		if code := endedCode(p.Ended); code != "" {
			a.daemon.Tell(box.PlayerEnded{Problem: box.Problem{Code: code, Text: p.Text, Hint: "It is started again, and the film goes on by itself."}})
		}
		e.Problem = &box.Problem{Code: healthPlayer, Text: p.Text, Hint: p.Hint}
	} else if problem != nil {
		e.Problem = &box.Problem{Code: healthPlayer, Text: "The player does not start.", Hint: "The log of usherd says more."}
	}
	a.daemon.Tell(e)
}
