package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
)

// entry is a file of the package.
type entry struct {
	name string // without a leading slash: usr/bin/usher
	mode int64  // permission bits
	data []byte
}

// packed writes a Debian package (deb(5), format 2.0): an ar archive of three
// members. Nothing in it depends on when, where or as whom it was made.
func packed(control, data []entry, when time.Time) ([]byte, error) {
	c, err := tarball("./", control, when)
	if err != nil {
		return nil, err
	}
	d, err := tarball("./", data, when)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.WriteString("!<arch>\n")
	member(&out, "debian-binary", []byte("2.0\n"), when)
	member(&out, "control.tar.gz", c, when)
	member(&out, "data.tar.gz", d, when)
	return out.Bytes(), nil
}

// member adds a file to an ar archive, whose members begin at even offsets.
func member(out *bytes.Buffer, name string, data []byte, when time.Time) {
	fmt.Fprintf(out, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", name, when.Unix(), 0, 0, 0o100644, len(data))
	out.Write(data)
	if len(data)%2 == 1 {
		out.WriteByte('\n')
	}
}

// tarball packs the files below top, in the order of their names, each after its
// folders, all of them root's.
func tarball(top string, files []entry, when time.Time) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	w := tar.NewWriter(z)
	files = slices.Clone(files)
	slices.SortFunc(files, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	made := map[string]bool{}
	for _, f := range files {
		if err := add(w, top, f, made, when); err != nil {
			return nil, fmt.Errorf("pack %s: %w", f.name, err)
		}
	}
	for _, c := range []io.Closer{w, z} {
		if err := c.Close(); err != nil {
			return nil, fmt.Errorf("compress: %w", err)
		}
	}
	return out.Bytes(), nil
}

// add writes a file, and first the folders that are not there yet.
func add(w *tar.Writer, top string, f entry, made map[string]bool, when time.Time) error {
	for _, dir := range parents(f.name) {
		if made[dir] {
			continue
		}
		made[dir] = true
		if err := w.WriteHeader(header(tar.TypeDir, top+dir, 0o755, 0, when)); err != nil {
			return err
		}
	}
	if err := w.WriteHeader(header(tar.TypeReg, top+f.name, f.mode, len(f.data), when)); err != nil {
		return err
	}
	_, err := w.Write(f.data)
	return err
}

// parents are the folders above a file, the outermost ("", the root) first,
// each with a slash at its end as dpkg lists them.
func parents(name string) []string {
	list := []string{""}
	for i, c := range path.Dir(name) + "/" {
		if c == '/' && name[:i] != "." && i > 0 && strings.Contains(name, "/") {
			list = append(list, name[:i]+"/")
		}
	}
	return list
}

func header(kind byte, name string, mode int64, size int, when time.Time) *tar.Header {
	return &tar.Header{
		Typeflag: kind, Name: name, Mode: mode, Size: int64(size),
		Uname: "root", Gname: "root", ModTime: when, Format: tar.FormatGNU,
	}
}

// zipped is what gzip -9n makes of data.
func zipped(data []byte) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if _, err := z.Write(data); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return out.Bytes(), nil
}
