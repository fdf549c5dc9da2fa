package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestRoleOfACaller(t *testing.T) {
	c := callers{own: 100, oem: 7, withOEM: true}
	for uid, want := range map[uint32]string{0: "installer", 100: "installer", 7: "oem", 1000: "local"} {
		if got := c.role(context.WithValue(t.Context(), peerKey{}, uid)); got != want {
			t.Errorf("user %d is %q, want %q", uid, got, want)
		}
	}
	if got := c.role(t.Context()); got != "" {
		t.Errorf("nobody is %q", got)
	}
	if got := (callers{own: 100}).role(context.WithValue(t.Context(), peerKey{}, uint32(0))); got != "installer" {
		t.Errorf("without an OEM, root is %q", got)
	}
}

func TestOEMUserIsLookedUp(t *testing.T) {
	if c := newCallers("root"); !c.withOEM || c.oem != 0 {
		t.Errorf("root: %+v", c)
	}
	if c := newCallers("4711"); !c.withOEM || c.oem != 4711 {
		t.Errorf("a number: %+v", c)
	}
	for _, none := range []string{"", "no-such-user-here"} {
		if c := newCallers(none); c.withOEM {
			t.Errorf("%q: %+v", none, c)
		}
	}
}

// TestKernelSaysWhoCalls opens a real socket.
func TestKernelSaysWhoCalls(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(t.TempDir(), "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	client, err := (&net.Dialer{}).DialContext(t.Context(), "unix", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	if got := withPeer(t.Context(), server).Value(peerKey{}); got != uint32(os.Getuid()) {
		t.Errorf("peer %v, want %d", got, os.Getuid())
	}
	a, b := net.Pipe()
	defer func() { _, _ = a.Close(), b.Close() }()
	if withPeer(t.Context(), a).Value(peerKey{}) != nil {
		t.Error("a pipe has a user")
	}
}
