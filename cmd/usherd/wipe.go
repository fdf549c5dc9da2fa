package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"usher/internal/bundle"
	"usher/internal/state"
	"usher/internal/ui"
	"usher/internal/wipe"
)

// errAgain ends the daemon so that it starts anew: there is an order to wipe, or
// a bundle was applied.
var errAgain = errors.New("starting anew")

// partTime is how long the services have to be told, all together. What they do
// not know by then is told after the wipe.
const partTime = 6 * time.Second

// keptPath says what a wipe leaves in the state folder: the lock, what the
// services have to be told yet and its key, and the updates' own folder. What
// bundles set is the site's, and stays unless the box is to be as it came.
func keptPath(path string, factory bool) bool {
	top, _, _ := strings.Cut(path, string(filepath.Separator))
	return path == "lock" || path == bundle.File && !factory || top == "firmware" ||
		(top == "accounts" || top == "keys") && strings.Contains(filepath.Base(path), ".graves")
}

// finishWipe carries out an order that is on the disk, before anything is
// opened.
func (a *appliance) finishWipe() error {
	var there bool
	var err error
	if a.wiping, there, err = wipe.Pending(a.folders.state); err != nil {
		return &startError{err: err, code: exitFolder, hint: "choose another place: -state DIR"}
	}
	if !there {
		return nil
	}
	release, err := state.Hold(a.folders.state)
	if err != nil {
		return err
	}
	a.log.Info("Household is wiped", "factory", a.wiping.Factory)
	a.wiped = true
	return errors.Join(wipe.CarryOut(a.folders.state, func(path string) bool { return keptPath(path, a.wiping.Factory) }, a.folders.cache), os.MkdirAll(a.folders.cache, 0o700), release())
}

// afterWipe puts back what is not the household's, and forgets the order.
func (a *appliance) afterWipe() error {
	if !a.wiped {
		return nil
	}
	for key, value := range a.wiping.Kept {
		if err := a.state.SetSetting(key, value); err != nil {
			return err
		}
	}
	return wipe.Forget(a.folders.state)
}

// wiper is the bridge's contract about handing a box over.
type wiper struct{ a *appliance }

// Wipe disconnects the box from its accounts, puts the order on the disk, and
// has the daemon start anew.
func (w wiper) Wipe(ctx context.Context, factory bool) error {
	w.a.leaveAccounts(ctx)
	o := wipe.Order{Factory: factory, At: time.Now().UTC(), Kept: map[string]string{}}
	if tier, ok, err := w.a.state.Setting(settingTier); err == nil && ok {
		o.Kept[settingTier] = tier // or what is still to be told could not be read
	}
	if err := wipe.Give(w.a.folders.state, o); err != nil {
		return err
	}
	time.AfterFunc(restartAfter, func() { w.a.again(errAgain) })
	return nil
}

// restartAfter leaves time for the answer.
const restartAfter = 200 * time.Millisecond

// leaveAccounts disconnects from every service.
func (a *appliance) leaveAccounts(ctx context.Context) {
	if a.account.all == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, partTime)
	defer cancel()
	for _, id := range a.account.ids {
		if st, err := a.account.all.Standing(id); err == nil && st.Phase == "paired" {
			a.account.Unpair(ctx, id)
		}
	}
}

// Remains is what is on the box.
func (w wiper) Remains(context.Context) (ui.Remains, error) {
	v := w.a.daemon.View()
	r := ui.Remains{Profiles: len(v.Household.Profiles), Begun: len(v.Progress), Watchlist: len(v.Household.Watchlist), Files: []ui.RemainsFile{}}
	for _, acc := range v.Pairing.Accounts {
		if acc.Phase == "paired" {
			r.Accounts++
		}
		if acc.Telling {
			r.Untold++
		}
	}
	files, err := wipe.Left(w.a.folders.state, w.a.folders.cache)
	for _, f := range files {
		r.Files = append(r.Files, ui.RemainsFile(f))
	}
	return r, err
}
