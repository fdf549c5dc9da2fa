package hls

import (
	"fmt"
	"testing"
)

func TestTwins(t *testing.T) {
	p := parse(t, `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=2x2,AUDIO="a-one",PATHWAY-ID="one"
https://one/low.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=2,RESOLUTION=2x2,PATHWAY-ID="one"
https://one/high.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=2x2,AUDIO="a-two",PATHWAY-ID="two"
https://two/low.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=9,STABLE-VARIANT-ID="x"
https://one/x.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=8,STABLE-VARIANT-ID="x"
https://two/x.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=8,STABLE-VARIANT-ID="y"
https://two/y.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=2x2
https://three/no-audio.m3u8
`)
	for i, want := range []string{"[2] 0", "[] 1", "[0] 0", "[4] 3", "[3] 3", "[] 5", "[] 6"} {
		if got := fmt.Sprint(p.Twins(i), p.FirstTwin(i)); got != want {
			t.Errorf("variant %d: %s, want %s", i, got, want)
		}
	}
}
