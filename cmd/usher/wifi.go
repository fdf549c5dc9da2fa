package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

const wifiDetail = `status        the network that the box is on, and how well it hears it
list          look around for networks (some seconds)
join NAME     be on that network; it asks for the passphrase, or reads it from
              standard input, and never takes it from the command line. A network
              that is known needs none. --hidden: it does not tell its name
forget NAME   forget a network and its passphrase; the box leaves it

NetworkManager or iwd has to run on the box. A passphrase that was wrong is not
kept, and the box goes back to its network. Ends with 4 when it is refused.`

// wifiFlags are those of wifi.
func wifiFlags(fs *flag.FlagSet, o *options) {
	fs.BoolVar(&o.hidden, "hidden", false, "join: the network does not tell its name")
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
		Manager, Adapter, State, Network string
		Signal                           int
	}
	return a.list(ctx, "wifi.status", nil, &s, func(w io.Writer) {
		fmt.Fprintf(w, "state\t%s\n", s.State)
		if s.Network != "" {
			fmt.Fprintf(w, "network\t%s\t%d %%\n", plain(s.Network), s.Signal)
		}
		fmt.Fprintf(w, "adapter\t%s\t%s\n", s.Adapter, s.Manager)
	})
}

func (a *app) wifiList(ctx context.Context) error {
	var answer struct {
		Networks []struct {
			Name, Security   string
			Signal           int
			Known, Connected bool
		}
	}
	return a.list(ctx, "wifi.list", nil, &answer, func(w io.Writer) {
		fmt.Fprintln(w, " \tNAME\tSIGNAL\tPROTECTION\tKNOWN")
		for _, n := range answer.Networks {
			fmt.Fprintf(w, "%s\t%s\t%d %%\t%s\t%s\n", mark(n.Connected), plain(n.Name), n.Signal, n.Security, yesNo(n.Known))
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

func (a *app) wifiJoin(ctx context.Context, name string) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	c.patience = joinTime
	join := func(passphrase string) error {
		return local(c.call(ctx, "wifi.join", map[string]any{"name": name, "passphrase": passphrase, "hidden": a.opt.hidden}, nil))
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

func (a *app) wifiForget(ctx context.Context, name string) error {
	c, err := a.connect(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	if err := local(c.call(ctx, "wifi.forget", map[string]any{"name": name}, nil)); err != nil {
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
