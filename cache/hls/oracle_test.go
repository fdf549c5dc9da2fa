package hls

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestAgainstJavaScript has two parsers from npm read playlists before and
// after rewriting, and wants them to find the same but for the addresses.
func TestAgainstJavaScript(t *testing.T) {
	dir := filepath.Join("..", "..", "tools", "hls-oracle")
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("SKIP: node not installed; the JavaScript parsers were not asked (apt-get install nodejs npm)")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules")); err != nil {
		t.Skip("SKIP: the JavaScript parsers are not installed: cd tools/hls-oracle && npm install --no-package-lock")
	}
	var in bytes.Buffer
	for name, text := range oraclePlaylists() {
		if err := json.NewEncoder(&in).Encode(question(t, name, text)); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "node", "oracle.js")
	cmd.Dir, cmd.Stdin = dir, &in
	out, err := cmd.CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

type oracleQuestion struct {
	Name      string            `json:"name"`
	Original  string            `json:"original"`
	Rewritten string            `json:"rewritten"`
	URIs      map[string]string `json:"uris"`
}

// question rewrites every address to another; the same ones stay the same, as
// in the origin, because implicit byte ranges refer to them.
func question(t *testing.T, name, text string) oracleQuestion {
	t.Helper()
	q := oracleQuestion{Name: name, Original: text, URIs: map[string]string{}}
	given := map[string]string{}
	q.Rewritten = string(parse(t, text).Rewrite(func(r Ref) string {
		to := given[r.Raw()]
		if to == "" {
			to = fmt.Sprintf("/s/%06d/name.ts", len(given))
			given[r.Raw()], q.URIs[to] = to, r.Raw()
		}
		return to
	}))
	return q
}

func oraclePlaylists() map[string]string {
	return map[string]string{
		"film":   vod(200),
		"ranges": "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI=\"i.mp4\",BYTERANGE=\"700@0\"\n#EXTINF:4.123456,one\n#EXT-X-BYTERANGE:10@700\nx.mp4\n#EXTINF:4,\n#EXT-X-BYTERANGE:20\nx.mp4\n#EXT-X-ENDLIST\n",
		"keys":   "#EXTM3U\n#EXT-X-VERSION:5\n#EXT-X-TARGETDURATION:5\n#EXT-X-KEY:METHOD=AES-128,URI=\"https://e.x/k,1?a=b\",IV=0x00000000000000000000000000000001\n#EXTINF:4,\na.ts\n#EXT-X-DISCONTINUITY\n#EXT-X-KEY:METHOD=NONE\n#EXTINF:4,\nb.ts\n#EXT-X-ENDLIST\n",
		"live":   "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:100\n#EXT-X-DISCONTINUITY-SEQUENCE:3\n#EXT-X-PROGRAM-DATE-TIME:2026-11-21T07:00:00.500Z\n#EXTINF:4,\na.ts\n#EXT-X-DATERANGE:ID=\"1\",START-DATE=\"2026-11-21T07:00:00Z\",DURATION=15,X-COM-NOTE=\"a,URI=b\"\n#EXTINF:4,\nb.ts\n",
		"low latency": "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:4\n#EXT-X-PART-INF:PART-TARGET=1.0\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.0\n#EXT-X-MEDIA-SEQUENCE:266\n#EXT-X-MAP:URI=\"i.mp4\"\n#EXTINF:4.0,\ns266.mp4\n" +
			"#EXT-X-PART:DURATION=1.0,URI=\"p0.mp4\",INDEPENDENT=YES\n#EXT-X-PART:DURATION=1.0,URI=\"p1.mp4\",BYTERANGE=\"100@0\"\n#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"p2.mp4\"\n#EXT-X-RENDITION-REPORT:URI=\"../b/l.m3u8\",LAST-MSN=267,LAST-PART=1\n",
		"multivariant": "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-START:TIME-OFFSET=-3.5\n" +
			"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Deutsch, \u00e4\",LANGUAGE=\"de\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"2\",URI=\"de.m3u8\"\n" +
			"#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"Forced\",LANGUAGE=\"de\",FORCED=YES,URI=\"f.m3u8\"\n" +
			"#EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID=\"c\",NAME=\"CC\",INSTREAM-ID=\"CC1\"\n" +
			"#EXT-X-STREAM-INF:BANDWIDTH=1280000,AVERAGE-BANDWIDTH=1000000,RESOLUTION=1280x720,FRAME-RATE=25.000,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"a\",SUBTITLES=\"s\",CLOSED-CAPTIONS=\"c\"\nv/720.m3u8?x=1\n" +
			"#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=86000,CODECS=\"avc1.64001f\",URI=\"i/720.m3u8\"\n#EXT-X-SESSION-DATA:DATA-ID=\"com.e.x\",VALUE=\"URI=z\"\n#EXT-X-SESSION-KEY:METHOD=AES-128,URI=\"k\"\n",
		"crlf": "#EXTM3U\r\n#EXT-X-TARGETDURATION:5\r\n\r\n#EXTINF:4.000,\r\na.ts\r\n#EXT-X-ENDLIST\r\n",
	}
}
