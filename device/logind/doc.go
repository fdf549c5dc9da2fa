// Package logind keeps the sleep of the machine and the box in step, through
// systemd-logind on the system bus: it is told before the machine sleeps and
// after it woke, holds the sleep up until the box has stored what must be on
// disk (an inhibitor lock of mode "delay"), and can keep the machine from
// sleeping while something must not be interrupted (mode "block").
//
// Allow and Inhibit never block. Run blocks until its context ends or the bus
// is lost; without logind it says so once and ends. A lock is a file descriptor,
// so that no crash of this process leaves one behind. It never puts a machine
// to sleep. Source: org.freedesktop.login1(5), "Inhibitor Locks".
package logind
