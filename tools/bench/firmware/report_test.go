package main

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// made is a bench that found what is said: seconds of Usher, of RAUC, and the
// memory of Usher in MB.
func made(word string, usher, rauc float64, extra int64) *bench {
	s := &stage{word: word, images: images{files: 3, bytes: 4e6, changed: 9_800_000}}
	b := &bench{stage: s, found: map[string][]figure{}, wrong: map[string]error{"SWUpdate": errors.New("open /a/b/c/d: no such file")}}
	b.list = []contender{&named{fromOld}, &named{"RAUC"}, &named{"SWUpdate"}, &named{theDisk}, &named{theReading}}
	for _, more := range []float64{0, 3, 1} {
		b.found[fromOld] = append(b.found[fromOld], figure{seconds: usher + more, cpu: 3, all: 3.5, server: 0.25, extra: extra * 1e6, fetched: 4_700_000, read: 512 << 20, written: 256 << 20})
		b.found["RAUC"] = append(b.found["RAUC"], figure{seconds: rauc + more})
		b.found[theDisk] = append(b.found[theDisk], figure{seconds: 1})
		b.found[theReading] = append(b.found[theReading], figure{seconds: 0.5})
	}
	return b
}

// named is a contender that does nothing.
type named struct{ word string }

func (n *named) name() string           { return n.word }
func (*named) what() string             { return "as it is" }
func (*named) version() string          { return "" }
func (*named) open() error              { return nil }
func (*named) install() (figure, error) { return figure{}, nil }

func TestReport(t *testing.T) {
	text := report([]*bench{made("on the disk", 1, 9, 12), made("in memory", 1, 2, 17)}, "a machine", 3, time.Minute)
	for _, want := range []string{
		"everything on the disk", "everything in memory", "| RAUC ", "10.00 ", // the median of RAUC on the disk
		"SWUpdate                | -       | as it is | went wrong: open …/d: no such file |",
		"| 512       | 256          | 2.00                    | 2.00        | 3.33                 | reached ", "| 2.00                    | 2.00        | 1.00                 | out of the disk's reach ",
		"| 1.50       | 3.50             | 0.25 ", "desync 1.0.4",
		"| 5.00 times   | met    |", "| 1.50 times   | MISSED |", "| 12.0 MB      | met    |", "| 17.0 MB      | MISSED |",
		"| 4.70 MB      | met    |", "| not measured | open   |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}
