package main

import (
	"fmt"
	"io/fs"

	"usher/internal/box"
	"usher/internal/theme"
	"usher/internal/ui/web"
)

// pageFiles is the page in the look of the brand. A theme that is not right
// does not keep a household from its films: the page then looks as it does
// without one, and says why where installers look.
func (a *appliance) pageFiles() fs.FS {
	if a.cfg.Theme == "" {
		return web.Files()
	}
	t, err := theme.Read(a.cfg.Place(a.cfg.Theme))
	if err != nil {
		err = fmt.Errorf("%s: %w", a.cfg.Theme, err)
		a.log.Error("The page has no theme", "error", err, "hint", "docs/theme.md says what a theme may have")
		a.daemon.Tell(box.HealthChanged{Code: "theme", Problem: &box.Problem{
			Code: "theme", Text: "The look of the brand cannot be used: " + err.Error() + ".", Hint: "Correct the file and restart usherd.",
		}})
		return web.Files()
	}
	return t.Over(web.Files())
}
