package cache

import (
	"errors"
	"io/fs"
	"syscall"
	"time"
)

// Problem is a lasting trouble of the disk. The cache goes on in memory.
type Problem struct {
	Code string `json:"code"` // one of the codes below
	Text string `json:"text"` // what is wrong
	Hint string `json:"hint"` // what can be done
}

// The codes of problems.
const (
	DiskFull     = "cache_disk_full"
	DiskReadOnly = "cache_disk_read_only"
	DiskBroken   = "cache_disk_broken"  // it reports errors of its own (EIO)
	DiskDamaged  = "cache_disk_damaged" // it gave back other bytes than were written
)

func problemOf(err error) Problem {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return Problem{DiskFull, "The disk of the cache is full.", "Free some space, or give the cache a smaller budget (cache.disk)."}
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		return Problem{DiskReadOnly, "The folder of the cache cannot be written.", "Mount it writable, or choose another folder (-cache DIR)."}
	case errors.Is(err, ErrCorrupt) && !errors.Is(err, syscall.EIO):
		return Problem{DiskDamaged, "The disk of the cache gave back damaged data.", "Run: usher cache verify. If it comes again, the flash is worn out."}
	}
	return Problem{DiskBroken, "The disk of the cache reports errors.", "Run: usher cache verify. If it comes again, the flash is worn out."}
}

// passing says whether an error says nothing about the disk or the object.
func passing(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM)
}

// Rests after errors of the disk, doubled each time until it works again.
const (
	firstRest = 10 * time.Second
	longRest  = 10 * time.Minute
)

// trouble is what is wrong with the disk now, and when to try again. It is not
// locked.
type trouble struct {
	problem *Problem // nil: none
	until   time.Time
	rest    time.Duration
	failed  uint64
}

// fail takes an error of the disk at time now.
func (t *trouble) fail(err error, writing bool, now time.Time) {
	p := problemOf(err)
	t.problem = &p
	t.failed++
	if !writing {
		return
	}
	t.rest = min(max(2*t.rest, firstRest), longRest)
	t.until = now.Add(t.rest)
}

// heal is a write that went well.
func (t *trouble) heal() { t.problem, t.until, t.rest = nil, time.Time{}, 0 }

// readable is a look at every object that found nothing wrong.
func (t *trouble) readable() {
	if t.rest == 0 {
		t.problem = nil
	}
}

func (t *trouble) resting(now time.Time) bool { return now.Before(t.until) }
