package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

func date() time.Time { return time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC) }

func TestVersionsOfDebian(t *testing.T) {
	for git, want := range map[string]string{
		"v1.2.3":                       "1.2.3",
		"1.2":                          "1.2",
		"v1.2.3-rc1":                   "1.2.3~rc1",
		"v1.2.3-4-g0123abc":            "1.2.3+4.g0123abc",
		"v1.2.3-rc1-4-g0123abc":        "1.2.3~rc1+4.g0123abc",
		"v1.2.3-dirty":                 "1.2.3+dirty",
		"5871f12":                      "0~git20260504030201.5871f12",
		"1234567-dirty":                "0~git20260504030201.1234567+dirty",
		"dev":                          "",
		"":                             "",
		"v1.2/../../etc":               "",
		"v1.2.3-1\nMaintainer: nobody": "",
	} {
		got, err := debianVersion(git, date())
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v; want %q", git, got, err, want)
		}
	}
}

// TestVersionsSort asks dpkg itself.
func TestVersionsSort(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		t.Skip("SKIP: dpkg not installed, the order of versions is not checked")
	}
	last := "0~~"
	for _, git := range []string{"5871f12", "v0.9", "v1.0.0-rc1", "v1.0.0-rc1-3-g0123abc", "v1.0.0-rc2", "v1.0.0", "v1.0.0-1-g0123abc", "v1.0.0-10-gfff0123", "v1.0.1"} {
		v, err := debianVersion(git, date())
		if err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(dpkg, "--compare-versions", last, "lt", v).CombinedOutput(); err != nil {
			t.Errorf("%s does not come before %s: %v %s", last, v, err, out)
		}
		last = v
	}
}

func TestSampleSaysNothing(t *testing.T) {
	got := string(sample([]byte("# Words.\nlisten = \"x\"\n\n[player]\nargs = [\n\t\"a\",\n]\n")))
	want := "# Words.\n#listen = \"x\"\n\n[player]\n#args = [\n\t\"a\",\n#]\n"
	if got != want {
		t.Errorf("got %q", got)
	}
	// A list over several lines would be broken by that: the real file has none.
	conf, err := os.ReadFile("../../docs/usher.toml")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(sample(conf))) {
		if s := strings.TrimSpace(line); s != "" && s[0] != '#' && s[0] != '[' {
			t.Errorf("still in force: %s", line)
		}
	}
}

func TestFoldersComeFirstAndOnce(t *testing.T) {
	raw, err := tarball("./", []entry{{"usr/bin/b", 0o755, []byte("b")}, {"control", 0o644, nil}, {"usr/bin/a", 0o644, []byte("aa")}}, date())
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname != "root" || !h.ModTime.Equal(date()) {
			t.Errorf("%s: of %s (%d), %v", h.Name, h.Uname, h.Uid, h.ModTime)
		}
		names = append(names, h.Name)
	}
	if got, want := strings.Join(names, " "), "./ ./control ./usr/ ./usr/bin/ ./usr/bin/a ./usr/bin/b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestApacheIsOnlyNamed(t *testing.T) {
	license, err := os.ReadFile("../../LICENSE")
	if err != nil {
		t.Fatal(err)
	}
	shared := apache("One part is of Ann.\n\n" + string(license) + "\nAnother part is of Bob.\n")
	if !strings.HasPrefix(shared, "One part is of Ann.") || !strings.HasSuffix(shared, "Another part is of Bob.\n") ||
		strings.Contains(shared, "TERMS AND") || !strings.Contains(shared, "common-licenses/Apache-2.0") {
		t.Errorf("a file with other licences: %q", shared)
	}
	dir := t.TempDir()
	if _, err := licence(dir); err == nil {
		t.Error("a module without a licence is packed")
	}
	for name, text := range map[string]string{
		"LICENSE":    "Apache License\nTERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION",
		"NOTICE.txt": "Somebody wrote this.\n",
		"license.go": "package x",
		"COPYING":    "Copyright of somebody else.\n\nApache License\nTERMS AND CONDITIONS FOR USE, REPRODUCTION",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := licence(dir)
	if err != nil || !strings.Contains(got, "common-licenses/Apache-2.0") || !strings.Contains(got, "Somebody wrote this.") ||
		!strings.Contains(got, "Copyright of somebody else.") || strings.Count(got, "TERMS") != 1 {
		t.Errorf("%q, %v", got, err)
	}
}

