package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// startTPM is a software TPM with a seed of its own, on a socket.
func startTPM(t *testing.T) (socket string) {
	t.Helper()
	needs(t, "swtpm")
	run, err := os.MkdirTemp("", "tpm") // the path of a socket is 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(run, "tpm")
	cmd := exec.Command("swtpm", "socket", "--tpm2", "--tpmstate", "dir="+t.TempDir(), "--server", "type=unixio,path="+socket,
		"--ctrl", "type=unixio,path="+filepath.Join(run, "ctrl"), "--flags", "not-need-init,startup-clear")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait(); _ = os.RemoveAll(run) })
	eventually(t, 20*time.Second, "the TPM answers", func() bool { _, err := os.Stat(socket); return err == nil })
	return socket
}

// startSealedBox starts a box whose keys are in a TPM.
func startSealedBox(t *testing.T, service, state, tpm string) *demo {
	t.Helper()
	file := filepath.Join(t.TempDir(), "usher.toml")
	text := fmt.Sprintf("[player]\nbus = \"private\"\n[remote]\nread = \"off\"\n[keys]\ntpm = %q\n[[service]]\nid = \"demo\"\nurl = %q\nissuer = %q\n", tpm, service, service)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return startUsherd(t, "-config", file, "-state", state, "-cache", t.TempDir())
}

// TestStolenDisk: the disk of a box with a TPM is worth nothing in another one,
// and says nothing; in its own box it goes on as before.
func TestStolenDisk(t *testing.T) {
	service, state := startService(t, "-open-house=false"), t.TempDir()
	own, thiefs := startTPM(t), startTPM(t)
	d := startSealedBox(t, service, state, own)
	if out := d.must("status"); !strings.Contains(out, "Keys     tpm: The keys cannot leave this box") {
		t.Errorf("status does not say where the keys are:\n%s", out)
	}
	d.pairedBy(signedInPhone(t, service))
	d.stop()
	d.ended <- nil // it was waited for

	stolen := t.TempDir()
	if out, err := exec.Command("cp", "-a", state+"/.", stolen).CombinedOutput(); err != nil {
		t.Fatalf("copy: %v %s", err, out)
	}
	if words := d.grep(filepath.Join(stolen, "accounts")); words != "" {
		t.Errorf("the stolen disk tells %s", words)
	}
	thief := startSealedBox(t, service, stolen, thiefs)
	if got := thief.account(); !strings.HasPrefix(got, "demo: not connected") {
		t.Errorf("in another box: %s", got)
	}
	if out := thief.must("status"); !strings.Contains(out, "A stored account cannot be read on this box") {
		t.Errorf("in another box nobody is told:\n%s", out)
	}
	if out, code := thief.usher("play", planFilm); code != 3 {
		t.Errorf("in another box: exit %d\n%s", code, out)
	}
	back := startSealedBox(t, service, state, own)
	if got := back.account(); !strings.HasPrefix(got, "demo: connected, bound") {
		t.Errorf("in its own box: %s", got)
	}
}
