//go:build linux

package rauc

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"usher/firmware"
)

// The releases of a house that makes boxes.
const (
	first = "2026.11.1" // in slot A from the factory
	newer = "2026.11.2"
	last  = "2026.11.3" // for a box that newer was kept on
)

// house makes boxes: programs, images of slots, bundles, signed lists.
type house struct {
	*lab
	broken []fault
}

// fault is a release that does not work.
type fault struct {
	name, version string
	next          string // a release after it, which works
	script        string // what is done to its files
	reason        firmware.Reason
	starts        int
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{lab: newLab(t), broken: []fault{
		{"crashes", "2026.12.1", "2027.1.1", `printf '#!/bin/sh\nexit 1\n' > in/usherd`, firmware.NoStart, 3},
		{"hangs", "2026.12.2", "2027.1.2", "mv in/usherd in/real\n" + hangs, firmware.NoStart, 3},
		{"no player", "2026.12.3", "2027.1.3", `sed -i 's/simulated/mpris/' in/usher.toml`, firmware.NoPlayer, 1},
	}}
	here, err := os.Getwd()
	must(t, err)
	h.sh(t, `out=$PWD; cd "$HERE"; go build -trimpath -ldflags "-s -w" -o "$out/" usher/cmd/usherd usher/cmd/usher usher/cmd/usher-release`, "CGO_ENABLED=0", "HERE="+here)
	h.sh(t, `for k in r1 r2 t1 t2 o; do ./usher-release key $k; done
./usher-release root -repo repo -root r1.pub,r2.pub -releases t1.pub,t2.pub -online o.pub
./usher-release sign -key r1,r2 repo/staged/root.json`)
	h.release(t, first, "true", 1, "")
	h.release(t, newer, "true", 2, "")
	h.release(t, last, "true", 2, newer)
	for _, f := range h.broken {
		h.release(t, f.version, f.script, 2, "")
		h.release(t, f.next, "true", 2, f.version)
	}
	return h
}

// hangs is a program that does nothing when it is the daemon, and its work when
// it is the check of the health.
const hangs = `printf '#!/bin/sh\ncase "$*" in *-firmware-health*) exec "${0%%/*}/real" "$@" ;; esac\nexec sleep 100000\n' > in/usherd`

// release makes the image of a version and its bundle, and offers it in a
// repository of its own: boxes find there what their case wants them to find.
// A box that has seen the list of another version believes only one that comes
// after it.
func (h *house) release(t *testing.T, version, script string, counter int, after string) {
	t.Helper()
	from := "repo"
	if after != "" {
		from = "repo-" + after
	}
	h.sh(t, `rm -rf in out; mkdir in out; cp usherd in/; echo $V > in/release
printf '[player]\nkind = "simulated"\n[network]\nradio = "off"\n[firmware]\nkind = "rauc"\nboard = "stick"\nversion = "2026.11.1"\ncounter = 1\n' > in/usher.toml
`+script+`
chmod +x in/usherd
mkfs.ext4 -q -F -b 4096 -O ^has_journal -m 0 -d in image-$V 36M
cp image-$V out/rootfs.img
printf '[update]\ncompatible=tvbox\nversion=%s\n[bundle]\nformat=plain\n[image.rootfs]\nfilename=rootfs.img\n' $V > out/manifest.raucm
rauc --cert dev.pem --key dev.key --keyring dev-ca.pem bundle out $V.raucb
cp -a $FROM repo-$V; rm -rf in out
./usher-release build -repo repo-$V -image $V.raucb -version $V -board `+board+` -counter $N -percent 100
./usher-release sign -key t1,t2 repo-$V/staged/targets.json
./usher-release publish -repo repo-$V -key o`, "V="+version, "FROM="+from, fmt.Sprint("N=", counter))
}

// image is what a slot with a version begins with.
func (h *house) image(version string) string { return filepath.Join(h.dir, "image-"+version) }

// public is the repository that offers a version.
func (h *house) public(version string) string {
	return filepath.Join(h.dir, "repo-"+version, "public")
}

// holds says whether a file begins with the image of a version.
func (h *house) holds(file, version string) error {
	want, err := os.ReadFile(h.image(version))
	if err != nil {
		return err
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	got := make([]byte, len(want))
	if _, err := f.ReadAt(got, 0); err != nil {
		return err
	}
	if sha256.Sum256(got) != sha256.Sum256(want) {
		return fmt.Errorf("%s is not %s to the bit", filepath.Base(file), version)
	}
	return nil
}
