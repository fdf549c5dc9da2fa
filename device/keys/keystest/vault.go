// Package keystest examines vaults: [Vault] is the suite that every tier
// passes, [StartTPM] a software TPM (Debian's swtpm) for tests. It runs in
// tests only and leaves no process behind.
package keystest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"usher/device/keys"
)

// Vault examines a tier. open opens the same vault again each time.
func Vault(t *testing.T, open func() keys.Vault) {
	t.Helper()
	t.Run("Keys", func(t *testing.T) { examineKeys(t, open) })
	t.Run("Seals", func(t *testing.T) { examineSeals(t, open) })
	t.Run("Names", func(t *testing.T) { examineNames(t, open()) })
}

func examineKeys(t *testing.T, open func() keys.Vault) {
	v := open()
	if _, err := v.Key("one"); !errors.Is(err, keys.ErrNoKey) {
		t.Fatalf("a key that nobody made: %v", err)
	}
	one, err := v.Create("one")
	must(t, err)
	two, err := v.Create("two")
	must(t, err)
	if one.Public() == two.Public() {
		t.Error("two names share a key")
	}
	Signs(t, one)
	again, err := open().Key("one")
	must(t, err)
	if again.Public() != one.Public() {
		t.Error("the key is another one when the vault is opened again")
	}
	Signs(t, again)
	fresh, err := v.Create("one")
	must(t, err)
	if fresh.Public() == one.Public() {
		t.Error("Create gave the old key")
	}
	must(t, v.Delete("one"))
	must(t, v.Delete("one"))
	if _, err := open().Key("one"); !errors.Is(err, keys.ErrNoKey) {
		t.Errorf("a deleted key: %v", err)
	}
}

// Signs checks a few signatures with crypto/ecdsa.
func Signs(t *testing.T, k keys.Key) {
	t.Helper()
	public, err := k.Public().ECDSA()
	must(t, err)
	for _, text := range []string{"", "a", "b", "c"} {
		sum := sha256.Sum256([]byte(text))
		sig, err := k.Sign(sum)
		must(t, err)
		r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
		if !ecdsa.Verify(public, sum[:], r, s) {
			t.Errorf("the signature of %q is wrong", text)
		}
		if sum[0] ^= 1; ecdsa.Verify(public, sum[:], r, s) {
			t.Error("the signature is good for anything")
		}
	}
}

func examineSeals(t *testing.T, open func() keys.Vault) {
	v := open()
	_, err := v.Create("box")
	must(t, err)
	_, err = v.Create("other")
	must(t, err)
	plain := bytes.Repeat([]byte("a token that nobody should read "), 300)
	sealed, err := v.Seal("box", plain)
	must(t, err)
	got, err := open().Unseal("box", sealed)
	must(t, err)
	if !bytes.Equal(got, plain) {
		t.Error("it came back changed")
	}
	if !v.Protection().Sealed {
		return
	}
	if bytes.Contains(sealed, plain[:16]) {
		t.Error("what is sealed can be read")
	}
	if _, err := v.Unseal("other", sealed); !errors.Is(err, keys.ErrSealed) {
		t.Errorf("another name opens it: %v", err)
	}
	sealed[len(sealed)/2] ^= 1
	if _, err := v.Unseal("box", sealed); !errors.Is(err, keys.ErrSealed) {
		t.Errorf("what was changed opens: %v", err)
	}
	must(t, v.Delete("box"))
	if _, err := v.Unseal("box", sealed); !errors.Is(err, keys.ErrNoKey) {
		t.Errorf("it opens without its key: %v", err)
	}
}

func examineNames(t *testing.T, v keys.Vault) {
	for _, name := range []string{"", "../up", "a/b", ".hidden", "A", "a b", string(make([]byte, 65))} {
		_, err := v.Create(name)
		_, err2 := v.Key(name)
		if err3 := v.Delete(name); !errors.Is(err, keys.ErrName) || !errors.Is(err2, keys.ErrName) || !errors.Is(err3, keys.ErrName) {
			t.Errorf("%q is a name: %v, %v, %v", name, err, err2, err3)
		}
	}
}

// StartTPM starts a software TPM with its state in a folder, and gives its
// socket. The same folder is the same TPM, another one another box. It skips
// the test where swtpm is not installed, and stops with the test or stop.
func StartTPM(t *testing.T, state string) (socket string, stop func()) {
	t.Helper()
	program, err := exec.LookPath("swtpm")
	if err != nil {
		t.Skip("SKIP: swtpm is not installed, so that nothing is known about keys in a TPM; tools/deps.sh pairing installs it")
	}
	run, err := os.MkdirTemp("", "tpm") // the path of a socket is 107 bytes at most
	must(t, err)
	socket = filepath.Join(run, "tpm")
	cmd := exec.CommandContext(t.Context(), program, "socket", "--tpm2", "--tpmstate", "dir="+state,
		"--server", "type=unixio,path="+socket, "--ctrl", "type=unixio,path="+filepath.Join(run, "ctrl"),
		"--flags", "not-need-init,startup-clear")
	must(t, cmd.Start())
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait() // killed
			_ = os.RemoveAll(run)
		}
	}
	t.Cleanup(stop)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(socket); err == nil {
			return socket, stop
		}
		if time.Now().After(end) {
			t.Fatal("swtpm did not open its socket")
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
