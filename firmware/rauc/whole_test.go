//go:build linux

package rauc

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// whole is a box with nothing left out but its kernel: boot loader, bus, RAUC,
// and the usherd of the slot that was started, with its health check. What
// systemd and logind do is done here.
type whole struct {
	*medium
	house  *house
	office *office
	web    *httptest.Server
	bus    *process
	rauc   *process
	usherd *process
	health *process
	login  *dbus.Conn
	slot   string        // that was started: "A" or "B"
	starts int           // of the system
	down   chan struct{} // somebody has the system start anew
}

// loader keeps the order of slots and the attempts left in one file, and waits
// where it is told to, as RAUC's handlers do.
const loader = `#!/bin/sh
box=${0%/*}; cd "$box"
held() { [ ! -e hold-$1 ] || : > held-$1; while [ -e hold-$1 ]; do sleep 0.02; done; }
call=$1${2:+-$2}${3:+-$3}
n=$(($(cat run/$call 2>/dev/null || echo 0) + 1)); echo $n > run/$call
held $call-$n; . env/env
save() { printf 'order="%s"\nA=%s\nB=%s\n' "$order" "$A" "$B" > env/.env && sync env/.env && mv env/.env env/env && sync env; }
case $1 in
pre-install | post-install) ;;
get-primary) for s in $order; do eval n=\$$s; [ "$n" = 0 ] || { echo $s; exit; }; done; exit 1 ;;
get-current) cat booted ;;
get-state) eval s=\$$2; [ "$s" = 0 ] && echo bad || echo good ;;
set-primary) [ "$2" = A ] && order="A B" || order="B A"; eval $2=3; save ;;
set-state) [ "$3" = good ] && eval $2=3 || eval $2=0; save ;;
start) for s in $order; do eval left=\$$s; [ "$left" = 0 ] || { eval $s=$((left - 1)); save; echo $s > booted; exit; }; done; exit 1 ;;
*) exit 1 ;;
esac
held after-$call-$n
`

// box is one as it leaves the factory, switched off.
func (h *house) whole(t *testing.T) *whole {
	t.Helper()
	dir, err := os.MkdirTemp("", "box") // a short name: sockets are in it
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	w := &whole{medium: newMedium(t, dir, h.image(first)), house: h, office: &office{}, down: make(chan struct{}, 16)}
	w.web = httptest.NewServer(w.office)
	t.Cleanup(w.web.Close)
	t.Cleanup(w.kill)
	w.off()
	w.office.offer(h.public(first))
	w.sh(`mkdir run slot mnt; printf '#!/bin/sh\nexec ${0%%/*}/boot.sh pre-install\n' > pre.sh; printf '#!/bin/sh\nexec ${0%%/*}/boot.sh post-install\n' > post.sh
printf '%s' "$LOADER" > boot.sh; chmod +x *.sh; printf '%s' "$BUS" > bus.conf`, "LOADER="+loader,
		`BUS=<busconfig><type>system</type><listen>unix:path=`+w.at("bus")+`</listen><auth>EXTERNAL</auth><policy context="default">
<allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>`)
	return w
}

func (w *whole) at(name string) string { return filepath.Join(w.dir, name) }

func (w *whole) address() string { return "unix:path=" + w.at("bus") }

// process is a program that runs, and what it started.
type process struct {
	pid  int
	over chan struct{} // closed when it has ended
	err  error         // how, after that
}

// signal reaches what it started, too.
func (p *process) signal(s syscall.Signal) { _ = syscall.Kill(-p.pid, s) } // it may have ended

// run starts a program of the box, with mounts of its own.
func (w *whole) run(script string) *process {
	w.t.Helper()
	cmd := exec.Command("unshare", "-m", "--propagation", "slave", "sh", "-euc", script)
	cmd.Dir = w.dir
	cmd.Env = append(os.Environ(), "DBUS_SYSTEM_BUS_ADDRESS="+w.address(), "DBUS_SESSION_BUS_ADDRESS=", "BOX="+w.dir, "URL="+w.web.URL+"/",
		"ROOT="+w.house.public(first)+"/metadata/1.root.json")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	log, err := os.OpenFile(w.at("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(w.t, err)
	cmd.Stdout, cmd.Stderr = log, log
	must(w.t, cmd.Start())
	must(w.t, log.Close())
	p := &process{pid: cmd.Process.Pid, over: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.over)
	}()
	return p
}

// load has the boot loader choose and count.
func (w *whole) load() {
	w.t.Helper()
	w.on()
	w.starts++
	w.sh("rm -f run/* hold-* held-*; ./boot.sh start; echo boot-" + fmt.Sprint(w.starts) + " > boot_id")
	booted, err := os.ReadFile(w.at("booted"))
	must(w.t, err)
	w.slot = strings.TrimSpace(string(booted))
}

// up starts the system of the slot that was chosen.
func (w *whole) up() {
	w.t.Helper()
	_ = os.Remove(w.at("bus"))
	w.bus = w.run("exec dbus-daemon --config-file=bus.conf --nofork --nopidfile")
	w.until("the bus listens", func() bool {
		conn, err := dbus.Connect(w.address())
		w.login = conn
		return err == nil
	})
	must(w.t, w.login.Export(manager{w.down}, "/org/freedesktop/login1", "org.freedesktop.login1.Manager"))
	_, err := w.login.RequestName("org.freedesktop.login1", dbus.NameFlagDoNotQueue)
	must(w.t, err)
	w.sh("printf '%s' \"$CONF\" > system.conf", "CONF="+systemConf(w.dir, "data/rauc", w.house.dir, w.loops["a"], w.loops["b"]))
	w.startRAUC()
	w.usherd = w.daemon("")
	if _, err := os.Stat(w.at("data/usher/firmware/" + TrialFile)); err == nil { // as usherd-health.service has it
		w.health = w.daemon("-firmware-health 5m")
	}
}

func (w *whole) startRAUC() {
	w.rauc = w.run("exec rauc -c system.conf service --override-boot-slot=" + w.slot)
}

// hasRAUC says whether RAUC is on the bus.
func (w *whole) hasRAUC() bool {
	var there bool
	err := w.login.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, name).Store(&there)
	return err == nil && there
}

