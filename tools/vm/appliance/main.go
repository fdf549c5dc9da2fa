// Command appliance proves that a box with Usher comes back from anything an
// update can do to it: a guest with systemd, two root slots, a boot record and
// usher-boot, Usher installed from its Debian package, in QEMU without KVM.
//
//	go run ./vm/appliance [-v] [-keep] [CASE…]    in tools; make e2e-appliance does
//	go run ./vm/appliance -images                 makes what a run with -keep needs, and starts nothing;
//	                                              with -keep only what is not there
//
// The cases are start, brand, update, broken, cuts and rauc; all without a name. The
// last three take :NAME of one of theirs, such as cuts:7. It prints a line for each,
// and leaves what the guest said in OUT/runs/CASE. -keep takes the images of the
// run before instead of making them anew.
//
// Needs root, for the file systems, and what tools/deps.sh appliance installs.
// Exit codes: 0 all well, 1 not, 2 a tool is missing.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

var errTool = errors.New("run tools/deps.sh appliance")

func main() {
	if len(os.Args) == 3 && os.Args[1] == "-pipe" {
		pipe(os.Args[2])
		return
	}
	verbose := flag.Bool("v", false, "show what the guest says")
	keep := flag.Bool("keep", false, "take the images of the run before")
	images := flag.Bool("images", false, "make the images, and end")
	cache, _ := os.UserCacheDir() // without a home: the folder it was started in
	out := flag.String("out", filepath.Join(cache, "usher", "appliance"), "`folder` for images and logs")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *out, options{*verbose, *keep, *images}, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "appliance:", err)
		if errors.Is(err, errTool) {
			os.Exit(2)
		}
		os.Exit(1)
	}
}

type options struct{ verbose, keep, images bool }

// run prepares the bench and goes through the cases.
func run(ctx context.Context, out string, o options, names []string) error {
	for _, tool := range []string{"qemu-system-x86_64", "qemu-img", "mmdebstrap", "mkfs.ext4", "sfdisk", "cpio"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("no %s: %w", tool, errTool)
		}
	}
	l, err := newLab(ctx, out, o.verbose)
	if err != nil {
		return err
	}
	defer l.close()
	l.keep = o.keep
	if err := l.make(ctx); err != nil {
		return err
	}
	if o.images {
		_, err := l.rauc(ctx)
		return err
	}
	if err := l.prepare(ctx); err != nil {
		return err
	}
	if len(names) == 0 {
		names = []string{"start", "brand", "update", "broken", "cuts", "rauc"}
	}
	failed, err := l.all(ctx, names)
	if err := errors.Join(err, l.table()); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d cases failed", failed)
	}
	return nil
}

// all goes through the cases that are named, and counts those that fail.
func (l *lab) all(ctx context.Context, names []string) (failed int, err error) {
	for _, name := range names {
		kind, one, _ := strings.Cut(name, ":")
		for _, c := range l.cases() {
			if c.kind != kind || one != "" && c.name != one {
				continue
			}
			if !l.try(ctx, c) {
				failed++
			}
			if ctx.Err() != nil {
				return failed, context.Cause(ctx)
			}
		}
	}
	return failed, nil
}

// pipe is what QEMU starts for each connection of the guest: the way to the
// repository, so that the bench needs no port of this machine.
func pipe(socket string) {
	c, err := net.Dial("unix", socket)
	if err != nil {
		os.Exit(1)
	}
	go func() {
		_, _ = io.Copy(c, os.Stdin) // the guest hung up
		_ = c.(*net.UnixConn).CloseWrite()
	}()
	_, _ = io.Copy(os.Stdout, c) // the server is done
}
