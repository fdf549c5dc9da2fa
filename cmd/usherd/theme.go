package main

import (
	"fmt"
	"io/fs"

	"usher/internal/box"
	"usher/internal/theme"
	"usher/internal/ui/web"
)

// pageFiles are the page and the one for phones, in the look of the brand. A
// theme that is not right does not keep a household from its films: the pages
// then look as they do without one, and say why where installers look.
func (a *appliance) pageFiles() (page, phone fs.FS) {
	page, phone = web.Files(), web.Phone()
	if a.cfg.Theme == "" {
		return page, phone
	}
	t, err := theme.Read(a.cfg.Place(a.cfg.Theme))
	if err != nil {
		a.badTheme(err)
		return page, phone
	}
	worn, err := t.OverPhone(phone)
	if err != nil { // the page's own files: a test would have said so
		a.log.Error("The page for phones has no theme", "error", err)
		worn = phone
	}
	return t.Over(page), worn
}

func (a *appliance) badTheme(err error) {
	err = fmt.Errorf("%s: %w", a.cfg.Theme, err)
	a.log.Error("The page has no theme", "error", err, "hint", "docs/theme.md says what a theme may have")
	a.daemon.Tell(box.HealthChanged{Code: "theme", Problem: &box.Problem{
		Code: "theme", Text: "The look of the brand cannot be used: " + err.Error() + ".", Hint: "Correct the file and restart usherd.",
	}})
}
