//go:build linux

// Command handset is a remote control in somebody's hand: an input device of the
// kernel that the bench of whole boxes presses (make e2e-appliance). Each line
// of standard input is a key, by its number in the kernel, and how long it is
// held: "59" or "59 800ms". It plugs the remote in before the first line, with
// the keys that it is told of, and takes it away at the end of its input:
//
//	handset NAME KEY… </run/handset
//
// It blocks on its input, and needs /dev/uinput.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"usher/device/remote/remotetest"
)

func main() {
	if err := run(os.Args[1:], os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "handset:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader) error {
	if len(args) < 2 {
		return errors.New("usage: handset NAME KEY…")
	}
	var keys []uint16
	for _, a := range args[1:] {
		p, err := parse(a)
		if err != nil {
			return err
		}
		keys = append(keys, p.key)
	}
	r, err := remotetest.Plug(args[0], keys...)
	if err != nil {
		return err
	}
	defer r.Close()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		p, err := parse(lines.Text())
		if err == nil {
			err = p.on(r)
		}
		if err != nil {
			return err
		}
	}
	return lines.Err()
}

// press is one key, and for how long.
type press struct {
	key  uint16
	hold time.Duration
}

// usual is how long a finger stays on a key.
const usual = 80 * time.Millisecond

func parse(line string) (press, error) {
	number, hold, held := strings.Cut(strings.TrimSpace(line), " ")
	key, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return press{}, fmt.Errorf("%q is no key: %w", line, err)
	}
	p := press{uint16(key), usual}
	if held {
		p.hold, err = time.ParseDuration(hold)
	}
	if err == nil && (p.hold < 0 || p.hold > time.Minute) {
		err = errors.New("a key is held for a minute at most")
	}
	if err != nil {
		return press{}, fmt.Errorf("%q: %w", line, err)
	}
	return p, nil
}

func (p press) on(r *remotetest.Remote) error {
	if err := r.Press(p.key); err != nil {
		return err
	}
	time.Sleep(p.hold)
	return r.Release(p.key)
}
