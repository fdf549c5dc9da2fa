package main

import (
	"context"
	"net"
	"os"
	"os/user"
	"strconv"

	"golang.org/x/sys/unix"
)

// peerKey finds the user at the other end of a unix socket in a context.
type peerKey struct{}

// withPeer notes who opened a unix socket, as the kernel says (unix(7),
// SO_PEERCRED: the user at the time of connect). Other connections are left as
// they are.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	socket, ok := c.(*net.UnixConn)
	if !ok {
		return ctx
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return ctx
	}
	var cred *unix.Ucred
	asked := raw.Control(func(fd uintptr) {
		cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if asked != nil || err != nil {
		return ctx
	}
	return context.WithValue(ctx, peerKey{}, cred.Uid)
}

// callers says which role a user has on the unix socket.
type callers struct {
	own     uint32 // the daemon's user
	oem     uint32
	withOEM bool
}

// newCallers looks the OEM's user up. A user that is not known yet is nobody:
// the daemon starts without, and the role is given to no one.
func newCallers(oem string) callers {
	c := callers{own: uint32(os.Getuid())}
	id := oem
	if u, err := user.Lookup(oem); err == nil {
		id = u.Uid
	}
	if n, err := strconv.ParseUint(id, 10, 32); err == nil {
		c.oem, c.withOEM = uint32(n), true
	}
	return c
}

// role is the name of the caller's role; "" when the kernel did not say who it
// is. Root and the daemon's own user could change the daemon itself, so they
// lose nothing by having every scope.
func (c callers) role(ctx context.Context) string {
	uid, known := ctx.Value(peerKey{}).(uint32)
	switch {
	case !known:
		return ""
	case c.withOEM && uid == c.oem:
		return "oem"
	case uid == 0 || uid == c.own:
		return "installer"
	default:
		return "local"
	}
}
