// Package poster draws film posters and backdrops as SVG, in the manner of
// screen prints: a few flat colours, layered from far to near.
//
// The same Spec gives the same bytes. A picture has about two to six
// kilobytes, no script, no filter and no outside reference, so that a weak box
// can draw dozens of them. The package reads nothing, never blocks and keeps
// no state.
package poster

import (
	"fmt"
	"hash/fnv"
	"html"
	"math"
	"math/rand/v2"
	"strings"
	"unicode/utf8"
)

// Motif names what is in the picture; Motifs lists them.
type Motif string

// Palette names its colours; Palettes lists them.
type Palette string

// Spec says what to draw. An unknown motif or palette gives the first of the
// list, so that a new title always has a picture.
type Spec struct {
	Seed    string // chooses stars and ridges; usually the title's id
	Title   string // on the poster only
	Line    string // small print under the title; may be empty
	Motif   Motif
	Palette Palette
}

// Poster draws 600 by 900 units with the title in it.
func Poster(s Spec) []byte {
	c := newCanvas(s, 600, 900)
	c.ax, c.ay, c.scale = 300, 410, 1
	c.scene(s.Motif)
	c.rect(0, 690, c.w, 210, c.ink, 1) // where the title stands
	c.ridge(690, 26, 5, c.ink, 1)
	c.title(s.Title, s.Line)
	c.p(`<rect x="14" y="14" width="572" height="872" rx="6" fill="none" stroke="%s" stroke-opacity=".28" stroke-width="2"/>`, c.paper)
	return c.close(s.Title)
}

// Backdrop draws 1920 by 1080 units: the same scene without text, dark and
// calm on the left and at the bottom, where a page puts its own.
func Backdrop(s Spec) []byte {
	c := newCanvas(s, 1920, 1080)
	c.ax, c.ay, c.scale = 1330, 520, 1.35
	c.scene(s.Motif)
	c.ridge(930, 40, 6, c.ink, 1)
	c.p(`<linearGradient id="l"><stop offset="0" stop-color="%[1]s" stop-opacity=".92"/><stop offset=".34" stop-color="%[1]s" stop-opacity=".62"/><stop offset=".66" stop-color="%[1]s" stop-opacity="0"/></linearGradient>`, c.ink)
	c.p(`<linearGradient id="b" x2="0" y2="1"><stop offset=".55" stop-color="%[1]s" stop-opacity="0"/><stop offset="1" stop-color="%[1]s" stop-opacity=".9"/></linearGradient>`, c.ink)
	c.p(`<rect width="1920" height="1080" fill="url(#l)"/><rect width="1920" height="1080" fill="url(#b)"/>`)
	return c.close("")
}

// canvas is a picture being drawn. Motifs draw around the anchor (ax, ay) in
// units of scale; the ground under them is groundY.
type canvas struct {
	strings.Builder
	colours
	w, h, ax, ay, scale float64
	rng                 *rand.Rand
}

func newCanvas(s Spec, w, h float64) *canvas {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(s.Seed)) // a hash never fails
	seed := sum.Sum64()
	c := &canvas{w: w, h: h, rng: rand.New(rand.NewPCG(seed, seed>>7)), colours: coloursOf(s.Palette)}
	c.p(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" width="%g" height="%g">`, w, h, w, h)
	return c
}

// scene is the sky and the motif.
func (c *canvas) scene(m Motif) {
	c.p(`<linearGradient id="s" x2="0" y2="1"><stop offset="0" stop-color="%s"/><stop offset=".72" stop-color="%s"/></linearGradient>`, c.sky, c.haze)
	c.p(`<rect width="%g" height="%g" fill="url(#s)"/>`, c.w, c.h)
	drawing(m)(c)
}

func (c *canvas) close(title string) []byte {
	if title != "" {
		c.p(`<title>%s</title>`, html.EscapeString(title))
	}
	c.WriteString("</svg>")
	return []byte(c.String())
}

func (c *canvas) p(format string, args ...any) { fmt.Fprintf(c, format, args...) }

