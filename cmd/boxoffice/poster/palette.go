package poster

import (
	"maps"
	"slices"
)

// colours are those of one print, from the sky down to the ink.
type colours struct {
	sky, haze string // the sky's top and bottom
	light     string // sun, moon, lit windows
	far       string
	mid       string
	near      string
	ink       string // the darkest, under the title
	hot       string // the accent
	paper     string // the lightest, for text
}

func palettes() map[Palette]colours {
	return map[Palette]colours{
		"dusk":   {"#2b2350", "#e8836b", "#ffd9a0", "#8a4f7d", "#5b3468", "#37204d", "#1c1330", "#ffb457", "#fff1dc"},
		"sea":    {"#0d3b52", "#8fcbc0", "#f6e7b4", "#3f8f96", "#226a7a", "#124a5e", "#0a2836", "#f2a65a", "#f4f1e4"},
		"forest": {"#24453d", "#d9d9a3", "#f7e9b0", "#7f9d6d", "#4d7558", "#2b5244", "#142b27", "#e9a23b", "#f6f3df"},
		"ember":  {"#4a1520", "#f08a4b", "#ffd98a", "#b5482f", "#7d2a2c", "#511a26", "#2a0d17", "#ffc65c", "#fff0d8"},
		"night":  {"#0b1030", "#3a4f8f", "#f4ecd0", "#2f3f7d", "#202c60", "#151d46", "#0a0e26", "#f5b95f", "#eef0fb"},
		"paper":  {"#cdbd98", "#f3e8cf", "#d9654b", "#b9a57c", "#7f8468", "#466159", "#22363a", "#e07a5f", "#fbf5e6"},
		"candy":  {"#3c2a63", "#f7a6b2", "#ffe3a8", "#e0728e", "#a9508a", "#6a3877", "#34204f", "#ffd166", "#fff4ec"},
		"desert": {"#27507a", "#f6cf8f", "#fff0c4", "#e0a15c", "#c2743f", "#8d4a30", "#43241f", "#f7d277", "#fff3dc"},
		"ice":    {"#2a4a6b", "#d3e3ea", "#ffffff", "#a3bfd0", "#6f98b5", "#3d6a8e", "#18324a", "#f08a5d", "#f5fafc"},
		"gold":   {"#6b3f1d", "#f5c76a", "#fff0c0", "#d3913f", "#9b5f2b", "#663b22", "#341d14", "#ffe08a", "#fff5dd"},
		"spring": {"#3f8f8a", "#e8f0b8", "#fff6c9", "#9cc97a", "#5fa46a", "#317a62", "#154740", "#f2685c", "#fcfbe8"},
	}
}

// Palettes lists the palettes by name.
func Palettes() []Palette { return slices.Sorted(maps.Keys(palettes())) }

func coloursOf(p Palette) colours {
	all := palettes()
	if c, ok := all[p]; ok {
		return c
	}
	return all[Palettes()[0]]
}
