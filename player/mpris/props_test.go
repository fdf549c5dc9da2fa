package mpris

import (
	"math"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/google/go-cmp/cmp"
)

func TestRawWithCoercesTypes(t *testing.T) {
	meta := func(m map[string]any) dbus.Variant {
		vs := map[string]dbus.Variant{}
		for k, v := range m {
			vs[k] = dbus.MakeVariant(v)
		}
		return dbus.MakeVariant(vs)
	}
	second := time.Second
	tests := []struct {
		name  string
		props map[string]dbus.Variant
		want  raw
	}{
		{"position int64", map[string]dbus.Variant{"Position": dbus.MakeVariant(int64(1e6))}, raw{position: second, hasPos: true}},
		{"position int32", map[string]dbus.Variant{"Position": dbus.MakeVariant(int32(1e6))}, raw{position: second, hasPos: true}},
		{"position uint32", map[string]dbus.Variant{"Position": dbus.MakeVariant(uint32(1e6))}, raw{position: second, hasPos: true}},
		{"position uint64", map[string]dbus.Variant{"Position": dbus.MakeVariant(uint64(1e6))}, raw{position: second, hasPos: true}},
		{"position double", map[string]dbus.Variant{"Position": dbus.MakeVariant(1e6)}, raw{position: second, hasPos: true}},
		{"position NaN", map[string]dbus.Variant{"Position": dbus.MakeVariant(math.NaN())}, raw{}},
		{"position negative", map[string]dbus.Variant{"Position": dbus.MakeVariant(int64(-5))}, raw{}},
		{"position absurd", map[string]dbus.Variant{"Position": dbus.MakeVariant(uint64(math.MaxUint64))}, raw{}},
		{"position text", map[string]dbus.Variant{"Position": dbus.MakeVariant("now")}, raw{}},
		{"rate byte", map[string]dbus.Variant{"Rate": dbus.MakeVariant(byte(2))}, raw{rate: 2, hasRate: true}},
		{"volume above one", map[string]dbus.Variant{"Volume": dbus.MakeVariant(1.3)}, raw{volume: 1.3, hasVol: true}},
		{"volume below zero", map[string]dbus.Variant{"Volume": dbus.MakeVariant(-1.0)}, raw{hasVol: true}},
		{"status unknown", map[string]dbus.Variant{"PlaybackStatus": dbus.MakeVariant("Dancing")}, raw{}},
		{"unknown property", map[string]dbus.Variant{"Shuffle": dbus.MakeVariant(true)}, raw{}},
		{"track path", map[string]dbus.Variant{"Metadata": meta(map[string]any{"mpris:trackid": dbus.ObjectPath("/0")})}, raw{track: "/0"}},
		{"track text", map[string]dbus.Variant{"Metadata": meta(map[string]any{"mpris:trackid": "/a/b"})}, raw{track: "/a/b"}},
		{"track no path", map[string]dbus.Variant{"Metadata": meta(map[string]any{"mpris:trackid": "spotify:1"})}, raw{}},
		{"no track", map[string]dbus.Variant{"Metadata": meta(map[string]any{"mpris:trackid": dbus.ObjectPath("/org/mpris/MediaPlayer2/TrackList/NoTrack")})}, raw{}},
		{"length", map[string]dbus.Variant{"Metadata": meta(map[string]any{"mpris:length": uint32(2e6)})}, raw{length: 2 * second}},
		{"length negative", map[string]dbus.Variant{"Metadata": meta(map[string]any{"mpris:length": int64(-1)})}, raw{}},
		{"url no UTF-8", map[string]dbus.Variant{"Metadata": meta(map[string]any{"xesam:url": "http://a/\xff"})}, raw{url: "http://a/\uFFFD"}},
		{"metadata of another type", map[string]dbus.Variant{"Metadata": dbus.MakeVariant("none")}, raw{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := raw{}.with(test.props)
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(raw{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMetadataIsReplacedNotMerged(t *testing.T) {
	old := raw{track: "/1", url: "http://a/b", length: time.Hour, volume: 1, hasVol: true}
	got := old.with(map[string]dbus.Variant{"Metadata": dbus.MakeVariant(map[string]dbus.Variant{})})
	if got.track != "" || got.url != "" || got.length != 0 || !got.hasVol {
		t.Errorf("got %+v, want no track and the volume kept", got)
	}
}

func FuzzRawNumbers(f *testing.F) {
	f.Add(int64(0), 0.0, "")
	f.Add(int64(-1), math.Inf(1), "/0")
	f.Add(int64(math.MaxInt64), math.NaN(), "\xff")
	f.Fuzz(func(t *testing.T, n int64, x float64, s string) {
		for _, v := range []any{n, x, s, uint64(n), int32(n), byte(n), dbus.ObjectPath(s)} {
			d, ok := asMicros(v)
			if d < 0 || !ok && d != 0 {
				t.Errorf("asMicros(%v) = %v, %v", v, d, ok)
			}
			if p := asTrack(v); p != "" && !p.IsValid() {
				t.Errorf("asTrack(%q) = %q", v, p)
			}
		}
	})
}
