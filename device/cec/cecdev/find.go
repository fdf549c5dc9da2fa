package cecdev

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"usher/device/cec"
)

// errNone says that there is no adapter at all; errInput that the only ones
// are at inputs; errDongle that the only one leaves its physical address to programs.
var (
	errNone   = errors.New("no HDMI-CEC adapter")
	errInput  = errors.New("the adapter is at an HDMI input")
	errDongle = errors.New("the adapter does not know its HDMI address")
	errArch   = errors.New("not supported on " + runtime.GOARCH)
)

// find chooses an adapter: the one that we had, by driver and name, because
// nodes move; else the node asked for; else the first that a television has
// given an address; else the first. It says the address as well.
func find(dir, node string, had cec.Adapter) (cec.Adapter, cec.Physical, error) {
	if strings.HasPrefix(runtime.GOARCH, "mips") || strings.HasPrefix(runtime.GOARCH, "ppc") {
		return cec.Adapter{}, cec.NoPhysical, errArch
	}
	nodes, err := nodesIn(dir)
	if err != nil {
		return cec.Adapter{}, cec.NoPhysical, err
	}
	if had.Driver == "" && node != "" {
		nodes = []string{node}
	}
	first, trouble := cec.Adapter{}, errNone
	for _, n := range nodes {
		is, physical, err := look(n)
		switch {
		case err != nil:
			trouble = worse(trouble, err)
		case had.Driver != "":
			if is.Driver == had.Driver && is.Name == had.Name {
				return is, physical, nil
			}
		case node == "" && physical == cec.Root:
			trouble = worse(trouble, fmt.Errorf("use %s (%s): %w", n, is.Driver, errInput))
		case node != "" || physical.Known():
			return is, physical, nil
		case first.Node == "":
			first = is
		}
	}
	if first.Node == "" {
		return cec.Adapter{}, cec.NoPhysical, trouble
	}
	return first, cec.NoPhysical, nil
}

// nodesIn are the adapters in dir, by their number.
func nodesIn(dir string) ([]string, error) {
	nodes, err := filepath.Glob(filepath.Join(dir, "cec[0-9]*"))
	if err != nil {
		return nil, fmt.Errorf("look for adapters in %q: %w", dir, err)
	}
	slices.SortFunc(nodes, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	return nodes, nil
}

// worse keeps the trouble that helps most: one that a person can mend.
func worse(old, now error) error {
	if errors.Is(now, unix.ENOENT) || errors.Is(now, unix.ENODEV) || errors.Is(now, unix.ENXIO) {
		return old
	}
	return now
}

// look asks the adapter at node what it is, and where it is plugged in.
func look(node string) (cec.Adapter, cec.Physical, error) {
	fd, err := unix.Open(node, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return cec.Adapter{}, cec.NoPhysical, fmt.Errorf("open %s: %w", node, err)
	}
	defer func() { _ = unix.Close(fd) }()
	var c caps
	if err := ioctl(fd, getCaps, unsafe.Pointer(&c)); err != nil {
		return cec.Adapter{}, cec.NoPhysical, fmt.Errorf("ask %s what it is: %w", node, err)
	}
	is := cec.Adapter{Node: node, Driver: text(c.driver[:]), Name: text(c.name[:])}
	if c.capabilities&capLogical == 0 || c.capabilities&capTransmit == 0 {
		return is, cec.NoPhysical, fmt.Errorf("use %s (%s): %w", node, is.Driver, errNone)
	}
	var at uint16
	if err := ioctl(fd, getPhysical, unsafe.Pointer(&at)); err != nil {
		return is, cec.NoPhysical, fmt.Errorf("ask %s for its address: %w", node, err)
	}
	physical := cec.Physical(at)
	if c.capabilities&capPhysical != 0 && !physical.Known() {
		return is, physical, fmt.Errorf("use %s (%s): %w", node, is.Driver, errDongle)
	}
	return is, physical, nil
}

// Clear gives back addresses that a killed process left claimed on the
// adapters in dir ("/dev"): those with that OSD name, unless a program holds
// the adapter exclusively. It says which nodes it cleared.
func Clear(dir, name string) ([]string, error) {
	nodes, err := nodesIn(dir)
	if err != nil {
		return nil, err
	}
	var cleared []string
	var errs []error
	for _, node := range nodes {
		done, err := clearNode(node, cec.Claim{Name: name}.OSDName())
		if done {
			cleared = append(cleared, node)
		}
		errs = append(errs, err)
	}
	return cleared, errors.Join(errs...)
}

func clearNode(node, name string) (bool, error) {
	fd, err := unix.Open(node, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false, fmt.Errorf("open %s: %w", node, err)
	}
	defer func() { _ = unix.Close(fd) }()
	var l logAddrs
	if err := ioctl(fd, getLogical, unsafe.Pointer(&l)); err != nil {
		return false, fmt.Errorf("ask %s for its claim: %w", node, err)
	}
	if l.num == 0 || text(l.osdName[:]) != name {
		return false, nil
	}
	err = ioctl(fd, setLogical, unsafe.Pointer(&logAddrs{}))
	if errors.Is(err, unix.EBUSY) {
		return false, nil // a program lives behind it
	}
	if err != nil {
		return false, fmt.Errorf("clear addresses of %s: %w", node, err)
	}
	return true, nil
}

// troubleOf says what a person can do.
func troubleOf(err error) cec.Trouble {
	switch {
	case err == nil:
		return cec.Trouble{}
	case errors.Is(err, errArch):
		return cec.Trouble{Code: "cec_arch", Text: "HDMI-CEC is " + err.Error() + ".", Next: "Set the mode of the television to off."}
	case errors.Is(err, errDongle):
		return cec.Trouble{
			Code: "cec_address", Text: "The HDMI-CEC adapter does not know where it is plugged in: " + err.Error() + ".",
			Next: "A USB dongle is told by its own tool (cec-ctl --phys-addr-from-edid-poll FILE); use the adapter of the HDMI output if there is one.",
		}
	case errors.Is(err, errInput):
		return cec.Trouble{
			Code: "cec_none", Text: "This box has HDMI-CEC at an HDMI input only: " + err.Error() + ".",
			Next: "Load the kernel driver of the HDMI output, or set the mode of the television to off. An adapter that appears is taken at once.",
		}
	case errors.Is(err, errNone), errors.Is(err, unix.ENOENT):
		return cec.Trouble{
			Code: "cec_none", Text: "This box has no HDMI-CEC adapter: there is no /dev/cec*.",
			Next: "Load the kernel driver of the HDMI output, or set the mode of the television to off. An adapter that appears is taken at once.",
		}
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return cec.Trouble{
			Code: "cec_permission", Text: "The HDMI-CEC adapter may not be opened: " + err.Error() + ".",
			Next: `Put the user of usherd into the group video, or add the udev rule KERNEL=="cec[0-9]*", GROUP="video", MODE="0660".`,
		}
	case errors.Is(err, unix.EBUSY):
		return cec.Trouble{
			Code: "cec_busy", Text: "Another program holds the HDMI-CEC adapter: " + err.Error() + ".",
			Next: "Stop it (Kodi, cec-client, cecd, cec-follower), or turn off CEC there. Usher takes the adapter when it is free.",
		}
	case errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return cec.Trouble{Code: "cec_gone", Text: "The HDMI-CEC adapter went away.", Next: "Nothing: it is taken again when it comes back."}
	default:
		return cec.Trouble{Code: "cec_error", Text: "The HDMI-CEC adapter does not work: " + err.Error() + ".", Next: "See the kernel's log (dmesg)."}
	}
}
