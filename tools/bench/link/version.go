package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// versionOf is what the programs of a contender say of themselves.
func (b *bench) versionOf(contender string) string {
	mpv := programVersion("mpv", "--version")
	switch contender {
	case "VLC":
		return programVersion("vlc", "--version")
	case "GStreamer":
		return programVersion("gst-launch-1.0", "--version")
	case "hls.js":
		return npmVersion(filepath.Join(b.o.npm, "node_modules/hls.js")) + ", Chromium " + programVersion("chromium", "--version")
	case "nginx + mpv":
		return programVersion("nginx", "-v") + ", " + mpv
	case usherName, kitName:
		return b.usherVersion() + ", " + mpv
	}
	return mpv
}

// usherVersion is asked as whoever runs the bench: the tree may be closed to others.
func (b *bench) usherVersion() string {
	out, _ := exec.Command(b.o.usherd, "-version").Output() //nolint:noctx // it ends by itself
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "usherd ")
}

// programVersion is the first thing in a program's answer that looks like a version.
func programVersion(name, flag string) string {
	if _, err := exec.LookPath(name); err != nil {
		name = "/usr/sbin/" + name
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, flag)
	if name == "vlc" && os.Getuid() == 0 { // it refuses to say anything to root
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		cmd.Dir, cmd.Env = "/", append(plainEnv(), "HOME=/")
	}
	out, _ := cmd.CombinedOutput() // what it says counts, not how it ends
	return regexp.MustCompile(`\d+(\.\d+){2,}`).FindString(string(out))
}

// npmVersion is that of an npm package in a folder.
func npmVersion(dir string) string {
	var about struct{ Version string }
	data, err := os.ReadFile(filepath.Join(dir, "package.json"))
	if err != nil || json.Unmarshal(data, &about) != nil {
		return ""
	}
	return about.Version
}
