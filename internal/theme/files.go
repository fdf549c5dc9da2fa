package theme

import (
	"io/fs"
	"slices"
	"strings"

	"usher/internal/memfs"
)

// sheet is the style sheet of the page that a theme replaces.
const sheet = "theme.css"

// Over is the page's files with the theme in the place of its own look. All of
// them lie at the top, as the page's do.
func (t *Theme) Over(page fs.FS) fs.FS {
	o := overlay{FS: page, own: memfs.Files{sheet: t.CSS()}}
	if t.Logo != nil {
		o.own[t.Logo.File] = t.Logo.Data
	}
	return o
}

// overlay has files of its own before those of another.
type overlay struct {
	fs.FS
	own memfs.Files
}

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	if _, ok := o.own[name]; ok {
		return o.own.Open(name)
	}
	return o.FS.Open(name)
}

// ReadDir implements fs.ReadDirFS.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	list, err := fs.ReadDir(o.FS, name)
	if err != nil || name != "." {
		return list, err
	}
	list = slices.DeleteFunc(list, func(e fs.DirEntry) bool { _, own := o.own[e.Name()]; return own })
	own, err := o.own.ReadDir(name)
	list = append(list, own...)
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, err
}
