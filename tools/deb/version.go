package main

import (
	"fmt"
	"regexp"
	"time"
)

// debianVersion turns what git describe --tags --always --dirty prints into a
// version of Debian that sorts the same way: a candidate before its release,
// commits after a tag after it. A commit without any tag before it is older than
// every release, and takes its place by its time.
func debianVersion(git string, when time.Time) (string, error) {
	untagged := regexp.MustCompile(`^([0-9a-f]{7,40})(-dirty)?$`)
	if m := untagged.FindStringSubmatch(git); m != nil {
		return "0~git" + when.UTC().Format("20060102150405") + "." + m[1] + dirt(m[2]), nil
	}
	tagged := regexp.MustCompile(`^v?([0-9][0-9A-Za-z.+~]*?)(?:-((?:rc|beta|alpha)[0-9.]*))?(?:-([0-9]+)-g([0-9a-f]+))?(-dirty)?$`)
	m := tagged.FindStringSubmatch(git)
	if m == nil {
		return "", fmt.Errorf("version %q: want a tag such as v1.2.3, or what git describe makes of one; see docs/packaging.md", git)
	}
	v := m[1]
	if m[2] != "" {
		v += "~" + m[2]
	}
	if m[3] != "" {
		v += "+" + m[3] + ".g" + m[4]
	}
	return v + dirt(m[5]), nil
}

func dirt(suffix string) string {
	if suffix == "" {
		return ""
	}
	return "+dirty"
}
