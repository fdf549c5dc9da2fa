package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"time"

	"usher/systemd"
)

// openManager finds out whether a service manager started this process, and
// takes over what it opened.
func (a *appliance) openManager() (err error) {
	if a.manager, err = systemd.NewNotifier(os.LookupEnv, os.Getpid()); err != nil {
		return &startError{err: err, code: exitFailed, hint: "start usherd by systemctl start usherd, or without this variable"}
	}
	if a.handed, err = systemd.Listeners(os.LookupEnv, os.Getpid()); err != nil {
		return &startError{err: err, code: exitFailed, hint: "start usherd by systemctl start usherd, or without LISTEN_FDS"}
	}
	a.later(a.closeHanded)
	return nil
}

// leaveHanded lets go of what was handed over and the configuration has no use
// for, and says so at the start, when somebody looks.
func (a *appliance) leaveHanded() error {
	for _, l := range a.handed {
		a.log.Warn("Socket not used: the configuration names another address", "address", l.Addr().String())
	}
	return a.closeHanded()
}

func (a *appliance) closeHanded() error {
	for _, l := range a.handed {
		_ = l.Close()
	}
	a.handed = nil
	return nil
}

// listen takes the socket that the service manager opened under this address,
// or opens it.
func (a *appliance) listen(network, flagName, address string) (net.Listener, error) {
	l, rest := systemd.At(a.handed, network, address)
	if l != nil {
		a.handed = rest
		return l, nil
	}
	if network == "unix" {
		return listenUnix(address)
	}
	return listenTCP(flagName, address)
}

// feedWatchdog tells the service manager that the box is alive, as long as the
// loop that owns its state takes turns. When it does not, the manager restarts
// the daemon.
func (a *appliance) feedWatchdog(ctx context.Context) error {
	if a.manager.Ping() == 0 {
		<-ctx.Done()
		return nil
	}
	tick := time.NewTicker(a.manager.Ping())
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if away := time.Since(a.alive()); away > stuckAfter {
			return fmt.Errorf("the owner loop took no turn for %v", away.Round(time.Second))
		}
		a.tellManager(a.manager.Alive())
	}
}

// tellManager logs that the manager could not be told: it will act on that by
// itself.
func (a *appliance) tellManager(err error) {
	if err != nil {
		a.log.Warn("Service manager not told", "err", err)
	}
}