// daemon starts the usherd of the slot that runs.
func (w *whole) daemon(args string) *process {
	device := w.loops[strings.ToLower(w.slot)]
	return w.run("mount -o ro,noload " + device + ` slot; mount --bind boot_id /proc/sys/kernel/random/boot_id
export USHER_FIRMWARE_URL=$URL USHER_FIRMWARE_ROOT=$ROOT
exec slot/usherd -config slot/usher.toml -listen 127.0.0.1:0 -media 127.0.0.1:0 -socket $BOX/socket -state $BOX/data/usher -cache $BOX/data/cache ` + args)
}

// manager is logind.
type manager struct{ down chan<- struct{} }

func (m manager) Reboot(bool) *dbus.Error {
	m.down <- struct{}{}
	return nil
}

// kill ends everything that runs on the box, at once.
func (w *whole) kill() {
	all := []**process{&w.usherd, &w.rauc, &w.health, &w.bus}
	for _, p := range all {
		if *p != nil {
			(*p).signal(syscall.SIGKILL)
		}
	}
	for _, p := range all {
		if *p != nil {
			<-(*p).over
		}
		*p = nil
	}
	if w.login != nil {
		_ = w.login.Close()
		w.login = nil
	}
	for len(w.down) > 0 {
		<-w.down
	}
}

// power takes the power away.
func (w *whole) power() {
	w.t.Helper()
	w.kill()
	w.office.release()
	w.cut()
}

// reboot is what systemd does when it is asked to: nothing is lost.
func (w *whole) reboot() {
	w.t.Helper()
	_ = syscall.Kill(w.usherd.pid, syscall.SIGTERM) // it may have ended
	select {
	case <-w.usherd.over:
	case <-time.After(time.Minute):
		w.t.Error("usherd does not end")
	}
	w.kill()
	w.sh("umount env data")
	w.off()
}

// goesDown says whether the system starts anew: logind was asked to, or the
// health check has ended badly, as its unit has it.
func (w *whole) goesDown() bool {
	select {
	case <-w.down:
		return true
	default:
	}
	if w.health == nil {
		return false
	}
	select {
	case <-w.health.over:
		return w.health.err != nil
	default:
		return false
	}
}

// patience is for anything: what hangs is given up three times.
const patience = 8 * time.Minute

// until waits for a condition.
func (w *whole) until(what string, holds func() bool) {
	w.t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			w.t.Fatalf("waited too long: %s\n%s", what, w.log())
		}
	}
}

// log is the end of what the programs of the box said.
func (w *whole) log() string {
	log, _ := os.ReadFile(w.at("log"))
	return string(log[max(0, len(log)-8000):])
}

// state is what the box says of its firmware.
type state struct {
	Firmware struct{ Version, Slot, Stage string }
	Slots    []struct{ Name, State, Version, Reason string }
	History  []struct {
		Version, Reason string
		Kept            bool
	}
	Skipped []struct{ Version string }
}

// of is the state of a slot, and why.
func (s state) of(slot string) string {
	for _, x := range s.Slots {
		if x.Name == slot {
			return strings.TrimSuffix(x.State+" ("+x.Reason+")", " ()")
		}
	}
	return "unknown"
}

func (s state) trying() bool { return s.of("rootfs.0") == "trying" || s.of("rootfs.1") == "trying" }

// usher is the program that people ask the box with.
func (w *whole) usher(verb string) *exec.Cmd {
	return exec.Command(filepath.Join(w.house.dir, "usher"), "-socket", w.at("socket"), "--json", "firmware", verb) //nolint:gosec // built here
}

func (w *whole) says() (s state, err error) {
	out, err := w.usher("status").Output()
	if err == nil {
		err = json.Unmarshal(out, &s)
	}
	return s, err
}

var errStatus = errors.New("RAUC has no slot to start")

// status asks RAUC with its own program which slot runs and which is next, and
// whether the boot loader would start that.
func (w *whole) status() (booted, primary string, err error) {
	cmd := exec.Command("rauc", "-c", w.at("system.conf"), "status", "--output-format=json")
	cmd.Env = append(os.Environ(), "DBUS_SYSTEM_BUS_ADDRESS="+w.address())
	out, err := cmd.Output()
	var s struct {
		Booted  string
		Primary string `json:"boot_primary"`
		Slots   []map[string]struct {
			Boot string `json:"boot_status"`
		}
	}
	if err == nil {
		err = json.Unmarshal(out, &s)
	}
	for _, slot := range s.Slots {
		if x, ok := slot[s.Primary]; ok && x.Boot == "good" {
			return s.Booted, s.Primary, err
		}
	}
	return s.Booted, s.Primary, errors.Join(err, errStatus)
}
