//go:build linux

package abslots

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// GRUB is the environment block of GRUB, /boot/grub/grubenv: 1024 bytes, which
// GRUB writes in place and knows by their blocks on the disk, so that the file
// must never be replaced by another.
//
//	# GRUB Environment Block
//	NAME=VALUE
//	############…
//
// There is one copy, and no checksum. Therefore the choice is one letter, and
// once it is there a change is a change of one byte: a torn write leaves the old
// letter or the new one, and every other variable as it was. Source: GRUB,
// grub-core/lib/envblk.c.
type GRUB struct{ d Disk }

const (
	grubSize = 1024
	grubHead = "# GRUB Environment Block\n"
)

// NewGRUB makes a Loader of an environment block.
func NewGRUB(d Disk) *GRUB { return &GRUB{d} }

// OpenGRUB opens a grubenv. close closes it.
func OpenGRUB(path string) (g *GRUB, closer func() error, err error) {
	f, err := openShared(path)
	if err != nil {
		return nil, nil, err
	}
	return NewGRUB(f), f.Close, nil
}

var errGRUB = errors.New("not an environment block of GRUB: make one by grub-editenv FILE create")

func (g *GRUB) read() ([]byte, error) {
	if g.d.Size() != grubSize {
		return nil, errGRUB
	}
	b := make([]byte, grubSize)
	if _, err := g.d.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the environment block of GRUB: %w", err)
	}
	if !bytes.HasPrefix(b, []byte(grubHead)) {
		return nil, errGRUB
	}
	return b, nil
}

// find is where the line of a variable begins and ends, without its newline.
// A backslash keeps the next byte, a newline also, in a value.
func find(block []byte, name string) (from, to int, ok bool) {
	for at := len(grubHead); at < len(block); {
		comment, end := block[at] == '#', at
		for ; end < len(block) && block[end] != '\n'; end++ {
			if block[end] == '\\' && !comment {
				end++
			}
		}
		if end >= len(block) { // what fills the block has no newline
			return 0, 0, false
		}
		if bytes.HasPrefix(block[at:end], []byte(name+"=")) {
			return at, end, true
		}
		at = end + 1
	}
	return 0, 0, false
}

// Choice implements Loader.
func (g *GRUB) Choice() (Choice, error) {
	b, err := g.read()
	if err != nil {
		return Choice{}, err
	}
	from, to, ok := find(b, variable)
	if !ok {
		return Choice{}, ErrUnset
	}
	return choiceOf(string(b[from+len(variable)+1 : to]))
}

// Choose implements Loader.
func (g *GRUB) Choose(c Choice) error {
	b, err := g.read()
	if err != nil {
		return err
	}
	line := fmt.Sprintf("%s=%c", variable, c.letter())
	from, to, ok := find(b, variable)
	switch {
	case ok && to-from == len(line):
		copy(b[from:], line)
	case ok:
		return fmt.Errorf("%w: %s", errLetter, b[from:to])
	default: // the first time: in front, as all after it moves anyway
		if b, err = inserted(b, line+"\n"); err != nil {
			return err
		}
	}
	return replaceAll(g.d, b)
}

// inserted puts a line behind the head; the padding makes room.
func inserted(b []byte, line string) ([]byte, error) {
	if !bytes.HasSuffix(b, bytes.Repeat([]byte("#"), len(line))) {
		return nil, errEnvFull
	}
	out := append([]byte(grubHead), line...)
	return append(out, b[len(grubHead):len(b)-len(line)]...), nil
}
