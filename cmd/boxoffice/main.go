// Command boxoffice is Usher's reference service: accounts, a catalogue,
// purchases, playback and HLS streams behind the API of docs/openapi.yaml, on a
// link as bad as you like.
//
// "boxoffice serve", or boxoffice alone, listens on loopback unless told
// otherwise, keeps nothing on disk unless -data names a file, and runs until
// SIGINT or SIGTERM. "boxoffice seed" puts a household into such a file, and
// "boxoffice tickets" makes what lets boxes into it without a code. Exit
// codes: 0 done, or ended on request, 1 failed, 2 wrong usage.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"usher/cmd/boxoffice/office"
	"usher/cmd/boxoffice/shape"
)

const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) > 0 && args[0] == "seed" {
		return runSeed(args[1:], os.Stdin, stdout, stderr)
	}
	if len(args) > 0 && args[0] == "tickets" {
		return runTickets(args[1:], stdout, stderr)
	}
	if len(args) > 0 && args[0] == "serve" {
		args = args[1:]
	}
	s, err := parse(args, stderr)
	switch {
	case err != nil:
		return wrongFlags(stderr, "boxoffice", err)
	case s.version:
		fmt.Fprintln(stdout, "boxoffice", version())
		return exitDone
	}
	if err := serve(ctx, s, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "boxoffice: %v\n", err)
		return exitFailed
	}
	return exitDone
}

// wrongFlags says what is wrong with the flags of a command, or nothing where
// help was asked for. It gives the exit code.
func wrongFlags(stderr io.Writer, command string, err error) int {
	if errors.Is(err, flag.ErrHelp) {
		return exitDone
	}
	fmt.Fprintf(stderr, "boxoffice: %v\nhint: %s -h lists the flags\n", err, command)
	return exitUsage
}

func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// serve runs the service until ctx ends.
func serve(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	logger := slog.New(slog.NewTextHandler(stderr, nil))
	kept, err := s.shelf()
	if err != nil {
		return err
	}
	defer func() { _ = kept.Close() }() // what was answered is on the disk already
	house, err := office.New(office.Options{
		Streams: s.streams, Country: s.country, OpenHouse: s.openHouse, LiveWindow: s.liveWindow, Titles: s.titles,
		Shelf: kept, Public: s.public, Demo: s.demo, Nonces: s.nonces, Logger: logger,
	})
	if err != nil {
		return err
	}
	link, err := shape.New(s.link)
	if err != nil {
		return err
	}
	security, err := s.tlsConfig()
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.listen)
	if err != nil {
		return fmt.Errorf("%w\nhint: choose another address with -listen", err)
	}
	scheme := "http"
	shaped := link.Listener(l)
	if security != nil {
		scheme, shaped = "https", tls.NewListener(shaped, security)
	}
	fmt.Fprintf(stdout, "boxoffice: serving %s://%s/\n", scheme, l.Addr())
	if !house.StreamsReady() {
		logger.Warn("No streams yet; titles are refused until they are made", "folder", s.streams, "hint", "make streams, or cmd/boxoffice/make-streams.sh FOLDER")
	}
	return serveHTTP(ctx, shaped, house, logger)
}

// serveHTTP serves until ctx ends, then gives open answers two seconds.
func serveHTTP(ctx context.Context, l net.Listener, h http.Handler, logger *slog.Logger) error {
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		if server.Shutdown(grace) != nil {
			_ = server.Close() // whoever still reads is on a slow or cut link
		}
	})
	err := server.Serve(l)
	if stop() { // ctx has not ended: the listener broke
		return fmt.Errorf("serve: %w", err)
	}
	<-stopped
	return nil
}
