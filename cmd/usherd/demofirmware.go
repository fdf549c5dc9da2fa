package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"usher/firmware"
	"usher/firmware/abslots"
	"usher/internal/config"
	"usher/internal/service"
)

// The firmware of a demo: images in files, a repository that is signed with keys
// made on the spot (usher-release, beside usherd), and releases of which the
// second cannot show a film, so that the box takes it back by itself.
const (
	demoBoard    = "usher-demo"
	demoImage    = 8 << 20 // bytes
	demoSlot     = 12 << 20
	demoFirmware = "usher-firmware-"
	demoTool     = "usher-release"
	demoToolTime = 20 * time.Second
	demoLongest  = 512 // bytes of the head of an image
	demoVersion  = "2026.11.1"
	demoGood     = "2026.11.2"
	demoBad      = "2026.12.1"
)

// demoHead begins an image of the demo.
type demoHead struct {
	Version string          `json:"version"`
	Cannot  firmware.Reason `json:"cannot,omitempty"` // what it fails its trial for
}

// demoFirmware makes slots and repository, or finds those of the same run: a
// box that starts anew has what it had.
func (a *appliance) demoFirmware() (c config.Firmware, booted string, err error) {
	tool, err := demoToolPath()
	if err != nil {
		return c, "", err
	}
	dir := demoFolder(a.cfg, os.Getpid())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return c, "", err
	}
	if lock, ok := hold(dir); ok {
		a.later(lock.Close)
	}
	clearLeftOvers(os.TempDir(), demoFirmware)
	d := demoMaker{tool: tool, dir: dir}
	c = config.Firmware{
		Root: d.at("repo", "public", "metadata", "1.root.json"), Board: demoBoard, Record: d.at("record"), Slots: []string{d.at("a"), d.at("b")}, Auto: "no",
	}
	if _, err := os.Stat(c.Root); errors.Is(err, fs.ErrNotExist) {
		if err := d.make(); err != nil {
			return c, "", err
		}
	}
	if booted, err = d.boot(c.Record); err != nil {
		return c, "", err
	}
	head, err := d.head(booted)
	if err != nil {
		return c, "", err
	}
	a.firmware.fault = head.Cannot
	if head.Version == demoGood {
		if err := d.publish(demoHead{Version: demoBad, Cannot: firmware.NoPlayer}, 3); err != nil {
			return c, "", err
		}
	}
	c.URL, err = a.serveFirmware(d.at("repo", "public"))
	return c, booted, err
}

// demoFolder is where a demo keeps its firmware: with its state, if it keeps
// any, or as long as it runs.
func demoFolder(cfg *config.Loaded, pid int) string {
	if cfg.Source("state_dir").Kind != config.FromDefault {
		return filepath.Join(cfg.StateDir, "demo-firmware")
	}
	return filepath.Join(os.TempDir(), demoFirmware+strconv.Itoa(pid))
}

// forgetDemoFirmware takes away what a demo kept as long as it ran.
func forgetDemoFirmware(cfg *config.Loaded) error {
	if !cfg.Demo || cfg.Source("state_dir").Kind != config.FromDefault {
		return nil
	}
	return os.RemoveAll(demoFolder(cfg, os.Getpid()))
}

// demoToolPath is usher-release beside this program, or on the path.
func demoToolPath() (string, error) {
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), demoTool)
		if _, err := os.Stat(beside); err == nil {
			return beside, nil
		}
	}
	return exec.LookPath(demoTool)
}

// demoMaker is whoever makes the demo's firmware.
type demoMaker struct{ tool, dir string }

func (d demoMaker) at(parts ...string) string {
	return filepath.Join(append([]string{d.dir}, parts...)...)
}

func (d demoMaker) run(args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), demoToolTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, d.tool, args...)
	cmd.Dir = d.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", demoTool, args[0], err, bytes.TrimSpace(out))
	}
	return nil
}

