package mpris

import (
	"testing"
	"time"

	"usher/player"

	"github.com/google/go-cmp/cmp"
)

func TestQueueMergesBursts(t *testing.T) {
	q := newQueue()
	for i := range 10 {
		q.put(player.Command{Session: 1, Op: player.Seek, Position: time.Duration(i) * time.Second})
	}
	q.put(player.Command{Session: 1, Op: player.Pause})
	q.put(player.Command{Session: 1, Op: player.Seek, Position: time.Minute})
	want := []player.Command{
		{Session: 1, Op: player.Seek, Position: 9 * time.Second},
		{Session: 1, Op: player.Pause},
		{Session: 1, Op: player.Seek, Position: time.Minute},
	}
	if diff := cmp.Diff(want, q.take()); diff != "" {
		t.Error(diff)
	}
	if got := q.take(); len(got) != 0 {
		t.Errorf("taken twice: %v", got)
	}
}

func TestQueueKeepsTheNewestOpen(t *testing.T) {
	tests := []struct {
		name string
		put  []player.Command
		want []player.Command
	}{
		{"newest", []player.Command{{Session: 1, Op: player.Open}, {Session: 2, Op: player.Open}, {Session: 2, Op: player.Pause}}, []player.Command{{Session: 2, Op: player.Open}}},
		{"taken back", []player.Command{{Session: 1, Op: player.Open}, {Session: 1, Op: player.Stop}}, nil},
		{"no open", []player.Command{{Session: 1, Op: player.Play}}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			q := newQueue()
			for _, c := range test.put {
				q.put(c)
			}
			q.keepOpen()
			got := q.take()
			if len(got) == 0 {
				got = nil
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestQueueIsBounded(t *testing.T) {
	q := newQueue()
	for i := range 10 * maxQueue {
		q.put(player.Command{Session: 1, Op: player.Op(uint8(player.Play) + uint8(i%2))})
	}
	if got := len(q.take()); got != maxQueue {
		t.Errorf("%d commands wait, want %d", got, maxQueue)
	}
}

func TestEventsConflatePositionsOnly(t *testing.T) {
	at := func(p player.Phase, s time.Duration) player.Event {
		return player.Changed{Status: player.Status{Session: 1, Phase: p, Position: s}}
	}
	var list []player.Event
	for _, e := range []player.Event{
		player.Ready{}, at(player.Playing, 1), at(player.Playing, 2), at(player.Paused, 2), at(player.Playing, 2), player.Lost{}, at(player.Playing, 3),
	} {
		list = conflate(list, e)
	}
	want := []player.Event{
		player.Ready{}, at(player.Playing, 2), at(player.Paused, 2), at(player.Playing, 2), player.Lost{}, at(player.Playing, 3),
	}
	if diff := cmp.Diff(want, list); diff != "" {
		t.Error(diff)
	}
}

func TestMatch(t *testing.T) {
	tests := []struct {
		match Match
		name  string
		want  bool
	}{
		{Match{}, "org.mpris.MediaPlayer2.anything", true},
		{Match{}, "org.mpris.MediaPlayer2.playerctld", false},
		{Match{}, "org.mpris.MediaPlayer2.kdeconnect.mpris_1", false},
		{Match{}, "org.freedesktop.DBus", false},
		{Match{Name: "mpv"}, "org.mpris.MediaPlayer2.mpv", true},
		{Match{Name: "org.mpris.MediaPlayer2.mpv"}, "org.mpris.MediaPlayer2.mpv.instance-abcdefgh", true},
		{Match{Name: "mpv"}, "org.mpris.MediaPlayer2.mpvnet", false},
		{Match{Name: "mpv"}, "org.mpris.MediaPlayer2.vlc", false},
	}
	for _, test := range tests {
		if got := test.match.named(test.name); got != test.want {
			t.Errorf("%+v named %q: %v", test.match, test.name, got)
		}
	}
	own := Match{PID: func() int { return 42 }, UIDs: []uint32{1000}}
	if !own.owned(42, 1000) || own.owned(43, 1000) || own.owned(42, 0) {
		t.Error("owner is not checked")
	}
	if (Match{PID: func() int { return 0 }}).owned(0, 0) {
		t.Error("a process that does not run owns nothing")
	}
}

func TestSeeksFMP4(t *testing.T) {
	for version, want := range map[string]bool{
		"5.1.9-0+deb12u1": false, "n7.0.2": false, "7.1": true, "n7.1.1": true, "8.0": true, "N-118000-gabcdef": true, "git-2024-01-01": false, "": false,
	} {
		if got := seeksFMP4(version); got != want {
			t.Errorf("%q: %v, want %v", version, got, want)
		}
	}
}

func TestSameURL(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want bool
	}{
		{"http://h/a", "http://h/a", true},
		{"http://h/a%20b", "http://h/a b", true},
		{"http://h/a", "http://h/b", false},
		{"http://h/a?x", "http://h/a", false},
		{"", "", true},
		{"", "http://h/a", false},
		{":", ":x", false},
	} {
		if got := sameURL(test.a, test.b); got != test.want {
			t.Errorf("%q %q: %v", test.a, test.b, got)
		}
	}
}

func FuzzParseIPC(f *testing.F) {
	f.Add([]byte(`{"event":"end-file","reason":"eof","playlist_entry_id":2}`))
	f.Add([]byte(`{"data":{"playlist_entry_id":3},"request_id":3,"error":"success"}`))
	f.Add([]byte(`{"event":"property-change","id":1,"name":"pause","data":true}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, line []byte) {
		m, err := parseIPC(line)
		if err != nil {
			return
		}
		p := &pilot{limit: time.Second}
		p.side.on = true
		p.command(player.Command{Session: 1, Op: player.Open, Media: player.Media{URL: filmURL}}, base())
		p.entered(1, m.loadedEntry())
		p.heard(m, base())
		if s := p.status(base()); s.Session != 1 || s.Position < 0 || m.flag() && m.text() != "" {
			t.Errorf("status %+v", s)
		}
	})
}
