package results

import "testing"

func TestReplaceSection(t *testing.T) {
	for name, c := range map[string]struct{ old, want string }{
		"new file": {"", "# Results of the benches\n\n## cache\n\nnew\n"},
		"added":    {"# R\n\n## ui\n\nx\n", "# R\n\n## ui\n\nx\n\n## cache\n\nnew\n"},
		"last":     {"# R\n\n## ui\n\nx\n\n## cache\n\nold\nold\n", "# R\n\n## ui\n\nx\n\n## cache\n\nnew\n"},
		"middle":   {"# R\n\n## cache\n\nold\n\n## ui\n\nx\n", "# R\n\n## cache\n\nnew\n\n## ui\n\nx\n"},
	} {
		if got := replaceSection(c.old, "cache", "new\n"); got != c.want {
			t.Errorf("%s:\n%q\nwant\n%q", name, got, c.want)
		}
		if got := replaceSection(c.want, "cache", "new\n"); got != c.want {
			t.Errorf("%s: a second time it changes to\n%q", name, got)
		}
	}
}

func TestQuantile(t *testing.T) {
	list := []float64{5, 1, 4, 2, 3}
	if Median(list) != 3 || Quantile(list, 0.99) != 5 || Quantile(list, 1) != 5 || Median(nil) != 0 {
		t.Error(Median(list), Quantile(list, 0.99), Quantile(list, 1), Median(nil))
	}
}

func TestCleanKeepsFoldersOut(t *testing.T) {
	got := Clean("start: exec /var/tmp/x/y|z: no\n such file http://127.0.0.1:1/x/y/z")
	if got != "start: exec …/z: no such file http://127.0.0.1:1/x/y/z" {
		t.Errorf("%q", got)
	}
}
