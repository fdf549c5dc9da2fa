package journal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"usher/internal/box"
	"usher/internal/offer"
	"usher/player"
)

// filler fills values with anything, and remembers the words it put where.
type filler struct {
	*rand.Rand
	kinds map[string]reflect.Type
	words map[string][]string // by type and member
	depth int
}

func newFiller(seed uint64) *filler {
	return &filler{Rand: rand.New(rand.NewPCG(seed, 7)), kinds: kinds(), words: map[string][]string{}}
}

func (f *filler) fill(v reflect.Value, where string) {
	if f.depth++; f.depth > 12 {
		f.depth--
		return
	}
	defer func() { f.depth-- }()
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(f.Int64N(2e9), f.Int64N(1e9)).In(time.FixedZone("", 3600*f.IntN(12)))))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f.fill(v.Field(i), v.Type().String()+"."+v.Type().Field(i).Name)
		}
	case reflect.Pointer:
		if f.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			f.fill(v.Elem(), where)
		}
	case reflect.Slice:
		f.list(v, where)
	case reflect.Map:
		f.members(v, where)
	case reflect.Interface:
		f.behind(v, where)
	default:
		f.word(v, where)
	}
}

func (f *filler) list(v reflect.Value, where string) {
	if n := f.IntN(4); n > 0 { // of which one is empty, not nil
		v.Set(reflect.MakeSlice(v.Type(), n-1, n-1))
	}
	for i := range v.Len() {
		f.fill(v.Index(i), where)
	}
}

