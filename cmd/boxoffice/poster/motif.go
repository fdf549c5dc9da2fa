package poster

import (
	"maps"
	"slices"
)

func motifs() map[Motif]func(*canvas) {
	return map[Motif]func(*canvas){
		"bowl": (*canvas).bowl, "bridge": (*canvas).bridge, "city": (*canvas).city, "clouds": (*canvas).clouds,
		"comet": (*canvas).comet, "cranes": (*canvas).cranes, "dunes": (*canvas).dunes, "ferry": (*canvas).ferry,
		"frame": (*canvas).frame, "kites": (*canvas).kites, "lanterns": (*canvas).lanterns, "lighthouse": (*canvas).lighthouse,
		"mountains": (*canvas).mountains, "peaks": (*canvas).peaks, "planet": (*canvas).planet, "reef": (*canvas).reef,
		"reel": (*canvas).reel, "sailboat": (*canvas).sailboat, "stage": (*canvas).stage, "strings": (*canvas).strings,
		"terraces": (*canvas).terraces, "tower": (*canvas).tower, "train": (*canvas).train, "tram": (*canvas).tram,
		"tree": (*canvas).tree, "umbrella": (*canvas).umbrella, "whale": (*canvas).whale, "windows": (*canvas).windows,
	}
}

// Motifs lists the motifs by name.
func Motifs() []Motif { return slices.Sorted(maps.Keys(motifs())) }

func drawing(m Motif) func(*canvas) {
	all := motifs()
	if d, ok := all[m]; ok {
		return d
	}
	return all[Motifs()[0]]
}
