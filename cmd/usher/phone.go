package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"usher/internal/box"
	"usher/internal/qr"
)

const phoneDetail = `list    the phones, and where they reach the box
pair    show a code here and on the television, and wait for the phone
on      let the phones of the list in again; the first one needs a code: pair
off     none, until it is switched on again; those that are connected are out at once
revoke  remove a phone, by its id or its name, or all; it is out at once

A phone opens the page at the box's address, on the same network. The code lasts
two minutes and three tries. See docs/phone.md.`

// phonesState is the answer of phones.get, and the state of topic phones.
type phonesState struct {
	Allowed bool
	On      bool
	Window  *struct {
		Code, URI              string
		QR                     *box.QR
		ExpiresAtMS, TriesLeft int64
	}
	Ended  string
	Phones []struct {
		ID, Name         string
		PairedMS, SeenMS int64
		Here             bool
	}
	Hosts   []string
	Trouble string
}

// phoneVerb is usher phone.
func phoneVerb(ctx context.Context, a *app, words []string) error {
	switch word := words[0]; word {
	case "list":
		var p phonesState
		return a.list(ctx, "phones.get", nil, &p, p.rows)
	case "pair":
		return a.phonePair(ctx)
	case "on", "off":
		return a.phoneSwitch(ctx, word == "on")
	case "revoke":
		if len(words) < 2 {
			return usage("Which phone is to be removed?", "List them: usher phone list; or remove all: usher phone revoke all")
		}
		return a.phoneRevoke(ctx, words[1])
	default:
		return usage(fmt.Sprintf("There is no usher phone %q.", word), "Use: usher phone list | pair | on | off | revoke ID")
	}
}

// rows prints the phones.
func (p *phonesState) rows(w io.Writer) {
	fmt.Fprintf(w, "phones\t%s\n", p.standing())
	for _, x := range p.Phones {
		here := "last seen " + time.UnixMilli(x.SeenMS).Format("2006-01-02 15:04")
		if x.Here {
			here = "connected"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", x.ID, named(x.Name), here)
	}
}

func named(name string) string {
	if name == "" {
		return "a phone"
	}
	return name
}

func (p *phonesState) standing() string {
	switch {
	case !p.Allowed:
		return "not allowed on this box ([phone] allow in usher.toml)"
	case !p.On:
		return "off"
	case p.Trouble == "network":
		return "on, but the box is in no local network"
	case p.Trouble == "port":
		return "on, but the port is taken by another program ([phone] port in usher.toml)"
	case len(p.Hosts) == 0:
		return "on"
	}
	return "on, at http://" + strings.Join(p.Hosts, "/ and http://") + "/"
}

// phoneSwitch lets phones in, or none.
func (a *app) phoneSwitch(ctx context.Context, on bool) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	var p phonesState
	if err := c.call(ctx, "phones.get", nil, &p); err != nil {
		return local(err)
	}
	if on && len(p.Phones) == 0 {
		return &failure{code: exitRefused, key: "no_phones", text: "There is no phone yet.", hint: "Let one in by a code: usher phone pair"}
	}
	return a.command(ctx, "phones.switch", map[string]bool{"on": on})
}

// phoneRevoke removes a phone by its id or its name.
func (a *app) phoneRevoke(ctx context.Context, which string) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	var p phonesState
	if err := c.call(ctx, "phones.get", nil, &p); err != nil {
		return local(err)
	}
	id, n := "", 0
	for _, x := range p.Phones {
		if x.ID == which || strings.EqualFold(x.Name, which) {
			id, n = x.ID, n+1
		}
	}
	switch {
	case which == "all":
		id = ""
	case n == 0:
		return &failure{code: exitRefused, key: "phone_unknown", text: fmt.Sprintf("There is no phone %.40q.", which), hint: "List them: usher phone list"}
	case n > 1:
		return &failure{code: exitRefused, key: "phone_ambiguous", text: fmt.Sprintf("%d phones are called %.40q.", n, which), hint: "Name it by its id: usher phone list"}
	}
	return a.command(ctx, "phones.remove", map[string]string{"id": id})
}

// phonePair shows a code and waits for the phone.
func (a *app) phonePair(ctx context.Context) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	var raw json.RawMessage
	if err := c.call(ctx, "phones.pair", nil, &raw); err != nil {
		return local(err)
	}
	var code string
	shown := false
	for {
		var p phonesState
		if err := decode(raw, &p); err != nil {
			return err
		}
		if code == "" && p.Window != nil {
			code = p.Window.Code
		}
		switch {
		case p.Window == nil || p.Window.Code != code:
			return a.phoneEnded(p)
		case p.Trouble != "":
			return a.leavePhone(ctx, &failure{code: exitRefused, key: "phone_" + p.Trouble, text: "Phones are " + p.standing() + ".", hint: "See: usher help phone"})
		case !shown && p.Window.URI != "":
			shown = true
			a.showPhoneCode(raw, p)
		}
		if raw, err = nextPhones(ctx, c); err != nil {
			return a.leavePhone(ctx, err)
		}
	}
}

// askPhonesEvery is how often it is asked whether the phone has come. A topic
// would say it sooner, and not for certain: of states that follow each other at
// once it tells the last only.
const askPhonesEvery = 300 * time.Millisecond

// nextPhones is how the phones stand a moment later.
func nextPhones(ctx context.Context, c *client) (raw json.RawMessage, err error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(askPhonesEvery):
	}
	err = local(c.call(ctx, "phones.get", nil, &raw))
	return raw, err
}

func (a *app) showPhoneCode(raw json.RawMessage, p phonesState) {
	if a.opt.json {
		_ = a.print(raw)
		return
	}
	if q := p.Window.QR; q != nil {
		fmt.Fprint(a.out, qr.Code(*q).Text())
	}
	fmt.Fprintf(a.out, "Scan it with the phone, or open  http://%s/\nand type the code                %s\nIts browser will call the page \"Not secure\"; docs/phone.md says what that means.\nWaiting for the phone …\n", p.Hosts[0], p.Window.Code)
}

// phoneEnded is how a code ended.
func (a *app) phoneEnded(p phonesState) error {
	again := "Begin again: usher phone pair"
	switch p.Ended {
	case "paired":
		if !a.opt.json {
			fmt.Fprintln(a.out, "The phone is connected.")
		}
		return nil
	case "expired":
		return &failure{code: exitTimeout, key: "expired", text: "No phone came in time.", hint: again}
	case "tries":
		return &failure{code: exitRefused, key: "tries", text: "Three wrong codes were typed: the code is no longer good.", hint: "If that was nobody here, somebody on the network tried. " + again}
	}
	return &failure{code: exitFailed, key: "cancelled", text: "Somebody took the code away.", hint: again}
}

// leavePhone takes back a code that its reader walked away from.
func (a *app) leavePhone(ctx context.Context, err error) error {
	back, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
	defer cancel()
	if again, err := a.connect(back); err == nil {
		defer again.close()
		_ = again.call(back, "phones.cancel", nil, nil)
	}
	if ctx.Err() == nil {
		return err
	}
	return &failure{code: exitFailed, key: "interrupted", text: "Interrupted; the code was taken back.", hint: "Begin again: usher phone pair"}
}
