//go:build linux

package abslots

// starter is a Disk that writes what it holds in memory while more comes. One
// that is not is flushed every window bytes.
type starter interface {
	// Start has a stretch go to the medium, and does not wait for it.
	Start(at, length int64) error
	// Finish waits until it is there, and takes it out of memory. It is safe only
	// after Sync.
	Finish(at, length int64) error
}

// window is how many bytes may be on their way from memory to the medium: enough
// for speed, little enough for a small box's memory.
const window = 8 << 20

// flow keeps a disk busy and little in memory. Flushing would stop the disk for
// as long as its own cache takes, so that is not done here but every now and then
// (prove): what is in the slot counts for nothing until all of it was flushed.
// Where what is written does not stay in memory, there is nothing left to do.
type flow struct {
	d     Disk
	going []run // oldest first
	bytes int64 // of those
}

// run is a part of a disk.
type run struct{ at, length int64 }

// wrote takes note of a stretch that was written.
func (f *flow) wrote(at, length int64) error {
	f.bytes += length
	d, ok := f.d.(starter)
	if !ok {
		if f.bytes < window {
			return nil
		}
		f.bytes = 0
		return f.d.Sync()
	}
	if err := d.Start(at, length); err != nil {
		return err
	}
	f.going = append(f.going, run{at, length})
	for f.bytes > window {
		oldest := f.going[0]
		if err := d.Finish(oldest.at, oldest.length); err != nil {
			return err
		}
		f.going, f.bytes = f.going[1:], f.bytes-oldest.length
	}
	return nil
}
