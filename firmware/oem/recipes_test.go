package oem_test

import (
	"crypto/md5"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	tree   = "../.."
	recipe = "yocto/recipes-multimedia/usher/usher.bb"
	common = "yocto/recipes-multimedia/usher/usher-source.inc"
	mk     = "buildroot/package/usher/usher.mk"
)

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// installed are the places of the list.
func installed(t *testing.T) (places []string) {
	t.Helper()
	for line := range strings.Lines(read(t, "files")) {
		if words := strings.Fields(line); len(words) >= 3 && words[0] != "#" {
			places = append(places, words[2])
		}
	}
	return places
}

// programs are those of the list.
func programs(t *testing.T) (names []string) {
	t.Helper()
	for _, m := range regexp.MustCompile(`(?m)^\d+ @(\S+)`).FindAllStringSubmatch(read(t, "files"), -1) {
		names = append(names, "cmd/"+m[1])
	}
	slices.Sort(names)
	return names
}

// stub is Buildroot as far as the recipe goes: what it calls, and targets that
// show and do what Buildroot would.
const stub = `
qstrip = $(strip $(subst ",,$(1)))
INSTALL = install
BR_BUILDING = y
KCONFIG_ENABLE_OPT = echo $(1)=y
define golang-package
$(eval called += target)
endef
define host-golang-package
$(eval called += host)
endef
include $(BR2_EXTERNAL_USHER_PATH)/external.mk
%/installed: ; $(USHER_INSTALL_TARGET_CMDS)
options:
	$(USHER_LINUX_CONFIG_FIXUPS)
export USHER_USERS
users: ; @echo "$$USHER_USERS"
show-%: ; @echo '$($*)'
`

// buildroot runs a target of the stub.
func buildroot(t *testing.T, target string, values ...string) (string, error) {
	t.Helper()
	tool, err := exec.LookPath("make")
	if err != nil {
		t.Skip("SKIP: make not installed, the external tree of Buildroot is not read")
	}
	file := filepath.Join(t.TempDir(), "Makefile")
	if err := os.WriteFile(file, []byte(stub), 0o600); err != nil {
		t.Fatal(err)
	}
	external, err := filepath.Abs("buildroot")
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"-s", "--no-print-directory", "--warn-undefined-variables", "-f", file, target, "BR2_EXTERNAL_USHER_PATH=" + external, "BR2_PACKAGE_USHER=y", "BR2_PACKAGE_USHER_OVERLAY=", "BR2_PACKAGE_USHER_OVERLAY_KEYS="}, values...)
	out, err := exec.Command(tool, args...).CombinedOutput()
	return string(out), err
}

func show(t *testing.T, variable string) string {
	t.Helper()
	out, err := buildroot(t, "show-"+variable)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return strings.TrimSpace(out)
}

func TestBuildrootReadsThePackage(t *testing.T) {
	site := show(t, "USHER_SITE")
	if _, err := os.Stat(filepath.Join(site, "go.mod")); err != nil {
		t.Errorf("the sources are not at %q: %v", site, err)
	}
	targets := strings.Fields(show(t, "USHER_BUILD_TARGETS"))
	slices.Sort(targets)
	if d := cmp.Diff(programs(t), targets); d != "" {
		t.Errorf("programs (-list +recipe):\n%s", d)
	}
	if got := show(t, "USHER_GOMOD"); !strings.HasPrefix(read(t, tree+"/go.mod"), "module "+got+"\n") {
		t.Errorf("module %q", got)
	}
	if got := show(t, "called"); got != "target host" {
		t.Errorf("makes %q", got)
	}
	if got, want := show(t, "USHER_VERSION"), "local"; got != want {
		t.Errorf("version %q, want %q in a tree of git", got, want)
	}
	out, err := buildroot(t, "options")
	if err != nil || !strings.Contains(out, "CONFIG_MEDIA_CEC_SUPPORT=y") {
		t.Errorf("kernel: %v %s", err, out)
	}
}

