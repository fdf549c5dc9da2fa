package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"usher/internal/box"
	"usher/internal/offer"
	"usher/internal/ui/uitest"
)

// unpacked is a bundle as one text, with its names.
func unpacked(t *testing.T, raw []byte) (text string, names []string) {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all.String(), names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
		if _, err := io.Copy(&all, r); err != nil { //nolint:gosec // our own bundle
			t.Fatal(err)
		}
	}
}

// TestLogBundleTellsNoSecrets: a box full of them is packed, and none is in the
// bundle; what helps is.
func TestLogBundleTellsNoSecrets(t *testing.T) {
	b := uitest.NewBox()
	b.SetAccount(box.AccountView{
		Service: "demo", Phase: box.AccountWaiting, UserCode: "WDJB-MJHT", URI: "https://films.example/activate",
		URIComplete: "https://films.example/activate?user_code=WDJB-MJHT", QR: &box.QR{Size: 1, Modules: "1"},
	})
	b.Update(func(v *box.View) {
		v.Playback.Phase, v.Playback.TitleID, v.Playback.Name = "playing", "demo:secretfilm", offer.Text{"en": "Secret Film"}
		v.Playback.URL = "https://cdn.example/secretfilm/master.m3u8?token=tokentoken"
		v.System.Problems = []box.Problem{{Code: "service_garbage", Text: "https://films.example/v1?access_token=tokentoken answers Bearer abcdefghijkl with eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJob3VzZWhvbGQifQ.c2lnbmF0dXJl", Hint: "password: hunter22"}}
	})
	ended, _ := running(t, b, "log", "bundle", "-")
	got := <-ended
	if got.code != exitDone {
		t.Fatalf("%+v", got)
	}
	text, names := unpacked(t, []byte(got.out))
	for _, secret := range []string{"WDJB", "secretfilm", "Secret Film", "tokentoken", "eyJ", "abcdefghijkl", "hunter22", "activate", "user_code", "master.m3u8"} {
		if strings.Contains(text, secret) {
			t.Errorf("the bundle tells %q", secret)
		}
	}
	for _, useful := range []string{`"phase": "playing"`, `"phase": "waiting"`, "films.example", "service_garbage", `"version": "1.2.3"`, "The disk is full.", `"id": "demo"`} {
		if !strings.Contains(text, useful) {
			t.Errorf("the bundle lacks %s", useful)
		}
	}
	if !strings.Contains(strings.Join(names, " "), "usher-log/why-quality.json") {
		t.Errorf("files %q", names)
	}
}

// TestJournalsTellNothingOfTitles: the lines of a journal are JSON within JSON.
func TestJournalsTellNothingOfTitles(t *testing.T) {
	lines := `{"event":"PlayRequested","value":{"TitleID":"demo:secretfilm","By":"bridge"}}` + "\n" +
		`{"event":"ProgressLoaded","value":{"Progress":{"demo:secretfilm":{"positionMs":1}}}}` + "\n" + `{"half":"demo:secretfilm`
	got, ok := withoutPrivate(map[string]any{"journal": lines}).(map[string]any)["journal"].(string)
	if !ok || strings.Contains(got, "secretfilm") || !strings.Contains(got, "PlayRequested") || !strings.Contains(got, `"By":"bridge"`) {
		t.Errorf("%q", got)
	}
}

func TestLogBundleWithoutADaemon(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log.tar.gz")
	got := commanded(t, "-socket", filepath.Join(t.TempDir(), "none"), "log", "bundle", file)
	if got.code != exitDone || !strings.Contains(got.out, "Read it before you send it.") {
		t.Errorf("%+v", got)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("GET https://user:pass@films.example/path?token=abc HTTP/1.1")
	f.Add("code=WDJB-MJHT title=demo:film eyJhbGciOiJFUzI1NiJ9.e30.x")
	f.Fuzz(func(t *testing.T, text string) {
		out := redact(text + " https://films.example/a/secretpath?x=secretquery eyJhbGciOiJFUzI1NiJ9.eyJzdWIi.c2ln WDJB-MJHT")
		for _, secret := range []string{"secretpath", "secretquery", "eyJhbGci", " WDJB-MJHT"} {
			if strings.Contains(out, secret) {
				t.Fatalf("%q is left in %q", secret, out)
			}
		}
	})
}

// TestManualPage: every verb and flag is in it, and groff has nothing to say.
func TestManualPage(t *testing.T) {
	got := commanded(t, "man")
	for _, v := range verbs() {
		if !strings.Contains(got.out, "usher "+v.name) {
			t.Errorf("the manual lacks %s", v.name)
		}
	}
	if !strings.Contains(got.out, `\-\-i\-am\-at\-the\-box`) {
		t.Error("the manual lacks a flag")
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("SKIP: groff is not installed; make test installs it (groff-base)")
	}
	cmd := exec.Command(groff, "-man", "-Kutf8", "-ww", "-z")
	cmd.Stdin = strings.NewReader(got.out)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("groff: %v\n%s", err, out)
	}
}
