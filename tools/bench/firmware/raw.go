package main

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"
)

// raw is no installer: the image is in memory already, and goes into the slot in
// pieces of 1 MiB with one flush at the end, as dd would write it. Nobody who
// writes all of it in the same way is faster.
type raw struct {
	s      *stage
	direct bool // past the page cache
	img    []byte
}

const (
	theDisk    = "the disk alone"
	theDirect  = "the disk alone, past the page cache"
	theReading = "the disk alone, reading"
)

func (r *raw) name() string {
	if r.direct {
		return theDirect
	}
	return theDisk
}

func (r *raw) what() string {
	const what = "256 MiB from memory, 1 MiB at a time, one flush; nothing is verified"
	if r.direct {
		return what + "; O_DIRECT"
	}
	return what + ", through the page cache"
}

func (*raw) version() string { return "" }

func (r *raw) open() (err error) {
	r.img, err = os.ReadFile(r.s.two)
	return err
}

func (r *raw) install() (f figure, err error) {
	flags := os.O_WRONLY
	if r.direct {
		flags |= syscall.O_DIRECT
	}
	slot, err := os.OpenFile(r.s.b, flags, 0)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, slot.Close()) }()
	begun := time.Now()
	for at := 0; at < len(r.img); at += 1 << 20 {
		if _, err := slot.Write(r.img[at : at+1<<20]); err != nil {
			return f, err
		}
	}
	if err := slot.Sync(); err != nil {
		return f, err
	}
	f.seconds = time.Since(begun).Seconds()
	return f, nil
}

// reading is the same the other way round: all of a slot, in pieces of 1 MiB.
type reading struct{ s *stage }

func (reading) name() string    { return theReading }
func (reading) what() string    { return "256 MiB of the slot, 1 MiB at a time" }
func (reading) version() string { return "" }
func (reading) open() error     { return nil }

func (r reading) install() (f figure, err error) {
	slot, err := os.Open(r.s.b)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, slot.Close()) }()
	begun, piece := time.Now(), make([]byte, 1<<20)
	for range imageSize >> 20 {
		if _, err := io.ReadFull(slot, piece); err != nil {
			return f, err
		}
	}
	f.seconds = time.Since(begun).Seconds()
	return f, nil
}
