package poster

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"
)

func specs() []Spec {
	var all []Spec
	for i, m := range Motifs() {
		p := Palettes()[i%len(Palettes())]
		all = append(all, Spec{Seed: string(m), Title: "A Title of <Some> Length & More", Line: "2026", Motif: m, Palette: p})
	}
	return all
}

func TestPicturesAreWellFormedAndLight(t *testing.T) {
	for _, s := range specs() {
		for kind, svg := range map[string][]byte{"poster": Poster(s), "backdrop": Backdrop(s)} {
			if err := wellFormed(svg); err != nil {
				t.Errorf("%s %s: %v", s.Motif, kind, err)
			}
			if len(svg) < 1500 || len(svg) > 7<<10 {
				t.Errorf("%s %s: %d bytes", s.Motif, kind, len(svg))
			}
			for _, bad := range []string{"%!", "NaN", "Inf", "script", "http://www.w3.org/1999"} {
				if bytes.Contains(svg, []byte(bad)) {
					t.Errorf("%s %s contains %q", s.Motif, kind, bad)
				}
			}
		}
	}
}

func wellFormed(svg []byte) error {
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func TestSameSpecSamePicture(t *testing.T) {
	for _, s := range specs() {
		if !bytes.Equal(Poster(s), Poster(s)) || !bytes.Equal(Backdrop(s), Backdrop(s)) {
			t.Errorf("%s differs from itself", s.Motif)
		}
		other := s
		other.Seed = "another"
		if bytes.Equal(Poster(s), Poster(other)) {
			t.Errorf("%s does not depend on the seed", s.Motif)
		}
	}
}

func TestUnknownMotifAndPaletteStillDraw(t *testing.T) {
	if svg := Poster(Spec{Title: "x", Motif: "none", Palette: "none"}); wellFormed(svg) != nil || len(svg) < 1000 {
		t.Errorf("%s", svg)
	}
}

func TestBackdropHasNoTitle(t *testing.T) {
	s := Spec{Seed: "a", Title: "Unmistakable", Motif: "sailboat", Palette: "night"}
	if bytes.Contains(Backdrop(s), []byte("Unmistakable")) || !bytes.Contains(Poster(s), []byte("Unmistakable")) {
		t.Error("title in the wrong picture")
	}
}

func FuzzFit(f *testing.F) {
	for _, s := range []string{"Nine Bridges", "The Festival of Floating Lights", "Donaudampfschifffahrtsgesellschaft", "", "a b c d e f g h i j k l m n o p", "灯火海岸", "<&>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, title string) {
		if len(title) > 200 || !utf8.ValidString(title) {
			return
		}
		lines, size := fit(title, 500)
		if len(lines) > 3 || size < 0 || size > 62 {
			t.Fatalf("%d lines of %g", len(lines), size)
		}
		for _, l := range lines { // 0.68 em is the mean of DejaVu Sans Bold, the widest face we name
			if width := float64(utf8.RuneCountInString(l)) * .68 * size; width > 501 {
				t.Errorf("line %q is %g wide", l, width)
			}
		}
		if got, want := strings.Join(lines, " "), strings.Join(strings.Fields(title), " "); got != want {
			t.Errorf("%q became %q", want, got)
		}
	})
}
