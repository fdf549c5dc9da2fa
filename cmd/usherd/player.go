package main

import (
	"errors"
	"path/filepath"

	"usher/internal/box"
	"usher/internal/service"
	"usher/player"
	"usher/player/launch"
	"usher/player/mpris"
)

// playerEdge is the native player and what has to run for it.
type playerEdge struct {
	conn     player.Conn
	tracks   player.Tracks // nil: none
	services []service.Service
}

// healthPlayer is the health code of the player's supervisor.
const healthPlayer = "player"

// openPlayer finds the player that the configuration names. A demo on a
// machine without mpv goes on with the simulated one, which says so.
func (a *appliance) openPlayer() error {
	mpv := a.mpv()
	missing := mpv.Check()
	switch {
	case a.cfg.Player.Kind == "mpris":
		return a.openRunning()
	case a.cfg.Player.Kind == "simulated":
		return a.openSimulated()
	case missing != nil && a.cfg.Demo:
		a.log.Warn("The player is simulated: films run, but nothing is shown", "reason", missing)
		return a.openSimulated()
	default:
		return a.openMPV(mpv)
	}
}

// mpv is how mpv is run: the built-in way, or another program and more
// arguments.
func (a *appliance) mpv() launch.MPV {
	m := launch.MPV{}
	if c := a.cfg.Player.Command; len(c) > 0 {
		m.Program, m.Args = c[0], c[1:]
	}
	return m
}

func (a *appliance) openMPV(mpv launch.MPV) error {
	bus, err := a.busOfPlayer()
	if err != nil {
		return err
	}
	l := launch.New(launch.Options{
		Dir: filepath.Join(a.folders.run, "player"), Bus: bus, MPV: mpv,
		Notify: a.playerTrouble, Logger: a.part("launch"),
	})
	a.drive(mpris.Options{
		Bus: l.Address(), Match: mpris.Match{Name: "mpv", PID: l.PID},
		Socket: l.Socket(), Video: mpv.Video(), Hung: l.Kill,
	})
	a.player.tracks = mpris.NewTracks(l.Socket())
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
	c := mpris.New(o)
	a.player.conn = c
	a.player.services = append(a.player.services, service.Service{Name: "player", Run: c.Run, Restart: service.Never})
}

// playerTrouble passes on why the player does not run, or that it does.
func (a *appliance) playerTrouble(problem error) {
	e := box.HealthChanged{Code: healthPlayer}
	if p, ok := errors.AsType[*launch.Problem](problem); ok {
		e.Problem = &box.Problem{Code: healthPlayer, Text: p.Text, Hint: p.Hint}
	} else if problem != nil {
		e.Problem = &box.Problem{Code: healthPlayer, Text: "The player does not start.", Hint: "The log of usherd says more."}
	}
	a.daemon.Tell(e)
}
