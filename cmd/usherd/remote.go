package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"usher/device/remote"
	"usher/device/remote/evdev"
	"usher/device/remote/keymap"
	"usher/internal/box"
	"usher/internal/service"
	"usher/internal/ui"
)

// healthKeymap is the health code of the keymap file.
const healthKeymap = "keymap"

// keymapEvery is how often the keymap file is looked at.
const keymapEvery = 2 * time.Second

// remoteEdge is the remotes of the box. Without any the reader is nil.
type remoteEdge struct {
	reader *evdev.Reader
	file   string
	seen   fileStamp
	bad    *box.Problem // what is wrong with the file at the start
}

// fileStamp tells whether a file is another one than before.
type fileStamp struct {
	at   time.Time
	size int64
}

func (a *appliance) openRemotes() error {
	a.remote.file = a.cfg.Remote.Keymap
	if a.cfg.Remote.Read == "off" || a.cfg.Remote.Read == "auto" && a.cfg.Demo {
		return nil
	}
	if _, err := os.Stat(evdev.Dir); err != nil {
		a.log.Info("No remotes: the kernel has no input devices", "err", err)
		return nil
	}
	m, err := a.readKeymap()
	if err != nil {
		m, a.remote.bad = keymap.Builtin(), a.keymapProblem(err)
	}
	a.tv.keys.Store(m)
	a.remote.reader = evdev.New(evdev.Options{Map: m, Logger: a.part("remote"), Emit: func(e remote.Event) {
		a.daemon.Tell(box.KeyPressed{Key: e, By: box.ByRemote})
	}})
	return nil
}

// readKeymap reads the file, or is the built-in map when there is none.
func (a *appliance) readKeymap() (*keymap.Map, error) {
	if a.remote.file == "" {
		return keymap.Builtin(), nil
	}
	folder, name := a.cfg.Place(a.remote.file)
	info, err := fs.Stat(folder, name)
	if errors.Is(err, fs.ErrNotExist) {
		a.remote.seen = fileStamp{}
		return keymap.Builtin(), nil // it may come later
	}
	if err != nil {
		return nil, err
	}
	a.remote.seen = fileStamp{info.ModTime(), info.Size()}
	if info.Size() > keymap.MaxFile {
		return nil, fmt.Errorf("longer than %d KiB", keymap.MaxFile>>10)
	}
	data, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, err
	}
	return keymap.Parse(data)
}

func (a *appliance) keymapProblem(err error) *box.Problem {
	a.part("remote").Warn("Keymap not used", "file", a.remote.file, "err", err)
	return &box.Problem{
		Code: healthKeymap, Text: fmt.Sprintf("The keymap %s is not used: %v.", a.remote.file, err),
		Hint: "Correct the line; it is read again by itself. Until then the keymap before it is in force.",
	}
}

// watchKeymap reads the file again when it changed. One that is wrong leaves
// the keymap before it in force, and is told.
func (a *appliance) watchKeymap(ctx context.Context) error {
	tick := time.NewTicker(keymapEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		folder, name := a.cfg.Place(a.remote.file)
		info, err := fs.Stat(folder, name)
		now := fileStamp{}
		if err == nil {
			now = fileStamp{info.ModTime(), info.Size()}
		}
		if now == a.remote.seen {
			continue
		}
		m, err := a.readKeymap()
		a.remote.seen = now // also when it could not be read
		told := box.HealthChanged{Code: healthKeymap}
		if err != nil {
			told.Problem = a.keymapProblem(err)
		} else {
			a.useKeymap(m)
		}
		a.daemon.Tell(told)
	}
}

// useKeymap puts a keymap in force, for remotes of the box and of the television.
func (a *appliance) useKeymap(m *keymap.Map) {
	a.tv.keys.Store(m)
	if a.remote.reader != nil {
		a.remote.reader.Use(m)
	}
}

// remoteServices are what reads remotes.
func (a *appliance) remoteServices() (list []service.Service) {
	if a.remote.reader != nil {
		list = append(list, service.Service{Name: "remote", Run: a.remote.reader.Run, Restart: service.OnError})
	}
	if a.remote.file != "" && (a.remote.reader != nil || a.tv.station != nil) {
		list = append(list, service.Service{Name: "keymap", Run: a.watchKeymap})
	}
	return list
}

// remotesForBridge answers the bridge about remotes; nil without any.
func (a *appliance) remotesForBridge() ui.Remotes {
	if a.remote.reader == nil {
		return nil
	}
	return remotesEdge{a.remote.reader}
}

type remotesEdge struct{ r *evdev.Reader }

// Devices implements ui.Remotes.
func (e remotesEdge) Devices() []ui.RemoteDevice {
	list := []ui.RemoteDevice{}
	for _, d := range e.r.Devices() {
		list = append(list, remoteDevice(d))
	}
	return list
}

// Learn implements ui.Remotes.
func (e remotesEdge) Learn(ctx context.Context) (ui.LearnedButton, error) {
	l, err := e.r.Learn(ctx)
	if ctx.Err() != nil {
		return ui.LearnedButton{}, &box.Problem{
			Code: "nothing_pressed", Text: "No button was pressed.",
			Hint: "Point the remote at the box and try again; usher remote list shows which devices are read.",
		}
	}
	return ui.LearnedButton{Device: remoteDevice(l.Device), Code: l.Code, Name: l.Name, Means: l.Means}, err
}

func remoteDevice(d evdev.Device) ui.RemoteDevice {
	return ui.RemoteDevice{
		Node: d.Node, Name: d.Name, Kind: string(d.Kind), Bus: d.Bus, Vendor: d.Vendor, Product: d.Product, Unique: d.Unique,
		Keymap: d.Table, Read: d.Read, Problem: d.Problem, Hint: d.Hint,
	}
}
