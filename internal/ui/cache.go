package ui

import (
	"context"
	"errors"
	"time"

	"usher/internal/box"
)

// prefetchSeconds are fetched when a client does not say how many.
const prefetchSeconds = 10

// segments is the segment cache as clients may see and command it. An error
// may be a *box.Problem, whose text then reaches the client. Calls with a
// context may block until it ends; Status never blocks.
type segments interface {
	Status() CacheStatus
	// URL is the loopback address of an http or https address.
	URL(ctx context.Context, raw string) (string, error)
	// Prefetch fetches the beginning of a stream, this much of it.
	Prefetch(ctx context.Context, raw string, length time.Duration) (CacheAmount, error)
	// Pin keeps what is held of a stream from being evicted, or no longer. It
	// gives the number of objects that this concerned.
	Pin(ctx context.Context, raw string, on bool) (objects int, err error)
	// Clear drops the objects of the classes, of all when there are none;
	// pinned ones only when it is told to.
	Clear(classes []string, pinned bool) (CacheAmount, error)
	// Verify reads all that is kept and drops what is damaged.
	Verify(ctx context.Context) (CacheVerified, error)
}

// CacheStatus is what the cache did since the daemon started, and what it
// holds now. The document says what the members mean.
type CacheStatus struct {
	Hits       uint64 `json:"hits"`
	Misses     uint64 `json:"misses"`
	Collapsed  uint64 `json:"collapsed"`
	Abandoned  uint64 `json:"abandoned"`
	DiskErrors uint64 `json:"diskErrors"`

	FetchedBytes          uint64 `json:"fetchedBytes"`
	PrefetchedBytes       uint64 `json:"prefetchedBytes"`
	PrefetchedUnreadBytes uint64 `json:"prefetchedUnreadBytes"`
	ServedBytes           uint64 `json:"servedBytes"`
	FlashBytes            uint64 `json:"flashBytes"`
	FlashTotalBytes       uint64 `json:"flashTotalBytes"`

	MemoryBytes   int64 `json:"memoryBytes"`
	MemoryBudget  int64 `json:"memoryBudget"`
	MemoryObjects int   `json:"memoryObjects"`
	FillingBytes  int64 `json:"fillingBytes"`
	DiskBytes     int64 `json:"diskBytes"`
	DiskBudget    int64 `json:"diskBudget"` // 0: there is no disk
	DiskObjects   int   `json:"diskObjects"`
	PinnedBytes   int64 `json:"pinnedBytes"`

	Film *CacheFilm `json:"film,omitempty"` // of the title that is on; nil: none is

	Kits *CacheKits `json:"kits,omitempty"` // nil: start kits are not made by this box

	Classes []CacheClass `json:"classes"` // all of them, in a fixed order
}

// CacheKits are the start kits: what was fetched before anybody asked for it,
// and what came of it.
type CacheKits struct {
	Made          uint64 `json:"made"`
	Used          uint64 `json:"used"` // titles of them that were started
	Refused       uint64 `json:"refused"`
	Failed        uint64 `json:"failed"`
	Interrupted   uint64 `json:"interrupted"` // for a player, or because the focus went on
	Bytes         int64  `json:"bytes"`
	UsedBytes     int64  `json:"usedBytes"`
	FlashBytes    int64  `json:"flashBytes"`
	DayBytes      int64  `json:"dayBytes"`
	DayBudget     int64  `json:"dayBudget"`
	FlashDay      int64  `json:"flashDay"`
	FlashBudget   int64  `json:"flashBudget"`
	Starts        uint64 `json:"starts"`        // of titles
	QuickStarts   uint64 `json:"quickStarts"`   // within 0.3 s
	KitStarts     uint64 `json:"kitStarts"`     // with a kit
	QuickWithKits uint64 `json:"quickWithKits"` // of these within 0.3 s
	Idle          string `json:"idle"`          // why nothing may be fetched now; "" it may
}

// CacheClass is the share of one class of object.
type CacheClass struct {
	Class        string `json:"class"` // playlist, init, media, key, subtitle, art or other
	MemoryBytes  int64  `json:"memoryBytes"`
	MemoryBudget int64  `json:"memoryBudget"` // bytes that other classes cannot take from it
	DiskBytes    int64  `json:"diskBytes"`
	DiskBudget   int64  `json:"diskBudget"` // bytes that other classes cannot take from it
	Hits         uint64 `json:"hits"`
	HitBytes     uint64 `json:"hitBytes"` // of the objects that were found
	FetchedBytes uint64 `json:"fetchedBytes"`

	PrefetchedBytes       uint64 `json:"prefetchedBytes"`
	PrefetchedUnreadBytes uint64 `json:"prefetchedUnreadBytes"`
}

