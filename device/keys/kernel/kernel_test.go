//go:build linux

package kernel

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"usher/device/keys"
	"usher/device/keys/keystest"
)

// childVar has the test's binary show a key to another process.
const childVar = "USHER_KERNEL_KEYS_TEST_CHILD"

func TestMain(m *testing.M) {
	prefix := os.Getenv(childVar)
	if prefix == "" {
		os.Exit(m.Run())
	}
	v, err := Open(prefix)
	if err == nil {
		var k keys.Key
		if k, err = v.Key("one"); err == nil {
			fmt.Println(k.Public().Thumbprint())
		}
	}
	if err != nil {
		fmt.Println(err)
	}
}

// vault opens the tier under a name of the test's own, and leaves nothing.
func vault(t *testing.T) (prefix string, open func() keys.Vault) {
	t.Helper()
	prefix = fmt.Sprintf("usher-test-%d-%s", os.Getpid(), t.Name())
	open = func() keys.Vault {
		v, err := Open(prefix)
		if errors.Is(err, ErrNone) {
			t.Skipf("SKIP: this system keeps no keys in its kernel: %v", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	t.Cleanup(func() {
		for _, name := range []string{"one", "two", "box", "other"} {
			if err := open().Delete(name); err != nil {
				t.Error(err)
			}
		}
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) { // the kernel takes them out soon
			if raw, err := os.ReadFile("/proc/keys"); err != nil || !strings.Contains(string(raw), prefix) {
				return
			}
			if time.Now().After(end) {
				t.Error("the test's keys stay in the kernel")
				return
			}
		}
	})
	return prefix, open
}

func TestVault(t *testing.T) {
	_, open := vault(t)
	keystest.Vault(t, open)
}

// TestKeysOutliveTheProcess: another process of the same user finds the key,
// also under a session keyring of its own, as systemd gives to services; one of
// another name does not.
func TestKeysOutliveTheProcess(t *testing.T) {
	prefix, open := vault(t)
	k, err := open().Create("one")
	if err != nil {
		t.Fatal(err)
	}
	other := func(prefix string, command ...string) string {
		self, err := filepath.Abs(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), self)
		if len(command) > 0 {
			cmd = exec.CommandContext(t.Context(), command[0], append(command[1:], self)...)
		}
		cmd.Env = append(os.Environ(), childVar+"="+prefix)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	if got := other(prefix); !strings.Contains(got, k.Public().Thumbprint()) {
		t.Errorf("another process: %s", got)
	}
	if got := other(prefix + "-else"); !strings.Contains(got, keys.ErrNoKey.Error()) {
		t.Errorf("another box: %s", got)
	}
	if keyctl, err := exec.LookPath("keyctl"); err == nil {
		if got := other(prefix, keyctl, "session", "-"); !strings.Contains(got, k.Public().Thumbprint()) {
			t.Errorf("a service with a session keyring of its own: %s", got)
		}
	} else {
		t.Log("keyctl is not installed: not tried under a session keyring of its own")
	}
}

// TestOwnSecretIsNowhereElse: a revoked key opens nothing, and /proc/keys says
// no more than its name.
func TestOwnSecretIsNowhereElse(t *testing.T) {
	_, open := vault(t)
	v := open()
	if _, err := v.Create("box"); err != nil {
		t.Fatal(err)
	}
	sealed, err := v.Seal("box", []byte("token"))
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Delete("box"); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Create("box"); err != nil { // the same name, after the box was switched off
		t.Fatal(err)
	}
	if _, err := v.Unseal("box", sealed); !errors.Is(err, keys.ErrSealed) {
		t.Errorf("what was sealed before: %v", err)
	}
	p := v.Protection()
	if p.Tier != keys.Kernel || !p.Fleeting || p.Bound || !strings.Contains(p.Text(), "paired again") {
		t.Errorf("%+v: %s", p, p.Text())
	}
}