// groundY is the height of the ground that motifs stand on.
func (c *canvas) groundY() float64 { return c.ay + 200*c.scale }

// at draws inside the motif's own coordinates: the anchor is 0,0 and the
// ground is y = 200.
func (c *canvas) at(draw func()) {
	c.p(`<g transform="translate(%g %g) scale(%g)">`, c.ax, c.ay, c.scale)
	draw()
	c.p(`</g>`)
}

func (c *canvas) rect(x, y, w, h float64, fill string, opacity float64) {
	c.p(`<rect x="%g" y="%g" width="%g" height="%g" fill="%s"%s/>`, r1(x), r1(y), r1(w), r1(h), fill, see(opacity))
}

func (c *canvas) disc(x, y, r float64, fill string, opacity float64) {
	c.p(`<circle cx="%g" cy="%g" r="%g" fill="%s"%s/>`, r1(x), r1(y), r1(r), fill, see(opacity))
}

func (c *canvas) shape(d, fill string) { c.p(`<path d="%s" fill="%s"/>`, d, fill) }

func (c *canvas) stroke(d, colour string, width float64) {
	c.p(`<path d="%s" fill="none" stroke="%s" stroke-width="%g" stroke-linecap="round" stroke-linejoin="round"/>`, d, colour, width)
}

// sun is a disc in the sky with a pale ring, placed from the anchor.
func (c *canvas) sun(dx, dy, r float64) {
	x, y := c.ax+dx*c.scale, c.ay+dy*c.scale
	c.disc(x, y, r*1.45*c.scale, c.light, .16)
	c.disc(x, y, r*c.scale, c.light, 1)
}

// stars are strewn over the upper part of the sky.
func (c *canvas) stars(n int) {
	n = int(float64(n) * math.Sqrt(c.w/600))
	c.dots(n*3/4, c.h*.5, 2.2)
	c.dots(n/4, c.h*.5, 4)
}

// dots are strewn from the top down to a height. A line of no length with
// round ends is a dot in a quarter of a circle element's bytes.
func (c *canvas) dots(n int, height, size float64) {
	c.p(`<path stroke="%s" stroke-width="%g" stroke-linecap="round" d="`, c.paper, size)
	for range n {
		c.p("M%.0f %.0fh0", c.rng.Float64()*c.w, c.rng.Float64()*height)
	}
	c.p(`"/>`)
}

// ridge is a line of soft hills over the whole width, filled to the bottom.
func (c *canvas) ridge(y, amplitude float64, hills int, fill string, opacity float64) {
	step := c.w / float64(hills)
	var d strings.Builder
	prev := y + c.wobble(amplitude)
	fmt.Fprintf(&d, "M0 %gV%g", c.h, r1(prev))
	for i := range hills {
		next := y + c.wobble(amplitude)
		x := step * float64(i)
		fmt.Fprintf(&d, "C%g %g %g %g %g %g", r1(x+step*.5), r1(prev), r1(x+step*.5), r1(next), r1(x+step), r1(next))
		prev = next
	}
	fmt.Fprintf(&d, "V%gz", c.h)
	c.p(`<path d="%s" fill="%s"%s/>`, d.String(), fill, see(opacity))
}

// crags is a line of sharp peaks over the whole width.
func (c *canvas) crags(y, height float64, peaks int, fill string) {
	step := c.w / float64(peaks)
	var d strings.Builder
	fmt.Fprintf(&d, "M0 %gV%g", c.h, r1(y))
	for i := range peaks {
		x := step * float64(i)
		fmt.Fprintf(&d, "L%g %gL%g %g", r1(x+step*(.4+.2*c.rng.Float64())), r1(y-height*(.45+.55*c.rng.Float64())), r1(x+step), r1(y-height*.1*c.rng.Float64()))
	}
	fmt.Fprintf(&d, "V%gz", c.h)
	c.shape(d.String(), fill)
}

