package e2e

import (
	"slices"
	"strings"
	"testing"
)

// flow is a test that comes by moments.
type flow struct {
	name string
	test func(*testing.T)
}

func flows() []flow {
	return []flow{
		{"first start", TestFirstStartAsksForTheLanguage},
		{"network", TestFirstStartWithoutANetwork},
		{"portal", TestNetworkOfTheHotel},
		{"away", TestDaemonKilledOnEveryScreen},
		{"pairing", TestPairByKeysAndPhone},
		{"declined", TestDeclinedOnThePhone},
		{"family", TestAFamilyByKeys},
		{"evening", TestAnEvening},
		{"AI", TestLabelOfAI},
		{"next", TestNextEpisodeByItself},
		{"winding", TestPicturesWhileWinding},
		{"live", TestLiveIsWoundByKeys},
		{"rest", TestScreensaverAndStandby},
		{"warning", TestStandbyIsWarnedOf},
		{"privacy", TestWhatWouldBeSent},
		{"update", TestUpdateByKeys},
		{"contrast", TestHighContrast},
		{"nothing found", TestNothingFound},
		{"phone", TestPhoneAsRemote},
	}
}

// TestPicturesOfMoments has the tests that come by moments keep their pictures
// in -screens, or compare them.
func TestPicturesOfMoments(t *testing.T) {
	if *screensDir == "" {
		t.Skip("SKIP: no -screens folder; make screens makes the pictures")
	}
	for _, run := range flows() {
		if *only == "" || *only == run.name {
			t.Run(strings.ReplaceAll(run.name, " ", "-"), run.test)
		}
	}
}

// TestStorm kills the daemon at each of the moments that tests come by, each in
// a run of its own, which ends there.
func TestStorm(t *testing.T) {
	if *storm == "" {
		t.Skip("SKIP: no -storm; make storm kills the daemon at every moment")
	}
	asked := strings.Split(*storm, ",")
	for _, f := range moments() {
		if asked[0] != "all" && !slices.Contains(asked, f.name) || f.by == "away" {
			continue
		}
		*storm = f.name
		i := slices.IndexFunc(flows(), func(run flow) bool { return run.name == f.by })
		if i < 0 {
			t.Fatalf("%s: no test is called %q", f.name, f.by)
		}
		t.Run(f.name, func(t *testing.T) {
			t.Run("until", flows()[i].test)
			if *storm != "" {
				t.Errorf("%s never came by %s", f.by, f.name)
			}
		})
	}
}

// moment keeps or compares the picture of a moment; without -screens it is looked
// at. False: it is not among the faces.
func (s *screen) moment(name string) bool {
	s.t.Helper()
	all := moments()
	i := slices.IndexFunc(all, func(f face) bool { return f.moment == name })
	switch {
	case i < 0 || *storm != "" && *storm != all[i].name:
		return i >= 0
	case *storm != "":
		s.killed(all[i], func() {})
		*storm = ""
		s.t.SkipNow() // its end
	case *screensDir == "":
		if *screenshots == "" {
			s.look(all[i])
		}
		return false
	}
	s.depict(all[i])
	return true
}
