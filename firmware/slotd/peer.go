//go:build linux

package slotd

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// peer is the user at the other end, as the kernel knows it (SO_PEERCRED).
func peer(c *net.UnixConn) (uint32, error) {
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var cred *unix.Ucred
	var asked error
	err = raw.Control(func(fd uintptr) { cred, asked = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) })
	if err = errors.Join(err, asked); err != nil {
		return 0, fmt.Errorf("see who calls: %w", err)
	}
	return cred.Uid, nil
}

// Owner is the user that a socket in the file system belongs to, who may call.
func Owner(path string) (uint32, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, fmt.Errorf("see whose socket it is: %w", err)
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, fmt.Errorf("see whose socket %s is: no owner", path)
	}
	return st.Uid, nil
}

// sendFile sends a descriptor with one byte.
func sendFile(c *net.UnixConn, f *os.File) error {
	_, _, err := c.WriteMsgUnix([]byte{0}, unix.UnixRights(int(f.Fd())), nil)
	if err != nil {
		return fmt.Errorf("hand over the slot: %w", err)
	}
	return nil
}

var errNoFile = errors.New("no file was handed over")

// takeFile takes a descriptor that comes with one byte. net has it closed in
// children (MSG_CMSG_CLOEXEC).
func takeFile(c *net.UnixConn, name string) (*os.File, error) {
	one, oob := make([]byte, 1), make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := c.ReadMsgUnix(one, oob)
	if err != nil {
		return nil, fmt.Errorf("take the slot: %w", err)
	}
	messages, err := unix.ParseSocketControlMessage(oob[:n])
	if err != nil || len(messages) != 1 {
		return nil, errors.Join(errNoFile, err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil || len(fds) != 1 {
		return nil, errors.Join(errNoFile, err)
	}
	return os.NewFile(uintptr(fds[0]), name), nil
}
