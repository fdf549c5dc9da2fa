package config

import (
	"os/exec"
	"strings"
	"testing"
)

// TestManual: every setting and flag is in the manual page, and groff has
// nothing to say.
func TestManual(t *testing.T) {
	page := Manual("1.2")
	for _, s := range settings() {
		if !strings.Contains(page, roffed(s.env())) || !strings.Contains(page, roffed(s.doc)) {
			t.Errorf("the manual lacks %s", s.key)
		}
	}
	for _, f := range plainFlags() {
		if !strings.Contains(page, ".B "+roffed(f[0])+"\n") || !strings.Contains(Usage(), f[0]) {
			t.Errorf("the manual or -h lacks %s", f[0])
		}
		if name, arg, _ := strings.Cut(f[0], " "); arg == "" {
			if _, err := Load(Input{Args: []string{"-demo", name}}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("SKIP: groff is not installed; make test installs it (groff-base)")
	}
	cmd := exec.Command(groff, "-man", "-Kutf8", "-ww", "-z")
	cmd.Stdin = strings.NewReader(page)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("groff: %v\n%s", err, out)
	}
}
