package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"usher/internal/box"
	"usher/internal/qr"
)

const pairDetail = `The code is shown here and on the television. A person opens the address on a
phone, or scans the QR code, signs in and approves. Without --service it is the
first service that has accounts and no account yet. A box that is connected
already stays so (exit 0). Ends with 4 when it was declined, with 6 when nobody
approved in time. With --json: one line for each change.

--from LIST.csv pairs many boxes, each with a code of its own. A line is a name
and an address: unix:PATH of a socket here, or ssh:HOST (ssh:HOST:/PATH) of a box on which ssh
opens a session without a question; a third column names the service. Boxes that
are connected stay so, so that running it again does only the rest. Ends with 7
when some are not connected; --report FILE.csv says which, and why.`

// pairFlags are those of pair and unpair.
type pairFlags struct {
	service string
	wait    bool
	from    string
	jobs    int
	report  string
}

func pairFlagSet(fs *flag.FlagSet, o *options) {
	serviceFlag(fs, o)
	fs.BoolVar(&o.pair.wait, "wait", true, "wait until it is approved; --wait=false ends when the code is there")
	fs.StringVar(&o.pair.from, "from", "", "pair the boxes of `LIST.csv`")
	fs.IntVar(&o.pair.jobs, "jobs", 20, "with --from: `N` boxes at a time, 1 to 200")
	fs.StringVar(&o.pair.report, "report", "", "with --from: write what became of each box to `FILE.csv`")
	fs.DurationVar(&o.timeout, "timeout", 0, "give up waiting after this long (exit 6); 0 is the life of the code")
}

func serviceFlag(fs *flag.FlagSet, o *options) {
	fs.StringVar(&o.pair.service, "service", "", "`ID` of the service, as usher services lists it")
}

// pair asks for a code, shows it, and waits for the person with the phone.
func pair(ctx context.Context, a *app, _ []string) error {
	if a.opt.pair.from != "" {
		return pairMany(ctx, a)
	}
	_, err := a.pairOne(ctx, a.tellStep)
	return err
}

// pairOne pairs a box; tell is handed what changes. already says that there
// was nothing to do.
func (a *app) pairOne(ctx context.Context, tell teller) (already bool, err error) {
	c, v, err := a.followPairing(ctx)
	if err != nil {
		return false, err
	}
	defer c.close()
	account, err := chooseAccount(v, a.opt.pair.service, func(p box.AccountPhase) bool { return p != box.AccountPaired })
	if err != nil {
		return false, err
	}
	if account.Phase == box.AccountPaired {
		return true, tell(box.AccountView{}, account)
	}
	if err := c.call(ctx, "pair.start", map[string]string{"service": account.Service}, nil); err != nil {
		return false, local(err)
	}
	if a.opt.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.opt.timeout)
		defer cancel()
	}
	if underWay(account) { // somebody else asked for it; it is the same
		if err := tell(box.AccountView{}, account); err != nil || account.Phase == box.AccountWaiting && !a.opt.pair.wait {
			return false, err
		}
	}
	return false, a.awaitApproval(ctx, c, account, tell)
}

// teller is handed each change of an account, and what it was before.
type teller func(was, now box.AccountView) error

// underWay says whether a code is there, or on its way.
func underWay(v box.AccountView) bool {
	return v.Phase == box.AccountAsking || v.Phase == box.AccountWaiting
}

// followPairing connects, and follows the accounts from how they stand now.
func (a *app) followPairing(ctx context.Context) (*client, box.PairingView, error) {
	c, err := a.connect(ctx)
	if err != nil {
		return nil, box.PairingView{}, err
	}
	var now struct {
		Topics map[string]struct{ State box.PairingView }
	}
	if err := c.call(ctx, "topic.subscribe", map[string]any{"topics": []string{"pairing"}}, &now); err != nil {
		c.close()
		return nil, box.PairingView{}, local(err)
	}
	return c, now.Topics["pairing"].State, nil
}

