package box

import (
	"reflect"
	"testing"
)

// TestWhatEndsWithATitle wants every part of the State to be either of a title,
// and gone with it, or of the box, and still there: one that is forgotten in leave
// is lost with the first film.
func TestWhatEndsWithATitle(t *testing.T) {
	ofTitle := map[string]bool{}
	for _, name := range []string{
		"Phase", "Asked", "Hold", "Title", "Series", "Next", "Playback", "Origin", "Channel", "Status", "Quality", "Held", "Upstream", "Problem",
		"Away", "Outcome", "Lost", "Rate", "Chosen", "Tracks", "Focus", "Coming",
	} {
		ofTitle[name] = true
	}
	var full State
	v := reflect.ValueOf(&full).Elem()
	for i := range v.NumField() {
		fill(v.Field(i))
	}
	full.Phase = Ended
	after, _ := leave(full, start())
	w := reflect.ValueOf(after)
	for i := range w.NumField() {
		name := w.Type().Field(i).Name
		same := reflect.DeepEqual(w.Field(i).Interface(), v.Field(i).Interface())
		if name == "TV" {
			continue // who pauses for the television is forgotten, the rest stays
		}
		if same == ofTitle[name] {
			t.Errorf("%s: as before: %v, of a title: %v", name, same, ofTitle[name])
		}
	}
}

// fill sets something in v, as deep as there are exported fields.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.String:
		v.SetString("x")
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(3)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(3)
	case reflect.Float64, reflect.Float32:
		v.SetFloat(0.5)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				fill(v.Field(i))
			}
		}
	}
}
