package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// usher is Usher's own slots: signed metadata, ranges over HTTP, chunks that
// are verified before they are written, and the slot read again at the end.
type usher struct {
	s       *stage
	kind    string // one of those below
	program string
	url     string
}

// The ways of Usher.
const (
	fromOld = "Usher, from what runs"
	usual   = "Usher, over the release before"
	again   = "Usher, the same again"
	whole   = "Usher, all of it"
)

func (u *usher) name() string { return u.kind }

// old is whether the slot that runs is looked at: it has the first image.
func (u *usher) old() bool { return u.kind != whole }

// before is what is in the slot.
func (u *usher) before() string {
	switch u.kind {
	case usual:
		return u.s.one
	case again:
		return u.s.two
	}
	return u.s.junk
}

func (u *usher) what() string {
	const way = "over HTTP from this machine; what was written is read back; "
	switch u.kind {
	case fromOld:
		return way + "what the running slot has is not fetched; nothing is remembered of that, so it is read: the first update of a box"
	case usual:
		return way + "what either slot has is not fetched, and only what differs is written: a later update. What runs was written by Usher, which remembers its blocks"
	case again:
		return way + "all of it is there, and read"
	}
	return way + "nothing is there"
}

func (u *usher) version() string { return "this commit" }

// open makes the repository, once, and serves it.
func (u *usher) open() error {
	s := u.s
	u.program = s.at("installbench")
	if _, err := os.Stat(u.program); err == nil {
		return u.serve()
	}
	root, err := filepath.Abs(s.root)
	if err != nil {
		return err
	}
	tool, err := filepath.Abs(s.release)
	if err != nil {
		return err
	}
	if err := s.shell(`cd "$ROOT" && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$OUT" ./firmware/fleet/installbench`, "ROOT="+root, "OUT="+u.program); err != nil {
		return err
	}
	if err := s.shell(`for k in r1 r2 t1 t2 o; do $TOOL key $k; done
for n in 1 2; do
	$TOOL root -repo repo$n -root r1.pub,r2.pub -releases t1.pub,t2.pub -online o.pub
	$TOOL sign -key r1,r2 repo$n/staged/root.json
	$TOOL build -repo repo$n -image $n.img -version 2.$n -board bench -counter 1 -percent 100
	$TOOL sign -key t1,t2 repo$n/staged/targets.json
	$TOOL publish -repo repo$n -key o
	mkdir usher$n
done
truncate -s 1M record
$PROGRAM -format -record record`, "TOOL="+tool, "PROGRAM="+u.program); err != nil {
		return err
	}
	if err := u.serve(); err != nil {
		return err
	}
	_, err = u.run("1", "-index", "1.index") // remembers what it wrote
	return err
}

func (u *usher) serve() error {
	l, err := (&net.ListenConfig{}).Listen(u.s.ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	files := http.NewServeMux()
	for _, n := range []string{"1", "2"} {
		files.Handle("/"+n+"/", http.StripPrefix("/"+n+"/", http.FileServer(http.Dir(u.s.at("repo"+n, "public")))))
	}
	web := &http.Server{Handler: files, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = web.Serve(l) }() // it ends with Close
	u.s.later(func() { _ = web.Close() })
	u.url = "http://" + l.Addr().String() + "/"
	return nil
}

// run installs an image with more flags.
func (u *usher) run(image string, more ...string) (string, error) {
	return u.s.output(u.program, append([]string{
		"-url", u.url + image + "/", "-root", u.s.at("repo"+image, "public", "metadata", "1.root.json"), "-folder", u.s.at("usher" + image),
		"-record", u.s.at("record"), "-a", u.s.a, "-b", u.s.b,
	}, more...)...)
}

func (u *usher) install() (f figure, err error) {
	more := []string{"-old=" + strconv.FormatBool(u.old())}
	if u.kind == usual || u.kind == again {
		more = append(more, "-index", "1.index")
	}
	before, own := busy(), served()
	out, err := u.run("2", more...)
	all, server := busy()-before, served()-own
	if err != nil {
		return f, err
	}
	var found struct {
		Seconds, Flushed, CPU              float64
		Fetched, Base, Peak, Read, Written int64
	}
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		return f, err
	}
	if found.Seconds <= 0 {
		return f, errors.New("nothing was measured")
	}
	f = figure{
		seconds: found.Seconds, flushed: found.Flushed, cpu: found.CPU, all: all, server: server, peak: found.Peak, extra: found.Peak - found.Base,
		fetched: found.Fetched, read: found.Read, written: found.Written,
	}
	return f, u.compare()
}

// compare holds the slot against the image.
func (u *usher) compare() error {
	if _, err := u.s.output("cmp", "-n", fmt.Sprint(imageSize), u.s.two, u.s.b); err != nil {
		return fmt.Errorf("the slot is not the image: %w", err)
	}
	return nil
}
