package cache

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// view is one object that is asked for.
type view struct {
	name    string
	class   Class
	purpose Purpose
	size    int64
	watched bool // the player reads it, now
}

// household makes a month of viewing, the same for the same seed: films once
// from the front to the back, with jumps back and breaks that are continued
// another day; a series in the evening; a child's favourite again and again;
// and focus that wanders over the catalogue, for which kits and pictures are
// fetched.
type household struct {
	r     *rand.Rand
	each  func(view)
	ahead int   // segments of read-ahead
	begun []int // films to be continued
	next  int
}

const (
	segment  = 3 << 20 // 4 s at 6 Mb/s
	minute   = 15      // segments
	titles   = 400
	children = 3 // films that are seen again and again
)

func (h *household) month() {
	for range 30 {
		h.child()
		h.browse(15 + h.r.IntN(20))
		for range 1 + h.r.IntN(3) {
			h.browse(h.r.IntN(12))
			h.evening()
		}
	}
}

// child sees some of one of its films, mostly the beginning.
func (h *household) child() {
	for range 1 + h.r.IntN(2) {
		film := h.r.IntN(children)
		h.watch(film, 0, h.r.IntN(20*minute)+minute)
	}
}

// browse moves the focus over tiles; nearby rows and popular titles come
// again and again.
func (h *household) browse(tiles int) {
	for range tiles {
		t := int(h.r.ExpFloat64() * titles / 8)
		if t >= titles {
			continue
		}
		h.see(view{fmt.Sprintf("art/%d", t), Art, Watch, 80 << 10, true})
		if h.r.IntN(3) == 0 { // the focus rested
			h.kit(t)
		}
	}
}

// kit is what is fetched ahead of a title: init section and two segments.
func (h *household) kit(t int) {
	h.see(view{fmt.Sprintf("init/%d", t), Init, Kit, 1 << 10, false})
	for i := range 2 {
		h.see(view{fmt.Sprintf("film/%d/%d", t, i), Media, Kit, segment, false})
	}
}

// evening is a film, continued or new, or two episodes.
func (h *household) evening() {
	switch n := h.r.IntN(10); {
	case n < 2 && len(h.begun) > 0:
		t := h.begun[0]
		h.begun = h.begun[1:]
		h.watch(t, 40*minute, 90*minute)
	case n < 6:
		t := int(h.r.ExpFloat64() * titles / 8)
		h.kit(t)
		if h.r.IntN(3) == 0 { // tired
			h.begun = append(h.begun, t)
			h.watch(t, 0, 40*minute)
			return
		}
		h.watch(t, 0, 90*minute)
	default:
		for range 2 {
			h.next++
			h.kit(titles + h.next)
			h.watch(titles+h.next, 0, 24*minute)
		}
	}
}

// watch reads segments in order, with read-ahead, and sometimes jumps back.
func (h *household) watch(t, from, to int) {
	seg := func(i int, p Purpose) {
		h.see(view{fmt.Sprintf("film/%d/%d", t, i), Media, p, segment, p == Watch})
	}
	h.see(view{fmt.Sprintf("init/%d", t), Init, Watch, 1 << 10, true})
	ahead := from
	for i := from; i < to; i++ {
		if i%minute == 0 {
			h.see(view{fmt.Sprintf("sub/%d/%d", t, i), Subtitle, Watch, 3 << 10, true})
		}
		seg(i, Watch)
		for ; ahead < i+h.ahead; ahead++ {
			seg(ahead+1, Ahead)
		}
		if h.r.IntN(20*minute) == 0 { // "what did he say?"
			for b := max(i-h.r.IntN(minute)-2, from); b < i; b++ {
				seg(b, Watch)
			}
		}
	}
}

func (h *household) see(v view) { h.each(v) }

// replay is a month on two shelves, as Cache does it, without bytes.
type replay struct {
	mem, disk  *shelf
	wear       wear
	asked, hit int64 // bytes the player read, and those of them that were there
	fetched    int64
	diskHit    int64
	misses     int  // segments and the like that the player waited for
	bare       bool // read-ahead is treated as everything else
}

func newReplay(memory int64, of func() queue, bare bool) *replay {
	return &replay{
		mem: newShelfOf(memory, memoryShares(), of), disk: newShelfOf(256<<20, diskShares(), of),
		wear: newWear(), bare: bare,
	}
}

