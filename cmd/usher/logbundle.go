package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

const logDetail = `bundle [FILE]   pack what helps to find a fault into FILE (usher-log.tar.gz; - is
                standard output): how the box stands, what doctor and why say,
                figures, the journal, and the log of the service manager where it
                can be read. Tokens, codes, addresses beyond their host, and what
                anybody watches are left out; each file is plain text to be read
                before it is sent.`

// logs packs what helps to find a fault.
func logs(ctx context.Context, a *app, words []string) error {
	if words[0] != "bundle" {
		return usage(fmt.Sprintf("log can do nothing called %q.", words[0]), "See: usher help log")
	}
	name := "usher-log.tar.gz"
	if len(words) > 1 {
		name = words[1]
	}
	var packed bytes.Buffer
	if err := pack(&packed, a.collect(ctx)); err != nil {
		return err
	}
	if name == "-" {
		_, err := a.out.Write(packed.Bytes())
		return err
	}
	if err := os.WriteFile(name, packed.Bytes(), 0o600); err != nil {
		return &failure{code: exitFailed, key: "not_written", text: fmt.Sprintf("The bundle cannot be written: %v.", root(err)), hint: "Name another file: usher log bundle FILE"}
	}
	if a.opt.json {
		return a.print(map[string]any{"file": name, "bytes": packed.Len()})
	}
	fmt.Fprintf(a.out, "%s, %s. Read it before you send it.\n", name, size(int64(packed.Len())))
	return nil
}

// page is one file of a bundle.
type page struct{ name, text string }

// collect asks for all there is. What does not answer says so in its place.
func (a *app) collect(ctx context.Context) []page {
	pages := []page{{"about.txt", fmt.Sprintf("usher %s, %s\n", version, time.Now().UTC().Format(time.RFC3339))}}
	add := func(name, text string) { pages = append(pages, page{name, redact(text)}) }
	for _, m := range []string{"system.get", "playback.get", "pairing.get", "catalog.services", "cache.status", "system.doctor"} {
		add(strings.ReplaceAll(m, ".", "-")+".json", a.answer(ctx, m, nil))
	}
	for _, topic := range whyTopics() {
		add("why-"+topic+".json", a.answer(ctx, "system.why", map[string]string{"topic": topic}))
	}
	add("journal.json", a.answer(ctx, "journal.read", map[string]int{"last": 500}))
	add("machine.txt", machineText(ctx))
	add("log.txt", serviceLog(ctx))
	return pages
}

// answer is what a call gave, without what is private, or why it gave nothing.
func (a *app) answer(ctx context.Context, method string, params any) string {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	c, err := a.connect(ctx)
	if err != nil {
		return err.Error() + "\n"
	}
	defer c.close()
	c.patience = 15 * time.Second
	var raw any
	if err := c.call(ctx, method, params, &raw); err != nil {
		return err.Error() + "\n"
	}
	text, err := json.MarshalIndent(withoutPrivate(raw), "", "  ")
	if err != nil {
		return err.Error() + "\n"
	}
	return string(text) + "\n"
}

// private are members that say what is watched, by whom, or how an account is had.
func private() []string {
	return []string{
		"titleId", "seriesId", "nextId", "name", "seriesName", "nextName", "poster", "backdrop", "url", "uri", "uriComplete",
		"userCode", "qr", "trickplay", "busAddress", "audio", "subtitle", "title", "profile", "progress", "household", "watchlist",
		"series", "next", "choices", "kept", // in the journal, whose keys are titles
	}
}

// withoutPrivate takes private members out of JSON, at any depth. A service's
// name stays: its object has an id.
func withoutPrivate(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, member := range v {
			if isPrivate(k) && member != nil && (k != "name" || v["id"] == nil && v["severity"] == nil) {
				out[k] = "(left out)"
				continue
			}
			out[k] = withoutPrivate(member)
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, e := range v {
			out = append(out, withoutPrivate(e))
		}
		return out
	case string:
		return redact(linesWithoutPrivate(v))
	}
	return v
}

func isPrivate(member string) bool {
	return slices.ContainsFunc(private(), func(p string) bool { return strings.EqualFold(p, member) })
}

// linesWithoutPrivate does the same for a text of JSON lines: the journal.
func linesWithoutPrivate(text string) string {
	if !strings.HasPrefix(text, "{") {
		return text
	}
	var out strings.Builder
	for line := range strings.Lines(text) {
		var v any
		if json.Unmarshal([]byte(line), &v) != nil {
			continue // half a line helps nobody
		}
		clean, err := json.Marshal(withoutPrivate(v))
		if err == nil {
			out.Write(append(clean, '\n'))
		}
	}
	return out.String()
}

// redact takes out of a text what looks like a token, a code, or more of an
// address than its host.
func redact(text string) string {
	for _, r := range []struct{ what, by string }{
		{`eyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*)*`, "(token)"},
		{`(?i)\b(bearer|dpop|basic) [A-Za-z0-9+/=._~-]{8,}`, "$1 (token)"},
		{`(?i)\b(token|secret|password|authorization|pin|user_code|device_code)["']?\s*[=:]\s*["']?[^\s"',}]{4,}`, "$1=(left out)"},
		{`(?i)\b(https?|unix)://([^/\s"'?#]*@)?([^/\s"'?#]+)[^\s"']*`, "$1://$3/(left out)"},
		{`(?i)\btitle=\S+`, "title=(left out)"},
		{`\b[A-Za-z0-9_-]{40,}\b`, "(token)"},
		{`\b[A-Z0-9]{4}-[A-Z0-9]{4}\b`, "(code)"},
	} {
		text = regexp.MustCompile(r.what).ReplaceAllString(text, r.by)
	}
	return text
}

// machineText says what machine this is.
func machineText(ctx context.Context) string {
	var text strings.Builder
	for _, file := range []string{"/etc/os-release", "/proc/version", "/proc/uptime", "/proc/loadavg", "/proc/meminfo"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			raw = []byte(err.Error() + "\n")
		}
		fmt.Fprintf(&text, "== %s\n%.4000s\n", file, raw)
	}
	for _, cmd := range [][]string{{"df", "-h"}, {"ip", "-brief", "address"}, {"timedatectl"}} {
		fmt.Fprintf(&text, "== %s\n%s\n", strings.Join(cmd, " "), output(ctx, cmd...))
	}
	return text.String()
}

// serviceLog is the end of the daemon's log, where systemd keeps it.
func serviceLog(ctx context.Context) string {
	return output(ctx, "journalctl", "--unit=usherd", "--lines=2000", "--no-pager", "--output=short-iso")
}

// output is what a program says, or why it says nothing.
func output(ctx context.Context, words ...string) string {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return words[0] + " is not there\n"
	}
	return string(out[max(len(out)-1<<20, 0):])
}

// pack writes pages as a compressed archive.
func pack(to io.Writer, pages []page) error {
	z := gzip.NewWriter(to)
	t := tar.NewWriter(z)
	for _, p := range pages {
		head := tar.Header{Name: "usher-log/" + p.name, Mode: 0o600, Size: int64(len(p.text)), ModTime: time.Now(), Format: tar.FormatPAX}
		if err := t.WriteHeader(&head); err != nil {
			return fmt.Errorf("pack %s: %w", p.name, err)
		}
		if _, err := io.WriteString(t, p.text); err != nil {
			return fmt.Errorf("pack %s: %w", p.name, err)
		}
	}
	return errors.Join(t.Close(), z.Close())
}
