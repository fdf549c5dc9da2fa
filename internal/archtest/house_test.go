package archtest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// repository is the root of the module, seen from this package.
const repository = "../.."

func ours(t *testing.T) []pkg {
	t.Helper()
	pkgs, err := load(t.Context(), repository, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(pkgs) < 10 {
		t.Fatalf("go list found %d packages; that is not the house", len(pkgs))
	}
	return pkgs
}

func report(t *testing.T, faults []string) {
	t.Helper()
	for _, f := range faults {
		t.Error(f)
	}
}

func TestImports(t *testing.T) { report(t, checkImports(ours(t), rules(), homes())) }

func TestSource(t *testing.T) {
	report(t, checkSource(ours(t), rules(), homes(), longFunctions()))
}

// TestLinks looks into every folder, which is also why the go command never
// takes a cached result of this package for a tree that has changed.
func TestLinks(t *testing.T) {
	faults, err := checkLinks(os.DirFS(repository))
	if err != nil {
		t.Fatal(err)
	}
	report(t, faults)
}

// TestRulesAreSound keeps the table itself free of slips.
func TestRulesAreSound(t *testing.T) {
	all := rules()
	for i, r := range all {
		if r.why == "" {
			t.Errorf("%s: has no reason", r.pkg)
		}
		if j := slices.IndexFunc(all, func(o rule) bool { return o.pkg == r.pkg }); j != i {
			t.Errorf("%s: has two rules", r.pkg)
		}
		for _, p := range slices.Concat(r.may, r.tests) {
			if _, ok := ruleOf(p, all); !ok && filepath.Base(p) != "..." {
				t.Errorf("%s: may import %s, which has no rule", r.pkg, p)
			}
		}
	}
	for _, v := range vocabulary() {
		if r, _ := ruleOf(v, all); len(r.may) > 0 {
			t.Errorf("%s: a vocabulary must import nothing of ours", v)
		}
	}
}
