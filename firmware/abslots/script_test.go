//go:build linux

package abslots

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// scripts are what images give to their boot loaders.
const scripts = "../oem/boot"

// TestScriptsKnowEveryLetter: for each letter the scripts start the slot, and
// write the letter, that bootsWith does.
func TestScriptsKnowEveryLetter(t *testing.T) {
	for _, name := range []string{"grub.cfg", "uboot.cmd"} {
		text, err := os.ReadFile(filepath.Join(scripts, name))
		must(t, err)
		for l := '0'; l <= '7'; l++ {
			c, err := choiceOf(string(l))
			must(t, err)
			slot, next := names[c.First], ""
			if c.Left == 0 {
				slot = names[1-c.First]
			} else {
				c.Left--
				next = string(c.letter())
			}
			if got := scriptLine(string(text), name, string(l)); got != slot+next {
				t.Errorf("%s: %c means %q, and not %q", name, l, got, slot+next)
			}
		}
	}
}

// scriptLine is what a script does with a letter: the slot, and the letter that
// it writes, if any.
func scriptLine(text, name, letter string) string {
	slot, next := "a", ""
	for line := range strings.Lines(text) {
		if !regexp.MustCompile(`usher_boot\}?"? ==? ?` + letter + `[ ;]`).MatchString(line) {
			continue
		}
		if m := regexp.MustCompile(`usher_try (\d) ([ab]) [ab]`).FindStringSubmatch(line); m != nil {
			slot, next = m[2], m[1]
		}
		if m := regexp.MustCompile(`(?:^|[ _])slot=([ab])`).FindStringSubmatch(line); m != nil {
			slot = m[1]
		}
		if m := regexp.MustCompile(`next=(\d)`).FindStringSubmatch(line); m != nil {
			next = m[1]
		}
		return slot + next
	}
	if name == "uboot.cmd" && slices.Contains([]string{"0", "a"}, letter) {
		return slot + next // what is not said is slot a
	}
	if name == "grub.cfg" && letter == "0" {
		return slot + next
	}
	return "nothing"
}

// TestGRUBScript: GRUB's own parser reads the script.
func TestGRUBScript(t *testing.T) {
	check, err := exec.LookPath("grub-script-check")
	if err != nil {
		t.Skip("SKIP: grub-script-check is not installed, so the script is not parsed; make test installs it (grub-common)")
	}
	if out, err := exec.Command(check, filepath.Join(scripts, "grub.cfg")).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
