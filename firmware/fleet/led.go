package fleet

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"usher/firmware"
	"usher/firmware/fetch"
	"usher/firmware/fleet/ddi"
	"usher/firmware/trust"
)

// Led is a fleet that is led by hawkBit: it says which of the releases of the
// signed list a box takes, and when. Percentage, groups and dates of the list do
// not count then; boards, floors and failures do. Its methods are safe for
// concurrent use, but for the Repository's.
type Led struct {
	Repository *Repository
	Server     *ddi.Client
	Box        Box
	Clock      fetch.Clock

	mu    sync.Mutex
	sleep time.Duration
	told  map[string]int // tenth of the download that was told last, by action
}

var _ Client = (*Led)(nil)

// Sleep is what the server asks for until the next look; 0 is that it has not
// been heard yet.
func (l *Led) Sleep() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sleep
}

// Next is how long to wait until the next look: what the server asks for, and
// after failures as in the static case.
func (l *Led) Next(failures int) time.Duration {
	if sleep := l.Sleep(); failures == 0 && sleep > 0 {
		return sleep
	}
	return l.Box.Next(max(failures, 1))
}

// Check looks for what the server wants. Nil is nothing.
func (l *Led) Check(ctx context.Context, p Present) (*Offer, []Skipped, error) {
	base, err := l.Server.Poll(ctx)
	if err != nil {
		return nil, nil, unreachable(err)
	}
	l.mu.Lock()
	l.sleep = base.Sleep
	l.mu.Unlock()
	if base.ConfigData {
		if err := l.Server.SendConfig(ctx, map[string]string{"board": l.Box.Board, "version": p.Version}); err != nil {
			return nil, nil, unreachable(err)
		}
	}
	switch {
	case base.Cancel.ID != 0:
		return nil, nil, l.cancel(ctx, base.Cancel, p)
	case base.Confirmation.ID != 0:
		return nil, nil, l.confirm(ctx, base.Confirmation, p)
	case base.Deploy.ID != 0:
		return l.deploy(ctx, base.Deploy, p)
	}
	return nil, nil, nil
}

// cancel stops what the server takes back, unless it is written already: what
// becomes of that is decided by whether it works.
func (l *Led) cancel(ctx context.Context, a ddi.Action, p Present) error {
	stop, err := l.Server.Stopped(ctx, a)
	if err != nil {
		return unreachable(err)
	}
	f := ddi.Feedback{Execution: ddi.Closed, Result: ddi.Success, At: l.now(), Details: []string{"stopped"}}
	if p.Trying == strconv.FormatInt(stop, 10) {
		f = ddi.Feedback{Execution: ddi.Rejected, Result: ddi.None, At: l.now(), Details: []string{"it is installed already"}}
	}
	return unreachable(l.Server.CancelFeedback(ctx, a, f))
}

// confirm agrees to what this box would take.
func (l *Led) confirm(ctx context.Context, a ddi.Action, p Present) error {
	d, err := l.Server.Confirmation(ctx, a)
	if err != nil {
		return unreachable(err)
	}
	_, why, err := l.wanted(ctx, d, p)
	if err != nil {
		return err
	}
	return unreachable(l.Server.Confirm(ctx, a, why == Fits, string(why)))
}

