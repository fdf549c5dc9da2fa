//go:build linux

package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// plan is what the kernel's parameters ask for.
type plan struct {
	record string
	slots  map[string]string // by name
	init   string
}

// planOf reads the parameters. Those that are not for it are passed over.
func planOf(cmdline string) plan {
	p := plan{record: "PARTLABEL=usher-record", slots: map[string]string{"a": "PARTLABEL=usher-a", "b": "PARTLABEL=usher-b"}, init: "/sbin/init"}
	for _, word := range strings.Fields(cmdline) {
		name, value, ok := strings.Cut(word, "=")
		if !ok || value == "" {
			continue
		}
		switch name {
		case "usher.record":
			p.record = value
		case "usher.a":
			p.slots["a"] = value
		case "usher.b":
			p.slots["b"] = value
		case "init":
			p.init = value
		}
	}
	return p
}

var errNoDevice = errors.New("no such device")

// find gives the path of a device. sys is where sysfs is mounted, dev devtmpfs.
func find(sys, dev, what string) (string, error) {
	label, ok := strings.CutPrefix(what, "PARTLABEL=")
	if !ok {
		if _, err := os.Stat(what); err != nil {
			return "", fmt.Errorf("%s: %w", what, errNoDevice)
		}
		return what, nil
	}
	list, _ := filepath.Glob(filepath.Join(sys, "class", "block", "*", "uevent")) // the pattern is in order
	for _, name := range list {
		text, err := os.ReadFile(name)
		if err != nil {
			continue // it was just unplugged
		}
		if partition := property(text, "PARTNAME"); label != "" && partition == label {
			return filepath.Join(dev, property(text, "DEVNAME")), nil
		}
	}
	return "", fmt.Errorf("%s: %w", what, errNoDevice)
}

// property is one line of what the kernel says about a device.
func property(text []byte, name string) string {
	for line := range bytes.Lines(text) {
		if key, value, ok := strings.Cut(strings.TrimRight(string(line), "\n"), "="); ok && key == name {
			return value
		}
	}
	return ""
}

// fileSystem says by its superblock what a slot holds: asking the kernel for
// each in turn would have it complain on the console.
func fileSystem(r io.ReaderAt) (string, error) {
	head := make([]byte, 2048)
	if _, err := r.ReadAt(head, 0); err != nil {
		return "", fmt.Errorf("read superblock: %w", err)
	}
	le := binary.LittleEndian
	switch {
	case le.Uint16(head[1024+56:]) == 0xEF53: // s_magic, Documentation/filesystems/ext4
		return "ext4", nil
	case le.Uint32(head[1024:]) == 0xE0F5E1E2: // EROFS_SUPER_MAGIC_V1
		return "erofs", nil
	case string(head[:4]) == "hsqs": // SQUASHFS_MAGIC
		return "squashfs", nil
	}
	return "", errors.New("holds no ext4, erofs or squashfs")
}

// modules are the paths of a list, in order; a # begins a comment.
func modules(list string) (paths []string) {
	for line := range strings.Lines(list) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			paths = append(paths, line)
		}
	}
	return paths
}
