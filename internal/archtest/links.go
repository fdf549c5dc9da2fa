package archtest

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"strings"
)

// checkLinks gives every relative link of the Markdown files in tree that
// leads nowhere: to a file that is not there, or to a heading that is not.
func checkLinks(tree fs.FS) ([]string, error) {
	var faults []string
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := d.Name(); base == "node_modules" || base == "testdata" || base != "." && strings.HasPrefix(base, ".") {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".md" {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		for _, target := range links(string(text)) {
			if why := dead(tree, name, target); why != "" {
				faults = append(faults, fmt.Sprintf("%s: link %q: %s", name, target, why))
			}
		}
		return nil
	})
	return faults, err
}

// links are the targets of [text](target) and ![text](target) outside code.
func links(text string) []string {
	code := regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")
	link := regexp.MustCompile(`\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)`)
	var targets []string
	for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(text, ""), -1) {
		targets = append(targets, m[1])
	}
	return targets
}

// dead says why a link leads nowhere; "" when it leads somewhere, or out of
// the repository, where this test does not follow.
func dead(tree fs.FS, from, target string) string {
	u, err := url.Parse(target)
	if err != nil {
		return "not a URL"
	}
	if u.Scheme != "" || u.Host != "" {
		return ""
	}
	name := from
	if u.Path != "" {
		name = path.Join(path.Dir(from), u.Path)
	}
	if strings.HasPrefix(u.Path, "/") || strings.HasPrefix(name, "..") {
		return "leaves the repository"
	}
	text, err := fs.ReadFile(tree, name)
	if errors.Is(err, fs.ErrNotExist) {
		return "no such file"
	}
	if u.Fragment != "" && path.Ext(name) == ".md" && !strings.Contains(anchors(string(text)), "\n"+u.Fragment+"\n") {
		return "no such heading"
	}
	return ""
}

// anchors are the names of the headings as code forges make them: lower case,
// spaces to dashes, punctuation dropped.
func anchors(text string) string {
	var b strings.Builder
	b.WriteString("\n")
	for _, l := range strings.Split(text, "\n") {
		title := strings.TrimLeft(l, "#")
		if title == l || !strings.HasPrefix(title, " ") {
			continue
		}
		drop := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
		b.WriteString(strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), ""), " ", "-") + "\n")
	}
	return b.String()
}
