package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"usher/internal/ui/endpoint"
)

// sshPlace is the host of an address HOST or HOST:/PATH, and the path of the
// box's socket there.
func sshPlace(address string) (host, socket string) {
	if host, path, ok := strings.Cut(address, ":/"); ok {
		return host, "/" + path
	}
	return address, endpoint.DefaultSocket(false)
}

// openWay is the socket of a box, with what to do when it is not needed any more.
func openWay(ctx context.Context, address string) (socket string, done func(), err error) {
	kind, rest, _ := strings.Cut(address, ":")
	if kind == "unix" {
		return rest, func() {}, nil
	}
	host, theirs := sshPlace(rest)
	dir, err := os.MkdirTemp("", "usher-way-")
	if err != nil {
		return "", nil, fmt.Errorf("make a temporary folder: %w", err)
	}
	socket = filepath.Join(dir, "s")
	// The box's own socket, over ssh: who may log in there may pair it.
	cmd := exec.CommandContext(ctx, "ssh", "-N", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ExitOnForwardFailure=yes",
		"-L", socket+":"+theirs, "--", host)
	var errs strings.Builder
	cmd.Stderr = &errs
	if err := cmd.Start(); err != nil {
		_ = os.RemoveAll(dir)
		return "", nil, &failure{code: exitUnreachable, key: "no_ssh", text: "ssh cannot be started: " + root(err).Error() + ".", hint: "Install the OpenSSH client."}
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	done = func() { _ = cmd.Process.Kill(); <-ended; _ = os.RemoveAll(dir) }
	if wayOpens(ctx, socket, ended) {
		return socket, done, nil
	}
	done()
	first, _, _ := strings.Cut(strings.TrimSpace(errs.String()), "\n")
	return "", nil, &failure{
		code: exitUnreachable, key: "unreachable", text: fmt.Sprintf("ssh does not reach the box: %.200s.", strings.TrimSuffix(first, ".")),
		hint: "It must log in without a question: ssh " + host,
	}
}

// wayOpens waits until the socket is there, or ssh gave up.
func wayOpens(ctx context.Context, socket string, ended <-chan struct{}) bool {
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		select {
		case <-ended:
			return false
		case <-ctx.Done():
			return false
		case <-look.C:
			if _, err := os.Stat(socket); err == nil {
				return true
			}
		}
	}
}