// chooseAccount is the account at a service; without one the first whose phase
// is wanted, and else the first.
func chooseAccount(v box.PairingView, service string, wanted func(box.AccountPhase) bool) (box.AccountView, error) {
	var first *box.AccountView
	for i, a := range v.Accounts {
		if service == a.Service || service == "" && wanted(a.Phase) {
			return a, nil
		}
		if service == "" && first == nil {
			first = &v.Accounts[i]
		}
	}
	if first != nil {
		return *first, nil
	}
	f := &failure{
		code: exitRefused, key: "no_account", text: "No service of this box has accounts.",
		hint: "Name the service's issuer in the configuration of usherd; free titles play without.",
	}
	if service != "" {
		f.text, f.hint = fmt.Sprintf("The box has no accounts at a service %.64q.", service), "List them: usher services"
	}
	return box.AccountView{}, f
}

// awaitApproval shows the code when it comes, and follows it to its end.
func (a *app) awaitApproval(ctx context.Context, c *client, was box.AccountView, tell teller) error {
	before := was.Attempt
	for {
		v, err := nextAccount(ctx, c, was.Service)
		if err != nil {
			return a.leavePairing(ctx, c, was, err)
		}
		if err := tell(was, v); err != nil {
			return err
		}
		switch {
		case v.Phase == box.AccountPaired, v.Phase == box.AccountWaiting && !a.opt.pair.wait:
			return nil
		case !underWay(v) && (underWay(was) || v.Attempt != before): // not how the code before ended
			return pairingFailure(v)
		}
		was = v
	}
}

// nextAccount waits for the next change of an account.
func nextAccount(ctx context.Context, c *client, service string) (box.AccountView, error) {
	for {
		e, err := c.next(ctx)
		if err != nil {
			return box.AccountView{}, err
		}
		var v box.PairingView
		if err := decode(e.State, &v); err != nil {
			return box.AccountView{}, err
		}
		for _, a := range v.Accounts {
			if a.Service == service {
				return a, nil
			}
		}
	}
}

// leavePairing takes back a code that its reader walked away from.
func (a *app) leavePairing(ctx context.Context, c *client, v box.AccountView, err error) error {
	if ctx.Err() == nil {
		return err
	}
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer cancel()
	// The deadline of the reader is over; a connection of its own is not.
	if again, err := a.connect(back); err == nil {
		defer again.close()
		_ = again.call(back, "pair.cancel", map[string]string{"service": v.Service}, nil)
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return &failure{code: exitTimeout, key: "timeout", text: "Nobody approved the code in time; it was taken back.", hint: "Begin again: usher pair"}
	}
	return &failure{code: exitFailed, key: "interrupted", text: "Interrupted; the code was taken back.", hint: "Begin again: usher pair"}
}

// tellStep says what changed.
func (a *app) tellStep(was, v box.AccountView) error {
	if a.opt.json {
		return json.NewEncoder(a.out).Encode(v)
	}
	switch {
	case v.Phase == box.AccountWaiting && was.UserCode != v.UserCode:
		a.showCode(v)
	case v.Phase == box.AccountPaired:
		return a.tellAccount(v)
	case v.Away && !was.Away:
		fmt.Fprintln(a.err, "The service is not reached at the moment; trying again …")
	}
	return nil
}

// showCode prints what the person with the phone needs.
func (a *app) showCode(v box.AccountView) {
	if v.QR != nil {
		fmt.Fprint(a.out, qr.Code(*v.QR).Text())
	}
	fmt.Fprintf(a.out, "Scan it with a phone, or open  %s\nand type the code             %s\n", v.URI, v.UserCode)
	if left := time.Until(time.UnixMilli(v.ExpiresAtMS)).Round(time.Second); v.ExpiresAtMS > 0 && left > 0 {
		fmt.Fprintf(a.out, "It is good for %s. Approve it only where you see this box.\n", lasting(left))
	}
}

