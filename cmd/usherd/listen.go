package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"usher/internal/service"
)

// listenTCP opens a loopback address; the configuration has checked that it
// is one.
func listenTCP(flagName, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", address)
	if err == nil {
		return l, nil
	}
	e := &startError{err: fmt.Errorf("listen on %s: %w", address, err), code: exitFailed, hint: "check the address"}
	if errors.Is(err, syscall.EADDRINUSE) {
		e.err = fmt.Errorf("listen on %s: the address is in use", address)
		e.code = exitAddress
		e.hint = fmt.Sprintf("another usherd may be running (usher status); or choose another port: %s 127.0.0.1:0", flagName)
	}
	return nil, e
}

// listenUnix opens the socket of the local API, mode 0660 in a folder that
// only its owner may write. A socket that nobody answers on is what a daemon
// that was killed left behind, and is taken away.
func listenUnix(path string) (net.Listener, error) {
	if err := ownFolder(filepath.Dir(path)); err != nil {
		return nil, &startError{err: fmt.Errorf("make the folder of the socket: %w", err), code: exitFolder, hint: "choose another place: -socket PATH"}
	}
	if err := clearStale(path); err != nil {
		return nil, &startError{err: err, code: exitAddress, hint: "another usherd is running (usher status); give this one a socket of its own: -socket PATH"}
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", path)
	if err != nil {
		return nil, &startError{err: fmt.Errorf("listen on %s: %w", path, err), code: exitFolder, hint: "choose another place: -socket PATH"}
	}
	if err := os.Chmod(path, 0o660); err != nil {
		return nil, errors.Join(fmt.Errorf("guard the socket: %w", err), l.Close())
	}
	return l, nil
}

// ownFolder makes a folder for the socket, or checks that the one that is
// there cannot be written by strangers.
func ownFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.IsDir():
		return fmt.Errorf("%s is not a folder", dir)
	case ok && st.Uid != uint32(os.Getuid()) && st.Uid != 0:
		return fmt.Errorf("%s belongs to somebody else", dir)
	case info.Mode().Perm()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0:
		return fmt.Errorf("%s can be written by anybody", dir)
	}
	return nil
}

// errAnswered says that a live daemon holds the socket.
var errAnswered = errors.New("somebody answers on the socket")

func clearStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look at %s: %w", path, err)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is there and is no socket", path)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c, err := (&net.Dialer{}).DialContext(ctx, "unix", path)
	if err == nil {
		return errors.Join(fmt.Errorf("%s: %w", path, errAnswered), c.Close())
	}
	return os.Remove(path)
}

// limits of the HTTP servers: a loopback client needs no long time for its
// request, while answers (films, WebSockets) take as long as they take.
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	headerSize = 16 << 10
	drainTime  = 500 * time.Millisecond
)

// httpServer is a server with these limits.
func httpServer(name string, most int, log *slog.Logger) *http.Server {
	return &http.Server{
		ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: headerSize, ConnState: newCrowd(most).state,
		ErrorLog: slog.NewLogLogger(log.With("part", name).Handler(), slog.LevelDebug),
	}
}

// httpService serves handler on l until its context ends.
func httpService(name string, l net.Listener, handler http.Handler, log *slog.Logger) service.Service {
	srv := httpServer(name, crowdMost, log)
	srv.Handler, srv.ConnContext = handler, withPeer
	return service.Service{Name: name, Restart: service.Never, Run: func(ctx context.Context) error {
		ended := make(chan error, 1)
		go func() { ended <- srv.Serve(l) }()
		select {
		case err := <-ended:
			return service.Fatal(fmt.Errorf("serve %s: %w", name, err))
		case <-ctx.Done():
		}
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		if srv.Shutdown(late) != nil {
			_ = srv.Close() // what is still being read is cut off
		}
		<-ended
		return nil
	}}
}
