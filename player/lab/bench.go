//go:build linux

package lab

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"usher/player/launch"

	"github.com/godbus/dbus/v5"
)

// Options says which player to examine. Logger must be set.
type Options struct {
	// Player is "mpv" or "vlc", which are started on a private bus, or what
	// Command starts or Bus holds.
	Player string
	// Command starts another player, on a private bus too; empty goes by Player.
	Command []string
	// Name is the bus name (after org.mpris.MediaPlayer2.) of the player;
	// empty is Player. With Bus, of one that runs already.
	Name string
	// Bus is the D-Bus address of a player that runs already; empty starts one.
	Bus string
	// Rows limits the examination to rows for which it is true; nil: all.
	Rows func(id string) bool
	// Progress is told each row; nil is no one.
	Progress func(Row)
	Logger   *slog.Logger
}

// bench is the examination of one player.
type bench struct {
	o      Options
	origin *origin
	launch *launch.Player // nil: the player is someone else's
	bus    string
	name   string // full bus name
	conn   *dbus.Conn
	object dbus.BusObject
	born   time.Time // when the player was started
	found  time.Time // when its name was seen

	mu      sync.Mutex
	heard   []*dbus.Signal // of the player, newest last, bounded
	figures []Figure
}

// Run examines a player. The report is whole even when rows fail; an error says
// that there was nothing to examine.
func Run(ctx context.Context, o Options) (*Report, error) {
	dir, err := os.MkdirTemp("", "usher-lab-")
	if err != nil {
		return nil, fmt.Errorf("make folder of the lab: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // nothing to keep
	streams := filepath.Join(dir, "streams")
	if err := makeStreams(ctx, streams); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	origin, closed, err := openOrigin(ctx, streams)
	if err != nil {
		return nil, err
	}
	wg.Go(func() { <-closed })
	b := &bench{o: o, origin: origin, bus: o.Bus}
	if o.Bus == "" {
		if err := b.start(ctx, &wg, filepath.Join(dir, "player")); err != nil {
			return nil, err
		}
	}
	if err := b.connect(ctx, &wg); err != nil {
		return nil, err
	}
	defer func() { _ = b.conn.Close() }() // nothing to lose
	return b.examine(ctx)
}

// start runs the player on a private bus.
func (b *bench) start(ctx context.Context, wg *sync.WaitGroup, dir string) error {
	var program launch.Program
	switch {
	case len(b.o.Command) > 0:
		program = launch.Other{Program: b.o.Command[0], Args: b.o.Command[1:]}
	case b.o.Player == "mpv":
		program = launch.MPV{Headless: true}
	case b.o.Player == "vlc":
		program = launch.VLC{Headless: true}
	default:
		return fmt.Errorf("start player %q: not known; name its program, or a bus that it is on", b.o.Player)
	}
	if err := program.Check(); err != nil {
		return err
	}
	// The folder above is the lab's own and closed to a player of another user.
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		return fmt.Errorf("open folder of the lab: %w", err)
	}
	b.launch = launch.New(launch.Options{Dir: dir, Program: program, Logger: b.o.Logger})
	b.bus, b.born = b.launch.Address(), time.Now()
	wg.Go(func() { _ = b.launch.Run(ctx) }) // ends with ctx
	return nil
}

const callLimit = 2 * time.Second

// connect joins the bus and waits for the player.
func (b *bench) connect(ctx context.Context, wg *sync.WaitGroup) error {
	err := within(ctx, 10*time.Second, func() bool {
		conn, err := dbus.Connect(b.bus, dbus.WithContext(ctx), dbus.WithSignalHandler(dbus.NewSequentialSignalHandler()))
		b.conn = conn
		return err == nil
	})
	if err != nil {
		return fmt.Errorf("join the bus %q: %w", b.bus, err)
	}
	signals := make(chan *dbus.Signal, 256)
	b.conn.Signal(signals)
	wg.Go(func() { b.listen(signals) })
	if err := b.conn.AddMatchSignalContext(ctx, dbus.WithMatchObjectPath(objectPath)); err != nil {
		return fmt.Errorf("listen to the player: %w", err)
	}
	if err := within(ctx, 15*time.Second, func() bool { return b.find(ctx) }); err != nil {
		return fmt.Errorf("wait for %s on the bus: %w", namePrefix+b.label(), errors.Join(errNoName, err))
	}
	b.found = time.Now()
	b.object = b.conn.Object(b.name, objectPath)
	return nil
}

var errNoName = errors.New("no player of that name appeared; has it its MPRIS plug-in, and is that enabled")

func (b *bench) label() string {
	if b.o.Name != "" {
		return b.o.Name
	}
	return b.o.Player
}

// find looks for the player's bus name.
func (b *bench) find(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	var names []string
	if b.conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.ListNames", 0).Store(&names) != nil {
		return false
	}
	sort.Strings(names)
	for _, n := range names {
		rest, ok := strings.CutPrefix(n, namePrefix+b.label())
		if ok && (rest == "" || rest[0] == '.') {
			b.name = n
			return true
		}
	}
	return false
}

// listen keeps the last signals of the player.
func (b *bench) listen(signals <-chan *dbus.Signal) {
	for s := range signals {
		b.mu.Lock()
		if len(b.heard) >= 4096 {
			b.heard = b.heard[2048:]
		}
		b.heard = append(b.heard, s)
		b.mu.Unlock()
	}
}

// examine tries every row.
func (b *bench) examine(ctx context.Context) (*Report, error) {
	begun := time.Now()
	r := &Report{Player: b.o.Player, BusName: b.name, At: begun}
	root, _ := b.all(ctx, rootIface) // a player that cannot tell has no identity
	r.Identity, _ = root["Identity"].Value().(string)
	for _, c := range checks() {
		if b.o.Rows != nil && !b.o.Rows(c.id) {
			continue
		}
		row := b.try(ctx, c)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		r.Rows = append(r.Rows, row)
		if b.o.Progress != nil {
			b.o.Progress(row)
		}
	}
	r.Version = b.version(ctx)
	r.Figures, r.Took = b.figures, time.Since(begun)
	return r, nil
}

// rowLimit is how long one row may take.
const rowLimit = 40 * time.Second

func (b *bench) try(ctx context.Context, c check) Row {
	ctx, cancel := context.WithTimeout(ctx, rowLimit)
	defer cancel()
	v := c.run(ctx, b)
	row := Row{ID: c.id, Area: c.area, Item: c.item, Required: c.required, Result: v.result, Seen: v.seen}
	if v.result == Fail {
		row.Bug = knownBug(b.o.Player, c.id)
	}
	return row
}

// figure notes a measurement.
func (b *bench) figure(name, budget string, value any) {
	if d, ok := value.(time.Duration); ok {
		value = short(d)
	}
	b.figures = append(b.figures, Figure{Name: name, Value: fmt.Sprint(value), Budget: budget})
}

// short is a duration as a person reads it.
func short(d time.Duration) time.Duration {
	switch {
	case d.Abs() < 10*time.Millisecond:
		return d.Round(10 * time.Microsecond)
	case d.Abs() < time.Second:
		return d.Round(time.Millisecond)
	}
	return d.Round(10 * time.Millisecond)
}

// within waits until ok, asking every 15 ms.
func within(ctx context.Context, limit time.Duration, ok func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		if ok() {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(15 * time.Millisecond):
		}
	}
}

// wait waits for d.
func (b *bench) wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
