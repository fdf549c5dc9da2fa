package main

import (
	"errors"
	"os"
	"time"
)

// raw is no installer: the image is in memory already, and goes into the slot in
// pieces of 1 MiB with one flush at the end, as dd would write it. Nobody who
// writes all of it is faster.
type raw struct {
	s   *stage
	img []byte
}

const theDisk = "the disk alone"

func (*raw) name() string { return theDisk }

func (*raw) what() string {
	return "256 MiB from memory, 1 MiB at a time, one flush; nothing is verified"
}

func (*raw) version() string { return "" }

func (r *raw) open() (err error) {
	r.img, err = os.ReadFile(r.s.two)
	return err
}

func (r *raw) install() (f figure, err error) {
	slot, err := os.OpenFile(r.s.b, os.O_WRONLY, 0)
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