func (p *replay) see(v view) {
	k := KeyOf(v.name)
	here, onDisk := p.find(k, v)
	if v.watched {
		p.asked += v.size
		p.wear.earn(v.size)
		if here {
			p.hit += v.size
		} else {
			p.misses++
		}
		if onDisk {
			p.diskHit += v.size
		}
	}
	if !here {
		p.fill(k, v)
	}
}

func (p *replay) find(k Key, v view) (here, onDisk bool) {
	for _, s := range []*shelf{p.mem, p.disk} {
		if v.purpose == Ahead && s.nodes[k] != nil {
			return true, false // a look
		}
		if n := s.get(k); n != nil {
			if l, ok := s.queues[n.class].(*lru); ok {
				l.touch(n)
			}
			return true, s == p.disk
		}
	}
	return false, false
}

func (p *replay) fill(k Key, v view) {
	p.fetched += v.size
	put(p.mem, &node{key: k, size: v.size, class: v.class, ahead: v.purpose == Ahead && !p.bare})
	why := admit(candidate{class: v.class, purpose: v.purpose, size: v.size}, means{
		disk: true, kept: ClassesOf(Init, Subtitle, Art), budget: p.disk.budget, allowance: p.wear.allowance,
	})
	if why.Writes() {
		p.wear.spend(uint64(v.size) + 4096)
		put(p.disk, &node{key: k, size: v.size, class: v.class, ahead: v.purpose == Ahead && !p.bare})
	}
}

func put(s *shelf, n *node) {
	for !s.fits(n.size) {
		if s.victim(n.class, n.size) == nil {
			return
		}
	}
	s.add(n)
}

// small ones
// rival is a policy on trial.
type rival struct {
	name string
	of   func() queue
	bare bool
}

func rivals() []rival {
	return []rival{
		{"second chance", func() queue { return &chance{} }, false},
		{"SIEVE", func() queue { return &sieve{} }, false},
		{"S3-FIFO", func() queue { return newS3FIFO() }, false},
		{"LRU", func() queue { return &lru{} }, false},
		{"FIFO", func() queue { return &line{} }, false},
		{"second chance, bare", func() queue { return &chance{} }, true},
		{"SIEVE, bare", func() queue { return &sieve{} }, true},
		{"S3-FIFO, bare", func() queue { return newS3FIFO() }, true},
	}
}

// TestMonthOfViewing compares eviction on the same months of a household; its
// figures are in docs/decisions/005-eviction.md. It fails when a rival is
// clearly better than what the product has, or when the flash is worn.
func TestMonthOfViewing(t *testing.T) {
	sizes, n := []int64{32 << 20, 64 << 20, 256 << 20}, 2
	if testing.Short() || Raced {
		sizes, n = sizes[1:2], 1
	}
	for _, memory := range sizes {
		best, own := 0.0, 0.0
		for i, c := range rivals() {
			f := months(n, memory, c)
			t.Logf("| %d MiB | %s | %.2f %% | %.3f %% | %.0f | %.2f %% |",
				memory>>20, c.name, f.hits, f.disk, f.waits, f.flash)
			if f.flash >= 1 {
				t.Errorf("%s: flash %.2f %% of bytes served", c.name, f.flash)
			}
			if best = max(best, f.hits); i == 0 {
				own = f.hits
			}
		}
		if best-own > 0.1 {
			t.Errorf("with %d MiB a rival has %.2f %%, the product %.2f %%", memory>>20, best, own)
		}
	}
}

// figures are means of months, in percent of the bytes that the player read.
type figures struct {
	hits  float64 // were there
	disk  float64 // were there on disk only
	flash float64 // written
	waits float64 // objects that were not there, a month
}

func months(n int, memory int64, c rival) figures {
	var f figures
	for seed := range uint64(n) {
		p := newReplay(memory, c.of, c.bare)
		h := household{r: rand.New(rand.NewPCG(seed, 5)), each: p.see, ahead: int(min(15, memory*6/10/segment))}
		h.month()
		all := float64(p.asked) * float64(n) / 100
		f.hits += float64(p.hit) / all
		f.disk += float64(p.diskHit) / all
		f.flash += float64(p.wear.written) / all
		f.waits += float64(p.misses) / float64(n)
	}
	return f
}
