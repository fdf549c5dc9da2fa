package serve

import "testing"

func FuzzReadThumbs(f *testing.F) {
	f.Add("WEBVTT\n\n00:00.000 --> 00:04.000\nt.jpg#xywh=0,0,160,90\n")
	f.Add("\ufeffWEBVTT\r\n\r\n99:00:00.000 --> 9999:59:59.999\r\nhttps://x/y.jpg?z#xywh=pixel:1,2,3,4\r\n")
	f.Add("WEBVTT\n\n00:00.000 --> 00:04.000\n\n//\x00\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range readThumbs([]byte(text), "http://s.example/d/list.vtt") {
			if p.to <= p.from || p.from < 0 || !hasHTTP(p.url) {
				t.Fatalf("%+v", p)
			}
			if p.part != "" && !thumbPart.MatchString(p.part[1:]) {
				t.Fatalf("part %q", p.part)
			}
		}
	})
}
