package cec

import "fmt"

// UICode is a key of User Control Pressed (CEC table 30).
type UICode uint8

// The keys that a playback device treats by itself, or that others send by name.
const (
	UISelect       UICode = 0x00
	UIUp           UICode = 0x01
	UIDown         UICode = 0x02
	UILeft         UICode = 0x03
	UIRight        UICode = 0x04
	UIRootMenu     UICode = 0x09
	UIExit         UICode = 0x0d // what a television's remote sends for "back"
	UIPower        UICode = 0x40 // wakes; does not put to standby
	UIVolumeUp     UICode = 0x41
	UIVolumeDown   UICode = 0x42
	UIMute         UICode = 0x43
	UIPlay         UICode = 0x44
	UIStop         UICode = 0x45
	UIPause        UICode = 0x46
	UIFastForward  UICode = 0x49
	UIPlayFunction UICode = 0x60 // with a Play operand
	UIMuteOn       UICode = 0x65 // Mute Function: mutes, no toggle
	UIRestore      UICode = 0x66 // Restore Volume Function: sound on, no toggle
	UIPowerToggle  UICode = 0x6b
	UIPowerOff     UICode = 0x6c
	UIPowerOn      UICode = 0x6d
)

var uiNames = [256]string{
	0x00: "select", 0x01: "up", 0x02: "down", 0x03: "left", 0x04: "right",
	0x05: "right-up", 0x06: "right-down", 0x07: "left-up", 0x08: "left-down",
	0x09: "root-menu", 0x0a: "setup-menu", 0x0b: "contents-menu", 0x0c: "favorite-menu", 0x0d: "exit",
	0x10: "media-top-menu", 0x11: "media-context-menu", 0x1d: "number-entry", 0x1e: "11", 0x1f: "12",
	0x20: "0", 0x21: "1", 0x22: "2", 0x23: "3", 0x24: "4", 0x25: "5", 0x26: "6", 0x27: "7", 0x28: "8", 0x29: "9",
	0x2a: "dot", 0x2b: "enter", 0x2c: "clear", 0x2f: "next-favorite",
	0x30: "channel-up", 0x31: "channel-down", 0x32: "previous-channel", 0x33: "sound-select", 0x34: "input-select",
	0x35: "information", 0x36: "help", 0x37: "page-up", 0x38: "page-down",
	0x40: "power", 0x41: "volume-up", 0x42: "volume-down", 0x43: "mute",
	0x44: "play", 0x45: "stop", 0x46: "pause", 0x47: "record", 0x48: "rewind", 0x49: "fast-forward",
	0x4a: "eject", 0x4b: "forward", 0x4c: "backward", 0x4d: "stop-record", 0x4e: "pause-record",
	0x50: "angle", 0x51: "sub-picture", 0x52: "video-on-demand", 0x53: "guide", 0x54: "timer", 0x55: "initial-configuration",
	0x56: "select-broadcast-type", 0x57: "select-sound-presentation", 0x58: "audio-description", 0x59: "internet", 0x5a: "3d-mode",
	0x60: "play-function", 0x61: "pause-play-function", 0x62: "record-function", 0x63: "pause-record-function",
	0x64: "stop-function", 0x65: "mute-function", 0x66: "restore-volume-function", 0x67: "tune-function",
	0x68: "select-media-function", 0x69: "select-av-input-function", 0x6a: "select-audio-input-function",
	0x6b: "power-toggle-function", 0x6c: "power-off-function", 0x6d: "power-on-function",
	0x71: "blue", 0x72: "red", 0x73: "green", 0x74: "yellow", 0x75: "f5", 0x76: "data",
	0x91: "samsung-return", 0x96: "samsung-channel-list",
}

// String is a name such as "volume-up", or "key 0xb7".
func (c UICode) String() string {
	if name := uiNames[c]; name != "" {
		return name
	}
	return fmt.Sprintf("key 0x%02x", uint8(c))
}

// MarshalText is String.
func (c UICode) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads a name of String.
func (c *UICode) UnmarshalText(text []byte) error {
	if code, ok := ParseUICode(string(text)); ok {
		*c = code
		return nil
	}
	if _, err := fmt.Sscanf(string(text), "key 0x%02x", (*uint8)(c)); err != nil {
		return fmt.Errorf("key %q is not known: %w", text, err)
	}
	return nil
}

// ParseUICode finds a key by its name.
func ParseUICode(name string) (UICode, bool) {
	for i, known := range uiNames {
		if known == name && name != "" {
			return UICode(i), true
		}
	}
	return 0, false
}

// Sound says that c changes the volume.
func (c UICode) Sound() bool {
	return c == UIVolumeUp || c == UIVolumeDown || c == UIMute || c == UIMuteOn || c == UIRestore
}

// Repeats says that c may be sent again while it is held. Toggles and those
// keys that set a state may not.
func (c UICode) Repeats() bool {
	return c != UIMute && c != UIPower && (c < UIPlayFunction || c > UIPowerOn)
}