// CacheFilm is how the title that is on was read and shown so far. Rates are in
// bit/s, times in ms.
type CacheFilm struct {
	Session     uint64 `json:"session"`
	TitleID     string `json:"titleId"`
	StartMS     int64  `json:"startMs"` // from asking to the first picture; 0: there was none
	Stalls      int    `json:"stalls"`
	StalledMS   int64  `json:"stalledMs"`
	Rungs       int    `json:"rungs"` // renditions that may be chosen
	Rate        int    `json:"rate"`
	Height      int    `json:"height"`
	MeanRate    int    `json:"meanRate"` // weighted by time
	Switches    int    `json:"switches"`
	Wanted      int    `json:"wanted"` // segments that the player asked for
	InTime      int    `json:"inTime"` // of these, there before
	Abandoned   int    `json:"abandoned"`
	Interrupted int    `json:"interrupted"`
	AheadBytes  int64  `json:"aheadBytes"`
	UnreadBytes int64  `json:"unreadBytes"`
	HeldMS      int64  `json:"heldMs"`
	LeastHeldMS int64  `json:"leastHeldMs"`
	Outages     int    `json:"outages"`
	AwayMS      int64  `json:"awayMs"`
	LinkRate    int    `json:"linkRate"` // 0: not known
	Reason      string `json:"reason"`   // why the newest segment is as it is, one word
	Decision    string `json:"decision"` // the same in one line
}

// CacheAmount is an amount of cached objects.
type CacheAmount struct {
	Objects int   `json:"objects"`
	Bytes   int64 `json:"bytes"`
}

// CacheVerified is what a verification found.
type CacheVerified struct {
	Objects int   `json:"objects"` // read
	Bad     int   `json:"bad"`     // of these damaged, and dropped
	Bytes   int64 `json:"bytes"`   // read
}

// cacheMethods are the methods of the cache; those that wait for a network or
// a disk have more time than a look-up.
func (b *Bridge) cacheMethods() map[string]spec {
	return map[string]spec{
		"cache.status":   takes(b.cacheStatus),
		"cache.url":      takes(b.cacheURL).within(b.limits.call),
		"cache.prefetch": takes(b.cachePrefetch).within(b.limits.long),
		"cache.pin":      takes(b.cachePin).within(b.limits.call),
		"cache.clear":    takes(b.cacheClear).within(b.limits.call),
		"cache.verify":   takes(b.cacheVerify).within(b.limits.long),
	}
}

// withCache is the cache, or the reason why there is none.
func (b *Bridge) withCache() (segments, error) {
	if b.cache == nil {
		return nil, &box.Problem{Code: "cache_off", Text: "The daemon runs without a cache.", Hint: "Start usherd with a cache folder: -cache DIR"}
	}
	return b.cache, nil
}

func (b *Bridge) cacheStatus(context.Context, *session, none) (any, error) {
	c, err := b.withCache()
	if err != nil {
		return nil, err
	}
	status := c.Status()
	status.Classes = some(status.Classes)
	return status, nil
}

type urlParams struct {
	URL string `json:"url"`
}

func (b *Bridge) cacheURL(ctx context.Context, _ *session, p urlParams) (any, error) {
	c, err := b.withCache()
	if err != nil {
		return nil, err
	}
	link, err := c.URL(ctx, p.URL)
	if err != nil {
		return nil, cacheError(err)
	}
	return map[string]string{"url": link}, nil
}

type prefetchParams struct {
	URL     string `json:"url"`
	Seconds int    `json:"seconds"`
}

func (b *Bridge) cachePrefetch(ctx context.Context, _ *session, p prefetchParams) (any, error) {
	c, err := b.withCache()
	if err != nil {
		return nil, err
	}
	if p.Seconds == 0 {
		p.Seconds = prefetchSeconds
	}
	amount, err := c.Prefetch(ctx, p.URL, time.Duration(p.Seconds)*time.Second)
	if err != nil {
		return nil, cacheError(err)
	}
	return amount, nil
}

type pinParams struct {
	URL string `json:"url"`
	On  bool   `json:"on"`
}

func (b *Bridge) cachePin(ctx context.Context, _ *session, p pinParams) (any, error) {
	c, err := b.withCache()
	if err != nil {
		return nil, err
	}
	objects, err := c.Pin(ctx, p.URL, p.On)
	if err != nil {
		return nil, cacheError(err)
	}
	return map[string]int{"objects": objects}, nil
}

type clearParams struct {
	Classes []string `json:"classes"`
	Pinned  bool     `json:"pinned"`
}

func (b *Bridge) cacheClear(_ context.Context, _ *session, p clearParams) (any, error) {
	c, err := b.withCache()
	if err != nil {
		return nil, err
	}
	amount, err := c.Clear(p.Classes, p.Pinned)
	if err != nil {
		return nil, cacheError(err)
	}
	return amount, nil
}

func (b *Bridge) cacheVerify(ctx context.Context, _ *session, _ none) (any, error) {
	c, err := b.withCache()
	if err != nil {
		return nil, err
	}
	found, err := c.Verify(ctx)
	if err != nil {
		return nil, cacheError(err)
	}
	return found, nil
}

// cacheError makes what the box will never do a refusal: trying again does not
// help. Everything else passes as it is.
func cacheError(err error) error {
	p, ok := errors.AsType[*box.Problem](err)
	if ok && (p.Code == "forbidden_address" || p.Code == "not_http") {
		return refusal(p)
	}
	return err
}
