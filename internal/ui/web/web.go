// Package web holds the built ten-foot page: index.html, its script, its
// style, its fonts and the licences of what is in them; and the page for phones.
//
// The files are part of the binary. They are built from src by tools/web
// (make web) and committed; a test checks that they belong together. The
// package never blocks and starts nothing.
package web

import (
	"embed"
	"io/fs"
)

//go:embed dist
var dist embed.FS

// Files is the built page; index.html lies at its top.
func Files() fs.FS { return below("dist") }

// Phone is the built page for phones that act as remotes; index.html lies at its
// top.
func Phone() fs.FS { return below("dist/phone") }

func below(folder string) fs.FS {
	files, err := fs.Sub(dist, folder)
	if err != nil {
		panic(err) // only for a name that is no valid path
	}
	return files
}
