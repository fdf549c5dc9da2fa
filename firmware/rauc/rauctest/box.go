package rauctest

import (
	"fmt"
	"strconv"
	"sync"
)

// lives is how often a boot loader starts a slot without a word from it.
const lives = 3

// Names of the slots.
const (
	SlotA = "rootfs.0"
	SlotB = "rootfs.1"
)

// Box is the machine that RAUC runs on: its slots and its boot loader. It is
// safe for concurrent use.
type Box struct {
	Compatible string

	mu     sync.Mutex
	slots  [2]slot
	order  [2]int // the boot loader's
	booted int
	starts int
	marks  []string
}

type slot struct {
	left    int // starts that the boot loader will try
	whole   bool
	version string
	count   uint32
}

// NewBox is a box as it left the factory: SlotA runs, SlotB is empty.
func NewBox() *Box {
	b := &Box{Compatible: "tvbox", order: [2]int{0, 1}}
	b.slots[0].left = lives
	return b
}

// Boot is another word for each start.
func (b *Box) Boot() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return fmt.Sprint("boot ", b.starts)
}

// Reboot starts what the boot loader would. A Service does not outlive it.
func (b *Box) Reboot() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.starts++
	for _, i := range b.order {
		if b.slots[i].left > 0 {
			b.slots[i].left--
			b.booted = i
			return
		}
	}
}

// Booted is the slot that runs, Primary the one that starts next.
func (b *Box) Booted() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return name(b.booted)
}

// Primary is the slot that starts next; "" is none.
func (b *Box) Primary() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i, ok := b.primaryLocked(); ok {
		return name(i)
	}
	return ""
}

// Marks are what RAUC was told, such as "good rootfs.0".
func (b *Box) Marks() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.marks...)
}

// Install is what somebody does by hand with rauc install.
func (b *Box) Install(version string) {
	b.begin()
	b.finish(version)
}

func name(i int) string { return "rootfs." + strconv.Itoa(i) }

func (b *Box) primaryLocked() (int, bool) {
	for _, i := range b.order {
		if b.slots[i].left > 0 {
			return i, true
		}
	}
	return 0, false
}

// mark is RAUC's method of that name.
func (b *Box) mark(state, which string) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := map[string]int{"booted": b.booted, "other": 1 - b.booted, SlotA: 0, SlotB: 1}
	i, ok := at[which]
	if !ok {
		return "", false
	}
	switch state {
	case "good":
		b.slots[i].left = lives
	case "bad":
		b.slots[i].left = 0
	case "active":
		b.slots[i].left = lives
		b.order = [2]int{i, 1 - i}
	default:
		return "", false
	}
	b.marks = append(b.marks, state+" "+name(i))
	return name(i), true
}

// begin is the start of an install: the slot is bad until it is whole.
func (b *Box) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &b.slots[1-b.booted]
	s.left, s.whole = 0, false
}

// finish is its end: RAUC activates what it has installed.
func (b *Box) finish(version string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := &b.slots[1-b.booted]
	s.left, s.whole, s.version = lives, true, version
	s.count++
	b.order = [2]int{1 - b.booted, b.booted}
}
