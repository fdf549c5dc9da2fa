package mpris_test

import (
	"encoding/json"
	"net"
	"testing"
	"time"

	"usher/player"
	"usher/player/mpris"
)

// The real mpv takes every property of a style, also one that was chosen while
// it was busy with nothing, and again when the tracks of a title are read.
func TestRealMpvIsStyled(t *testing.T) {
	_, l := mpv(t, true)
	tracks := mpris.NewTracks(l.Socket())
	sunken := player.SubtitleStyle{Scale: 1, Color: 0xffffff, Opacity: 0.5, Edge: player.Depressed, SDR: 1, HDR: 0.6}
	if err := tracks.Style(t.Context(), sunken); err != nil {
		t.Fatal(err)
	}
	if color, offset := property(t, l.Socket(), "sub-color"), property(t, l.Socket(), "sub-shadow-offset"); color != "#80FFFFFF" || offset != -1.8 {
		t.Errorf("mpv's sub-color is %v, its sub-shadow-offset %v", color, offset)
	}
	style := player.SubtitleStyle{Scale: 1.5, Color: 0xffff00, Opacity: 1, Edge: player.Depressed, Plate: 0x000000, Density: 0.5, Font: "serif", SDR: 1, HDR: 0.6}
	if err := tracks.Style(t.Context(), style); err != nil {
		t.Fatal(err)
	}
	if got := property(t, l.Socket(), "sub-color"); got != "#FFFFFF00" {
		t.Errorf("mpv's sub-color is %v", got)
	}
	if got := property(t, l.Socket(), "sub-scale"); got != 1.5 {
		t.Errorf("mpv's sub-scale is %v", got)
	}
	if got := property(t, l.Socket(), "sub-back-color"); got != "#80000000" {
		t.Errorf("mpv's sub-back-color is %v", got)
	}
}

// property asks mpv itself.
func property(t *testing.T, socket, name string) any {
	t.Helper()
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(time.Minute))
	if err := json.NewEncoder(c).Encode(map[string]any{"command": []string{"get_property", name}, "request_id": 7}); err != nil {
		t.Fatal(err)
	}
	for dec := json.NewDecoder(c); ; {
		var m struct {
			Request int `json:"request_id"`
			Data    any `json:"data"`
		}
		if err := dec.Decode(&m); err != nil {
			t.Fatal(err)
		}
		if m.Request == 7 {
			return m.Data
		}
	}
}
