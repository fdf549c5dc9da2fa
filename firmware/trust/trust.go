package trust

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/theupdateframework/go-tuf/v2/metadata"
	"github.com/theupdateframework/go-tuf/v2/metadata/trustedmetadata"

	"usher/firmware"
)

// Why metadata is not believed. Refresh and Known wrap them in a
// [*firmware.Error] with the reason firmware.Untrusted.
var (
	ErrSignatures = errors.New("not signed by enough of the keys that must sign it")
	ErrExpired    = errors.New("expired: it may be held back by somebody, or the clock is wrong")
	ErrRollback   = errors.New("older than what this box has seen")
	ErrMismatch   = errors.New("not the file that the signed list names")
	ErrFormat     = errors.New("not TUF metadata")
	ErrNothing    = errors.New("nothing was fetched yet")
)

// maxRoots is how many new roots are followed at a time.
const maxRoots = 64

// refreshEvery is how long "last found in order" may lag behind on the disk
// where nothing else changed: flash wears.
const refreshEvery = 12 * time.Hour

// Place is where a repository is, such as a web server.
type Place interface {
	// Metadata gives a file, such as "timestamp.json", of at most limit bytes.
	// One that is not there is fs.ErrNotExist.
	Metadata(ctx context.Context, name string, limit int64) ([]byte, error)
}

// Options are the parts of a Keeper. All are required.
type Options struct {
	Root   []byte // root metadata that the box left the factory with
	Disk   Disk   // of DiskSize
	Clock  *Clock
	Logger *slog.Logger
}

// Keeper keeps what is believed. Its calls must not overlap.
type Keeper struct {
	o   Options
	box shelf
}

// New makes a Keeper, and has the clock remember when metadata was last in
// order.
func New(o Options) (*Keeper, error) {
	if err := sound(partRoot, o.Root); err != nil {
		return nil, fmt.Errorf("the root of this box: %w", err)
	}
	if _, err := trustedmetadata.New(o.Root); err != nil {
		return nil, fmt.Errorf("the root of this box: %w", classify(err))
	}
	k := &Keeper{o: o, box: shelf{o.Disk}}
	o.Clock.remember(k.load().good)
	return k, nil
}

// load never fails: without memory the box begins from its own root.
func (k *Keeper) load() held {
	h, err := k.box.load()
	if err != nil {
		k.o.Logger.Warn("Update metadata was damaged; what is left is used", "sequence", h.seq, "error", err)
	}
	return h
}

// Refresh asks a place for what is new, and gives the releases of the list. It
// keeps what it found in order even when something after it is not.
func (k *Keeper) Refresh(ctx context.Context, from Place) ([]Entry, error) {
	w := &walk{k: k, from: from, was: k.load()}
	w.now = w.was
	err := w.run(ctx)
	if err == nil {
		w.now.good, _ = k.o.Clock.Now()
		k.o.Clock.remember(w.now.good)
	}
	if w.changed() {
		w.now.seq++
		if saving := k.box.save(w.now); saving != nil {
			// Without memory there is no protection against older lists.
			return nil, &firmware.Error{Reason: firmware.ReadOnly, Err: errors.Join(saving, err)}
		}
	}
	if err != nil {
		return nil, reasoned(err)
	}
	return entries(w.trusted)
}

// Known gives the releases of the list as it was last refreshed, without any
// network, if it has not expired since.
func (k *Keeper) Known() ([]Entry, error) {
	w := &walk{k: k, was: k.load()}
	if w.was.file[partTargets] == nil {
		return nil, reasoned(ErrNothing)
	}
	w.now = w.was
	if err := w.run(context.Background()); err != nil {
		return nil, reasoned(err)
	}
	return entries(w.trusted)
}

// walk is one pass of the client workflow.
type walk struct {
	k        *Keeper
	from     Place // nil: what is held only
	was, now held
	trusted  *trustedmetadata.TrustedMetadata
}

func (w *walk) changed() bool {
	for i, f := range w.now.file {
		if string(f) != string(w.was.file[i]) {
			return true
		}
	}
	return w.now.good.Sub(w.was.good) > refreshEvery
}

func (w *walk) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{w.roots, w.timestamp, w.snapshot, w.targets} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// begin starts from the newest root that the box has: the one of its firmware,
// or one that it was led to since.
func (w *walk) begin() (err error) {
	if f := w.was.file[partRoot]; f != nil && sound(partRoot, f) == nil {
		w.trusted, err = trustedmetadata.New(f)
	}
	own, ownErr := trustedmetadata.New(w.k.o.Root)
	if ownErr != nil {
		return classify(ownErr)
	}
	if err != nil || w.trusted == nil || own.Root.Signed.Version >= w.trusted.Root.Signed.Version {
		w.trusted = own
		w.now.file[partRoot] = w.k.o.Root
	}
	w.trusted.RefTime, _ = w.k.o.Clock.Now()
	return nil
}

