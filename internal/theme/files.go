package theme

import (
	"bytes"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// sheet is the style sheet of the page that a theme replaces.
const sheet = "theme.css"

// Over is the page's files with the theme in the place of its own look. All of
// them lie at the top, as the page's do.
func (t *Theme) Over(page fs.FS) fs.FS {
	o := overlay{FS: page, own: map[string][]byte{sheet: t.CSS()}}
	if t.Logo != nil {
		o.own[t.Logo.File] = t.Logo.Data
	}
	return o
}

// overlay has files of its own before those of another.
type overlay struct {
	fs.FS
	own map[string][]byte
}

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	data, ok := o.own[name]
	if !ok {
		return o.FS.Open(name)
	}
	return &open{Reader: bytes.NewReader(data), about: about{name, int64(len(data))}}, nil
}

// ReadDir implements fs.ReadDirFS.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(o.FS, name)
	if err != nil || name != "." {
		return list, err
	}
	for own, data := range o.own {
		list = slices.DeleteFunc(list, func(e fs.DirEntry) bool { return e.Name() == own })
		list = append(list, fs.FileInfoToDirEntry(about{own, int64(len(data))}))
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, nil
}

// open is a file that is read.
type open struct {
	io.Reader
	about about
}

func (f *open) Stat() (fs.FileInfo, error) { return f.about, nil }
func (f *open) Close() error               { return nil }

// about is a file in memory.
type about struct {
	name string
	size int64
}

func (a about) Name() string     { return a.name }
func (a about) Size() int64      { return a.size }
func (about) Mode() fs.FileMode  { return 0o444 }
func (about) ModTime() time.Time { return time.Time{} }
func (about) IsDir() bool        { return false }
func (about) Sys() any           { return nil }
