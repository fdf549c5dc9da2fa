package main

import (
	"crypto/md5"
	"embed"
	"fmt"
	"strings"
)

//go:embed scripts
var scripts embed.FS

// control are the files that dpkg reads: deb-control(5), conffiles, sums and
// the maintainer scripts.
func (j *job) control(arch string, data []entry) ([]entry, error) {
	list := []entry{
		{"control", 0o644, []byte(j.fields(arch, data))},
		{"conffiles", 0o644, []byte(conffiles(data))},
		{"md5sums", 0o644, []byte(sums(data))},
	}
	for _, name := range []string{"postinst", "prerm", "postrm"} {
		text, err := scripts.ReadFile("scripts/" + name)
		if err != nil {
			return nil, fmt.Errorf("pack: %w", err)
		}
		list = append(list, entry{name, 0o755, text})
	}
	return list, nil
}

// fields describes the package. Recommended is what the default configuration
// uses and another can do without: a box with VLC, or with a player of its own,
// needs no mpv.
func (j *job) fields(arch string, data []entry) string {
	kib := 0
	for _, f := range data {
		kib += (len(f.data) + 1023) / 1024
	}
	return fmt.Sprintf(`Package: usher
Version: %s
Architecture: %s
Maintainer: %s
Installed-Size: %d
Depends: ca-certificates, dbus, systemd | systemd-standalone-sysusers | systemd-sysusers
Recommends: mpv, mpv-mpris, fonts-droid-fallback, fonts-thai-tlwg
Suggests: cog | chromium, curl, polkitd, speech-dispatcher | espeak-ng, vlc-bin, vlc-plugin-base
Section: video
Priority: optional
Description: film and series box: streaming service and native player together
 Usher turns a machine on a television into a box for films and series. It
 finds titles at the services that the household has, plays them on a native
 player over MPRIS, feeds it through a cache that rides out bad networks, and
 is steered by remotes, by the television (HDMI-CEC), by phones, and from the
 command line.
 .
 The daemon runs without privileges. The page for the television is shown by
 any browser on the box; units for cog and Chromium are included.
`, j.version, arch, j.maintainer, kib)
}

// conffiles are those below etc: what an administrator changed there is kept.
func conffiles(data []entry) string {
	var out strings.Builder
	for _, f := range data {
		if strings.HasPrefix(f.name, "etc/") {
			fmt.Fprintf(&out, "/%s\n", f.name)
		}
	}
	return out.String()
}

// sums lets dpkg --verify find damaged files. MD5 is the format; it is no
// protection against anybody.
func sums(data []entry) string {
	var out strings.Builder
	for _, f := range data {
		if !strings.HasPrefix(f.name, "etc/") {
			fmt.Fprintf(&out, "%x  %s\n", md5.Sum(f.data), f.name)
		}
	}
	return out.String()
}