// make makes keys, repository, slots and the first release.
func (d demoMaker) make() error {
	if err := errors.Join(os.RemoveAll(d.dir), os.MkdirAll(d.dir, 0o700)); err != nil {
		return err
	}
	for _, key := range []string{"r1", "r2", "r3", "t1", "t2", "t3", "o"} {
		if err := d.run("key", key); err != nil {
			return err
		}
	}
	first := demoHead{Version: demoVersion}
	for name, size := range map[string]int64{"record": 1 << 20, "a": demoSlot, "b": demoSlot} {
		data := []byte(nil)
		if name == "a" {
			data = first.image()
		}
		if err := errors.Join(os.WriteFile(d.at(name), data, 0o600), os.Truncate(d.at(name), size)); err != nil {
			return err
		}
	}
	record, err := abslots.OpenFile(d.at("record"))
	if err != nil {
		return err
	}
	if err := errors.Join(abslots.Format(record, first.Version, 1), record.Close()); err != nil {
		return err
	}
	if err := d.run("root", "-repo", "repo", "-root", "r1.pub,r2.pub,r3.pub", "-releases", "t1.pub,t2.pub,t3.pub", "-online", "o.pub"); err != nil {
		return err
	}
	if err := d.run("sign", "-key", "r1,r3", d.at("repo", "staged", "root.json")); err != nil {
		return err
	}
	return d.publish(demoHead{Version: demoGood}, 2)
}

// publish signs a release with two keys of three; once.
func (d demoMaker) publish(h demoHead, counter int) error {
	if _, err := os.Stat(d.at(h.Version)); err == nil {
		return nil
	}
	if err := os.WriteFile(d.at("image"), h.image(), 0o600); err != nil {
		return err
	}
	for _, args := range [][]string{
		{"build", "-repo", "repo", "-image", "image", "-version", h.Version, "-board", demoBoard, "-counter", strconv.Itoa(counter), "-percent", "100"},
		{"sign", "-key", "t1,t3", d.at("repo", "staged", "targets.json")},
		{"publish", "-repo", "repo", "-key", "o"},
	} {
		if err := d.run(args...); err != nil {
			return err
		}
	}
	return errors.Join(os.Remove(d.at("image")), os.WriteFile(d.at(h.Version), nil, 0o600))
}

// image is a head and what is the same in every version but for a twentieth.
func (h demoHead) image() []byte {
	b := make([]byte, demoImage)
	fill(b, 1)
	fill(b[:len(b)/20], uint64(len(h.Version))+uint64(h.Version[len(h.Version)-1])<<8+uint64(h.Version[6])<<16)
	clear(b[:demoLongest])
	head, _ := json.Marshal(h) // of two strings
	copy(b, head)
	return b
}

func fill(b []byte, seed uint64) {
	r := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // an image that is the same each time
	for i := 0; i+8 <= len(b); i += 8 {
		n := r.Uint64()
		for k := range 8 {
			b[i+k] = byte(n >> (8 * k))
		}
	}
}

// boot is what the boot loader of a box does.
func (d demoMaker) boot(record string) (string, error) {
	f, err := abslots.OpenFile(record)
	if err != nil {
		return "", err
	}
	name, err := abslots.Start(f)
	return name, errors.Join(err, f.Close())
}

func (d demoMaker) head(slot string) (h demoHead, err error) {
	f, err := os.Open(d.at(slot))
	if err != nil {
		return h, err
	}
	defer f.Close()
	b := make([]byte, demoLongest)
	if _, err := f.ReadAt(b, 0); err != nil {
		return h, err
	}
	err = json.Unmarshal(bytes.TrimRight(b, "\x00"), &h)
	return h, err
}

// serveFirmware serves the repository, as any web server would.
func (a *appliance) serveFirmware(dir string) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	a.later(closed(l))
	a.firmware.more = []service.Service{httpService("firmware repository", l, http.FileServer(http.Dir(dir)), a.log)}
	return "http://" + l.Addr().String() + "/", nil
}
