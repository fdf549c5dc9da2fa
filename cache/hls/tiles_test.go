package hls

import (
	"testing"
	"time"
)

func TestTiles(t *testing.T) {
	p := parsed(t, "#EXTM3U\n#EXT-X-IMAGES-ONLY\n#EXT-X-TARGETDURATION:24\n#EXT-X-TILES:RESOLUTION=160x90,LAYOUT=3x2,DURATION=4.0\n"+
		"#EXTINF:24,\na.jpg\n#EXTINF:24,\nb.jpg\n#EXT-X-TILES:RESOLUTION=0x90,LAYOUT=3x2,DURATION=4\n#EXTINF:24,\nc.jpg\n"+
		"#EXT-X-TILES:LAYOUT=99999x99999,RESOLUTION=1x1,DURATION=1\n#EXTINF:24,\nd.jpg\n#EXT-X-ENDLIST\n")
	want := Tiles{Width: 160, Height: 90, Columns: 3, Rows: 2, Duration: 4 * time.Second}
	if got, ok := p.Tiles(0); !ok || got != want {
		t.Fatalf("%+v, %v", got, ok)
	}
	for i := 1; i < 4; i++ {
		if got, ok := p.Tiles(i); ok {
			t.Errorf("segment %d: %+v", i, got)
		}
	}
}
