package qr

import (
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// texts are what is shown: a link with a code, one as long as RFC 8628 leaves
// room for, and letters of another script.
func texts() []string {
	return []string{
		"https://films.example/activate?user_code=WDJB-MJHT",
		"https://a.rather-long.name.of-a-service.example/activate?user_code=" + strings.Repeat("ABCDEFGH-", 6),
		"https://films.example/激活?code=1",
		strings.Repeat("x", MaxText),
	}
}

// TestReadsBack draws each code and reads it with zbar, which is not ours.
func TestReadsBack(t *testing.T) {
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("SKIP: zbarimg is not installed; make test installs it (zbar-tools)")
	}
	for _, text := range texts() {
		c, err := Of(text)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "qr.png")
		draw(t, file, c, 4)
		got, err := exec.Command(zbar, "--quiet", "--raw", file).Output()
		if err != nil {
			t.Fatalf("zbarimg: %v", err)
		}
		if read := strings.TrimSuffix(string(got), "\n"); read != text {
			t.Errorf("reads back as %q, not %q", read, text)
		}
	}
}

func draw(t *testing.T, file string, c Code, scale int) {
	t.Helper()
	side := (c.Size + 8) * scale
	img := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			if !c.dark(x/scale-4, y/scale-4) {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := png.Encode(f, img); err != nil {
		t.Fatal(err)
	}
}

func TestLimits(t *testing.T) {
	for _, text := range []string{"", strings.Repeat("x", MaxText+1)} {
		if _, err := Of(text); !errors.Is(err, ErrLong) {
			t.Errorf("%d bytes: %v", len(text), err)
		}
	}
}

// TestText holds what a terminal shows against the modules.
func TestText(t *testing.T) {
	c, err := Of("https://films.example/activate")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(c.Text(), "\n"), "\n")
	if len(lines) != (c.Size+2*quiet+1)/2 {
		t.Fatalf("%d lines for %d modules", len(lines), c.Size)
	}
	for i, line := range lines {
		row := []rune(strings.TrimSuffix(strings.TrimPrefix(line, "\x1b[30;107m"), "\x1b[0m"))
		if len(row) != c.Size+2*quiet {
			t.Fatalf("line %d has %d columns", i, len(row))
		}
		for x, r := range row {
			upper, lower := strings.ContainsRune("█▀", r), strings.ContainsRune("█▄", r)
			if upper != c.dark(x-quiet, 2*i-quiet) || lower != c.dark(x-quiet, 2*i+1-quiet) {
				t.Fatalf("line %d, column %d is %q", i, x, r)
			}
		}
	}
	if (Code{Size: 3, Modules: "1"}).Text() != "" {
		t.Error("half a code is drawn")
	}
}
