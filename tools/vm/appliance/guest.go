package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// patience is how long the bench waits for anything: an emulated machine on a
// loaded one is slow.
const patience = 6 * time.Minute

// guest is a box that is switched on.
type guest struct {
	began   time.Time
	cmd     *exec.Cmd
	dir     string
	console *console
	line    net.Conn
	lines   chan string
	asked   *qmp
	over    chan struct{} // QEMU has ended
	slot    string        // it came up from, and nobody was told yet
	asks    int           // so far
}

var errOver = errors.New("QEMU has ended")

// start switches a box on. dir takes what it says. With a snapshot it goes on
// from there.
func (l *lab) start(ctx context.Context, dir, disk, snapshot string) (*guest, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(dir, "console.log"), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	args := []string{
		"-accel", "tcg,thread=multi,tb-size=256", "-smp", "2", "-cpu", "max", "-M", "q35", "-m", "640", "-nodefaults", "-no-user-config", "-display", "none",
		"-drive", "file=" + disk + ",format=qcow2,if=none,id=disk,cache=none", "-device", "virtio-blk-pci,drive=disk",
		"-netdev", "user,id=net,net=" + network + ",restrict=on,guestfwd=tcp:" + address + ":443-cmd:" + self + " -pipe " + l.web.socket, "-device", "virtio-net-pci,netdev=net,romfile=",
		"-device", "i6300esb", "-action", "watchdog=reset", "-device", "virtio-rng-pci",
		"-serial", "stdio", "-serial", "unix:line.sock,server=on,wait=off", "-qmp", "unix:qmp.sock,server=on,wait=off",
	}
	args = append(args, l.kit.boot...)
	if snapshot != "" {
		args = append(args, "-loadvm", snapshot)
	}
	g := &guest{began: time.Now(), dir: dir, console: &console{log: log, show: l.verbose}, lines: make(chan string, 1024), over: make(chan struct{})}
	g.cmd = exec.CommandContext(ctx, "qemu-system-x86_64", args...)
	g.cmd.Dir = dir
	g.cmd.WaitDelay = 5 * time.Second // the ways to the repository that QEMU leaves behind hold its output open
	g.cmd.Stdout, g.cmd.Stderr = g.console, g.console
	if err := g.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(g.over)
		_ = g.cmd.Wait() // how it ends is the bench's doing
		_ = log.Close()
	}()
	if g.line, err = g.dial("line.sock"); err == nil {
		go g.read()
		g.asked, err = g.openQMP()
	}
	if err != nil {
		g.cut()
		return nil, err
	}
	return g, nil
}

// dial connects to a socket that QEMU is about to open.
func (g *guest) dial(name string) (net.Conn, error) {
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		c, err := net.Dial("unix", filepath.Join(g.dir, name))
		if err == nil {
			return c, nil
		}
		select {
		case <-g.over:
			return nil, fmt.Errorf("%w: %s", errOver, g.console.tail())
		default:
		}
		if time.Now().After(end) {
			return nil, err
		}
	}
}

// read takes what comes in on the bench's line.
func (g *guest) read() {
	defer close(g.lines)
	r := bufio.NewScanner(g.line)
	r.Buffer(nil, 1<<20)
	for r.Scan() {
		g.lines <- strings.TrimRight(r.Text(), "\r")
	}
}

// cut takes the power away.
func (g *guest) cut() {
	_ = g.cmd.Process.Kill() // it may have ended
	<-g.over
	if g.line != nil {
		_ = g.line.Close()
	}
	if g.asked != nil {
		_ = g.asked.conn.Close()
	}
}

// next is the next line, within limit.
func (g *guest) next(limit <-chan time.Time) (string, error) {
	select {
	case s, ok := <-g.lines:
		if !ok {
			return "", errOver
		}
		return s, nil
	case <-limit:
		return "", fmt.Errorf("the guest says nothing: %s", g.console.tail())
	}
}

// up waits until the system came up, and says from which slot.
func (g *guest) up() (slot string, err error) {
	if slot, g.slot = g.slot, ""; slot != "" {
		return slot, nil
	}
	limit := time.After(patience)
	for {
		s, err := g.next(limit)
		if err != nil {
			return "", err
		}
		if _, slot, ok := strings.Cut(s, "=LAB "); ok {
			return strings.TrimSpace(slot), nil
		}
	}
}

// errAnew says that the box started anew instead of answering.
var errAnew = errors.New("the box started anew")