// sea is water up to y, with rows of broken light on it.
func (c *canvas) sea(y float64, fill string) {
	c.rect(0, y, c.w, c.h-y, fill, 1)
	c.p(`<g stroke="%s" stroke-width="3" stroke-linecap="round" opacity=".3">`, c.light)
	for i := range 14 {
		f := float64(i)
		length, x := 18+8*f*c.rng.Float64(), c.ax+c.wobble(60+18*f)
		c.p(`<path d="M%g %gh%g"/>`, r1(x-length/2), r1(y+10+f*f*.9+f*3), r1(length))
	}
	c.p(`</g>`)
}

// swell is a row of round waves over the whole width.
func (c *canvas) swell(y, length float64, fill string) {
	var d strings.Builder
	fmt.Fprintf(&d, "M0 %gV%g", c.h, r1(y))
	for x := 0.0; x < c.w; x += length {
		fmt.Fprintf(&d, "q%g %g %g 0", r1(length/2), r1(-length*.3), r1(length))
	}
	fmt.Fprintf(&d, "V%gz", c.h)
	c.shape(d.String(), fill)
}

// cloud is a flat-bottomed cloud of a given width around x, y.
func (c *canvas) cloud(x, y, w float64, fill string, opacity float64) {
	c.p(`<path transform="translate(%g %g) scale(%g)" d="M-50 0a20 20 0 0 1 12-34a30 30 0 0 1 54-10a24 24 0 0 1 34 44z" fill="%s"%s/>`, r1(x), r1(y), r2(w/100), fill, see(opacity))
}

func (c *canvas) wobble(a float64) float64 { return (c.rng.Float64()*2 - 1) * a }

// title sets the title in at most three lines at the foot of the poster. The
// size is reckoned for a wide bold face, so that no narrower one can overflow.
func (c *canvas) title(title, line string) {
	lines, size := fit(title, 500)
	y := 824 - float64(len(lines)-1)*size*1.08
	if len(lines) == 1 {
		y = 806 // alone, it stands in the middle of the band
	}
	c.p(`<g font-family="'Avenir Next','Inter','DejaVu Sans',sans-serif" text-anchor="middle">`)
	for i, l := range lines {
		c.p(`<text x="300" y="%g" font-size="%g" font-weight="700" fill="%s">%s</text>`, r1(y+float64(i)*size*1.08), size, c.paper, html.EscapeString(l))
	}
	if line != "" {
		c.p(`<text x="300" y="866" font-size="22" letter-spacing="4" fill="%s">%s</text>`, c.hot, html.EscapeString(strings.ToUpper(line)))
	}
	c.p(`</g>`)
}

// fit breaks a title into lines and gives the largest size that fits width.
func fit(title string, width float64) (lines []string, size float64) {
	words := strings.Fields(title)
	if len(words) == 0 {
		return nil, 0
	}
	for n := 1; n <= 3; n++ {
		cut := breakLines(words, n)
		longest := 1
		for _, l := range cut {
			longest = max(longest, utf8.RuneCountInString(l))
		}
		s := math.Floor(min(width/(float64(longest)*.68), 62-float64(len(cut)-1)*7))
		if enough := []float64{0, 50, 34}[n-1]; s > size && (n == 1 || size < enough) { // no further line for a little more size
			lines, size = cut, s
		}
	}
	return lines, size
}

// breakLines spreads words over n lines so that the longest is short.
func breakLines(words []string, n int) []string {
	text := strings.Join(words, " ")
	for width := (len(text) + n - 1) / n; width <= len(text); width++ {
		if lines := wrap(words, width); len(lines) <= n {
			return lines
		}
	}
	return []string{text}
}

func wrap(words []string, width int) []string {
	var lines []string
	for _, w := range words {
		if last := len(lines) - 1; last >= 0 && len(lines[last])+1+len(w) <= width {
			lines[last] += " " + w
		} else {
			lines = append(lines, w)
		}
	}
	return lines
}

// see is the opacity attribute, left out where it is the default.
func see(opacity float64) string {
	if opacity == 1 {
		return ""
	}
	return fmt.Sprintf(` opacity="%g"`, opacity)
}

func r1(v float64) float64 { return math.Round(v*10) / 10 }
func r2(v float64) float64 { return math.Round(v*100) / 100 }
