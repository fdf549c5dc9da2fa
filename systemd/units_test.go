package systemd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// exposed is the most that systemd-analyze may find wrong with a unit of ours.
const exposed = 2.0

// analyze finds the tool, or says loudly that something was not tested.
func analyze(t *testing.T) string {
	t.Helper()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("SKIP: systemd-analyze not installed, the units are not checked; make test installs it")
	}
	return tool
}

func TestUnitsAreSealed(t *testing.T) {
	tool := analyze(t)
	units, err := filepath.Glob("*.service")
	if err != nil || len(units) == 0 {
		t.Fatalf("no units: %v", err)
	}
	for _, u := range units {
		out, err := exec.Command(tool, "security", "--offline=true", "--no-pager", u).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", u, err, out)
		}
		m := regexp.MustCompile(`Overall exposure level for \S+: ([0-9.]+)`).FindSubmatch(out)
		if m == nil {
			t.Fatalf("%s: no figure in\n%s", u, out)
		}
		level, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil || level > exposed {
			t.Errorf("%s: exposure %s, at most %.1f is allowed\n%s", u, m[1], exposed, out)
		}
		t.Logf("%s: exposure %s", u, m[1])
	}
}

// TestEveryCallOfUsherdIsConfigured: one that is not would take the defaults for
// the box, such as its name, its folders and its maker.
func TestEveryCallOfUsherdIsConfigured(t *testing.T) {
	units, err := filepath.Glob("*.service")
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	for _, u := range units {
		text, err := os.ReadFile(u)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "Exec") || !strings.Contains(line, "/usr/bin/usherd") {
				continue
			}
			if calls++; !strings.Contains(line, " -config /etc/usher/usher.toml") {
				t.Errorf("%s: without a configuration: %s", u, line)
			}
		}
	}
	if calls < 4 {
		t.Errorf("%d calls of usherd were found", calls)
	}
}

// TestUnitsAreUnderstood lets systemd read the units, with the programs that
// they name put in place.
func TestUnitsAreUnderstood(t *testing.T) {
	tool := analyze(t)
	dir := t.TempDir()
	all, err := filepath.Glob("*.s[eo]*")
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"verify", "--man=no", "--recursive-errors=one"}
	for _, u := range all {
		text, err := os.ReadFile(u)
		if err != nil {
			t.Fatal(err)
		}
		there := regexp.MustCompile(`(?m)^(Exec\w+=[-+!:@]*)/usr/\S+`).ReplaceAll(text, []byte("${1}/bin/true"))
		if err := os.WriteFile(filepath.Join(dir, u), there, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, filepath.Join(dir, u))
	}
	cmd := exec.Command(tool, args...)
	cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":")
	out, err := cmd.CombinedOutput()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "usher") {
			t.Errorf("%s", line)
		}
	}
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestTrialsEndBadly: on trial, any end but a good one starts the box anew, and
// without a trial none does. Found in the appliance: a daemon that crashed at its
// first instruction ended with 2, which counted as a good end.
func TestTrialsEndBadly(t *testing.T) {
	for _, name := range []string{"usherd-health.service", "usherd-unproved.service"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		unit := "\n" + string(text)
		for _, want := range []string{"ConditionPathExists=|/run/usher-boot/trial", "ConditionKernelCommandLine=|usher.trial", "ConditionPathExists=|/var/lib/usher/firmware/rauc-trial", "FailureAction=reboot"} {
			if !strings.Contains(unit, "\n"+want+"\n") {
				t.Errorf("%s: no %s", name, want)
			}
		}
		if strings.Contains(unit, "\nSuccessExitStatus=") || strings.Contains(unit, "\nExecStart=-") {
			t.Errorf("%s takes a bad end for a good one", name)
		}
	}
}

// TestTheDaemonReadsItsOwnProc: the daemon's /proc has processes alone, so what
// it reads there is below /proc/self. Found in the appliance: with RAUC the
// daemon did not start, and it took a box with a cable for one without a line.
func TestTheDaemonReadsItsOwnProc(t *testing.T) {
	unit, err := os.ReadFile("usherd.service")
	if err != nil || !strings.Contains(string(unit), "\nProcSubset=pid\n") {
		t.Fatalf("the unit does not seal /proc, %v", err)
	}
	because := map[string]string{
		"../cmd/usherd/slots.go":                 "the helper and the check of the health have all of /proc",
		"../cmd/usherd/firmwarerauc.go":          "where no unit tells it",
		"../cmd/usherd/site.go":                  "the device tree is below /sys as well",
		"../firmware/fleet/installbench/main.go": "another program",
	}
	path := regexp.MustCompile(`"/proc(/[^"]*)?"`)
	read := 0
	for _, root := range []string{"../cmd/usherd", "../cache", "../device", "../firmware", "../internal", "../player", "."} {
		err := filepath.WalkDir(root, func(name string, _ os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || because[name] != "" {
				return err
			}
			text, err := os.ReadFile(name)
			read++
			for _, p := range path.FindAllString(string(text), -1) {
				if !strings.HasPrefix(p, `"/proc/self/`) && !strings.HasPrefix(p, `"/proc/%d/`) {
					t.Errorf("%s reads %s, which the unit hides", name, p)
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if read < 100 {
		t.Errorf("%d files were read", read)
	}
}