func (f *filler) members(v reflect.Value, where string) {
	if f.IntN(4) == 0 {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for range f.IntN(3) {
		value := reflect.New(v.Type().Elem()).Elem()
		f.fill(value, where)
		v.SetMapIndex(reflect.ValueOf(fmt.Sprint("k", f.IntN(9))).Convert(v.Type().Key()), value)
	}
}

func (f *filler) behind(v reflect.Value, where string) {
	for _, name := range slices.Sorted(maps.Keys(f.kinds)) {
		if kind := f.kinds[name]; kind.Implements(v.Type()) && f.IntN(2) == 0 {
			value := reflect.New(kind).Elem()
			f.fill(value, where)
			v.Set(value)
			return
		}
	}
}

func (f *filler) word(v reflect.Value, where string) {
	switch {
	case v.Kind() == reflect.Bool:
		v.SetBool(f.IntN(2) == 0)
	case v.CanInt():
		v.SetInt(f.Int64() >> (64 - v.Type().Bits()))
	case v.CanUint():
		v.SetUint(f.Uint64() >> (64 - v.Type().Bits()))
	case v.CanFloat():
		v.SetFloat([]float64{0, math.Copysign(0, -1), 1.0 / 3, math.Inf(1), -1e300}[f.IntN(5)])
	case v.Kind() == reflect.String:
		word := fmt.Sprintf("word<%x>&\u2028", f.Uint64())
		v.SetString(word)
		f.words[where] = append(f.words[where], word)
	}
}

// TestEverythingIsWrittenAndRead fills the state and every event with anything:
// what is read is what was written, in every bit.
func TestEverythingIsWrittenAndRead(t *testing.T) {
	c := codec{kinds: kinds()}
	for seed := range uint64(40) {
		f := newFiller(seed)
		values := []reflect.Value{reflect.New(reflect.TypeFor[box.State]()).Elem()}
		for _, e := range box.Events() {
			values = append(values, reflect.New(reflect.TypeOf(e)).Elem())
		}
		for _, v := range values {
			f.fill(v, "")
			text := written(t, c, v)
			back := reflect.New(v.Type()).Elem()
			var tree any
			dec := json.NewDecoder(strings.NewReader(text))
			dec.UseNumber()
			if err := dec.Decode(&tree); err != nil {
				t.Fatal(err)
			}
			if err := c.into(back, tree); err != nil {
				t.Fatalf("%s: %v", v.Type(), err)
			}
			if again := written(t, c, back); again != text {
				t.Fatalf("%s is read as another: %s", v.Type(), cmp.Diff(text, again))
			}
			if diff := cmp.Diff(v.Interface(), back.Interface()); diff != "" && !strings.Contains(text, "Inf") {
				t.Fatalf("%s: %s", v.Type(), diff)
			}
		}
	}
}

func written(t *testing.T, c codec, v reflect.Value) string {
	t.Helper()
	tree, err := c.tree(v)
	if err != nil {
		t.Fatalf("%s: %v", v.Type(), err)
	}
	text, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSecretsAreHidden fills a record with words of which each is known, and
// looks for those of secret members in the file.
func TestSecretsAreHidden(t *testing.T) {
	f := newFiller(1)
	var r Record
	for seed := range 60 {
		for _, e := range box.Events() {
			v := reflect.New(reflect.TypeOf(e)).Elem()
			f.fill(v, "")
			if event, ok := v.Interface().(box.Event); ok {
				r.Entries = append(r.Entries, Entry{At: time.Unix(int64(seed), 0), Event: event})
			}
		}
	}
	f.fill(reflect.ValueOf(&r.Base).Elem(), "")
	var file strings.Builder
	if err := Write(&file, r); err != nil {
		t.Fatal(err)
	}
	for _, where := range secrets() {
		if len(f.words[where]) == 0 {
			t.Errorf("%s is not in any event: is it still called so?", where)
		}
		for _, word := range f.words[where] {
			if strings.Contains(file.String(), word[:20]) {
				t.Errorf("%s is in the file: %s", where, word)
			}
		}
	}
	hidden := secrets()
	for where := range f.words {
		name := where[strings.LastIndexByte(where, '.')+1:]
		if sounds(name) && !slices.Contains(hidden, where) && !slices.Contains(harmless(), where) {
			t.Errorf("%s sounds like a secret: list it in secrets or in harmless", where)
		}
	}
}

// sounds says whether a member's name sounds like something to be hidden.
func sounds(name string) bool {
	for _, part := range []string{"url", "uri", "thumb", "token", "secret", "code", "pin", "password", "poster", "backdrop", "key"} {
		if strings.Contains(strings.ToLower(name), part) {
			return true
		}
	}
	return false
}

// harmless sound like secrets, and are none.
func harmless() []string {
	return []string{
		"remote.Event.Key",         // a button
		"player.Track.Codec",       // such as aac
		"cec.Trouble.Code",         // a word of docs/cec.md
		"box.Problem.Code",         // a word of docs/protocol.md
		"box.HealthChanged.Code",   // the same
		"box.NetworkSeen.Security", // such as wpa
	}
}

// TestPseudonymsAreOfOneFile: equal where the words are, and of no use elsewhere.
func TestPseudonymsAreOfOneFile(t *testing.T) {
	a, b, url := newMask(), newMask(), reflect.TypeFor[offer.Playback]()
	if again := a.hide(url, "URL", "x"); again != a.hide(url, "URL", "x"+"") || a.hide(url, "URL", "x") == a.hide(url, "URL", "y") {
		t.Error("in one file pseudonyms are not what they stand for")
	}
	if a.hide(url, "URL", "x") == b.hide(url, "URL", "x") {
		t.Error("two files can be laid beside each other")
	}
	if a.hide(url, "URL", "") != "" || a.hide(url, "Title", "x") != "x" {
		t.Error("too much is hidden")
	}
}

// evening is a record made by the core from random events.
func evening(t *testing.T, seed uint64) Record {
	t.Helper()
	f := newFiller(seed)
	now := time.Unix(1_790_000_000, 0)
	r := Record{Version: "test", Base: box.New("test", true)}
	s := r.Base
	events := box.Events()
	for range 60 {
		v := reflect.New(reflect.TypeOf(events[f.IntN(len(events))])).Elem()
		f.fill(v, "")
		for _, name := range []string{"Session", "Phase"} { // answers that are not stale
			if field := v.FieldByName(name); field.IsValid() && field.Kind() == reflect.Uint64 {
				field.SetUint(s.Session)
			}
		}
		e, ok := v.Interface().(box.Event)
		if !ok {
			t.Fatalf("%s is no event", v.Type())
		}
		if p, ok := e.(box.PlayerChanged); ok && p.Event == nil {
			e = box.PlayerChanged{Event: player.Ready{}}
		}
		now = now.Add(time.Duration(f.Int64N(int64(5 * time.Second))))
		var effects []box.Effect
		s, effects = box.Next(s, now, e)
		r.Entries = append(r.Entries, Entry{At: now, Event: e, Effects: EffectNames(effects)})
	}
	r.End = s
	return r
}

// TestReplayEndsInTheSameState writes evenings of random events, reads them,
// and replays them; one that is changed is found out.
func TestReplayEndsInTheSameState(t *testing.T) {
	for seed := range uint64(60) {
		var file bytes.Buffer
		if err := Write(&file, evening(t, seed)); err != nil {
			t.Fatal(err)
		}
		r, err := Read(bytes.NewReader(file.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		v, err := Replay(r)
		if err != nil || !v.Same {
			t.Fatalf("seed %d: %v, %s", seed, err, v.Differs)
		}
		volume := r.End.Volume
		r.End.Volume = volume/3 + 0.1
		if v, err := Replay(r); err != nil || v.Same || !strings.Contains(v.Differs, "Volume") {
			t.Fatalf("another state is the same: %v %q", err, v.Differs)
		}
		r.End.Volume = volume
		r.Entries[0].Effects = append(r.Entries[0].Effects, "box.More")
		if v, err := Replay(r); err != nil || v.Same || !strings.Contains(v.Differs, "entry 1") {
			t.Fatalf("other effects are the same: %v %q", err, v.Differs)
		}
	}
}

func TestDamagedFilesAreRefused(t *testing.T) {
	var whole bytes.Buffer
	if err := Write(&whole, evening(t, 1)); err != nil {
		t.Fatal(err)
	}
	text := whole.String()
	for name, damaged := range map[string]string{
		"empty":         "",
		"cut":           text[:len(text)*2/3],
		"no end":        text[:strings.LastIndexByte(strings.TrimRight(text, "\n"), '\n')],
		"other format":  strings.Replace(text, `"usherJournal":1`, `"usherJournal":2`, 1),
		"unknown event": strings.Replace(text, `"event":{"box.`, `"event":{"fox.`, 1),
		"unknown field": strings.Replace(text, `"Volume"`, `"Loudness"`, 1),
		"many entries":  strings.Replace(text, `"entries":`, `"entries":9`, 1),
		"not ours":      "{}\n",
	} {
		if _, err := Read(strings.NewReader(damaged)); err == nil || !strings.HasPrefix(err.Error(), "read journal: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"usherJournal":1,"entries":1,"state":{}}` + "\n" + `{"at":"2026-01-02T03:04:05Z","event":{"box.PauseRequested":{}},"effects":[]}` + "\n" + `{"end":{}}`))
	f.Add([]byte(`{"usherJournal":1,"entries":1,"state":{"Lost":["x"]}}`))
	f.Add([]byte(`{"usherJournal":1,"entries":1,"state":{}}` + "\n" + `{"at":"2026-01-02T03:04:05Z","event":{"box.PlayerChanged":{"Event":{"player.Ready":{}}}},"effects":[]}` + "\n" + `{"end":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := Write(&again, r); err != nil && !strings.Contains(err.Error(), "year") {
			t.Fatalf("what was read cannot be written: %v", err)
		}
	})
}

// TestAStateInPartsIsWrittenAsOne: the part of the State that ends with a title
// is a type of its own in the program, and nothing of its own in the file.
func TestAStateInPartsIsWrittenAsOne(t *testing.T) {
	text, err := Text(box.New("a", true))
	const want = `{"Choices":{},"Demo":true,"Progress":{},"Rate":"1","TV":{"Link":{"Logical":15,"Physical":65535},"Power":255},"Version":"a","Viewer":{"ID":"main"},"Volume":"1"}`
	if err != nil || text != want {
		t.Errorf("%v, -want +got:\n%s", err, cmp.Diff(want, text))
	}
}
