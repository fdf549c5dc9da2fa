package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// overlay makes the box one of the brand Lantern, as docs/porting.md says: a
// folder is looked at and signed, and overlay and keys go into the image.
func (l *lab) overlay(ctx context.Context, tree string) error {
	dir, tool := l.at("lantern"), l.at("bin", "usher")
	if err := steps(ctx,
		step{"", []string{"rm", "-rf", dir}},
		step{"", []string{"cp", "-r", filepath.Join(l.repo, "tools", "vm", "appliance", "lantern"), dir}},
		step{dir, []string{"sed", "-i", l.kit.sed, "usher.toml"}},
		step{"", []string{"cp", l.at("maker", "repo", "staged", "root.json"), dir}},
	); err != nil {
		return err
	}
	share := filepath.Join(tree, "usr", "share", "usher")
	if _, err := os.Stat(l.at("lantern.pem")); err != nil {
		keys, err := command(ctx, l.out, tool, "oem", "key", "lantern.pem")
		if err := errors.Join(err, os.WriteFile(l.at("oem-keys.json"), []byte(keys), 0o644)); err != nil {
			return err
		}
	}
	return steps(ctx,
		step{l.out, []string{tool, "oem", "lint", "lantern"}},
		step{l.out, []string{tool, "oem", "pack", "lantern.pem", "lantern", "lantern.overlay"}},
		step{l.out, []string{"install", "-D", "-m", "644", "lantern.overlay", filepath.Join(share, "oem.overlay")}},
		step{l.out, []string{"install", "-D", "-m", "644", "oem-keys.json", filepath.Join(share, "oem-keys.json")}},
	)
}

// office is the service of the brand: Usher's reference service, on this machine.
type office struct {
	cmd   *exec.Cmd
	front http.Handler
}

// openOffice starts it, and waits until it says where it is.
func (l *lab) openOffice(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, l.at("bin", "boxoffice"), "-listen", "127.0.0.1:0", "-public", "https://"+service)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	at := regexp.MustCompile(`127\.0\.0\.1:[0-9]+`).FindString(line)
	if at == "" {
		return errors.Join(fmt.Errorf("the service says %q", line), err, cmd.Process.Kill(), cmd.Wait())
	}
	l.office = &office{cmd, &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "http", Host: at})
		r.Out.Host = service
	}, ErrorLog: quiet()}}
	l.web.house(l.office.front)
	return nil
}

func (o *office) close() {
	if o != nil {
		_ = o.cmd.Process.Kill() // it may have ended
		_ = o.cmd.Wait()
	}
}

// film is one of the service's that needs no account.
const film = "lantern:monsoon-kitchen"

// The keys of the brand's remote, by their numbers in the kernel.
const keyF1 = 59

// brand is a box of the brand in somebody's home: its name, its look, its
// service, its remote, a film in mpv, and a television that pauses it.
func (l *lab) brand(ctx context.Context, b *box) (string, error) {
	g, err := l.start(ctx, b.dir, b.disk, "ready")
	if err != nil {
		return "", err
	}
	defer g.cut()
	for _, ask := range []struct{ line, want string }{
		{"usher doctor", `overlay +lantern 2026\.11, signed by`},
		{"usher doctor", `ok +player +mpv`},
		{"usher doctor", `ok +tv .*/dev/cec1`},
		{"usher remote list", `remote .*LNT-1 Remote`},
		{"usher services --json", `"id": "lantern"[^}]*"reachable": true`},
		{"usher search --json kitchen", `lantern:monsoon-kitchen`},
		{"cec-ctl -d1", `OSD Name +: 'Lantern'`},
	} {
		if err := g.shows(ask.line, ask.want); err != nil {
			return "", err
		}
	}
	began := time.Now()
	if _, err := g.sh("usher play " + film); err != nil {
		return "", err
	}
	if err := g.shows("usher status --json", `"phase": *"playing"`); err != nil {
		return "", err
	}
	took := time.Since(began)
	for _, ask := range []struct{ act, phase string }{
		{fmt.Sprint("echo ", keyF1, " >/run/handset"), "paused"},
		{fmt.Sprint("echo ", keyF1, " >/run/handset"), "playing"},
		{"cec-ctl -s -d0 -t4 --user-control-pressed ui-cmd=pause; cec-ctl -s -d0 -t4 --user-control-released", "paused"},
	} {
		if _, err := g.sh(ask.act); err != nil {
			return "", err
		}
		if err := g.shows("usher status --json", `"phase": *"`+ask.phase+`"`); err != nil {
			return "", fmt.Errorf("after %s: %w", ask.act, err)
		}
	}
	out, err := g.sh(`set -- $(grep VmRSS /proc/$(pidof mpv)/status) && echo $2`)
	if err != nil {
		return "", err
	}
	kb, err := strconv.ParseInt(strings.TrimSpace(out), 10, 64)
	return fmt.Sprintf("Lantern's name, service and remote; a film in mpv (%s) moves %.0f s after it was asked for; its remote and the television's pause it",
		megabytes(kb<<10), took.Seconds()), err
}

// shows waits until a line in the guest says what it should.
func (g *guest) shows(line, want string) error {
	fits := regexp.MustCompile(want)
	var out string
	var err error
	for end := time.Now().Add(patience / 2); time.Now().Before(end); time.Sleep(time.Second) {
		if out, err = g.sh(line); fits.MatchString(out) {
			return nil
		}
		if errors.Is(err, errOver) {
			return err
		}
	}
	return errors.Join(fmt.Errorf("%s: says %q, not %s", line, out, want), err, g.journal())
}