func TestBuildrootInstallsTheList(t *testing.T) {
	dir := t.TempDir()
	sources, target := filepath.Join(dir, "sources"), filepath.Join(dir, "target")
	for _, name := range []string{"systemd", "docs/usher.toml", "firmware/oem"} {
		to := filepath.Join(sources, name)
		if out, err := exec.Command("sh", "-c", `mkdir -p "$(dirname "$2")" && cp -a "$1" "$2"`, "sh", filepath.Join(tree, name), to).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	if err := os.MkdirAll(filepath.Join(sources, "bin"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, p := range programs(t) {
		write(t, filepath.Join(sources, "bin", filepath.Base(p)), "program")
	}
	write(t, filepath.Join(dir, "overlay"), "signed")
	write(t, filepath.Join(dir, "keys"), "public")
	overlay, keys := `BR2_PACKAGE_USHER_OVERLAY="`+dir+`/overlay"`, `BR2_PACKAGE_USHER_OVERLAY_KEYS="`+dir+`/keys"`
	if out, err := buildroot(t, sources+"/installed", "TARGET_DIR="+target, overlay, keys); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range append(installed(t), "usr/share/usher/oem.overlay", "usr/share/usher/oem-keys.json") {
		if _, err := os.Stat(filepath.Join(target, name)); err != nil {
			t.Error(err)
		}
	}
	if out, err := buildroot(t, "options", overlay); err == nil || !strings.Contains(out, "belong together") {
		t.Errorf("an overlay without keys: %v %s", err, out)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestConfigIn: what the recipe asks for can be chosen, and the blocks close.
func TestConfigIn(t *testing.T) {
	text := read(t, "buildroot/package/usher/Config.in") + read(t, "buildroot/package/usher/Config.in.host")
	defined := map[string]bool{}
	depth := 0
	for i, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		switch known := regexp.MustCompile(`^(config|bool|string|depends|select|help|if|endif|comment|default)$`).MatchString(words[0]); {
		case line[0] != '\t' && words[0] == "config":
			defined[words[1]] = true
		case line[0] != '\t' && words[0] == "if":
			depth++
		case line[0] != '\t' && words[0] == "endif":
			depth--
		case strings.HasPrefix(line, "\t  "), known, words[0][0] == '#': // words of help
		default:
			t.Errorf("Config.in:%d: %s", i+1, line)
		}
	}
	if depth != 0 {
		t.Errorf("%d blocks are open at the end", depth)
	}
	for _, m := range regexp.MustCompile(`BR2_PACKAGE_(HOST_)?USHER\w*`).FindAllString(read(t, mk), -1) {
		if !defined[m] {
			t.Errorf("%s is used and cannot be chosen", m)
		}
	}
}

// users are those of the system, with the groups they are in.
func users(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, m := range regexp.MustCompile(`(?m)^([um])\s+(\S+)\s+(\S+)`).FindAllStringSubmatch(read(t, tree+"/systemd/usher.sysusers"), -1) {
		if m[1] == "u" {
			all[m[2]] = nil
		} else {
			all[m[2]] = append(all[m[2]], m[3])
		}
	}
	return all
}

// TestRecipesMakeTheUsersOfTheUnits: three lists say the same.
func TestRecipesMakeTheUsersOfTheUnits(t *testing.T) {
	want := users(t)
	table, err := buildroot(t, "users")
	if err != nil {
		t.Fatalf("%v\n%s", err, table)
	}
	inBuildroot := map[string][]string{}
	for line := range strings.Lines(table) {
		// name uid group gid password home shell groups comment (the manual, "Makeuser syntax")
		if f := strings.Fields(line); len(f) >= 9 {
			inBuildroot[f[0]] = strings.Split(f[7], ",")
		} else if len(f) > 0 {
			t.Errorf("half a user: %s", line)
		}
	}
	if d := cmp.Diff(want, inBuildroot); d != "" {
		t.Errorf("Buildroot (-sysusers +recipe):\n%s", d)
	}
	inYocto := map[string][]string{}
	text := read(t, recipe)
	for _, m := range regexp.MustCompile(`--gid (\S+) --groups (\S+) .* (\S+?)[;"]`).FindAllStringSubmatch(text, -1) {
		if m[1] != m[3] || !strings.Contains(text, "--system "+m[1]+";") && !strings.Contains(text, "--system "+m[1]+"\"") {
			t.Errorf("user %s has no group of its own", m[3])
		}
		inYocto[m[3]] = strings.Split(m[2], ",")
	}
	if d := cmp.Diff(want, inYocto); d != "" {
		t.Errorf("Yocto (-sysusers +recipe):\n%s", d)
	}
}

// values are the plain assignments of a recipe.
func values(text string) map[string]string {
	text = strings.ReplaceAll(text, "\\\n", "")
	all := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^([A-Z][\w:${}\[\]-]*) *(?:\?|\?\?|:|\+|\.)?= *["'](.*)["']$`).FindAllStringSubmatch(text, -1) {
		all[m[1]] += m[2]
	}
	return all
}

func TestYoctoRecipe(t *testing.T) {
	text := read(t, recipe)
	if !strings.Contains(text, "\nrequire usher-source.inc\n") {
		t.Error("the sources are missing")
	}
	v := values(read(t, common) + text)
	for _, name := range []string{"SUMMARY", "LICENSE", "LIC_FILES_CHKSUM", "PV", "GO_IMPORT", "SRC_URI", "SYSTEMD_SERVICE:${PN}", "FILES:${PN}", "USERADD_PACKAGES"} {
		if v[name] == "" {
			t.Errorf("%s is missing", name)
		}
	}
	if want := fmt.Sprintf("md5=%x", md5.Sum([]byte(read(t, tree+"/LICENSE")))); !strings.HasSuffix(v["LIC_FILES_CHKSUM"], want) {
		t.Errorf("LIC_FILES_CHKSUM %q, want %s", v["LIC_FILES_CHKSUM"], want)
	}
	var built []string
	for p := range strings.FieldsSeq(strings.ReplaceAll(v["GO_INSTALL"], "${GO_IMPORT}/", "")) {
		built = append(built, p)
	}
	slices.Sort(built)
	if d := cmp.Diff(programs(t), built); d != "" {
		t.Errorf("programs (-list +recipe):\n%s", d)
	}
	list := installed(t)
	for unit := range strings.FieldsSeq(v["SYSTEMD_SERVICE:${PN}"]) {
		if !slices.Contains(list, "usr/lib/systemd/system/"+unit) {
			t.Errorf("unit %s is not installed", unit)
		}
	}
	places := strings.Fields(strings.NewReplacer("${nonarch_libdir}", "usr/lib", "${datadir}", "usr/share").Replace(v["FILES:${PN}"]))
	for _, name := range list {
		own := slices.ContainsFunc(places, func(p string) bool { return strings.HasPrefix(name, p+"/") })
		if !own && !strings.HasPrefix(name, "usr/bin/") && !strings.HasPrefix(name, "etc/") {
			t.Errorf("%s is in no package", name)
		}
	}
}

// TestUnitsAreEnabledEverywhere: Debian and Yocto enable the same units, each of
// which says what it is for.
func TestUnitsAreEnabledEverywhere(t *testing.T) {
	m := regexp.MustCompile(`(?m)^for unit in (.*); do`).FindStringSubmatch(read(t, tree+"/tools/deb/scripts/postinst"))
	if m == nil {
		t.Fatal("no units in postinst")
	}
	debian, yocto := strings.Fields(m[1]), strings.Fields(values(read(t, recipe))["SYSTEMD_SERVICE:${PN}"])
	slices.Sort(debian)
	slices.Sort(yocto)
	if d := cmp.Diff(debian, yocto); d != "" {
		t.Errorf("(-Debian +Yocto):\n%s", d)
	}
	for _, unit := range yocto {
		if !strings.Contains(read(t, tree+"/systemd/"+unit), "[Install]") {
			t.Errorf("%s cannot be enabled", unit)
		}
	}
}

// TestPythonOfRecipes: python itself reads what stands in the recipes.
func TestPythonOfRecipes(t *testing.T) {
	tool, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("SKIP: python3 not installed, functions in the recipes of Yocto are not read")
	}
	blocks := regexp.MustCompile(`(?ms)^python \w* ?\(\) \{\n(.*?)^\}`).FindAllStringSubmatch(read(t, common)+read(t, recipe), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks found", len(blocks))
	}
	for _, b := range blocks {
		cmd := exec.Command(tool, "-c", "import sys; compile('def f(d, bb):\\n' + sys.stdin.read(), 'recipe', 'exec')")
		cmd.Stdin = strings.NewReader(b[1])
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

func TestKernelFragments(t *testing.T) {
	files, err := filepath.Glob("kernel/*.cfg")
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	where := map[string]string{}
	for _, f := range files {
		for i, line := range strings.Split(strings.TrimSpace(read(t, f)), "\n") {
			m := regexp.MustCompile(`^(CONFIG_[A-Z0-9_]+)=(?:y|m|\d+)$`).FindStringSubmatch(line)
			switch at := fmt.Sprintf("%s:%d", f, i+1); {
			case m == nil && line != "" && line[0] != '#':
				t.Errorf("%s: %s", at, line)
			case m != nil && where[m[1]] != "":
				t.Errorf("%s: %s is at %s already", at, m[1], where[m[1]])
			case m != nil:
				where[m[1]] = at
			}
		}
	}
}

// TestRAUCReadsTheSample: Debian's RAUC refuses /dev/null, and nothing before.
func TestRAUCReadsTheSample(t *testing.T) {
	tool, err := exec.LookPath("rauc")
	if err != nil {
		t.Skip("SKIP: rauc not installed, its sample configuration is not read; make e2e-rauc installs it")
	}
	out, err := exec.Command(tool, "-c", "rauc/system.conf", "info", os.DevNull).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "Invalid bundle format") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestDisksHaveTheSlotsWhereGRUBLooks: the second and the third partition, in
// both images.
func TestDisksHaveTheSlotsWhereGRUBLooks(t *testing.T) {
	want := []string{"usher-efi", "usher-a", "usher-b", "usher-record", "usher-data"}
	for file, pattern := range map[string]string{
		"buildroot/board/usher-pc/genimage.cfg": `(?m)^\tpartition (\S+) \{`,
		"yocto/files/wic/usher-ab.wks.in":       `(?m)^part .*--part-name (\S+)`,
	} {
		var got []string
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(read(t, file), -1) {
			got = append(got, m[1])
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", file, d)
		}
	}
	if grub := read(t, "boot/grub.cfg"); !strings.Contains(grub, "usher_part=gpt3; else set usher_part=gpt2") {
		t.Error("GRUB looks elsewhere")
	}
}

// TestScriptsOfImages: what they make, made twice.
func TestScriptsOfImages(t *testing.T) {
	root, efi := t.TempDir(), filepath.Join(t.TempDir(), "EFI", "BOOT")
	if err := os.Mkdir(filepath.Join(root, "boot"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "boot", "bzImage-6.12"), "kernel")
	for range 2 {
		for _, args := range [][]string{{"boot/efi-root.sh", root}, {"boot/efi-boot.sh", efi}} {
			if out, err := exec.Command(args[0], args[1:]...).CombinedOutput(); err != nil {
				t.Fatalf("%v: %v\n%s", args, err, out)
			}
		}
	}
	if to, err := os.Readlink(filepath.Join(root, "vmlinuz")); err != nil || to != "boot/bzImage-6.12" {
		t.Errorf("vmlinuz is %q, %v", to, err)
	}
	if fstab := read(t, filepath.Join(root, "etc", "fstab")); strings.Count(fstab, "\n") != 2 || !strings.Contains(fstab, "PARTLABEL=usher-data /var ") {
		t.Errorf("fstab:\n%s", fstab)
	}
	if unit := read(t, filepath.Join(root, "etc/systemd/system/usher-slots.service.d/board.conf")); strings.Count(unit, "DeviceAllow=/dev/disk/by-partlabel/usher-") != 3 {
		t.Errorf("unit:\n%s", unit)
	}
	if block := read(t, filepath.Join(efi, "grubenv")); len(block) != 1024 || !strings.HasPrefix(block, "# GRUB Environment Block\nusher_boot=a\n##") {
		t.Errorf("grubenv of %d bytes: %.40q", len(block), block)
	}
	if read(t, filepath.Join(efi, "grub.cfg")) != read(t, "boot/grub.cfg") {
		t.Error("another grub.cfg")
	}
	if tool, err := exec.LookPath("grub-editenv"); err != nil {
		t.Log("SKIP: grub-editenv not installed, GRUB itself has not read its environment")
	} else if out, err := exec.Command(tool, filepath.Join(efi, "grubenv"), "list").CombinedOutput(); err != nil || string(out) != "usher_boot=a\n" {
		t.Errorf("GRUB reads %q, %v", out, err)
	}
}
