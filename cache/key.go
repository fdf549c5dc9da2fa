package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"time"
)

// The errors of this package.
var (
	ErrNotCached = errors.New("not in the cache")
	ErrTooLarge  = errors.New("object is larger than the cache keeps")
	ErrShort     = errors.New("object ended before its announced length")
	ErrLong      = errors.New("object is longer than announced")
	ErrAbandoned = errors.New("the last reader left")
	ErrCorrupt   = errors.New("object on disk is damaged")
	ErrFull      = errors.New("pinned objects fill the cache")
	ErrInUse     = errors.New("cache folder is used by another process")
	ErrNoDisk    = errors.New("cache has no disk")
)

// Key identifies an object. It is a hash, so that neither memory nor disk
// holds the URL, which may carry a token.
type Key [32]byte

// KeyOf makes a key of parts, such as a scope, a URL and a byte range. The
// parts are told apart: KeyOf("a", "b") is not KeyOf("ab").
func KeyOf(parts ...string) Key {
	h := sha256.New()
	var n [8]byte
	for _, p := range parts {
		binary.BigEndian.PutUint64(n[:], uint64(len(p)))
		h.Write(n[:])
		h.Write([]byte(p))
	}
	return Key(h.Sum(nil))
}

// String is the key in hexadecimal.
func (k Key) String() string { return hex.EncodeToString(k[:]) }

// Class says what an object is for. Classes differ in where they may be kept.
type Class uint8

// The classes of object.
const (
	Playlist  Class = iota // HLS playlists
	Init                   // initialization sections (EXT-X-MAP)
	Media                  // segments and parts
	Secret                 // decryption keys: memory only
	Subtitle               // WebVTT
	Art                    // pictures
	Other                  // session data and the like
	classEnds              // number of classes
)

var classNames = [classEnds]string{"playlist", "init", "media", "key", "subtitle", "art", "other"}

// String is the lower-case name used in statistics.
func (c Class) String() string {
	if c < classEnds {
		return classNames[c]
	}
	return "unknown"
}

// Classes is a set of classes.
type Classes uint16

// ClassesOf is the set of the given classes.
func ClassesOf(classes ...Class) Classes {
	var s Classes
	for _, c := range classes {
		s |= 1 << c
	}
	return s
}

const (
	// AllClasses is the set of every class.
	AllClasses Classes = 1<<classEnds - 1
	// Pinned beside classes means pinned objects too.
	Pinned Classes = 1 << 15
)

// Has says whether c is in the set.
func (s Classes) Has(c Class) bool { return s&(1<<c) != 0 }

func (s Classes) has(all Classes) bool { return s&all == all }

// ClassNamed finds a class by its name.
func ClassNamed(name string) (c Class, ok bool) {
	for i, n := range classNames {
		if n == name {
			return Class(i), true
		}
	}
	return 0, false
}

// Meta is what is known of an object besides its bytes.
type Meta struct {
	Size         int64     // bytes; -1 while it is not known
	ContentType  string    // as sent by the service
	ETag         string    // with quotes and W/, as sent (RFC 9110 section 8.8.3)
	LastModified string    // as sent
	Total        int64     // of the resource that the object is a range of; 0 when it is whole
	Stored       time.Time // when it was fetched or last found unchanged
	Expires      time.Time // fresh until then (RFC 9111); zero: nothing was said
	Volatile     bool      // Cache-Control: no-store; memory only
}

// Fresh says whether the service's own words allow use at time t without
// asking it again. What was stored after t was stored by another clock, such as
// that of a box which has just started and is in 1970: then nothing is known.
// The clock on the wall counts as well as the one that is never set, which
// stands still while the box sleeps.
func (m Meta) Fresh(t time.Time) bool {
	wall := t.Round(0)
	return !m.Expires.IsZero() && t.Before(m.Expires) && wall.Before(m.Expires.Round(0)) && !wall.Before(m.Stored.Round(0))
}
