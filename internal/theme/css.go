package theme

import (
	"fmt"
	"math"
	"strings"
)

// Contrast is the contrast ratio of two colours of six hexadecimal digits, 1 to
// 21 (WCAG 2.2, "contrast ratio").
func Contrast(a, b string) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is the relative luminance (WCAG 2.2).
func luminance(color string) float64 {
	part := func(at int) float64 {
		v := float64(channel(color, at)) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*part(0) + 0.7152*part(1) + 0.0722*part(2)
}

// CSS is the theme as a style sheet that comes after the page's own.
func (t *Theme) CSS() []byte {
	var b strings.Builder
	c := t.Colors
	fmt.Fprintf(&b, ":root{--ink:#%s;--ink-rgb:%d %d %d;--ink-2:#%s;--ink-3:#%s;--text:#%s;--soft:#%s;--amber:#%s;--light:#%s;--on-light:#%s;--good:#%s;--bad:#%s",
		c.Background, channel(c.Background, 0), channel(c.Background, 1), channel(c.Background, 2),
		c.Surface, c.Surface, c.Text, c.Soft, c.Accent, c.Focus, c.OnFocus, c.Good, c.Bad)
	if t.Name != "" {
		fmt.Fprintf(&b, ";--brand:%q", t.Name)
	}
	if t.Radius >= 0 {
		fmt.Fprintf(&b, ";--round:%.3g", float64(t.Radius)/usual)
	}
	if t.Radius == 0 {
		b.WriteString(";--pill:0px")
	}
	if t.Family != "" {
		fmt.Fprintf(&b, ";--family:%q", t.Family)
	}
	b.WriteString("}\n")
	if t.Logo != nil {
		fmt.Fprintf(&b, ".wordmark{width:11rem;height:1em;background:url(/%s) left center/contain no-repeat}.wordmark>*{display:none}\n", t.Logo.File)
	}
	return []byte(b.String())
}
