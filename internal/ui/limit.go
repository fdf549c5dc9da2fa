package ui

import (
	"sync"
	"time"
)

// limits are the bounds of everything a client can make the bridge do.
type limits struct {
	message int64 // bytes in one message from a client
	sealed  int64 // bytes in one from a phone
	depth   int   // nesting of its JSON
	batch   int   // calls in one batch
	id      int   // bytes of a call's id

	conns     int // clients at one time
	screens   int // of which on TCP on loopback
	phones    int // of which phones
	strangers int // connections at one door that have not said hello
	art       int // pictures fetched at one time
	artSize   int // bytes of a picture

	keyRate, keyBurst   float64 // key events: per second, and at once
	callRate, callBurst float64 // all other calls

	hello time.Duration // to the first frame
	agree time.Duration // for a phone to show that it may come in
	write time.Duration // for one message to be taken by the client
	ping  time.Duration // between pings
	pong  time.Duration // silence after which a client is gone
	call  time.Duration // for one look-up
	check time.Duration // for the doctor
	long  time.Duration // for what fetches or reads much

	replies    int // answers being made or waiting for a client
	replyBytes int // bytes of answers waiting, above which no more calls are read
	keys       int // keys waiting for a client
}

// defaults are those of docs/protocol.md. Keys come in bursts from a held
// button; other calls from a page that starts.
func defaults() limits {
	return limits{
		message: 64 << 10, sealed: 8 << 10, depth: 16, batch: 50, id: 128,
		conns: 160, screens: 128, phones: 16, strangers: 16, art: 16, artSize: 8 << 20,
		keyRate: 50, keyBurst: 20, callRate: 10, callBurst: 40,
		hello: 2 * time.Second, agree: 10 * time.Second, write: 5 * time.Second, ping: 20 * time.Second, pong: 50 * time.Second,
		call: 10 * time.Second, check: 15 * time.Second, long: 2 * time.Minute,
		replies: 64, replyBytes: 512 << 10, keys: 64,
	}
}

// bucket is a token bucket. It is used by one goroutine.
type bucket struct {
	rate, burst float64
	tokens      float64
	at          time.Time
}

func newBucket(rate, burst float64) *bucket { return &bucket{rate: rate, burst: burst, tokens: burst} }

// take takes a token, or says how long it is until there is one.
func (k *bucket) take(now time.Time) (wait time.Duration, ok bool) {
	if !k.at.IsZero() {
		k.tokens = min(k.burst, k.tokens+now.Sub(k.at).Seconds()*k.rate)
	}
	k.at = now
	if k.tokens < 1 {
		return time.Duration((1 - k.tokens) / k.rate * float64(time.Second)), false
	}
	k.tokens--
	return 0, true
}

// The rule against guessing: 5 wrong tokens lock a peer out for 60 s.
const (
	lockoutTries = 5
	lockoutTime  = time.Minute
	lockoutPeers = 64 // remembered at one time
)

// lockouts counts wrong tokens by peer. A right one clears the count, so that
// pages left over from the last start of the daemon lock nobody out as long as
// one of them loads the new token.
type lockouts struct {
	mu    sync.Mutex
	peers map[string]tries
}

type tries struct {
	n  int
	at time.Time // of the newest
}

func newLockouts() *lockouts { return &lockouts{peers: map[string]tries{}} }

// blocked says for how long the peer must wait; 0 is not at all.
func (l *lockouts) blocked(peer string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.peers[peer]
	if left := lockoutTime - now.Sub(t.at); t.n >= lockoutTries && left > 0 {
		return left
	}
	return 0
}

func (l *lockouts) wrong(peer string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.peers[peer]
	if now.Sub(t.at) >= lockoutTime {
		t.n = 0
	}
	if len(l.peers) >= lockoutPeers {
		clear(l.peers) // on loopback there are two peers; more is an attack on memory
	}
	l.peers[peer] = tries{n: t.n + 1, at: now}
}

func (l *lockouts) right(peer string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.peers, peer)
}