// sh runs a line in the guest and gives what it says; a code that is not 0 is
// an error. Questions are numbered: one that a box did not live to read may be
// answered by its next start.
func (g *guest) sh(line string) (string, error) {
	g.asks++
	if _, err := fmt.Fprintf(g.line, "%s; echo \"=DONE %d $?\"\n", line, g.asks); err != nil {
		return "", err
	}
	var out strings.Builder
	limit := time.After(patience)
	for {
		s, err := g.next(limit)
		if err != nil {
			return out.String(), err
		}
		if _, slot, ok := strings.Cut(s, "=LAB "); ok {
			g.slot = strings.TrimSpace(slot)
			return "", errAnew
		}
		said, number, code, done := answered(s)
		switch {
		case done && number == g.asks:
			out.WriteString(said)
			if code != 0 {
				return out.String(), fmt.Errorf("%s: exit %d: %s", line, code, strings.TrimSpace(out.String()))
			}
			return out.String(), nil
		case done:
			out.Reset() // of the start before
		case !strings.HasPrefix(s, "=END "):
			out.WriteString(s + "\n")
		}
	}
}

// answered reads the end of an answer: what came before it, the number of its
// question, and its code.
func answered(s string) (said string, number, code int, ok bool) {
	at := strings.LastIndex(s, "=DONE ")
	if at < 0 {
		return "", 0, 0, false
	}
	_, err := fmt.Sscanf(s[at:], "=DONE %d %d", &number, &code)
	return s[:at], number, code, err == nil
}

// state is what the box says of its firmware.
type state struct {
	Firmware struct {
		Version, Slot, Stage, Offer, Waits string
		Problem                            *struct{ Code, Text string }
	}
	Slots []struct {
		Name, State, Version, Reason string
		Attempts                     int
		Booted, Primary              bool
	}
	History []struct {
		Version, From, Reason string
		Kept                  bool
	}
	Skipped []struct{ Version, Why string }
}

// slot is one of the two.
func (s state) slot(name string) string {
	for _, x := range s.Slots {
		if x.Name == name {
			if x.Reason != "" {
				return x.State + " (" + x.Reason + ")"
			}
			return x.State
		}
	}
	return "unknown"
}

// trying says that a slot is on trial, or about to be.
func (s state) trying() bool {
	for _, x := range s.Slots {
		if x.State == "trying" {
			return true
		}
	}
	return false
}

// until asks the box for its state until it holds. A box that starts anew
// meanwhile is asked again.
func (g *guest) until(holds func(state) bool) (state, error) {
	var s state
	var why error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Second) {
		out, err := g.sh("usher --json firmware status")
		if errors.Is(err, errOver) {
			return s, err
		}
		if why = err; err != nil {
			continue
		}
		s = state{}
		if why = json.Unmarshal([]byte(out), &s); why == nil && holds(s) {
			return s, nil
		}
	}
	return s, errors.Join(fmt.Errorf("the box stays at %+v", s), why, g.journal())
}

// journal keeps what the system wrote down.
func (g *guest) journal() error {
	log, err := g.sh("systemctl --no-pager status usherd; journalctl --no-pager -n 60; true")
	return errors.Join(err, os.WriteFile(filepath.Join(g.dir, "journal.log"), []byte(log), 0o644))
}

// install has the newest firmware installed, and waits until the box starts
// anew with it.
func (g *guest) install() (anew time.Time, err error) {
	if _, err := g.sh("usher firmware install"); err != nil {
		return anew, err
	}
	return g.reset()
}

// reset waits until the box starts anew, and asks now and then what keeps it.
func (g *guest) reset() (time.Time, error) {
	var s state
	for end := time.Now().Add(patience); time.Now().Before(end); {
		select {
		case t := <-g.asked.resets:
			return t, nil
		case <-g.over:
			return time.Time{}, errOver
		case <-time.After(15 * time.Second):
		}
		out, err := g.sh("usher --json firmware status")
		if err != nil || json.Unmarshal([]byte(out), &s) != nil {
			continue // it may be about to go
		}
	}
	return time.Time{}, errors.Join(fmt.Errorf("the box does not start anew: %+v, problem %+v", s, s.Firmware.Problem), g.journal())
}

// console is what the guest says on its first line.
type console struct {
	log  io.Writer
	show bool

	mu   sync.Mutex
	said bytes.Buffer
}

func (c *console) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.show {
		_, _ = os.Stdout.Write(b)
	}
	c.said.Write(b)
	return c.log.Write(b)
}

// count is how often it said something.
func (c *console) count(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Count(c.said.Bytes(), []byte(what))
}

func (c *console) tail() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.said.Bytes()
	return strconv.Quote(string(b[max(len(b)-400, 0):]))
}

// says waits until the console said something n times.
func (g *guest) says(what string, n int) error {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if g.console.count(what) >= n {
			return nil
		}
		select {
		case <-g.over:
			return errOver
		default:
		}
	}
	return fmt.Errorf("the console does not say %q %d times: %s", what, n, g.console.tail())
}
