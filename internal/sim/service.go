package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"usher/cmd/boxoffice/office"
)

// Service is the reference service on a loopback port of its own. Its sign-in
// page says how to sign in.
type Service struct {
	office   *office.Office
	listener net.Listener
}

// OpenService listens; Run serves. In an open house everything may be watched
// without an account and without paying; otherwise what is free.
func OpenService(log *slog.Logger, openHouse bool) (*Service, error) {
	o, err := office.New(office.Options{OpenHouse: openHouse, Demo: true, Logger: log})
	if err != nil {
		return nil, fmt.Errorf("open the demo's service: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the demo's service: %w", err)
	}
	return &Service{office: o, listener: l}, nil
}

// URL is where the service is found.
func (s *Service) URL() string { return "http://" + s.listener.Addr().String() }

// StreamsReady says whether there are films to play.
func (s *Service) StreamsReady() bool { return s.office.StreamsReady() }

// Close frees the port of a service that was never run.
func (s *Service) Close() error { return s.listener.Close() }

// Run serves until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	srv := &http.Server{Handler: s.office, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(s.listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serve the demo's service: %w", err)
	case <-ctx.Done():
	}
	err := srv.Close()
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}
