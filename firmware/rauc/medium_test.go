//go:build linux

package rauc

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// medium is what a box has that outlives its power: two slots, the environment
// of its boot loader, and a file system with everything else. Each is a file
// behind a loop device, so that what was written and not flushed is lost with
// the power, as it is on a box.
type medium struct {
	t     *testing.T
	dir   string
	files string            // the folder of the four files
	loops map[string]string // the device of each, while the power is on
	cuts  int
}

// parts are its files; those with a file system are mounted.
func parts() []string { return []string{"a", "b", "env", "data"} }

// slotSize is of each slot.
const slotSize = "40M"

// newMedium is as a box leaves the factory: with a firmware in slot A.
func newMedium(t *testing.T, dir, image string) *medium {
	m := &medium{t: t, dir: dir, files: filepath.Join(dir, "medium-0"), loops: map[string]string{}}
	t.Cleanup(func() { _ = exec.Command("umount", "-l", dir).Run() })
	m.sh(`mount --bind . .; mount --make-shared .`) // whoever has mounts of its own loses these when they go
	m.sh(`mkdir -p $FILES env data; cd $FILES; cp --sparse=always $IMAGE a; truncate -s `+slotSize+` a b
mkfs.ext4 -q -F -m 0 env 4M; mkfs.ext4 -q -F -m 0 data 96M`, "IMAGE="+image)
	m.on()
	m.sh(`printf 'order="A B"\nA=3\nB=0\n' > env/env; mkdir data/rauc data/usher data/cache; sync -f env data`)
	t.Cleanup(m.off)
	return m
}

// sh runs a script in the folder of the box.
func (m *medium) sh(script string, env ...string) {
	m.t.Helper()
	cmd := exec.Command("sh", "-euc", script)
	cmd.Dir, cmd.Env = m.dir, append(append(os.Environ(), "FILES="+m.files), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("%v\n%s", err, out)
	}
}

// on gives the files their devices, and mounts. A file system flushes what it
// is asked to flush and nothing else for the next minutes.
func (m *medium) on() {
	m.t.Helper()
	for _, p := range parts() {
		out, err := exec.Command("losetup", "-f", "--show", filepath.Join(m.files, p)).Output()
		if err != nil {
			m.t.Fatalf("no loop device: %v", err)
		}
		m.loops[p] = strings.TrimSpace(string(out))
	}
	m.sh("mount -o commit=300 $ENV env; mount -o commit=300 $DATA data", "ENV="+m.loops["env"], "DATA="+m.loops["data"])
}

// off takes the devices away. What is not written yet is.
func (m *medium) off() {
	for _, p := range []string{"env", "data"} {
		_ = exec.Command("umount", "-l", filepath.Join(m.dir, p)).Run() // it may not be mounted
	}
	for _, p := range parts() {
		if m.loops[p] != "" {
			_ = exec.Command("losetup", "-d", m.loops[p]).Run() // it goes with its last user
		}
	}
	clear(m.loops)
}

// cut has the box go on with what its files held when the power went: the
// kernel's memory of them is left to the files that they are copied from.
func (m *medium) cut() {
	m.t.Helper()
	m.cuts++
	was := m.files
	m.files = filepath.Join(m.dir, fmt.Sprint("medium-", m.cuts))
	m.sh("cp -r --sparse=always $WAS $FILES", "WAS="+was)
	m.off()
	m.sh("rm -r $WAS", "WAS="+was)
}
