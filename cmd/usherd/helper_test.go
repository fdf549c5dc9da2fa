package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher/firmware"
	"usher/firmware/abslots"
	"usher/firmware/fetch"
	"usher/firmware/fleet"
	"usher/firmware/release"
	"usher/firmware/slotd"
	"usher/firmware/trust"
)

const helperBoard = "stick"

// helperBox is a box whose slots are files, and whose helper is the real
// program, started by its socket.
type helperBox struct {
	dir    string
	socket string
	conf   string
	fleet  *fleet.Static
	client *slotd.Client
}

// inBox starts a program where the boot loader has left its word that slot a
// runs: in a mount namespace of its own. It ends with the test.
func (b *helperBox) inBox(ctx context.Context, words ...string) *exec.Cmd {
	script := `mount -t tmpfs tmpfs /run && mkdir /run/usher-boot && echo a > /run/usher-boot/slot && exec "$@"`
	cmd := exec.CommandContext(ctx, "unshare", append([]string{"-m", "sh", "-c", script, "sh"}, words...)...)
	cmd.Dir = b.dir
	return cmd
}

func needsNamespaces(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("systemd-socket-activate"); err != nil {
		t.Skip("SKIP: systemd-socket-activate is not installed; make test installs it (tools/deps.sh)")
	}
	if out, err := exec.Command("unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/run").CombinedOutput(); err != nil {
		t.Skipf("SKIP: this user may not mount anything, so no helper is started: %v %s", err, out)
	}
}

func newHelperBox(t *testing.T, img []byte) *helperBox {
	t.Helper()
	b := &helperBox{dir: t.TempDir()}
	b.socket, b.conf = filepath.Join(b.dir, "slots.sock"), filepath.Join(b.dir, "usher.toml")
	at := func(name string) string { return filepath.Join(b.dir, name) }
	for _, name := range []string{"record", "a", "b"} {
		fits(t, errors.Join(os.WriteFile(at(name), nil, 0o600), os.Truncate(at(name), 4<<20)))
	}
	record, err := abslots.OpenFile(at("record"))
	fits(t, err)
	fits(t, errors.Join(abslots.Format(record, "1", 1), record.Close(), os.Mkdir(at("state"), 0o700)))
	house, err := release.NewSpot(at("repo"), time.Now)
	fits(t, err)
	_, err = house.Release(bytes.NewReader(img), firmware.Release{Version: "2", Boards: []string{helperBoard}, Counter: 2, Percent: 100})
	fits(t, err)
	root, err := house.Root()
	fits(t, err)
	web := httptest.NewTLSServer(http.FileServer(http.Dir(house.Public())))
	t.Cleanup(web.Close)
	conf := fmt.Sprintf("[firmware]\nurl=%q\nroot=%q\nboard=%q\nhelper=%q\nrecord=%q\nslots=[%q,%q]\n", web.URL, at("root.json"), helperBoard, b.socket, at("record"), at("a"), at("b"))
	fits(t, errors.Join(os.WriteFile(at("root.json"), root, 0o600), os.WriteFile(b.conf, []byte(conf), 0o600)))
	b.lead(t, web, root)
	return b
}

// lead is the daemon's side: its own trust, and the way to the web server.
func (b *helperBox) lead(t *testing.T, web *httptest.Server, root []byte) {
	t.Helper()
	clock := trust.NewClock(trust.ClockOptions{Built: time.Now().AddDate(0, 0, -1), Wall: time.Now, Mono: sinceBoot()})
	disk, err := trust.OpenFile(filepath.Join(b.dir, "trust"))
	fits(t, err)
	keeper, err := trust.New(trust.Options{Root: root, Disk: disk, Clock: clock, Logger: slog.New(slog.DiscardHandler)})
	fits(t, err)
	server, err := fetch.New(fetch.Options{Base: web.URL, Clock: clock, Transport: web.Client().Transport})
	fits(t, err)
	t.Cleanup(func() { server.Close(); _ = disk.Close() })
	b.fleet = &fleet.Static{Repository: &fleet.Repository{Keeper: keeper, Server: server}, Box: fleet.Box{ID: "1", Board: helperBoard}, Clock: clock}
	b.client = slotd.NewClient(b.socket, server)
}

// start starts the helper as systemd does, and ends it with the test.
func (b *helperBox) start(t *testing.T) {
	t.Helper()
	said := &bytes.Buffer{}
	usherd, err := exec.LookPath("usherd") // of testscript
	fits(t, err)
	cmd := b.inBox(t.Context(), "systemd-socket-activate", "-l", b.socket, usherd, "-slots-helper", "-config", b.conf, "-state", filepath.Join(b.dir, "state"))
	cmd.Stderr = said
	fits(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the helper said: %s", said)
		}
	})
	until(t, "the socket is there", func() bool { _, err := os.Stat(b.socket); return err == nil })
}

func fits(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestHelperProgram: from a signed release on a web server to a slot that is
// tried at the next start, through the real helper.
func TestHelperProgram(t *testing.T) {
	needsNamespaces(t)
	img := bytes.Repeat([]byte("a firmware. "), 200_000)
	b := newHelperBox(t, img)
	b.start(t)
	o, _, err := b.fleet.Check(t.Context(), fleet.Present{Version: "1"})
	fits(t, err)
	running, size, err := b.client.Running(t.Context())
	fits(t, err)
	defer running.Close()
	d, err := o.Open(t.Context(), running, size)
	fits(t, err)
	defer d.Close()
	fits(t, b.client.Write(t.Context(), o.Release, d, nil))
	fits(t, b.client.Activate(t.Context()))
	if got, err := os.ReadFile(filepath.Join(b.dir, "b")); err != nil || !bytes.Equal(got[:len(img)], img) {
		t.Errorf("slot b is not the image: %v", err)
	}
	out, err := b.inBox(t.Context(), mustFind(t, "usherd"), "-firmware-health", "1s", "-config", b.conf).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "1 in slot a has proved itself") {
		t.Errorf("the health of what runs: %v, %s", err, out)
	}
}

func mustFind(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	fits(t, err)
	return path
}