// lasting is how long a code is good: in minutes, and near the end in seconds.
func lasting(left time.Duration) string {
	if left < 2*time.Minute {
		return fmt.Sprintf("%d s", int(left.Seconds()))
	}
	return fmt.Sprintf("%d min", int(left.Minutes()))
}

// tellAccount says how an account stands.
func (a *app) tellAccount(v box.AccountView) error {
	if a.opt.json {
		return json.NewEncoder(a.out).Encode(v)
	}
	fmt.Fprintf(a.out, "Connected with %s%s.\n", v.Service, boundText(v))
	return nil
}

func boundText(v box.AccountView) string {
	if v.Bound {
		return ", bound to this box"
	}
	return ", by tokens that work elsewhere too"
}

// pairingFailure is how a pairing ended.
func pairingFailure(v box.AccountView) *failure {
	f := &failure{code: exitFailed, key: "cancelled", text: "Somebody took the code back.", hint: "Begin again: usher pair"}
	if p := v.Problem; p != nil {
		f.key, f.text, f.hint = p.Code, p.Text, p.Hint
	}
	switch v.Phase {
	case box.AccountDenied:
		f.code = exitRefused
	case box.AccountExpired:
		f.code = exitTimeout
	case box.AccountFailed:
		if f.key == "pairing_refused" {
			f.code = exitRefused
		}
	}
	return f
}

const unpairDetail = `Tokens and key are wiped at once, whatever the network does; the service is told
as soon as it is reached, over restarts too. Free titles go on playing.`

// unpair ends the account, and says whether the service knows.
func unpair(ctx context.Context, a *app, _ []string) error {
	c, v, err := a.followPairing(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	account, err := chooseAccount(v, a.opt.pair.service, func(p box.AccountPhase) bool { return p == box.AccountPaired })
	if err != nil {
		return err
	}
	if err := c.call(ctx, "pair.remove", map[string]string{"service": account.Service}, nil); err != nil {
		return local(err)
	}
	account = a.awaitWiped(ctx, c, account)
	if account.Phase == box.AccountPaired {
		return &failure{code: exitTimeout, key: "timeout", text: "The account was not wiped in time.", hint: "See: usher status"}
	}
	if a.opt.json {
		return json.NewEncoder(a.out).Encode(account)
	}
	fmt.Fprintf(a.out, "Disconnected from %s; its tokens and its key are gone.\n", account.Service)
	if account.Telling {
		fmt.Fprintln(a.out, "The service was not reached; it is told as soon as it is.")
	}
	return nil
}

// awaitWiped waits until the account is gone, and a moment for the service to
// know.
func (a *app) awaitWiped(ctx context.Context, c *client, v box.AccountView) box.AccountView {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for v.Phase == box.AccountPaired || v.Telling {
		next, err := nextAccount(ctx, c, v.Service)
		if err != nil {
			return v
		}
		v = next
	}
	return v
}

// accountRows are the accounts in status.
func accountRows(w io.Writer, v box.PairingView) {
	for _, a := range v.Accounts {
		fmt.Fprintf(w, "Account\t%s: %s\n", a.Service, accountText(a))
	}
	if v.Keys.Tier != "" {
		fmt.Fprintf(w, "Keys\t%s: %s\n", v.Keys.Tier, v.Keys.Text)
	}
}

// accountText says in a few words how an account stands.
func accountText(a box.AccountView) string {
	text := map[box.AccountPhase]string{
		box.AccountIdle: "not connected", box.AccountAsking: "a code is being asked for",
		box.AccountWaiting: "a code waits for approval", box.AccountPaired: "connected" + boundText(a),
	}[a.Phase]
	if a.Problem != nil {
		text = "not connected. " + a.Problem.Text + " " + a.Problem.Hint
	}
	if a.Telling {
		text += "; the service does not know yet"
	}
	if a.Away {
		text += "; the service is not reached"
	}
	return cmp.Or(text, string(a.Phase))
}
