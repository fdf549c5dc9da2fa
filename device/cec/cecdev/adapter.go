package cecdev

import (
	"errors"
	"fmt"
	"math/bits"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"usher/device/cec"
)

// adapter is an opened /dev/cecN: one descriptor that receives and never
// waits, and one that sends and waits for the wire.
type adapter struct {
	rx, tx int
	is     cec.Adapter
}

// open claims the adapter at node as claim says.
func open(node string, is cec.Adapter, claim cec.Claim) (*adapter, error) {
	rx, err := unix.Open(node, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", node, err)
	}
	a := &adapter{rx: rx, tx: -1, is: is}
	if err := a.prepare(node, claim); err != nil {
		a.close()
		return nil, err
	}
	return a, nil
}

func (a *adapter) prepare(node string, claim cec.Claim) error {
	var err error
	if a.tx, err = unix.Open(node, unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
		return fmt.Errorf("open %s: %w", node, err)
	}
	mode := uint32(modeInitiator | modeExclusive)
	if err := ioctl(a.rx, setMode, unsafe.Pointer(&mode)); err != nil {
		return fmt.Errorf("become follower of %s: %w", node, err)
	}
	if err := clearAddresses(a.rx); err != nil {
		return fmt.Errorf("clear addresses of %s: %w", node, err)
	}
	want := wanted(claim)
	if err := ioctl(a.rx, setLogical, unsafe.Pointer(&want)); err != nil {
		return fmt.Errorf("claim an address on %s: %w", node, err)
	}
	return nil
}

// wanted is a claim in the kernel's words. It is taken at any time; the kernel
// claims when there is a physical address, and again after each hotplug.
func wanted(claim cec.Claim) logAddrs {
	l := logAddrs{
		version: uint8(claim.Version), num: 1, vendor: uint32(claim.Vendor),
		primary: [4]uint8{primaryPlayback}, kind: [4]uint8{typePlayback}, all: [4]uint8{allPlayback},
	}
	copy(l.osdName[:], claim.OSDName())
	features := claim.Features()
	copy(l.features[0][:], features[:])
	return l
}

// clearAddresses gives back whatever is claimed; closing a descriptor does not.
func clearAddresses(fd int) error {
	var l logAddrs
	if err := ioctl(fd, getLogical, unsafe.Pointer(&l)); err != nil {
		return err
	}
	if l.num == 0 {
		return nil
	}
	return ioctl(fd, setLogical, unsafe.Pointer(&logAddrs{}))
}

// leave gives back the address; frames under way end as aborted.
func (a *adapter) leave() error { return clearAddresses(a.rx) }

func (a *adapter) close() {
	_ = unix.Close(a.rx)
	if a.tx >= 0 {
		_ = unix.Close(a.tx)
	}
}

// send puts a frame on the wire and waits for its end.
func (a *adapter) send(f cec.Frame) cec.Result {
	var m message
	m.len = uint32(copy(m.msg[:], f.Bytes()))
	if err := ioctl(a.tx, transmit, unsafe.Pointer(&m)); err != nil {
		if errors.Is(err, unix.ENODEV) {
			return cec.ResultAborted
		}
		return cec.ResultDropped // no address (EPERM, ENONET), or too much waiting (EBUSY)
	}
	return resultOf(m.txStatus)
}

func resultOf(status uint8) cec.Result {
	switch {
	case status&txOK != 0:
		return cec.ResultOK
	case status&txAborted != 0:
		return cec.ResultAborted
	case status&txNack != 0:
		return cec.ResultNack
	default:
		return cec.ResultError
	}
}

// next is a frame that waits; false when there is none.
func (a *adapter) next() (cec.Received, bool, error) {
	for {
		var m message
		switch err := ioctl(a.rx, receive, unsafe.Pointer(&m)); {
		case errors.Is(err, unix.EAGAIN), errors.Is(err, unix.ETIMEDOUT):
			return cec.Received{}, false, nil
		case err != nil:
			return cec.Received{}, false, fmt.Errorf("receive: %w", err)
		}
		frame, err := cec.NewFrame(m.msg[:min(int(m.len), len(m.msg))])
		if err == nil && m.rxStatus&rxOK != 0 {
			return cec.Received{At: wireTime(m.rxTime), Frame: frame}, true, nil
		}
	}
}

// event is an event that waits; nil when there is none.
func (a *adapter) event() (*event, error) {
	var e event
	switch err := ioctl(a.rx, nextEvent, unsafe.Pointer(&e)); {
	case errors.Is(err, unix.EAGAIN):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read event: %w", err)
	}
	return &e, nil
}

// claimed is the place on the bus that an event tells.
func claimed(e *event) cec.Claimed {
	physical, mask := e.state()
	c := cec.Claimed{Physical: cec.Physical(physical), Logical: cec.Unregistered}
	if mask != 0 {
		c.Logical = cec.Address(bits.TrailingZeros16(mask))
	}
	return c
}

// wireTime turns the kernel's monotonic nanoseconds into a time of ours.
func wireTime(ns uint64) time.Time {
	now := time.Now()
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &ts); err != nil || ns == 0 {
		return now
	}
	return now.Add(-max(time.Duration(ts.Nano()-int64(ns)), 0))
}
