//go:build linux

package rauc

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"usher/firmware"
)

// lab has what Debian's RAUC needs: keys and bundles, made on the spot.
type lab struct {
	dir     string
	bundles map[string][]byte
}

func newLab(t *testing.T) *lab {
	t.Helper()
	if os.Getenv("USHER_E2E_RAUC") == "" {
		t.Skip("SKIP: Debian's RAUC is tried by make e2e-rauc, as root")
	}
	if os.Getuid() != 0 {
		t.Skip("SKIP: RAUC needs root and loop devices")
	}
	for _, tool := range []string{"rauc", "losetup", "mksquashfs", "openssl", "dbus-daemon", "unshare"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("SKIP: %s not installed; make e2e-rauc installs it", tool)
		}
	}
	l := &lab{dir: t.TempDir(), bundles: map[string][]byte{}}
	for _, who := range []string{"dev", "evil"} {
		l.sh(t, `openssl ecparam -name prime256v1 -genkey -noout -out $W-ca.key
openssl req -x509 -new -key $W-ca.key -subj "/CN=$W root" -days 30 -out $W-ca.pem
openssl ecparam -name prime256v1 -genkey -noout -out $W.key
printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,codeSigning,emailProtection\n' > $W.ext
openssl req -new -key $W.key -subj "/CN=$W signer" | openssl x509 -req -CA $W-ca.pem -CAkey $W-ca.key -CAcreateserial -days 30 -extfile $W.ext -out $W.pem`, "W="+who)
	}
	return l
}

// sh runs a script of the shell in the folder of the lab.
func (l *lab) sh(t *testing.T, script string, env ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-euc", script)
	cmd.Dir, cmd.Env = l.dir, append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// bundle is one of a version with an image of a size, signed by a key.
func (l *lab) bundle(t *testing.T, version, signer string, size int) []byte {
	t.Helper()
	name := fmt.Sprintf("%s-%s-%d", version, signer, size)
	if l.bundles[name] == nil {
		l.sh(t, `rm -rf in; mkdir in; head -c $SIZE /dev/urandom > in/rootfs.img
printf '[update]\ncompatible=tvbox\nversion=%s\n[bundle]\nformat=plain\n[image.rootfs]\nfilename=rootfs.img\n' $V > in/manifest.raucm
rauc --cert $W.pem --key $W.key --keyring $W-ca.pem bundle in $NAME.raucb`, "V="+version, "W="+signer, "NAME="+name, fmt.Sprint("SIZE=", size))
		data, err := os.ReadFile(filepath.Join(l.dir, name+".raucb"))
		if err != nil {
			t.Fatal(err)
		}
		l.bundles[name] = data
	}
	return l.bundles[name]
}

// debian is a box with its RAUC: two slots on loop devices, a bus of its own,
// and a boot loader that counts attempts.
type debian struct {
	t      *testing.T
	lab    *lab
	dir    string
	bus    *exec.Cmd
	rauc   *exec.Cmd
	starts int
	booted string
}

const slotRoom = 40 << 20

// bootLoader keeps the order of slots and the attempts left in one file.
const bootLoader = `#!/bin/sh
cd "${0%/*}"; . ./env
save() { printf 'order="%s"\nA=%s\nB=%s\n' "$order" "$A" "$B" > .env && sync .env && mv .env env; }
case $1 in
get-primary) for s in $order; do eval n=\$$s; [ "$n" = 0 ] || { echo $s; exit; }; done; exit 1 ;;
get-current) cat booted ;;
get-state) eval n=\$$2; [ "$n" = 0 ] && echo bad || echo good ;;
set-primary) [ "$2" = A ] && order="A B" || order="B A"; eval $2=3; save ;;
set-state) [ "$3" = good ] && eval $2=3 || eval $2=0; save ;;
start) for s in $order; do eval n=\$$s; [ "$n" = 0 ] || { eval $s=$((n - 1)); save; echo $s > booted; exit; }; done ;;
*) exit 1 ;;
esac
`

// hold waits in a handler of RAUC as long as a file is there.
const hold = `#!/bin/sh
cd "${0%/*}"; [ ! -e hold-$1 ] || : > held-$1
while [ -e hold-$1 ]; do sleep 0.05; done
`

func (l *lab) box(t *testing.T) *debian {
	t.Helper()
	r := &debian{t: t, lab: l, dir: t.TempDir()}
	for name, text := range map[string]string{
		"boot.sh": bootLoader, "hold.sh": hold, "pre.sh": "#!/bin/sh\nexec ${0%/*}/hold.sh pre\n", "post.sh": "#!/bin/sh\nexec ${0%/*}/hold.sh post\n",
		"env": "order=\"A B\"\nA=3\nB=0\n", "booted": "A\n",
		"bus.conf": `<busconfig><type>system</type><listen>unix:path=` + r.at("bus.sock") + `</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>`,
	} {
		r.must(os.WriteFile(r.at(name), []byte(text), 0o755)) //nolint:gosec // scripts
	}
	loops := make([]string, 0, 2)
	for _, slot := range []string{"a", "b"} {
		r.must(os.WriteFile(r.at(slot), nil, 0o600))
		r.must(os.Truncate(r.at(slot), slotRoom))
		out, err := exec.CommandContext(t.Context(), "losetup", "-f", "--show", r.at(slot)).Output()
		if err != nil {
			t.Skipf("SKIP: no loop devices here: %v", err)
		}
		loop := strings.TrimSpace(string(out))
		t.Cleanup(func() { _ = exec.Command("losetup", "-d", loop).Run() })
		loops = append(loops, loop)
	}
	for _, dir := range []string{"data", "mnt", "usher"} {
		r.must(os.Mkdir(r.at(dir), 0o700))
	}
	r.must(os.WriteFile(r.at("system.conf"), []byte(systemConf(r.dir, "data", l.dir, loops[0], loops[1])), 0o600))
	t.Cleanup(func() { r.stop(&r.rauc); r.stop(&r.bus) })
	r.booted = "A"
	r.startBus()
	r.startRAUC()
	return r
}

// systemConf is RAUC's configuration of a box in dir: its data below that, the
// certificate of the house that signs, and two slots.
func systemConf(dir, data, house, a, b string) string {
	return fmt.Sprintf(`[system]
compatible=tvbox
bootloader=custom
data-directory=%[1]s/%[2]s
bundle-formats=plain
mountprefix=%[1]s/mnt
[keyring]
path=%[3]s/dev-ca.pem
check-purpose=codesign
[handlers]
bootloader-custom-backend=%[1]s/boot.sh
pre-install=%[1]s/pre.sh
post-install=%[1]s/post.sh
[slot.rootfs.0]
device=%[4]s
type=raw
bootname=A
[slot.rootfs.1]
device=%[5]s
type=raw
bootname=B
`, dir, data, house, a, b)
}

func (r *debian) at(name string) string { return filepath.Join(r.dir, name) }

func (r *debian) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *debian) run(name string, args ...string) *exec.Cmd {
	r.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DBUS_SYSTEM_BUS_ADDRESS="+r.address())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	log, err := os.OpenFile(r.at("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	r.must(err)
	cmd.Stdout, cmd.Stderr = log, log
	r.must(cmd.Start())
	r.must(log.Close())
	return cmd
}

