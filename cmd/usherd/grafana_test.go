package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"usher/internal/ui"
)

// TestDashboardAsksForWhatThereIs holds docs/grafana.json against /metrics of
// a demo: each figure it asks for must be told.
func TestDashboardAsksForWhatThereIs(t *testing.T) {
	a := demo(t)
	w := httptest.NewRecorder()
	a.bridge.Local().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", http.NoBody))
	text, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	told := string(text)
	for _, m := range metricsOfFilm(&ui.CacheFilm{}) { // while a film is on
		told += "# TYPE " + m.Name + " "
	}
	data, err := os.ReadFile("../../docs/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(data, &board); err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			for _, name := range regexp.MustCompile(`\b(usher|process)_[a-z_]+`).FindAllString(target.Expr, -1) {
				asked++
				if !strings.Contains(told, "# TYPE "+name+" ") {
					t.Errorf("%s: no metric %s", p.Title, name)
				}
			}
		}
	}
	if asked < 20 {
		t.Errorf("only %d figures are asked for: the pattern is wrong", asked)
	}
}

func TestMetricsOfStat(t *testing.T) {
	stat := "42 (a) b) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 8 0 100 1000000 2500 18446744073709551615 1 1"
	list := metricsOfStat(stat, 4096)
	if len(list) != 2 || list[0].Value != 2 || list[1].Value != 2500*4096 {
		t.Errorf("%+v", list)
	}
	for _, bad := range []string{"", "42 (x", "42 (x) S 1 2"} {
		if metricsOfStat(bad, 4096) != nil {
			t.Errorf("%q has figures", bad)
		}
	}
}
