package leases

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	holdFor = time.Minute // so long a service may hold an answer; openapi.yaml allows no more
	newsGap = time.Second // after news, and longer while there is ever more of it
)

// What ends following.
var (
	errAgain     = errors.New("all leases are to be asked for")
	errBackwards = errors.New("the service's number of changes went backwards")
)

// follow waits for news of a service, so that what is bought, given back or
// taken back elsewhere is known here at once. It returns when all leases are to
// be asked for, or ctx ended. A service that holds no answer is asked ever less
// often, down to every quarter of an hour.
func (k *Keeper) follow(ctx context.Context, s *shelf) {
	pause, gap := retryFirst, newsGap
	for began := time.Now(); time.Since(began) < fetchEvery; {
		asked, wait := time.Now(), gap
		news, err := k.listen(ctx, s)
		switch {
		case ctx.Err() != nil, errors.Is(err, errAgain):
			return
		case errors.Is(err, errBackwards):
			s.pause(ctx, retryLast)
			return
		case err == nil && time.Since(asked) >= holdFor/2:
			wait, pause, gap = newsGap, retryFirst, newsGap
		case err == nil && news:
			gap = min(gap*2, retryLast)
		default:
			wait, pause = pause, min(pause*2, retryLast)
		}
		if err != nil {
			k.o.Logger.Debug("No news of leases", "service", s.service.ID, "err", err)
		}
		if !s.pause(ctx, wait) {
			return
		}
	}
}

// listen waits for one answer, and takes in what is new. An answer without
// news changes nothing on the disk.
func (k *Keeper) listen(ctx context.Context, s *shelf) (news bool, err error) {
	id := s.service.ID
	jkt, err := k.o.Thumbprint(id)
	s.mu.Lock()
	held, since, of := len(s.all.Leases), s.all.Seq, s.all.JKT
	s.mu.Unlock()
	if err != nil || of != jkt || held > mostLeases {
		return false, errAgain
	}
	raw, err := k.hold(ctx, s, since)
	if err != nil {
		return false, err
	}
	a, err := parseAnswer(raw)
	switch {
	case err != nil:
		return false, err
	case a.Seq < since:
		return false, errBackwards
	case a.Seq == since:
		return false, nil
	}
	keys, err := k.o.Keys(ctx, id)
	if err != nil {
		return false, fmt.Errorf("ask for the keys of leases: %w", err)
	}
	return true, k.believe(s, jkt, keys, a, func(*record) {})
}

// hold asks, and gives up when all leases are to be asked for.
func (k *Keeper) hold(ctx context.Context, s *shelf, since uint64) ([]byte, error) {
	type result struct {
		raw []byte
		err error
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	came := make(chan result, 1)
	go func() {
		raw, err := k.o.Entitlements(ctx, s.service.ID, since, holdFor)
		came <- result{raw, err}
	}()
	select {
	case r := <-came:
		return r.raw, r.err
	case <-s.again:
		cancel()
		<-came
		return nil, errAgain
	}
}
