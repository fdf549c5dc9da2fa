// Package web holds the built ten-foot page: index.html, its script, its
// style, its fonts and the licences of what is in them.
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
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // only for a name that is no valid path
	}
	return files
}
