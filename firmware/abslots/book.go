//go:build linux

package abslots

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"usher/firmware"
)

// Disk is where things are kept: a partition or a file. What was written is
// safe only after Sync. Reads after Sync come from the medium.
type Disk interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
	Size() int64
}

// copyAt is where copy n of the record is: at the beginning, and in the middle,
// which is another erase block of flash where there is a MiB of room.
func (b book) copyAt(n uint64) int64 { return int64(n) * (b.d.Size() / 2 &^ (recordSize - 1)) }

// book is the boot record in its two copies.
type book struct{ d Disk }

var (
	errNoBook = errors.New("no valid boot record in either copy")
	errVerify = errors.New("what was written reads back otherwise")
)

// read gives the newest valid record.
func (b book) read() (record, error) {
	var best record
	var problems []error
	for n := range 2 {
		buf := make([]byte, recordSize)
		if _, err := b.d.ReadAt(buf, b.copyAt(uint64(n))); err != nil && !errors.Is(err, io.EOF) {
			problems = append(problems, fmt.Errorf("read copy %d of the boot record: %w", n, err))
			continue
		}
		r, err := decode(buf, n)
		if err == nil && r.seq > best.seq {
			best = r
		}
	}
	if best.seq == 0 {
		return record{}, errors.Join(append(problems, errNoBook)...)
	}
	return best, nil
}

// write makes r the newest record. It goes over the older copy, so that the
// one in force stays whole until the new one is; the number says which that is.
func (b book) write(r record) error {
	r.seq++
	sector := r.encode()
	at := b.copyAt(r.seq % 2)
	if _, err := b.d.WriteAt(sector, at); err != nil {
		return fmt.Errorf("write the boot record: %w", err)
	}
	if err := b.d.Sync(); err != nil {
		return fmt.Errorf("flush the boot record: %w", err)
	}
	back := make([]byte, recordSize)
	if _, err := b.d.ReadAt(back, at); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the boot record back: %w", err)
	}
	if !bytes.Equal(sector, back) {
		return fmt.Errorf("boot record: %w", errVerify)
	}
	return nil
}

// change reads the newest record, has it changed, and writes it when it is
// another then.
func (b book) change(f func(*record) error) error {
	r, err := b.read()
	if err != nil {
		return err
	}
	next := r
	if err := f(&next); err != nil || next == r {
		return err
	}
	next.floor = max(next.floor, r.floor)
	return b.write(next)
}

// Format makes the first record of a box, at the factory: slot a runs version,
// slot b is empty. It refuses a disk that has a record.
func Format(d Disk, version string, counter uint64) error {
	b := book{d}
	if _, err := b.read(); err == nil {
		return errors.New("there is a boot record already")
	}
	return b.write(record{slots: [2]slot{{state: firmware.Good, version: version, counter: counter}}, floor: counter})
}

// Start is what a boot loader, or a program before the root file system,
// calls: it says which slot to start, and counts the attempt.
func Start(d Disk) (name string, err error) {
	b := book{d}
	r, err := b.read()
	if err != nil {
		return "", err
	}
	i, next := r.starts()
	if next != r {
		err = b.write(next) // a slot that cannot be counted down is started all the same
	}
	return names[i], err
}

var names = [2]string{"a", "b"}
