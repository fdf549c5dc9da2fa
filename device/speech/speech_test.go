package speech

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pretend is a voice that writes what it is given to a file, slowly.
func pretend(t *testing.T, script string) (*Speaker, string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "said")
	program := filepath.Join(dir, "espeak-ng")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nSAID="+file+"\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	s, err := New("espeak-ng", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return s, file
}

func said(t *testing.T, file, want string) {
	t.Helper()
	var got []byte
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if got, _ = os.ReadFile(file); strings.Contains(string(got), want) {
			return
		}
	}
	t.Fatalf("said %q, want %q", got, want)
}

func TestTheNewestSentenceSilencesTheOld(t *testing.T) {
	s, file := pretend(t, `text=$(cat); echo "$* begins $text" >>$SAID; sleep 30 & wait; echo "ends $text" >>$SAID`)
	s.Say(Sentence{Text: "The Lantern Coast", Language: "en"})
	said(t, file, "-v en -s 175 --stdin begins The Lantern Coast")
	s.Say(Sentence{Text: "never heard"})
	s.Say(Sentence{Text: "ฝั่งโคม", Language: "th", Rate: 9000})
	said(t, file, "-v th -s 450 --stdin begins ฝั่งโคม")
	s.Say(Sentence{})
	got, err := os.ReadFile(file)
	if err != nil || strings.Contains(string(got), "ends") {
		t.Errorf("a sentence was said to its end: %q, %v", got, err)
	}
}

func TestNothingOfASentenceIsACommand(t *testing.T) {
	s, file := pretend(t, `cat >>$SAID`)
	s.Say(Sentence{Text: "--voice=x $(touch gone) <break/>\x00\x1b[31m `id`"})
	said(t, file, "--voice=x $(touch gone)  break/   [31m `id`\n")
	if got := len([]rune(clean(strings.Repeat("ก", 5000)))); got != MaxText {
		t.Errorf("a long text has %d runes, want %d", got, MaxText)
	}
}

func TestVoicesOfThePage(t *testing.T) {
	for tag, want := range map[string]string{"zh-Hans": "cmn", "en": "en", "de-CH": "de", "id": "id", "th": "th", "tlh": "en", "": "en"} {
		if got := voice(tag); got != want {
			t.Errorf("voice of %q is %q, want %q", tag, got, want)
		}
	}
}

func TestProgramsAreFound(t *testing.T) {
	has := func(names ...string) func(string) (string, error) {
		return func(name string) (string, error) {
			for _, n := range names {
				if n == name {
					return "/usr/bin/" + n, nil
				}
			}
			return "", exec.ErrNotFound
		}
	}
	for _, tt := range []struct {
		kind, want string
		there      []string
	}{
		{"auto", "/usr/bin/spd-say", []string{"espeak-ng", "spd-say"}},
		{"auto", "/usr/bin/espeak-ng", []string{"espeak-ng"}},
		{"espeak-ng", "/usr/bin/espeak-ng", []string{"espeak-ng", "spd-say"}},
		{"speech-dispatcher", "", []string{"espeak-ng"}},
		{"auto", "", nil},
	} {
		p, err := find(tt.kind, has(tt.there...))
		if p.path != tt.want || (tt.want == "") != errors.Is(err, ErrNone) {
			t.Errorf("%s of %v: %q, %v", tt.kind, tt.there, p.path, err)
		}
	}
}

// The real espeak-ng speaks each of the page's languages to its end.
func TestRealVoices(t *testing.T) {
	path, err := exec.LookPath("espeak-ng")
	if err != nil {
		t.Skip("SKIP: espeak-ng not installed; make test installs it")
	}
	for lang, text := range map[string]string{"zh-Hans": "灯影海岸", "en": "The Lantern Coast", "de": "Die Laternenküste", "id": "Pantai Lentera", "th": "ฝั่งโคมไฟ"} {
		args := append(espeakArgs(Sentence{Language: lang, Rate: usual}), "-x", "-q") // phonemes instead of sound
		cmd := exec.Command(path, args...)
		cmd.Stdin = strings.NewReader(text)
		out, err := cmd.CombinedOutput()
		if err != nil || len(strings.TrimSpace(string(out))) < 4 {
			t.Errorf("%s: %v: %q", lang, err, out)
		}
	}
}
