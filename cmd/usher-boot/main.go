//go:build linux

// Command usher-boot starts one of two slots on a box whose boot loader knows
// of none: it is /init of an initramfs. It reads the boot record, counts the
// attempt, mounts the slot read-only and becomes its init.
//
// It reads from the kernel's parameters:
//
//	usher.record=DEVICE  the boot record; PARTLABEL=usher-record without it
//	usher.a=DEVICE       slot a; PARTLABEL=usher-a
//	usher.b=DEVICE       slot b; PARTLABEL=usher-b
//	init=PATH            what is started there; /sbin/init
//
// A DEVICE is a path such as /dev/mmcblk0p2, or PARTLABEL=NAME of a partition.
// Kernel modules that it takes to reach them stand in /usher-boot.modules, a
// path a line, in the order in which they are loaded.
//
// What it started it says in /run/usher-boot: slot is "a" or "b", and trial is
// there when that slot has not proved itself yet. When neither slot can be
// started it says why on the console, and starts the machine anew ten seconds
// later.
package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// version is set by the linker (Makefile).
var version = "dev"

// again is how long a person can read why nothing starts.
const again = 10 * time.Second

func main() {
	if os.Getpid() != 1 {
		fmt.Println("usher-boot", version, "is the first program of a box: /init of an initramfs. See docs/firmware.md.")
		return
	}
	say("%v", run())
	say("hint: neither slot starts; write a whole image into one of them. The machine starts anew in %v", again)
	time.Sleep(again)
	unix.Sync()
	say("starting anew: %v", unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART))
}

// say tells a person on the console.
func say(format string, values ...any) {
	fmt.Fprintf(os.Stderr, "usher-boot: "+format+"\n", values...)
}
