package offer

import (
	"testing"
	"time"
)

func TestTextInPicksTheBestLanguage(t *testing.T) {
	full := Text{"en": "Lantern", "de": "Laterne", "zh-Hans": "灯笼", "zh-Hant": "燈籠"}
	for _, tc := range []struct {
		name  string
		text  Text
		langs []string
		want  string
	}{
		{"exact", full, []string{"zh-Hant"}, "燈籠"},
		{"primary", full, []string{"de-AT"}, "Laterne"},
		{"primary, several", full, []string{"zh"}, "灯笼"},
		{"second choice", full, []string{"fr", "de"}, "Laterne"},
		{"english when none fits", full, []string{"fr"}, "Lantern"},
		{"any when there is no english", Text{"th": "โคม", "id": "Lentera"}, []string{"fr"}, "Lentera"},
		{"none asked", full, nil, "Lantern"},
		{"empty", nil, []string{"en"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.text.In(tc.langs...); got != tc.want {
				t.Fatalf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestWindowContains(t *testing.T) {
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name        string
		from, until time.Duration
		want        bool
	}{
		{"inside", -time.Hour, time.Hour, true},
		{"begins now", 0, time.Hour, true},
		{"ends now", -time.Hour, 0, false},
		{"not yet", time.Hour, 2 * time.Hour, false},
		{"over", -2 * time.Hour, -time.Hour, false},
	} {
		if got := (Window{From: now.Add(tc.from), Until: now.Add(tc.until)}).Contains(now); got != tc.want {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
	if !(Window{}).Contains(now) {
		t.Error("a window without ends does not contain now")
	}
}
