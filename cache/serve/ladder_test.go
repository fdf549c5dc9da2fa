package serve

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"usher/cache/abr"
	"usher/cache/hls"
)

func read(t *testing.T, text string) *hls.Playlist {
	t.Helper()
	p, err := hls.Parse([]byte(text), &url.URL{Scheme: "https", Host: "cdn.example", Path: "/list.m3u8"}, hls.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCandidatesShareDecoderAndSound(t *testing.T) {
	p := read(t, `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="a.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="b",NAME="x",URI="b.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=4000000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"
720.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,CODECS="mp4a.40.2,avc1.4d401e",AUDIO="a"
360.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=3000000,RESOLUTION=1280x720,CODECS="hvc1.1.6,mp4a.40.2",AUDIO="a"
hevc.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=900000,RESOLUTION=640x360,CODECS="avc1.4d401e,mp4a.40.2",AUDIO="b"
other-sound.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=6000000,AVERAGE-BANDWIDTH=2000000,RESOLUTION=1920x1080,CODECS="avc1.640028,mp4a.40.2",AUDIO="a"
1080.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=4500000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a",VIDEO-RANGE=PQ
hdr.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=4000000,RESOLUTION=1280x720,CODECS="avc1.64001f,mp4a.40.2",AUDIO="a"
720-twin.m3u8
`)
	if got, want := candidates(p, 0), []int{1, 4, 0}; !slices.Equal(got, want) {
		t.Errorf("of 720p: %v, want %v: rising in mean rate", got, want)
	}
	if got, want := candidates(p, 2), []int{2}; !slices.Equal(got, want) {
		t.Errorf("of H.265: %v, want %v", got, want)
	}
}

func TestMisfit(t *testing.T) {
	const base = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\na.ts\n#EXTINF:4,\nb.ts\n#EXT-X-ENDLIST\n"
	key := func(k string) string { return strings.Replace(base, "#EXTINF", k+"\n#EXTINF", 1) }
	for _, c := range []struct{ name, a, b, want string }{
		{"the same", base, strings.ReplaceAll(base, "a.ts", "x/a.ts"), ""},
		{"nearly the same", base, strings.Replace(base, ":4,\na", ":4.2,\na", 1), ""},
		{"fewer", base, strings.Replace(base, "#EXTINF:4,\nb.ts\n", "", 1), "1 segments instead of 2"},
		{"shifted", base, strings.Replace(base, ":4,\na", ":5,\na", 1), "segment 0 begins elsewhere"},
		{"live", base, strings.Replace(base, "#EXT-X-ENDLIST\n", "", 1), "not a film's list"},
		{"other container", base, key(`#EXT-X-MAP:URI="i.mp4"`), "another container, or encrypted"},
		{"discontinuity", base, strings.Replace(base, "#EXTINF:4,\nb", "#EXT-X-DISCONTINUITY\n#EXTINF:4,\nb", 1), "segment 1 lies behind another discontinuity"},
		{"one key", key(`#EXT-X-KEY:METHOD=AES-128,URI="k"`), key(`#EXT-X-KEY:METHOD=AES-128,URI="k"`), ""},
		{"another key", key(`#EXT-X-KEY:METHOD=AES-128,URI="k"`), key(`#EXT-X-KEY:METHOD=AES-128,URI="l"`), "segment 0 has another key"},
		{"no key", key(`#EXT-X-KEY:METHOD=AES-128,URI="k"`), base, "segment 0 has another key"},
		{
			"the number is the IV", key(`#EXT-X-KEY:METHOD=AES-128,URI="k"`),
			key("#EXT-X-MEDIA-SEQUENCE:7\n" + `#EXT-X-KEY:METHOD=AES-128,URI="k"`), "segment 0 has another key",
		},
	} {
		if got := misfit(read(t, c.a), read(t, c.b)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestPlayheadMoves(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		h    Playhead
		want time.Duration
	}{
		{Playhead{Position: time.Minute}, time.Minute},
		{Playhead{Position: time.Minute, At: at, Rate: 1}, 70 * time.Second},
		{Playhead{Position: time.Minute, At: at, Rate: 2}, 80 * time.Second},
		{Playhead{Position: time.Minute, At: at}, time.Minute},
	} {
		if got := c.h.now(at.Add(10 * time.Second)); got != c.want {
			t.Errorf("%+v: %v, want %v", c.h, got, c.want)
		}
	}
}

func TestAccountCountsSwitchesBetweenNeighbours(t *testing.T) {
	var a account
	a.rung = unbound
	low, high := abr.Rung{Bandwidth: 1000}, abr.Rung{Bandwidth: 9000, Average: 3000}
	a.played(0, 4*time.Second, 0, low)
	a.played(1, 4*time.Second, 1, high)
	a.played(9, 4*time.Second, 0, low) // after a jump
	a.played(10, 4*time.Second, 0, low)
	if a.switches != 1 || a.count != 4 || a.bits != 4*(1000+3000+1000+1000) {
		t.Errorf("%+v", a)
	}
	now := time.Unix(100, 0)
	a.look(20*time.Second, 0, now)
	a.look(5*time.Second, 4*time.Second, now.Add(time.Second))
	a.look(2*time.Second, 5*time.Second, now.Add(2*time.Second))
	a.look(30*time.Second, 0, now.Add(3*time.Second))
	if a.outages != 1 || a.away != 6*time.Second || a.least != 2*time.Second || a.held != 30*time.Second {
		t.Errorf("%+v", a)
	}
}

func TestTheBetterRankGoesFirst(t *testing.T) {
	b := newBudget(4)
	yielded := map[string]int{}
	turnOf := func(name string, r rank, keeps bool) *turn {
		return &turn{
			rank: func() rank { return r }, media: true, keeps: func() bool { return keeps },
			yield: func() { yielded[name]++ },
		}
	}
	take := func(host string, x *turn) bool {
		x.ready = make(chan struct{})
		b.mu.Lock()
		defer b.mu.Unlock()
		l := b.lanes[host]
		if l == nil {
			l = &lane{}
			b.lanes[host] = l
		}
		l.waiting = append(l.waiting, x)
		b.admitLocked()
		select {
		case <-x.ready:
			return true
		default:
			return false
		}
	}
	kit, ahead, demand := turnOf("kit", rankGuess, true), turnOf("ahead", rankAhead, true), turnOf("demand", rankDemand, true)
	if !take("a", kit) || !take("b", ahead) || yielded["kit"] != 1 {
		t.Fatalf("reading ahead does not interrupt a kit at another host: %v", yielded)
	}
	if !take("c", demand) || yielded["ahead"] != 1 {
		t.Fatalf("a player does not interrupt the reading ahead: %v", yielded)
	}
	more := turnOf("more", rankAhead, true)
	if take("b", more) {
		t.Fatal("something is read ahead beside a player who waits")
	}
	b.give("c", demand)
	select {
	case <-more.ready:
	default:
		t.Fatal("reading ahead does not go on after the player")
	}
	stubborn := turnOf("stubborn", rankAhead, false) // what came would be lost
	b.give("b", more)
	if !take("b", stubborn) || !take("c", demand) || yielded["stubborn"] != 0 {
		t.Errorf("interrupted although it would lose what came: %v", yielded)
	}
	if b.interrupted() != 2 {
		t.Errorf("%d interruptions", b.interrupted())
	}
}
