package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"usher/internal/box"
)

func TestSSHPlace(t *testing.T) {
	for address, want := range map[string]string{
		"room-12": "room-12 /run/usher/usher.sock", "root@10.0.3.14": "root@10.0.3.14 /run/usher/usher.sock", "box:/srv/u.sock": "box /srv/u.sock",
	} {
		if host, socket := sshPlace(address); host+" "+socket != want {
			t.Errorf("%s: %s %s", address, host, socket)
		}
	}
}

// sshBox has a real ssh reach this machine by a real sshd, which talks over
// pipes instead of a port: host "box" lets in, host "stranger" does not.
func sshBox(t *testing.T) {
	t.Helper()
	const daemon = "/usr/sbin/sshd"
	ssh, err := exec.LookPath("ssh")
	if _, missing := os.Stat(daemon); err != nil || missing != nil {
		t.Skip("SKIP: no OpenSSH server and client, so that boxes are not reached by ssh here; make e2e-pairing installs it (openssh-server, which begins to listen, so that make test does not)")
	}
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := func(name string) (private, public string) {
		private = filepath.Join(dir, name)
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", private).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v: %s", err, out)
		}
		raw, err := os.ReadFile(private + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		return private, string(raw)
	}
	host, hostPublic := key("host")
	mine, minePublic := key("mine")
	other, _ := key("other")
	allowed, known := file("allowed", minePublic, 0o600), file("known", "box "+hostPublic+"stranger "+hostPublic, 0o600)
	if os.Getuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // sshd wants it as root
			t.Fatal(err)
		}
	}
	config := file("sshd_config", fmt.Sprintf("HostKey %s\nAuthorizedKeysFile %s\nUsePAM no\nStrictModes no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n", host, allowed), 0o600)
	client := file("ssh_config", fmt.Sprintf("Host *\n ProxyCommand %s -i -f %s\n UserKnownHostsFile %s\n GlobalKnownHostsFile none\n IdentitiesOnly yes\n IdentityAgent none\n"+
		"Host box\n IdentityFile %s\nHost stranger\n IdentityFile %s\n", daemon, config, known, mine, other), 0o600)
	file("ssh", fmt.Sprintf("#!/bin/sh\nexec %s -F %s \"$@\"\n", ssh, client), 0o700)
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// TestPairOverSSH reaches boxes through a real sshd: one that lets in is
// connected, and one that does not is named with what ssh said of it.
func TestPairOverSSH(t *testing.T) {
	sshBox(t)
	f := building(t, 2, map[int]box.AccountView{})
	list := filepath.Join(f.dir, "ssh.csv")
	text := fmt.Sprintf("room-1,ssh:box:%s\nroom-2,ssh:box:%s\nroom-3,ssh:stranger:%s\nroom-4,ssh:box:%s/nobody\n", f.socket(0), f.socket(1), f.socket(1), f.dir)
	if err := os.WriteFile(list, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	got := commanded(t, "pair", "--from", list, "--json")
	if got.code != exitPartly || strings.Count(got.out, `"result":"connected"`) != 2 {
		t.Errorf("exit %d: %s\n%s", got.code, got.out, got.err)
	}
	for _, want := range []string{"Permission denied", "daemon_unreachable"} {
		if !strings.Contains(got.out, want) {
			t.Errorf("%q is not said: %s", want, got.out)
		}
	}
}
