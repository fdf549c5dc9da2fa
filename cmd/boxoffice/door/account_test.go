package door_test

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"usher/cmd/boxoffice/door"
	"usher/cmd/boxoffice/shelf"
	"usher/device/keys"
	"usher/device/pairing"
	"usher/internal/account"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a door in front of one room, on a port of its own. Access tokens
// last two seconds.
func house(t *testing.T, nonces bool) (*door.Door, string) {
	t.Helper()
	d := door.New(door.Options{Shelf: shelf.New(), AccessLife: 2 * time.Second, Nonces: nonces})
	mux := http.NewServeMux()
	d.Route(mux)
	mux.HandleFunc("GET /room", func(w http.ResponseWriter, r *http.Request) {
		if nonces {
			w.Header().Set("DPoP-Nonce", d.Nonce())
		}
		if _, err := d.Admit(r); err != nil {
			w.Header().Set("WWW-Authenticate", door.Challenge(err))
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return d, s.URL
}

// box is a real box's accounts, with everything it keeps in one folder.
type box struct {
	*testing.T
	*account.Accounts
	issuer, dir string
	stop        func()
}

func newBox(t *testing.T, issuer, dir string) *box {
	t.Helper()
	vault, err := keys.OpenFile(filepath.Join(dir, "keys"))
	must(t, err)
	b := &box{T: t, issuer: issuer, dir: dir}
	b.Accounts = account.New(account.Options{
		Services: []account.Service{{ID: "films", Issuer: issuer, ClientID: door.ClientID, Scope: door.ScopePlayback}},
		Vault:    vault, Dir: filepath.Join(dir, "accounts"), Transport: &http.Transport{DisableKeepAlives: true},
		Logger: slog.New(slog.NewTextHandler(t.Output(), nil)),
	})
	must(t, b.Open())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Accounts.Run(ctx) }()
	b.stop = func() {
		cancel()
		if done != nil {
			must(t, <-done)
			done = nil
		}
	}
	t.Cleanup(b.stop)
	return b
}

func (b *box) wait(phase pairing.Phase) account.Standing {
	b.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if s, err := b.Standing("films"); err == nil && s.Phase == phase {
			return s
		}
	}
	b.Fatalf("not %s in time", phase)
	return account.Standing{}
}

func (b *box) pair(d *door.Door) {
	b.Helper()
	err := b.Begin(b.Context(), "films")
	for errors.Is(err, account.ErrStopped) { // Run is about to start
		time.Sleep(time.Millisecond)
		err = b.Begin(b.Context(), "films")
	}
	must(b.T, err)
	if !d.Allow(b.wait(pairing.Waiting).Code.User, "smith") {
		b.Fatal("the code is not there")
	}
	b.wait(pairing.Paired)
}

func (b *box) enter() error {
	r, err := http.NewRequestWithContext(b.Context(), "GET", b.issuer+"/room", nil)
	must(b.T, err)
	resp, err := b.Do(r, "films")
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		b.Errorf("the room: %d", resp.StatusCode)
	}
	return resp.Body.Close()
}

// TestBoxRenews: a box goes on for longer than its tokens, over a restart too,
// where proofs need a nonce.
func TestBoxRenews(t *testing.T) {
	d, issuer := house(t, true)
	b := newBox(t, issuer, t.TempDir())
	b.pair(d)
	before := boxes(t, d)[0]
	for range 3 {
		must(t, b.enter())
		time.Sleep(1600 * time.Millisecond)
	}
	must(t, b.enter())
	after := boxes(t, d)[0]
	if len(after.Refresh) < 3 || after.Refresh[0] == before.Refresh[0] || after.Key != before.Key {
		t.Errorf("renewed %d times", len(after.Refresh)-1)
	}
	b.stop()
	must(t, newBox(t, issuer, b.dir).enter())
	if _, err := d.Remove("smith", after.ID); err != nil {
		t.Fatal(err)
	}
}

// TestCopiedBox: two boxes with one disk. Where keys are files the copy is as
// good as the box, until one of them renews after the other: then neither is.
func TestCopiedBox(t *testing.T) {
	d, issuer := house(t, false)
	one := newBox(t, issuer, t.TempDir())
	one.pair(d)
	must(t, one.enter())
	one.stop()
	dir := t.TempDir()
	must(t, os.CopyFS(dir, os.DirFS(one.dir)))
	must(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			err = os.Chmod(path, 0o600)
		}
		return err
	}))
	thief := newBox(t, issuer, dir)
	time.Sleep(2 * time.Second)
	must(t, thief.enter()) // renews, and uses what it got
	again := newBox(t, issuer, one.dir)
	if err := again.enter(); !errors.Is(err, account.ErrUnpaired) {
		t.Errorf("the box: %v", err)
	}
	if err := thief.enter(); !errors.Is(err, account.ErrUnpaired) {
		t.Errorf("the copy: %v", err)
	}
	if left := boxes(t, d); len(left) != 0 {
		t.Errorf("%d boxes are left", len(left))
	}
}

func boxes(t *testing.T, d *door.Door) []door.Box {
	t.Helper()
	all, err := d.Boxes("smith")
	must(t, err)
	return all
}
