package browse

import (
	"context"
	"reflect"
	"testing"
	"testing/synctest"
	"time"
)

func viewer() Viewer {
	return Viewer{Seed: 7, Titles: []string{"a", "b", "c", "d"}, Tiles: 200, Starts: 20, Watch: time.Minute}
}

func TestScriptIsTheSameForASeed(t *testing.T) {
	v := viewer()
	script := v.Script()
	if !reflect.DeepEqual(script, v.Script()) {
		t.Fatal("two scripts of one seed differ")
	}
	starts, rested := 0, 0
	for _, s := range script {
		if s.Start {
			starts++
		}
		if s.Rest >= 400*time.Millisecond {
			rested++
		} else if s.Start {
			t.Errorf("a film is started from a tile that was passed over: %+v", s)
		}
	}
	if len(script) != 200 || starts != 20 || rested < 50 || rested > 110 {
		t.Errorf("%d steps, %d starts, %d rests", len(script), starts, rested)
	}
	v.Seed++
	if reflect.DeepEqual(script, v.Script()) {
		t.Error("another seed gives the same script")
	}
}

// box counts what it is told and plays at once.
type box struct{ focused, played, stopped int }

func (b *box) Call(method string, _ any) error {
	switch method {
	case "ui.focus":
		b.focused++
	case "player.stop":
		b.stopped++
	}
	return nil
}

func (b *box) Timed(string, any, string) (time.Duration, error) {
	b.played++
	return 100 * time.Millisecond, nil
}

func TestWalkDoesAllOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b box
		v := viewer()
		starts, err := v.Walk(context.Background(), &b, v.Script())
		if err != nil || len(starts) != 20 || b != (box{200, 20, 20}) {
			t.Errorf("%d starts, %+v, %v", len(starts), b, err)
		}
	})
}