// TestSameBitsTwice packs the product twice: from here, and from the archive of its
// sources in another folder, in another time zone and with another umask. dpkg
// reads the result.
func TestSameBitsTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIP: it compiles the product twice, which -short leaves out")
	}
	t.Setenv("SOURCE_DATE_EPOCH", "1777777777")
	arch := map[string]string{"amd64": "amd64", "arm64": "arm64", "arm": "armhf"}[runtime.GOARCH]
	if arch == "" {
		t.Skip("SKIP: no package for machines of this kind")
	}
	elsewhere := "../.."
	if err := exec.Command("git", "-C", elsewhere, "ls-files", "--error-unmatch", "go.mod").Run(); err != nil {
		t.Log("SKIP: no git, or no tree of git: the archive of the sources is not made")
	} else {
		elsewhere = unpackedSource(t)
	}
	var first []byte
	for _, root := range []string{"../..", elsewhere} {
		t.Setenv("TMPDIR", t.TempDir())
		out := t.TempDir()
		if err := run(t.Context(), []string{arch}, "v1.2.3", root, out); err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(out, "usher_1.2.3_"+arch)
		got, err := os.ReadFile(file + ".deb")
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = got
			checkBill(t, file+".cdx.json")
			checkPackage(t, file+".deb")
			t.Setenv("TZ", "Asia/Bangkok")
			before := syscall.Umask(0o077)
			t.Cleanup(func() { syscall.Umask(before) })
		} else if !bytes.Equal(first, got) {
			t.Error("the same sources gave two different packages")
		}
	}
}

// unpackedSource is the archive of the sources, unpacked, in which Go finds every
// module without a network.
func unpackedSource(t *testing.T) string {
	t.Helper()
	out := t.TempDir()
	if err := runSource(t.Context(), nil, "v1.2.3", "../..", out); err != nil {
		t.Fatal(err)
	}
	into := t.TempDir()
	if said, err := exec.Command("tar", "-xzf", filepath.Join(out, "usher-1.2.3.tar.gz"), "-C", into).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	root := filepath.Join(into, "usher-1.2.3")
	cmd := exec.Command("go", "list", "-mod=vendor", "-deps", "-test", "./cmd/...")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOPROXY=off", "GOMODCACHE="+t.TempDir(), "GOFLAGS=", "GOWORK=off")
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the archive lacks something: %v\n%s", err, said)
	}
	if got, err := os.ReadFile(filepath.Join(root, "VERSION")); err != nil || string(got) != "v1.2.3\n" {
		t.Errorf("VERSION is %q, %v", got, err)
	}
	return root
}

// TestImagesHaveWhatThePackageHas: the script that Buildroot and Yocto install
// with gives the files of the package, byte for byte.
func TestImagesHaveWhatThePackageHas(t *testing.T) {
	programs, into := t.TempDir(), t.TempDir()
	for _, name := range []string{"usherd", "usher", "usher-boot"} {
		if err := os.WriteFile(filepath.Join(programs, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j := &job{root: "../.."}
	want, err := j.listed(&built{dir: programs})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("../../firmware/oem/install.sh", "../..", programs, into).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, e := range want {
		name := filepath.Join(into, e.name)
		got, err := os.ReadFile(name)
		if err != nil || !bytes.Equal(got, e.data) {
			t.Errorf("%s differs: %v", e.name, err)
			continue
		}
		if info, err := os.Stat(name); err != nil || int64(info.Mode().Perm()) != e.mode {
			t.Errorf("%s: %v, %v", e.name, info.Mode(), err)
		}
	}
	count := 0
	err = filepath.WalkDir(into, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			count++
		}
		return err
	})
	if err != nil || count != len(want) {
		t.Errorf("%d files, want %d; %v", count, len(want), err)
	}
	if out, err := exec.Command("../../firmware/oem/install.sh").CombinedOutput(); err == nil || !strings.Contains(string(out), "usage:") {
		t.Errorf("without words: %v %s", err, out)
	}
}

func TestListMistakes(t *testing.T) {
	j := &job{root: "../.."}
	for line, want := range map[string]string{
		"0644 docs/usher.toml":                   "MODE FROM TO",
		"0644 docs/usher.toml etc/x shiny":       "MODE FROM TO",
		"rw- docs/usher.toml etc/x":              "three octal digits",
		"0644 docs/gone.toml etc/x":              "no such file",
		"0755 @gone usr/bin/gone":                "no such file",
		"0644 docs/usher.toml etc/x commented y": "MODE FROM TO",
	} {
		if _, err := j.taken(&built{dir: t.TempDir()}, strings.Fields(line)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", line, err, want)
		}
	}
}

func checkBill(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var b bill
	if err := json.Unmarshal(raw, &b); err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, c := range b.Components {
		all.WriteString(c.URL + "\n")
	}
	for _, want := range []string{"pkg:golang/std@1.", "pkg:golang/github.com/godbus/dbus/v5@v5.", "pkg:golang/golang.org/x/sys@v"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no %s in the bill of materials:\n%s", want, all.String())
		}
	}
}

func checkPackage(t *testing.T, file string) {
	t.Helper()
	tool, err := exec.LookPath("dpkg-deb")
	if err != nil {
		t.Skip("SKIP: dpkg-deb not installed, nothing else has read the package")
	}
	into := t.TempDir()
	if out, err := exec.Command(tool, "-R", file, into).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, want := range map[string]string{
		"DEBIAN/conffiles":                            "/etc/usher/usher.toml\n",
		"DEBIAN/md5sums":                              "  usr/bin/usherd\n",
		"usr/lib/systemd/system/usherd.service":       "ExecStart=/usr/bin/usherd",
		"usr/share/bash-completion/completions/usher": "complete ",
		"usr/share/doc/usher/copyright":               "==== Go's standard library",
	} {
		got, err := os.ReadFile(filepath.Join(into, name))
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s: no %q in it: %v", name, want, err)
		}
	}
}
