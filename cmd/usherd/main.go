// Command usherd is the daemon of a Linux TV box: it plays films of a
// streaming service in the box's native player, through an origin of its own.
//
// Usage: see usherd -h. Exit codes:
//
//	0  ended as it was told to
//	1  ended by an error
//	2  told something it does not understand: flags, configuration
//	3  an address is in use
//	4  the state or cache folder cannot be used
//	5  another usherd holds the state folder
//	6  is to be started again: the box is being wiped,
//	   or a bundle was applied (a service manager does)
//	7  the firmware that runs is on trial and did not prove itself
//	   (-firmware-health)
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"usher/internal/config"
	"usher/internal/oem"
	"usher/internal/state"
)

// version is set by the linker.
var version = "dev"

// The exit codes.
const (
	exitOK = iota
	exitFailed
	exitUsage
	exitAddress
	exitFolder
	exitLocked
	exitAgain
	exitUnproved
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, config.Input{Args: os.Args[1:], Environ: os.Environ(), Overlay: oem.Open}, os.Stdout, os.Stderr))
}

// run is main without the process: it gives the exit code.
func run(ctx context.Context, in config.Input, stdout, stderr io.Writer) int {
	cfg, err := config.Load(in)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, config.Usage())
		return exitOK
	}
	if err != nil {
		return complain(stderr, err)
	}
	switch {
	case cfg.ShowVersion:
		fmt.Fprintln(stdout, "usherd", version)
		return exitOK
	case cfg.ShowManual:
		_, err = fmt.Fprint(stdout, config.Manual(version))
	case cfg.PrintConfig:
		err = cfg.Print(stdout)
	case cfg.ClearCEC:
		err = clearCEC(stdout, cfg)
	case cfg.SlotsHelper:
		err = runSlotsHelper(ctx, cfg, newLogger(cfg, stderr).With("part", "slots"))
	case cfg.FirmwareHealth != nil:
		err = firmwareHealth(ctx, cfg, stdout, newLogger(cfg, stderr))
	default:
		err = runAppliance(ctx, cfg, stdout, newLogger(cfg, stderr))
	}
	if err != nil {
		return complain(stderr, err)
	}
	return exitOK
}

// runAppliance builds the box, runs it until ctx ends, and takes it down again.
func runAppliance(ctx context.Context, cfg *config.Loaded, stdout io.Writer, log *slog.Logger) error {
	for _, w := range cfg.Warnings {
		log.Warn("Configuration", "note", w)
	}
	for {
		a, err := build(cfg, log)
		if err != nil {
			return errors.Join(err, a.close())
		}
		err = errors.Join(a.run(ctx, stdout), a.close())
		if !errors.Is(err, errAgain) || os.Getenv("NOTIFY_SOCKET") != "" || ctx.Err() != nil {
			// A service manager starts it again itself, with its sockets.
			return errors.Join(err, forgetDemoFirmware(cfg))
		}
		log.Info("Starting anew")
	}
}

// complain prints an error and its next step, and gives the exit code.
func complain(stderr io.Writer, err error) int {
	fmt.Fprintf(stderr, "usherd: %v\n", err)
	if s, ok := errors.AsType[*startError](err); ok {
		fmt.Fprintf(stderr, "  hint: %s\n", s.hint)
		return s.code
	}
	if c, ok := errors.AsType[*config.Error](err); ok {
		return c.ExitCode()
	}
	if errors.Is(err, errAgain) {
		return exitAgain
	}
	if errors.Is(err, errUnproved) {
		return exitUnproved
	}
	if errors.Is(err, state.ErrLocked) {
		return exitLocked
	}
	if _, ok := errors.AsType[*state.Error](err); ok {
		return exitFolder
	}
	return exitFailed
}

// startError is an error that a person can do something about.
type startError struct {
	err  error
	hint string
	code int
}

func (e *startError) Error() string { return e.err.Error() }
func (e *startError) Unwrap() error { return e.err }

func newLogger(cfg *config.Loaded, w io.Writer) *slog.Logger {
	opt := &slog.HandlerOptions{Level: level(cfg)}
	if cfg.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opt))
	}
	return slog.New(slog.NewTextHandler(w, opt))
}

// level is the log level. A demo is quiet unless told otherwise: the person in
// front of it wants to read the three lines about it.
func level(cfg *config.Loaded) slog.Level {
	if cfg.Demo && cfg.Source("log.level").Kind == config.FromDefault {
		return slog.LevelWarn
	}
	var l slog.Level
	_ = l.UnmarshalText([]byte(cfg.Log.Level)) // checked when it was loaded
	return l
}