// deploy offers what the server wants installed.
func (l *Led) deploy(ctx context.Context, a ddi.Action, p Present) (*Offer, []Skipped, error) {
	d, err := l.Server.Deployment(ctx, a)
	if err != nil {
		return nil, nil, unreachable(err)
	}
	id := strconv.FormatInt(a.ID, 10)
	if p.Trying == id || d.Download == ddi.Skip {
		return nil, nil, nil
	}
	e, why, err := l.wanted(ctx, d, p)
	switch {
	case err != nil:
		return nil, nil, err
	case why == Older:
		return nil, nil, l.end(ctx, a, ddi.Success, "this box runs it already")
	case why != Fits:
		return nil, []Skipped{{version(d), why}}, l.refuse(ctx, a, why)
	}
	o, err := l.Repository.describe(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	o.Action = id
	o.Hold = d.Update == ddi.Skip || d.Closed
	if d.Update == ddi.Forced && o.Release.Urgent.IsZero() {
		o.Release.Urgent = l.now()
	}
	return o, nil, nil
}

// version is that of the firmware among the modules of a deployment.
func version(d ddi.Deployment) string {
	if i := slices.IndexFunc(d.Modules, func(m ddi.Module) bool { return m.Part == "os" }); i >= 0 {
		return d.Modules[i].Version
	}
	return d.Modules[0].Version
}

// NotListed is a release that the server wants and nobody signed.
const NotListed Why = "not_signed"

// wanted finds what the server wants in the signed list.
func (l *Led) wanted(ctx context.Context, d ddi.Deployment, p Present) (trust.Entry, Why, error) {
	list, err := l.Repository.list(ctx)
	if err != nil {
		return trust.Entry{}, "", err
	}
	v, found := version(d), NotListed
	for _, e := range list {
		if e.Release.Version != v {
			continue
		}
		switch why := may(e.Release, l.Box, p); {
		case why != Fits:
			found = why
		case v == p.Version:
			return e, Older, nil
		default:
			return e, Fits, nil
		}
	}
	return trust.Entry{}, found, nil
}

// refuse tells once that a release is not for this box.
func (l *Led) refuse(ctx context.Context, a ddi.Action, why Why) error {
	reasons := map[Why]firmware.Reason{Board: firmware.WrongBoard, BelowIt: firmware.Downgrade, Tried: firmware.TriedBefore, NotListed: firmware.Untrusted}
	err := &firmware.Error{Reason: reasons[why], Err: fmt.Errorf("hawkBit wants what this box does not take: %s", why)}
	return errors.Join(err, l.end(ctx, a, ddi.Failure, string(why)))
}

func (l *Led) end(ctx context.Context, a ddi.Action, r ddi.Result, why string) error {
	return unreachable(l.Server.Feedback(ctx, a, ddi.Feedback{Execution: ddi.Closed, Result: r, Details: []string{why}, At: l.now()}))
}

func (l *Led) now() time.Time {
	now, _ := l.Clock.Now()
	return now
}

// Report tells the server what became of an offer. Of a download it tells each
// tenth, once: the server counts messages.
func (l *Led) Report(ctx context.Context, r Report) error {
	id, err := strconv.ParseInt(r.Action, 10, 64)
	if err != nil || id <= 0 {
		return nil // not of this server
	}
	if r.Stage == Fetching && !l.news(r) {
		return nil
	}
	f := ddi.Feedback{Execution: ddi.Proceeding, Result: ddi.None, Details: []string{string(r.Stage)}, At: r.At}
	switch r.Stage {
	case Fetching:
		f.Execution, f.Percent = ddi.Download, r.Percent
	case Proved:
		f.Execution, f.Result = ddi.Closed, ddi.Success
	case Failed:
		f.Execution, f.Result, f.Details = ddi.Closed, ddi.Failure, []string{string(r.Reason)}
	case Canceled:
		f.Execution, f.Result = ddi.Closed, ddi.Failure
	}
	err = l.Server.Feedback(ctx, ddi.Action{ID: id}, f)
	if errors.Is(err, ddi.ErrGone) {
		return nil // it has been told already, or nobody wants to know any more
	}
	return unreachable(err)
}

// news says whether a tenth of the download was not told yet.
func (l *Led) news(r Report) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	tenth, known := l.told[r.Action]
	if known && r.Percent/10 <= tenth {
		return false
	}
	l.told = map[string]int{r.Action: r.Percent / 10} // of one action at a time
	return true
}

// unreachable gives an error of the server its machine word.
func unreachable(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return &firmware.Error{Reason: firmware.Unreachable, Err: err}
}