// roots follows the chain of roots to its end (5.3).
func (w *walk) roots(ctx context.Context) error {
	if err := w.begin(); err != nil {
		return err
	}
	first := w.heldRoot()
	for range maxRoots {
		name := fmt.Sprintf("%d.root.json", w.trusted.Root.Signed.Version+1)
		data, err := w.fetch(ctx, name, partRoot, maxRoot)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errOffline) {
			break
		}
		if err == nil {
			_, err = w.trusted.UpdateRoot(data)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, classify(err))
		}
		w.now.file[partRoot] = data
	}
	if taken(first, w.trusted.Root) { // 5.3.11: what a thief signed is forgotten
		w.now.file[partTimestamp], w.now.file[partSnapshot] = nil, nil
	}
	// What the disk holds may itself be of the time before this root.
	w.trusted.RefTime, _ = w.k.o.Clock.Now()
	return nil
}

// heldRoot is the root that the rest of what is held was checked by: nil when
// that is not known.
func (w *walk) heldRoot() *metadata.Metadata[metadata.RootType] {
	f := w.was.file[partRoot]
	if f == nil || sound(partRoot, f) != nil {
		return nil
	}
	root, err := metadata.Root().FromBytes(f)
	if err != nil {
		return nil
	}
	return root
}

// timestamp says which snapshot is in force (5.4).
func (w *walk) timestamp(ctx context.Context) error {
	const name = "timestamp.json"
	held := ErrNothing
	if f := w.now.file[partTimestamp]; f != nil && sound(partTimestamp, f) == nil {
		// One that expired meanwhile still says how old the next may not be. One
		// that cannot be checked now, because the root expired, is kept for later.
		_, held = w.trusted.UpdateTimestamp(f)
	}
	data, err := w.fetch(ctx, name, partTimestamp, maxTimestamp)
	switch {
	case errors.Is(err, errOffline) && w.trusted.Timestamp != nil:
		return nil
	case errors.Is(err, errOffline):
		err = held
	case err == nil:
		_, err = w.trusted.UpdateTimestamp(data)
	}
	if errors.Is(err, &metadata.ErrEqualVersionNumber{}) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, classify(err))
	}
	w.now.file[partTimestamp] = data
	return nil
}

// snapshot says which list is in force (5.5).
func (w *walk) snapshot(ctx context.Context) error {
	held := ErrNothing
	if f := w.now.file[partSnapshot]; f != nil && sound(partSnapshot, f) == nil {
		if _, held = w.trusted.UpdateSnapshot(f, true); held == nil {
			return nil
		}
	}
	meta := w.trusted.Timestamp.Signed.Meta["snapshot.json"]
	name := fmt.Sprintf("%d.snapshot.json", meta.Version)
	data, err := w.fetch(ctx, name, partSnapshot, atMost(meta.Length, maxSnapshot))
	if errors.Is(err, errOffline) {
		err = held
	}
	if err == nil {
		_, err = w.trusted.UpdateSnapshot(data, false)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, classify(err))
	}
	w.now.file[partSnapshot] = data
	return nil
}

// targets is the list of releases (5.6).
func (w *walk) targets(ctx context.Context) error {
	held := ErrNothing
	if f := w.now.file[partTargets]; f != nil && sound(partTargets, f) == nil {
		if _, held = w.trusted.UpdateTargets(f); held == nil {
			return nil
		}
	}
	meta := w.trusted.Snapshot.Signed.Meta["targets.json"]
	name := fmt.Sprintf("%d.targets.json", meta.Version)
	data, err := w.fetch(ctx, name, partTargets, atMost(meta.Length, maxTargets))
	if errors.Is(err, errOffline) {
		err = held
	}
	if err == nil {
		_, err = w.trusted.UpdateTargets(data)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, classify(err))
	}
	w.now.file[partTargets] = data
	return nil
}

var errOffline = errors.New("not held")

// fetch gets a file that the library can be given.
func (w *walk) fetch(ctx context.Context, name string, part int, limit int64) ([]byte, error) {
	if w.from == nil {
		return nil, errOffline
	}
	data, err := w.from.Metadata(ctx, name, limit)
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%w: %d bytes", ErrFormat, len(data))
	}
	// An answer that said the time may have arrived just now.
	w.trusted.RefTime, _ = w.k.o.Clock.Now()
	return data, sound(part, data)
}

func atMost(length, limit int64) int64 {
	if length > 0 {
		return min(length, limit)
	}
	return limit
}

// reasoned gives an error its machine word.
func reasoned(err error) error {
	var known *firmware.Error
	if errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrNothing) || errors.Is(err, context.DeadlineExceeded) {
		return &firmware.Error{Reason: firmware.Unreachable, Err: err}
	}
	return &firmware.Error{Reason: firmware.Untrusted, Err: err}
}
