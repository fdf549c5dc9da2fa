package keymap

import "usher/device/remote"

// linux is what the kernel's key names mean on a remote. KEY_EXIT is Back: CEC
// remotes and many infrared ones send it for the key that leads out.
func linux() map[string]remote.Key {
	return map[string]remote.Key{
		"KEY_UP": remote.Up, "KEY_DOWN": remote.Down, "KEY_LEFT": remote.Left, "KEY_RIGHT": remote.Right,
		"KEY_OK": remote.OK, "KEY_SELECT": remote.OK, "KEY_ENTER": remote.OK, "KEY_KPENTER": remote.OK,
		"KEY_BACK": remote.Back, "KEY_EXIT": remote.Back, "KEY_ESC": remote.Back, "KEY_BACKSPACE": remote.Back, "KEY_CANCEL": remote.Back,
		"KEY_HOME": remote.Home, "KEY_HOMEPAGE": remote.Home, "KEY_ROOT_MENU": remote.Home,
		"KEY_MENU": remote.Menu, "KEY_CONTEXT_MENU": remote.Menu, "KEY_COMPOSE": remote.Menu, "KEY_SETUP": remote.Menu, "KEY_OPTION": remote.Menu,
		"KEY_PLAY": remote.Play, "KEY_PLAYCD": remote.Play, "KEY_PAUSE": remote.Pause, "KEY_PAUSECD": remote.Pause, "KEY_PLAYPAUSE": remote.PlayPause,
		"KEY_STOP": remote.Stop, "KEY_STOPCD": remote.Stop, "KEY_REWIND": remote.Rewind, "KEY_FASTFORWARD": remote.Forward,
		"KEY_NEXTSONG": remote.Next, "KEY_NEXT": remote.Next, "KEY_FORWARD": remote.Next, "KEY_PREVIOUSSONG": remote.Previous, "KEY_PREVIOUS": remote.Previous,
		"KEY_VOLUMEUP": remote.VolUp, "KEY_VOLUMEDOWN": remote.VolDown, "KEY_MUTE": remote.Mute,
		"KEY_POWER": remote.Power, "KEY_POWER2": remote.Power, "KEY_SLEEP": remote.Standby, "KEY_SUSPEND": remote.Standby, "KEY_WAKEUP": remote.Wake,
		"KEY_INFO": remote.Info, "KEY_HELP": remote.Info, "KEY_EPG": remote.Guide, "KEY_PROGRAM": remote.Guide,
		"KEY_SEARCH": remote.Search, "KEY_FIND": remote.Search, "KEY_SUBTITLE": remote.Subtitle, "KEY_LANGUAGE": remote.Audio, "KEY_AUDIO": remote.Audio, "KEY_SOUND": remote.Audio,
		"KEY_CHANNELUP": remote.ChannelUp, "KEY_PAGEUP": remote.ChannelUp, "KEY_CHANNELDOWN": remote.ChannelDn, "KEY_PAGEDOWN": remote.ChannelDn,
		"KEY_RED": remote.Red, "KEY_GREEN": remote.Green, "KEY_YELLOW": remote.Yellow, "KEY_BLUE": remote.Blue,
		"KEY_0": remote.Num0, "KEY_1": remote.Num1, "KEY_2": remote.Num2, "KEY_3": remote.Num3, "KEY_4": remote.Num4,
		"KEY_5": remote.Num5, "KEY_6": remote.Num6, "KEY_7": remote.Num7, "KEY_8": remote.Num8, "KEY_9": remote.Num9,
		"KEY_NUMERIC_0": remote.Num0, "KEY_NUMERIC_1": remote.Num1, "KEY_NUMERIC_2": remote.Num2, "KEY_NUMERIC_3": remote.Num3, "KEY_NUMERIC_4": remote.Num4,
		"KEY_NUMERIC_5": remote.Num5, "KEY_NUMERIC_6": remote.Num6, "KEY_NUMERIC_7": remote.Num7, "KEY_NUMERIC_8": remote.Num8, "KEY_NUMERIC_9": remote.Num9,
	}
}

// cec is what the UI command codes of <User Control Pressed> mean (HDMI 1.4b
// CEC table 30, HDMI 2.0 section 11). Exit is Back and Root Menu is Home, as on
// other boxes; 0x91 is Samsung's Return.
func cec() map[uint32]remote.Key {
	return map[uint32]remote.Key{
		0x00: remote.OK, 0x01: remote.Up, 0x02: remote.Down, 0x03: remote.Left, 0x04: remote.Right,
		0x09: remote.Home, 0x0a: remote.Menu, 0x0b: remote.Menu, 0x0d: remote.Back, 0x10: remote.Home, 0x11: remote.Menu, 0x91: remote.Back,
		0x20: remote.Num0, 0x21: remote.Num1, 0x22: remote.Num2, 0x23: remote.Num3, 0x24: remote.Num4,
		0x25: remote.Num5, 0x26: remote.Num6, 0x27: remote.Num7, 0x28: remote.Num8, 0x29: remote.Num9, 0x2b: remote.OK,
		0x30: remote.ChannelUp, 0x31: remote.ChannelDn, 0x33: remote.Audio, 0x35: remote.Info, 0x36: remote.Info, 0x37: remote.ChannelUp, 0x38: remote.ChannelDn,
		0x40: remote.Power, 0x41: remote.VolUp, 0x42: remote.VolDown, 0x43: remote.Mute,
		0x44: remote.Play, 0x45: remote.Stop, 0x46: remote.Pause, 0x48: remote.Rewind, 0x49: remote.Forward, 0x4b: remote.Next, 0x4c: remote.Previous,
		0x51: remote.Subtitle, 0x53: remote.Guide,
		0x60: remote.Play, 0x61: remote.PlayPause, 0x64: remote.Stop, 0x65: remote.Mute,
		0x6b: remote.Power, 0x6c: remote.Standby, 0x6d: remote.Wake,
		0x71: remote.Blue, 0x72: remote.Red, 0x73: remote.Green, 0x74: remote.Yellow,
	}
}
