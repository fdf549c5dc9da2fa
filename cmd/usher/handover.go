package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"
)

const handoverDetail = `Everything of the household goes: accounts, profiles, positions, watchlists,
purchases, leases, settings, catalogues and film data. The services are told, at
once or as soon as they are reached. The daemon starts anew, and what is left is
listed: that is the proof. Ends with 1 when something is left that should not be.
Without --yes nothing is done (exit 2).`

const resetDetail = `As usher handover, and what was learned of the site goes as well. It wants
--factory and --i-am-at-the-box, because a box that was wiped from afar has to
be connected by somebody who stands in front of it. Firmware stays as it is.`

// wipeFlags are those of handover and reset.
type wipeFlags struct{ yes, factory, here bool }

func handoverFlags(fs *flag.FlagSet, o *options) {
	fs.BoolVar(&o.wipe.yes, "yes", false, "wipe the household")
}

func resetFlags(fs *flag.FlagSet, o *options) {
	fs.BoolVar(&o.wipe.factory, "factory", false, "as it came from the factory")
	fs.BoolVar(&o.wipe.here, "i-am-at-the-box", false, "somebody is there to set it up again")
}

func handover(ctx context.Context, a *app, _ []string) error {
	if !a.opt.wipe.yes {
		return usage("Everything of the household would be wiped.", "If that is meant: usher handover --yes")
	}
	return a.wipe(ctx, false)
}

func reset(ctx context.Context, a *app, _ []string) error {
	if !a.opt.wipe.factory || !a.opt.wipe.here {
		return usage("Everything on the box would be wiped.", "If that is meant: usher reset --factory --i-am-at-the-box")
	}
	return a.wipe(ctx, true)
}

// remains is what is on the box.
type remains struct {
	Accounts, Untold, Profiles, Begun, Watchlist int
	Files                                        []struct {
		Path  string
		Bytes int64
	}
}

// wipeTime is how long a daemon may take to come back.
const wipeTime = 45 * time.Second

// wipe has the box wiped, waits for the daemon to come back, and proves it.
func (a *app) wipe(ctx context.Context, factory bool) error {
	if err := a.untilItGoes(ctx, "box.wipe", map[string]bool{"factory": factory}); err != nil {
		return err
	}
	return a.proof(ctx)
}

// proof lists what is left once the daemon is back.
func (a *app) proof(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, wipeTime)
	defer cancel()
	var left remains
	for {
		err := a.ask(ctx, "box.remains", &left)
		if err == nil {
			break
		}
		if f, ok := errors.AsType[*failure](err); !ok || f.code != exitUnreachable {
			return err
		}
		select {
		case <-ctx.Done():
			return &failure{code: exitTimeout, key: "timeout", text: "The daemon did not come back in time.", hint: "Start it; it wipes before it does anything else."}
		case <-time.After(200 * time.Millisecond):
		}
	}
	return a.tellProof(left)
}

// ask makes one call on a connection of its own.
func (a *app) ask(ctx context.Context, method string, result any) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.call(ctx, method, nil, result); err != nil {
		return local(err)
	}
	return nil
}

func (a *app) tellProof(left remains) error {
	clean := left.Accounts == 0 && left.Profiles <= 1 && left.Begun == 0 && left.Watchlist == 0
	if a.opt.json {
		if err := a.print(map[string]any{"clean": clean, "left": left}); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.out, "Accounts %d, profiles %d, titles begun %d, on watchlists %d.\n", left.Accounts, left.Profiles, left.Begun, left.Watchlist)
		for _, f := range left.Files {
			fmt.Fprintf(a.out, "  %8d  %s\n", f.Bytes, f.Path)
		}
		if left.Untold > 0 {
			fmt.Fprintf(a.out, "%d services were not reached; they are told as soon as they are.\n", left.Untold)
		}
	}
	if !clean {
		return &failure{code: exitFailed, key: "not_clean", text: "Something of the household is left.", hint: "Run it again; if it stays so, remove the state folder."}
	}
	if !a.opt.json {
		fmt.Fprintln(a.out, "Nothing of the household is left.")
	}
	return nil
}
