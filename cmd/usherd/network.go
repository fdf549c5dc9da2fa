package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"usher/cache/serve"
)

// The rhythm of remembering the link.
const (
	networkEvery = 30 * time.Second // the network is looked at
	linkEvery    = 10 * time.Minute // what is known of its link is stored
)

// anyNetwork is the name of a network that cannot be told from others.
const anyNetwork = "any"

// linkSettings are where what is known of a link is kept, by network.
type linkSettings interface {
	Setting(key string) (value string, ok bool, err error)
	SetSetting(key, value string) error
}

// linkKeeper remembers what the link of each network carries, so that the next
// film begins right. Networks are named by a hash: nothing in the state folder
// says where the box was.
type linkKeeper struct {
	origin  *serve.Origin
	keep    linkSettings
	network func() string
	now     string // the network that is being measured
}

// begin takes what is known of the present network.
func (k *linkKeeper) begin() error {
	k.now = k.network()
	text, ok, err := k.keep.Setting(k.key())
	if err != nil {
		return err
	}
	if !ok {
		return k.origin.RestoreLink(nil)
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		return fmt.Errorf("read the stored link: %w", err)
	}
	return k.origin.RestoreLink(b)
}

func (k *linkKeeper) key() string { return "link." + k.now }

// store keeps what is known now.
func (k *linkKeeper) store() error {
	if k.origin.LinkRate() == 0 {
		return nil
	}
	return k.keep.SetSetting(k.key(), hex.EncodeToString(k.origin.LinkState()))
}

// keepLink follows the network until ctx ends, and stores what was learned.
func (a *appliance) keepLink(ctx context.Context) error {
	k := &linkKeeper{origin: a.origin, keep: a.state, network: networkName}
	a.noted(k.begin())
	look, save := time.NewTicker(networkEvery), time.NewTicker(linkEvery)
	defer look.Stop()
	defer save.Stop()
	for {
		select {
		case <-ctx.Done():
			a.noted(k.store())
			return nil
		case <-save.C:
			a.noted(k.store())
		case <-look.C:
			if name := k.network(); name != k.now {
				a.noted(errors.Join(k.store(), k.begin()))
			}
		}
	}
}

// noted logs an error of what a film can do without.
func (a *appliance) noted(err error) {
	if err != nil {
		a.log.Warn("What is known of the link was not kept", "error", err)
	}
}

// networkName names the network that the box is in, by the hardware address of
// its default gateway; anyNetwork when that cannot be read.
func networkName() string {
	routes, err := os.Open("/proc/self/net/route")
	if err != nil {
		return anyNetwork
	}
	defer routes.Close()
	gateway := defaultGateway(routes)
	if gateway == "" {
		return anyNetwork
	}
	table, err := os.Open("/proc/self/net/arp")
	if err != nil {
		return anyNetwork
	}
	defer table.Close()
	return nameOf(neighbour(table, gateway))
}

// nameOf is a short hash of a hardware address.
func nameOf(mac string) string {
	if mac == "" {
		return anyNetwork
	}
	sum := sha256.Sum256([]byte("usher network " + mac))
	return hex.EncodeToString(sum[:8])
}

// defaultGateway reads /proc/self/net/route (proc(5); the unit hides /proc/net): addresses are hexadecimal in
// the machine's byte order, which is little-endian wherever Usher runs.
func defaultGateway(r io.Reader) string {
	lines := bufio.NewScanner(io.LimitReader(r, 1<<20))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) < 8 || f[1] != "00000000" || f[7] != "00000000" {
			continue
		}
		b, err := hex.DecodeString(f[2])
		if err == nil && len(b) == 4 && f[2] != "00000000" {
			return net.IPv4(b[3], b[2], b[1], b[0]).String()
		}
	}
	return ""
}

// neighbour reads /proc/net/arp (proc(5)) for the hardware address of ip.
func neighbour(r io.Reader, ip string) string {
	lines := bufio.NewScanner(io.LimitReader(r, 1<<20))
	for lines.Scan() {
		f := strings.Fields(lines.Text())
		if len(f) >= 4 && f[0] == ip && f[3] != "00:00:00:00:00:00" {
			return strings.ToLower(f[3])
		}
	}
	return ""
}
