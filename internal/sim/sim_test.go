package sim

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// started runs a part until the test ends, and wants it to end without an error.
func started(t *testing.T, run func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestServiceOffersTitles(t *testing.T) {
	s, err := OpenService(quiet(), true)
	if err != nil {
		t.Fatal(err)
	}
	started(t, s.Run)
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/v1/catalogue", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "lantern-coast") {
		t.Fatalf("status %d, %d bytes, %v", resp.StatusCode, len(body), err)
	}
	if !strings.HasPrefix(s.URL(), "http://127.0.0.1:") {
		t.Fatalf("listens at %s", s.URL())
	}
}

func TestServiceThatNeverRanFreesItsPort(t *testing.T) {
	s, err := OpenService(quiet(), true)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := (&http.Client{Timeout: time.Second}).Get(s.URL()); err == nil {
		t.Fatal("the port still answers")
	}
}

func TestPlayerIsOnItsBusAndSaysWhatItIs(t *testing.T) {
	p := NewPlayer(quiet())
	t.Cleanup(func() { _ = p.Close() }) // after the player has ended, as in usherd
	started(t, p.Run)
	rw, err := p.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := dbus.NewConn(rw)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Auth(nil); err != nil {
		t.Fatal(err)
	}
	if err := conn.Hello(); err != nil {
		t.Fatal(err)
	}
	object := conn.Object("org.mpris.MediaPlayer2."+p.Name(), "/org/mpris/MediaPlayer2")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		v, err := object.GetProperty("org.mpris.MediaPlayer2.Identity")
		if err == nil {
			if name, _ := v.Value().(string); !strings.Contains(name, "simulated") {
				t.Fatalf("the player calls itself %v and hides that it is none", v)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
