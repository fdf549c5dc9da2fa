package cec

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func frame(t testing.TB, s string) Frame {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, ":", ""))
	if err != nil {
		t.Fatal(err)
	}
	f, err := NewFrame(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// messages are frames of the standard and what they say.
func messages() map[string]Message {
	return map[string]Message{
		"40":          {Playback1, TV, nil},
		"04:00:36:00": {TV, Playback1, FeatureAbort{OpStandby, AbortUnrecognized}},
		"40:04":       {Playback1, TV, Bare(OpImageViewOn)},
		"f0:04":       {Unregistered, TV, Bare(OpImageViewOn)},
		"4f:82:10:00": {Playback1, Broadcast, ActiveSource{0x1000}},
		"40:9d:12:34": {Playback1, TV, InactiveSource{0x1234}},
		"0f:86:20:00": {TV, Broadcast, SetStreamPath{0x2000}},
		"0f:80:10:00:20:00": {
			TV, Broadcast,
			RoutingChange{0x1000, 0x2000},
		},
		"5f:81:11:00":       {AudioSystem, Broadcast, RoutingInformation{0x1100}},
		"5f:84:11:00:05":    {AudioSystem, Broadcast, ReportPhysicalAddress{0x1100, 5}},
		"0f:36":             {TV, Broadcast, Bare(OpStandby)},
		"04:8f":             {TV, Playback1, Bare(OpGiveDevicePowerStatus)},
		"40:90:03":          {Playback1, TV, ReportPowerStatus{PowerToStandby}},
		"04:44:41":          {TV, Playback1, UserControlPressed{Code: UIVolumeUp}},
		"04:44:60:24":       {TV, Playback1, UserControlPressed{UIPlayFunction, "\x24"}},
		"04:45":             {TV, Playback1, Bare(OpUserControlReleased)},
		"04:1a:01":          {TV, Playback1, GiveDeckStatus{StatusOn}},
		"40:1b:11":          {Playback1, TV, DeckStatus{DeckPlay}},
		"04:41:24":          {TV, Playback1, Play{PlayForward}},
		"04:42:03":          {TV, Playback1, DeckControl{ControlStop}},
		"0f:32:65:6e:67":    {TV, Broadcast, SetMenuLanguage{"eng"}},
		"0f:87:00:e0:91":    {TV, Broadcast, DeviceVendorID{LG}},
		"40:47:55:73:68":    {Playback1, TV, SetOSDName{"Ush"}},
		"45:70:10:00":       {Playback1, AudioSystem, SystemAudioModeRequest{0x1000, true}},
		"45:70":             {Playback1, AudioSystem, SystemAudioModeRequest{}},
		"5f:72:01":          {AudioSystem, Broadcast, SetSystemAudioMode{true}},
		"54:7e:00":          {AudioSystem, Playback1, SystemAudioModeStatus{}},
		"54:7a:b2":          {AudioSystem, Playback1, ReportAudioStatus{50, true}},
		"45:73:20":          {Playback1, AudioSystem, SetAudioVolumeLevel{32}},
		"04:8d:02":          {TV, Playback1, MenuRequest{MenuQuery}},
		"40:8e:00":          {Playback1, TV, MenuStatus{MenuActivate}},
		"40:9e:06":          {Playback1, TV, VersionSpoken{Version20}},
		"04:89:01":          {TV, Playback1, VendorCommand{"\x01"}},
		"04:8a:91":          {TV, Playback1, VendorRemoteButtonDown{"\x91"}},
		"04:a0:00:e0:91:05": {TV, Playback1, VendorCommandWithID{LG, "\x05"}},
		"04:21:01:02":       {TV, Playback1, Raw{0x21, "\x01\x02"}},
		"0f:a6:06:80:00:01": {TV, Broadcast, Raw{OpReportFeatures, "\x06\x80\x00\x01"}},
	}
}

func TestMessagesBothWays(t *testing.T) {
	for text, want := range messages() {
		f := frame(t, text)
		got, err := Parse(f)
		if err != nil {
			t.Errorf("Parse(%s): %v", text, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("Parse(%s) (-want +got):\n%s", text, diff)
		}
		if back := want.Frame(); back != f {
			t.Errorf("%+v builds %v, want %s", want, back, text)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	tests := map[string]error{
		"04:00":       ErrShort, // Feature Abort without operands
		"0f:86:10":    ErrShort,
		"04:44":       ErrShort,
		"0f:8f":       ErrWay, // directed only
		"0f:44:00":    ErrWay,
		"04:82:10:00": ErrWay, // broadcast only
		"04:86:10:00": ErrWay,
	}
	for text, want := range tests {
		if _, err := Parse(frame(t, text)); !errors.Is(err, want) {
			t.Errorf("Parse(%s) says %v, want %v", text, err, want)
		}
	}
	if _, err := Parse(Frame{}); !errors.Is(err, ErrLength) {
		t.Errorf("Parse of nothing says %v", err)
	}
	for _, n := range []int{0, 17, 300} {
		if _, err := NewFrame(make([]byte, n)); !errors.Is(err, ErrLength) {
			t.Errorf("NewFrame of %d bytes says %v", n, err)
		}
	}
}

func TestMoreOperandsThanTheStandardAreIgnored(t *testing.T) {
	m, err := Parse(frame(t, "0f:86:10:00:55:66"))
	if err != nil || m.Body != (SetStreamPath{0x1000}) {
		t.Errorf("got %+v, %v", m, err)
	}
}

func FuzzParse(f *testing.F) {
	for text := range messages() {
		b, _ := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
		f.Add(b)
	}
	f.Add([]byte{})
	f.Add(make([]byte, 17))
	f.Fuzz(func(t *testing.T, b []byte) {
		in, err := NewFrame(b)
		if err != nil {
			return
		}
		m, err := Parse(in)
		_ = Describe(in)
		if err != nil {
			return
		}
		// What was understood means the same when it is built and read again.
		again, err := Parse(m.Frame())
		if err != nil || again != m {
			t.Errorf("%v means %+v, built and read again %+v (%v)", in, m, again, err)
		}
	})
}

func TestPhysical(t *testing.T) {
	for _, text := range []string{"0.0.0.0", "1.0.0.0", "1.2.3.4", "f.f.f.f"} {
		p, err := ParsePhysical(text)
		if err != nil || p.String() != text {
			t.Errorf("%s reads as %v (%v)", text, p, err)
		}
	}
	for _, text := range []string{"", "1.0.0", "1.0.0.0.0", "g.0.0.0", "10.0.0.0", "-1.0.0.0"} {
		if _, err := ParsePhysical(text); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	above := []struct {
		up, down Physical
		want     bool
	}{
		{Root, 0x1000, true},
		{0x1000, 0x1200, true},
		{0x1200, 0x1234, true},
		{0x1000, 0x1000, false},
		{0x1000, 0x2000, false},
		{0x1200, 0x1000, false},
		{0x1200, 0x1300, false},
		{NoPhysical, 0x1000, false},
		{Root, NoPhysical, false},
	}
	for _, a := range above {
		if got := a.up.Above(a.down); got != a.want {
			t.Errorf("%v above %v: %t", a.up, a.down, got)
		}
	}
}

func TestNames(t *testing.T) {
	for i := range 256 {
		name := UICode(i).String()
		code, ok := ParseUICode(name)
		if known := !strings.HasPrefix(name, "key 0x"); known != ok || (ok && code != UICode(i)) {
			t.Errorf("key %02x is named %q, which reads as %02x, %t", i, name, uint8(code), ok)
		}
	}
	if got := Opcode(0x21).String(); got != "message 0x21" {
		t.Errorf("unknown opcode is %q", got)
	}
	if UIMute.Repeats() || UIPowerToggle.Repeats() || UIPower.Repeats() || !UIVolumeUp.Repeats() {
		t.Error("toggles must not repeat, volume must")
	}
}

// Reports are kept in journals: what is written must read as the same.
func TestTextBothWays(t *testing.T) {
	type all struct {
		Key    UICode
		Other  UICode
		At     Physical
		Power  Power
		Vendor VendorID
		Odd    VendorID
	}
	want := all{UIVolumeUp, 0xb7, 0x1200, PowerToStandby, LG, 0x123456}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got all
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("%s reads as %+v, %v", text, got, err)
	}
	for _, bad := range []string{`{"Key":"nope"}`, `{"At":"1.0"}`, `{"Power":"warm"}`, `{"Vendor":"e091"}`, `{"Vendor":"00e09x"}`} {
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestOSDName(t *testing.T) {
	for in, want := range map[string]string{
		"": "Usher", "Kino": "Kino", "A name that is too long": "A name that is", "Fernsehgerät 鱼": "Fernsehgert ",
	} {
		if got := (Claim{Name: in}).OSDName(); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestLogKeepsTheNewest(t *testing.T) {
	l := NewLog(3)
	for i := range 5 {
		l.AddOut(time.Unix(int64(i), 0), Outgoing{ID: uint64(i), Frame: frame(t, "40:04"), Why: Why{Rule: "one touch play", From: "a person"}})
	}
	l.Settle(4, ResultOK)
	l.Settle(1, ResultNack) // not kept any more
	got := l.Entries()
	if len(got) != 3 || got[0].At != time.Unix(2, 0) || got[2].Result != ResultOK || got[0].Result != 0 {
		t.Fatalf("entries %+v", got)
	}
	want := "00:00:04.000 -> 40:04 playback device 4 to TV: Image View On [one touch play; sent], cause: a person"
	if got[2].String() != want {
		t.Errorf("line %q\nwant %q", got[2], want)
	}
	NewLog(0).Add(Entry{}) // keeps nothing
}
