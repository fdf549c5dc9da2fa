package theme

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// Logo is a picture in the place of the name.
type Logo struct {
	File string // its name for the page: theme-logo.svg or theme-logo.png
	Data []byte
}

const pngMark = "\x89PNG\r\n\x1a\n"

func readLogo(folder fs.FS, name string) (*Logo, error) {
	kind := strings.ToLower(path.Ext(name))
	if path.Base(name) != name || kind != ".svg" && kind != ".png" {
		return nil, fmt.Errorf("logo: an .svg or .png file beside the theme, not %.40q", name)
	}
	data, err := readLimited(folder, name, maxLogo)
	if err != nil {
		return nil, fmt.Errorf("logo: %w", err)
	}
	png := bytes.HasPrefix(data, []byte(pngMark))
	if kind == ".png" && !png || kind == ".svg" && !bytes.Contains(data[:min(len(data), 1024)], []byte("<svg")) {
		return nil, fmt.Errorf("logo: %q is no picture of the kind that its name says", name)
	}
	return &Logo{File: "theme-logo" + kind, Data: data}, nil
}

// The sides of an icon, in pixels: phones draw it at 180 and more.
const (
	leastIcon = 192
	mostIcon  = 1024
)

func readIcon(folder fs.FS, name string) ([]byte, error) {
	if path.Base(name) != name || strings.ToLower(path.Ext(name)) != ".png" {
		return nil, fmt.Errorf("icon: a .png file beside the theme, not %.40q", name)
	}
	data, err := readLimited(folder, name, maxLogo)
	if err != nil {
		return nil, fmt.Errorf("icon: %w", err)
	}
	width, height, ok := pngSize(data)
	if !ok || width != height || width < leastIcon || width > mostIcon {
		return nil, fmt.Errorf("icon: %q has to be a square PNG of %d to %d px; 512 is best", name, leastIcon, mostIcon)
	}
	return data, nil
}

// pngSize reads the header of a PNG (its specification, section 11.2.1).
func pngSize(data []byte) (width, height uint32, ok bool) {
	if len(data) < 24 || !bytes.HasPrefix(data, []byte(pngMark)) || string(data[12:16]) != "IHDR" {
		return 0, 0, false
	}
	return binary.BigEndian.Uint32(data[16:]), binary.BigEndian.Uint32(data[20:]), true
}