// stop kills a process and what it started.
func (r *debian) stop(cmd **exec.Cmd) {
	if *cmd == nil {
		return
	}
	_ = syscall.Kill(-(*cmd).Process.Pid, syscall.SIGKILL) // it may have ended
	_ = (*cmd).Wait()                                      // killed is no news
	*cmd = nil
}

func (r *debian) address() string { return "unix:path=" + r.at("bus.sock") }

func (r *debian) startBus() {
	r.t.Helper()
	_ = os.Remove(r.at("bus.sock"))
	r.bus = r.run("dbus-daemon", "--config-file="+r.at("bus.conf"), "--nofork", "--nopidfile")
	r.until("the bus listens", func() bool { _, err := os.Stat(r.at("bus.sock")); return err == nil })
}

// startRAUC starts the service, with mounts of its own.
func (r *debian) startRAUC() {
	r.t.Helper()
	r.rauc = r.run("unshare", "-m", "rauc", "-c", r.at("system.conf"), "service", "--override-boot-slot="+r.booted)
	r.until("RAUC answers", func() bool {
		l, err := r.slots().open(r.t.Context())
		if err != nil {
			return false
		}
		defer l.close()
		_, err = property[string](r.t.Context(), l, "Operation")
		return err == nil
	})
}

func (r *debian) until(what string, done func() bool) {
	r.t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			log, _ := os.ReadFile(r.at("log"))
			r.t.Fatalf("not in a minute: %s\n%s", what, log)
		}
	}
}

func (r *debian) slots() *Slots {
	return New(Options{
		Folder: r.at("usher"), Board: board, Boot: fmt.Sprint("boot ", r.starts), Factory: Factory{Version: "1", Counter: 1}, Address: r.address(),
		Logger: slog.New(slog.DiscardHandler), Patience: time.Minute, Free: func(string) (int64, error) { return slotRoom, nil },
	})
}

// reboot starts the box anew: the boot loader chooses, and usherd looks.
func (r *debian) reboot() {
	r.t.Helper()
	r.stop(&r.rauc)
	out, err := exec.CommandContext(r.t.Context(), r.at("boot.sh"), "start").CombinedOutput()
	if err != nil {
		r.t.Fatalf("%v: %s", err, out)
	}
	booted, err := os.ReadFile(r.at("booted"))
	r.must(err)
	r.booted = string(bytes.TrimSpace(booted))
	r.starts++
	r.startRAUC()
	r.list()
}

func (r *debian) list() []firmware.SlotInfo {
	r.t.Helper()
	list, err := r.slots().Slots(r.t.Context())
	if err != nil {
		log, _ := os.ReadFile(r.at("log"))
		r.t.Fatalf("%v\n%s", err, log)
	}
	return list
}
