package cec

import "fmt"

// Opcode says what a message is.
type Opcode uint8

// The opcodes (CEC tables 9 to 29; those from A5 to A8 and 73 are of CEC 2.0).
const (
	OpFeatureAbort              Opcode = 0x00
	OpImageViewOn               Opcode = 0x04
	OpTextViewOn                Opcode = 0x0d
	OpGiveDeckStatus            Opcode = 0x1a
	OpDeckStatus                Opcode = 0x1b
	OpSetMenuLanguage           Opcode = 0x32
	OpStandby                   Opcode = 0x36
	OpPlay                      Opcode = 0x41
	OpDeckControl               Opcode = 0x42
	OpUserControlPressed        Opcode = 0x44
	OpUserControlReleased       Opcode = 0x45
	OpGiveOSDName               Opcode = 0x46
	OpSetOSDName                Opcode = 0x47
	OpSystemAudioModeRequest    Opcode = 0x70
	OpGiveAudioStatus           Opcode = 0x71
	OpSetSystemAudioMode        Opcode = 0x72
	OpSetAudioVolumeLevel       Opcode = 0x73
	OpReportAudioStatus         Opcode = 0x7a
	OpGiveSystemAudioModeStatus Opcode = 0x7d
	OpSystemAudioModeStatus     Opcode = 0x7e
	OpRoutingChange             Opcode = 0x80
	OpRoutingInformation        Opcode = 0x81
	OpActiveSource              Opcode = 0x82
	OpGivePhysicalAddress       Opcode = 0x83
	OpReportPhysicalAddress     Opcode = 0x84
	OpRequestActiveSource       Opcode = 0x85
	OpSetStreamPath             Opcode = 0x86
	OpDeviceVendorID            Opcode = 0x87
	OpVendorCommand             Opcode = 0x89
	OpVendorRemoteButtonDown    Opcode = 0x8a
	OpVendorRemoteButtonUp      Opcode = 0x8b
	OpGiveDeviceVendorID        Opcode = 0x8c
	OpMenuRequest               Opcode = 0x8d
	OpMenuStatus                Opcode = 0x8e
	OpGiveDevicePowerStatus     Opcode = 0x8f
	OpReportPowerStatus         Opcode = 0x90
	OpGetMenuLanguage           Opcode = 0x91
	OpInactiveSource            Opcode = 0x9d
	OpCECVersion                Opcode = 0x9e
	OpGetCECVersion             Opcode = 0x9f
	OpVendorCommandWithID       Opcode = 0xa0
	OpGiveFeatures              Opcode = 0xa5
	OpReportFeatures            Opcode = 0xa6
	OpAbort                     Opcode = 0xff
)

// way says to whom a message may be sent.
type way uint8

const (
	directed way = 1 << iota
	broadcast
	both = directed | broadcast
)

// opcodeRow is what the standard says about one opcode.
type opcodeRow struct {
	name string
	min  int // operands
	way  way
}

// opcodes is indexed by Opcode; a row without name is an opcode we do not know.
var opcodes = [256]opcodeRow{
	0x00: {"Feature Abort", 2, directed},
	0x04: {"Image View On", 0, directed},
	0x05: {"Tuner Step Increment", 0, directed},
	0x06: {"Tuner Step Decrement", 0, directed},
	0x07: {"Tuner Device Status", 5, directed},
	0x08: {"Give Tuner Device Status", 1, directed},
	0x09: {"Record On", 1, directed},
	0x0a: {"Record Status", 1, directed},
	0x0b: {"Record Off", 0, directed},
	0x0d: {"Text View On", 0, directed},
	0x0f: {"Record TV Screen", 0, directed},
	0x1a: {"Give Deck Status", 1, directed},
	0x1b: {"Deck Status", 1, directed},
	0x32: {"Set Menu Language", 3, broadcast},
	0x33: {"Clear Analogue Timer", 11, directed},
	0x34: {"Set Analogue Timer", 11, directed},
	0x35: {"Timer Status", 1, directed},
	0x36: {"Standby", 0, both},
	0x41: {"Play", 1, directed},
	0x42: {"Deck Control", 1, directed},
	0x43: {"Timer Cleared Status", 1, directed},
	0x44: {"User Control Pressed", 1, directed},
	0x45: {"User Control Released", 0, directed},
	0x46: {"Give OSD Name", 0, directed},
	0x47: {"Set OSD Name", 1, directed},
	0x64: {"Set OSD String", 2, directed},
	0x67: {"Set Timer Program Title", 1, directed},
	0x70: {"System Audio Mode Request", 0, directed},
	0x71: {"Give Audio Status", 0, directed},
	0x72: {"Set System Audio Mode", 1, both},
	0x73: {"Set Audio Volume Level", 1, directed},
	0x7a: {"Report Audio Status", 1, directed},
	0x7d: {"Give System Audio Mode Status", 0, directed},
	0x7e: {"System Audio Mode Status", 1, directed},
	0x80: {"Routing Change", 4, broadcast},
	0x81: {"Routing Information", 2, broadcast},
	0x82: {"Active Source", 2, broadcast},
	0x83: {"Give Physical Address", 0, directed},
	0x84: {"Report Physical Address", 3, broadcast},
	0x85: {"Request Active Source", 0, broadcast},
	0x86: {"Set Stream Path", 2, broadcast},
	0x87: {"Device Vendor ID", 3, broadcast},
	0x89: {"Vendor Command", 1, directed},
	0x8a: {"Vendor Remote Button Down", 1, both},
	0x8b: {"Vendor Remote Button Up", 0, both},
	0x8c: {"Give Device Vendor ID", 0, directed},
	0x8d: {"Menu Request", 1, directed},
	0x8e: {"Menu Status", 1, directed},
	0x8f: {"Give Device Power Status", 0, directed},
	0x90: {"Report Power Status", 1, both},
	0x91: {"Get Menu Language", 0, directed},
	0x92: {"Select Analogue Service", 4, directed},
	0x93: {"Select Digital Service", 7, directed},
	0x97: {"Set Digital Timer", 14, directed},
	0x99: {"Clear Digital Timer", 14, directed},
	0x9a: {"Set Audio Rate", 1, directed},
	0x9d: {"Inactive Source", 2, directed},
	0x9e: {"CEC Version", 1, directed},
	0x9f: {"Get CEC Version", 0, directed},
	0xa0: {"Vendor Command With ID", 4, both},
	0xa1: {"Clear External Timer", 9, directed},
	0xa2: {"Set External Timer", 9, directed},
	0xa3: {"Report Short Audio Descriptor", 3, directed},
	0xa4: {"Request Short Audio Descriptor", 1, directed},
	0xa5: {"Give Features", 0, directed},
	0xa6: {"Report Features", 4, broadcast},
	0xa7: {"Request Current Latency", 2, broadcast},
	0xa8: {"Report Current Latency", 4, broadcast},
	0xc0: {"Initiate ARC", 0, directed},
	0xc1: {"Report ARC Initiated", 0, directed},
	0xc2: {"Report ARC Terminated", 0, directed},
	0xc3: {"Request ARC Initiation", 0, directed},
	0xc4: {"Request ARC Termination", 0, directed},
	0xc5: {"Terminate ARC", 0, directed},
	0xf8: {"CDC Message", 3, broadcast},
	0xff: {"Abort", 0, directed},
}

// Known says whether the standard defines o.
func (o Opcode) Known() bool { return opcodes[o].name != "" }

// String is the standard's name, or "message 0x21".
func (o Opcode) String() string {
	if name := opcodes[o].name; name != "" {
		return name
	}
	return fmt.Sprintf("message 0x%02x", uint8(o))
}
