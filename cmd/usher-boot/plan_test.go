//go:build linux

package main

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlan(t *testing.T) {
	usual := plan{record: "PARTLABEL=usher-record", slots: map[string]string{"a": "PARTLABEL=usher-a", "b": "PARTLABEL=usher-b"}, init: "/sbin/init"}
	for line, want := range map[string]plan{
		"":                           usual,
		"quiet root=/dev/x usher.a=": usual,
		"console=ttyS0 usher.record=/dev/mmcblk0boot0 usher.a=/dev/mmcblk0p2 usher.b=PARTLABEL=two init=/bin/sh\n": {
			record: "/dev/mmcblk0boot0", slots: map[string]string{"a": "/dev/mmcblk0p2", "b": "PARTLABEL=two"}, init: "/bin/sh",
		},
	} {
		if diff := cmp.Diff(want, planOf(line), cmp.AllowUnexported(plan{})); diff != "" {
			t.Errorf("%q (-want +got):\n%s", line, diff)
		}
	}
}

func TestFind(t *testing.T) {
	sys := t.TempDir()
	for name, text := range map[string]string{
		"vda":  "MAJOR=254\nMINOR=0\nDEVNAME=vda\nDEVTYPE=disk\n",
		"vda1": "MAJOR=254\nMINOR=1\nDEVNAME=vda1\nDEVTYPE=partition\nPARTN=1\nPARTNAME=usher-record\n",
		"vda2": "MAJOR=254\nMINOR=2\nDEVNAME=vda2\nDEVTYPE=partition\nPARTN=2\nPARTNAME=usher-a\n",
	} {
		dir := filepath.Join(sys, "class", "block", name)
		if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(filepath.Join(dir, "uevent"), []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := find(sys, "/dev", "PARTLABEL=usher-a"); got != "/dev/vda2" || err != nil {
		t.Errorf("by label: %q, %v", got, err)
	}
	if got, err := find(sys, "/dev", sys); got != sys || err != nil {
		t.Errorf("by path: %q, %v", got, err)
	}
	for _, what := range []string{"PARTLABEL=usher", "PARTLABEL=", filepath.Join(sys, "none")} {
		if got, err := find(sys, "/dev", what); !errors.Is(err, errNoDevice) {
			t.Errorf("%s is %q, %v", what, got, err)
		}
	}
}

// disk is what is at an offset of a slot; nothing else is there.
type disk struct {
	at   int64
	what string
}

func (d disk) ReadAt(b []byte, at int64) (int, error) {
	clear(b)
	copy(b[d.at-at:], d.what)
	return len(b), nil
}

func TestFileSystem(t *testing.T) {
	for want, d := range map[string]disk{
		"ext4": {1080, "\x53\xef"}, "erofs": {1024, "\xe2\xe1\xf5\xe0"}, "squashfs": {0, "hsqs"}, "": {0, "\xeb\x58\x90mkfs.fat"},
	} {
		if got, err := fileSystem(d); got != want || (err == nil) != (want != "") {
			t.Errorf("%v is %q, %v", d, got, err)
		}
	}
}

func TestModules(t *testing.T) {
	got := modules("# a box\n/lib/modules/virtio_blk.ko\n\n  /lib/modules/ext4.ko.xz # and its file system\n")
	if diff := cmp.Diff([]string{"/lib/modules/virtio_blk.ko", "/lib/modules/ext4.ko.xz"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
