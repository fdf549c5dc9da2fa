package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"usher/internal/box"
)

const wifiDetail = `status        the network that the box is on, and how well it hears it
list          look around for networks (some seconds)
join NAME     be on that network; it asks for the passphrase, or reads it from
              standard input, and never takes it from the command line. A network
              that is known needs none. --hidden: it does not tell its name
forget NAME   forget a network and its passphrase; the box leaves it

A name is octets, and they need not be text. A network for which the list has
something under HEX is joined by that: usher wifi join --hex 436166e9

NetworkManager or iwd has to run on the box. A passphrase that was wrong is not
kept, and the box goes back to its network. Ends with 4 when it is refused.`

// wifiFlags are those of wifi.
func wifiFlags(fs *flag.FlagSet, o *options) {
	fs.BoolVar(&o.hidden, "hidden", false, "join: the network does not tell its name")
	fs.BoolVar(&o.hex, "hex", false, "join, forget: NAME is in hexadecimal digits")
}

// joinTime is how long joining a network may take.
const joinTime = 90 * time.Second

func wifi(ctx context.Context, a *app, words []string) error {
	switch {
	case len(words) == 0 || words[0] == "status" && len(words) == 1:
		return a.wifiStatus(ctx)
	case words[0] == "list" && len(words) == 1:
		return a.wifiList(ctx)
	case words[0] == "join" && len(words) == 2:
		return a.wifiJoin(ctx, words[1])
	case words[0] == "forget" && len(words) == 2:
		return a.wifiForget(ctx, words[1])
	}
	return usage("Usage: usher wifi [status | list | join NAME | forget NAME]", "A name with spaces wants quotes. See: usher help wifi")
}

func (a *app) wifiStatus(ctx context.Context) error {
	var s struct {
		Manager, Adapter, State, Network, SSID string
		Signal                                 int
	}
	return a.list(ctx, "wifi.status", nil, &s, func(w io.Writer) {
		fmt.Fprintf(w, "state\t%s\n", s.State)
		if s.Network != "" {
			fmt.Fprintf(w, "network\t%s\t%d %%\t%s\n", plain(s.Network), s.Signal, s.SSID)
		}
		fmt.Fprintf(w, "adapter\t%s\t%s\n", s.Adapter, s.Manager)
	})
}

// seenNetwork is what is read of a network around the box.
type seenNetwork struct {
	Name, SSID, Security string
	Signal               int
	Known, Connected     bool
}

func (a *app) wifiList(ctx context.Context) error {
	var answer struct{ Networks []seenNetwork }
	return a.list(ctx, "wifi.list", nil, &answer, func(w io.Writer) {
		odd := slices.ContainsFunc(answer.Networks, func(n seenNetwork) bool { return n.SSID != "" })
		fmt.Fprintln(w, " \tNAME\tSIGNAL\tPROTECTION\tKNOWN"+map[bool]string{true: "\tHEX"}[odd])
		for _, n := range answer.Networks {
			fmt.Fprintf(w, "%s\t%s\t%d %%\t%s\t%s\t%s\n", mark(n.Connected), plain(n.Name), n.Signal, n.Security, yesNo(n.Known), n.SSID)
		}
	})
}

// plain is the name of a network for a terminal: whoever has a router chooses it,
// so nothing in it may move the cursor.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\uFFFD' {
			return '?'
		}
		return r
	}, name)
}

// wifiName is which network is meant by a word of the command line: as people
// see it, and its octets in hexadecimal digits where that is not they.
func (a *app) wifiName(word string) (name, ssid string, err error) {
	octets := word
	if a.opt.hex {
		raw, err := hex.DecodeString(word)
		if err != nil {
			return "", "", usage(fmt.Sprintf("%q is not in hexadecimal digits, two for each octet.", word), "See the column HEX of: usher wifi list")
		}
		octets = string(raw)
	}
	name, ssid = box.ShowName(octets)
	return name, ssid, nil
}

func (a *app) wifiJoin(ctx context.Context, word string) error {
	name, ssid, err := a.wifiName(word)
	if err != nil {
		return err
	}
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	c.patience = joinTime
	join := func(passphrase string) error {
		return local(c.call(ctx, "wifi.join", map[string]any{"name": name, "ssid": ssid, "passphrase": passphrase, "hidden": a.opt.hidden}, nil))
	}
	given := ""
	if !isTerminal() {
		given, err = a.passphrase(name)
		if err != nil {
			return err
		}
	}
	err = join(given)
	if f, ok := errors.AsType[*failure](err); ok && f.key == "wifi_needed" && isTerminal() {
		if given, err = a.passphrase(name); err == nil {
			err = join(given)
		}
	}
	if err != nil {
		return err
	}
	if a.opt.json {
		return a.print(map[string]any{"joined": name})
	}
	fmt.Fprintf(a.out, "The box is on %s.\n", plain(name))
	return nil
}

func (a *app) wifiForget(ctx context.Context, word string) error {
	name, ssid, err := a.wifiName(word)
	if err != nil {
		return err
	}
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	c.patience = joinTime
	if err := local(c.call(ctx, "wifi.forget", map[string]any{"name": name, "ssid": ssid}, nil)); err != nil {
		return err
	}
	if a.opt.json {
		return a.print(map[string]any{"forgotten": name})
	}
	fmt.Fprintf(a.out, "The box has forgotten %s.\n", plain(name))
	return nil
}

// passphrase asks for one; on standard input it may be missing.
func (a *app) passphrase(name string) (string, error) {
	h := &house{app: a, in: bufio.NewReader(os.Stdin)}
	line, err := h.secret("Passphrase of " + plain(name) + ": ")
	if err != nil && !isTerminal() {
		return "", nil //nolint:nilerr // nothing was given: the network is open, or known
	}
	return line, err
}
