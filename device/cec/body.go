package cec

// Bare is a message without operands that matter.
type Bare Opcode

// Raw is a message kept as it is.
type Raw struct {
	Op   Opcode
	Data string // operands
}

// The messages with operands, named as in the standard.
type (
	// FeatureAbort says that a message was not carried out.
	FeatureAbort struct {
		Of     Opcode
		Reason AbortReason
	}
	// ReportPowerStatus answers Give Device Power Status; in CEC 2.0 it is
	// also broadcast when the state changes.
	ReportPowerStatus struct{ Power Power }
	// SetMenuLanguage is the television's language, ISO 639-2/B, such as "eng".
	SetMenuLanguage struct{ Language string }
	// SetOSDName is the name of a device, 1 to 14 ASCII letters.
	SetOSDName struct{ Name string }
	// DeviceVendorID says who made the sender.
	DeviceVendorID struct{ Vendor VendorID }
	// UserControlPressed is a key going down; sent again while it is held.
	UserControlPressed struct {
		Code UICode
		Data string // operands of codes that have some, such as Play Function
	}
	// MenuRequest asks for the device's menu (CEC 1.4): MenuActivate and so on.
	MenuRequest struct{ Ask uint8 }
	// MenuStatus answers it: MenuActivate or MenuDeactivate.
	MenuStatus struct{ Is uint8 }
	// VersionSpoken is CEC Version: the version that the sender speaks.
	VersionSpoken struct{ Version Version }
	// VendorCommand is between devices of one maker.
	VendorCommand struct{ Data string }
	// VendorRemoteButtonDown is a key that only one maker knows.
	VendorRemoteButtonDown struct{ Data string }
	// VendorCommandWithID names the maker.
	VendorCommandWithID struct {
		Vendor VendorID
		Data   string
	}

	// ActiveSource says whose picture is shown.
	ActiveSource struct{ At Physical }
	// InactiveSource says that the sender has no picture any more.
	InactiveSource struct{ At Physical }
	// SetStreamPath asks the device at an address for its picture.
	SetStreamPath struct{ At Physical }
	// RoutingInformation is where a switch leads to.
	RoutingInformation struct{ At Physical }
	// RoutingChange says that a switch was turned.
	RoutingChange struct{ Old, New Physical }
	// ReportPhysicalAddress says where the sender is and what it is: 0 TV,
	// 1 recorder, 3 tuner, 4 playback, 5 audio system.
	ReportPhysicalAddress struct {
		At   Physical
		Type uint8
	}

	// GiveDeckStatus asks for Deck Status: StatusOn, StatusOff, StatusOnce.
	GiveDeckStatus struct{ Ask uint8 }
	// DeckStatus is what the deck does.
	DeckStatus struct{ Deck Deck }
	// Play asks for a way of playing, such as PlayForward.
	Play struct{ Mode uint8 }
	// DeckControl is ControlStop and so on.
	DeckControl struct{ Mode uint8 }

	// SystemAudioModeRequest asks for the sound to come from the audio
	// system; without an address, for it to end.
	SystemAudioModeRequest struct {
		At Physical
		On bool
	}
	// SetSystemAudioMode says that the sound now comes, or does not, from the audio system.
	SetSystemAudioMode struct{ On bool }
	// SystemAudioModeStatus answers Give System Audio Mode Status.
	SystemAudioModeStatus struct{ On bool }
	// ReportAudioStatus is the volume, 0 to 100 in percent, 0x7f unknown.
	ReportAudioStatus struct {
		Volume uint8
		Muted  bool
	}
	// SetAudioVolumeLevel sets the volume in percent (CEC 2.0).
	SetAudioVolumeLevel struct{ Volume uint8 }
)

// OpcodeOf is what a message is.
func OpcodeOf(b Body) Opcode { return b.opcode() }

func (b Bare) opcode() Opcode { return Opcode(b) }

func (b Raw) opcode() Opcode { return b.Op }

func (FeatureAbort) opcode() Opcode           { return OpFeatureAbort }
func (ReportPowerStatus) opcode() Opcode      { return OpReportPowerStatus }
func (SetMenuLanguage) opcode() Opcode        { return OpSetMenuLanguage }
func (SetOSDName) opcode() Opcode             { return OpSetOSDName }
func (DeviceVendorID) opcode() Opcode         { return OpDeviceVendorID }
func (UserControlPressed) opcode() Opcode     { return OpUserControlPressed }
func (MenuRequest) opcode() Opcode            { return OpMenuRequest }
func (MenuStatus) opcode() Opcode             { return OpMenuStatus }
func (VersionSpoken) opcode() Opcode          { return OpCECVersion }
func (VendorCommand) opcode() Opcode          { return OpVendorCommand }
func (VendorRemoteButtonDown) opcode() Opcode { return OpVendorRemoteButtonDown }
func (VendorCommandWithID) opcode() Opcode    { return OpVendorCommandWithID }
func (ActiveSource) opcode() Opcode           { return OpActiveSource }
func (InactiveSource) opcode() Opcode         { return OpInactiveSource }
func (SetStreamPath) opcode() Opcode          { return OpSetStreamPath }
func (RoutingInformation) opcode() Opcode     { return OpRoutingInformation }
func (RoutingChange) opcode() Opcode          { return OpRoutingChange }
func (ReportPhysicalAddress) opcode() Opcode  { return OpReportPhysicalAddress }
func (GiveDeckStatus) opcode() Opcode         { return OpGiveDeckStatus }
func (DeckStatus) opcode() Opcode             { return OpDeckStatus }
func (Play) opcode() Opcode                   { return OpPlay }
func (DeckControl) opcode() Opcode            { return OpDeckControl }
func (SystemAudioModeRequest) opcode() Opcode { return OpSystemAudioModeRequest }
func (SetSystemAudioMode) opcode() Opcode     { return OpSetSystemAudioMode }
func (SystemAudioModeStatus) opcode() Opcode  { return OpSystemAudioModeStatus }
func (ReportAudioStatus) opcode() Opcode      { return OpReportAudioStatus }
func (SetAudioVolumeLevel) opcode() Opcode    { return OpSetAudioVolumeLevel }

func (b Bare) operands() []byte                   { return nil }
func (b Raw) operands() []byte                    { return []byte(b.Data) }
func (b FeatureAbort) operands() []byte           { return []byte{byte(b.Of), byte(b.Reason)} }
func (b ReportPowerStatus) operands() []byte      { return []byte{byte(b.Power)} }
func (b SetMenuLanguage) operands() []byte        { return []byte(b.Language) }
func (b SetOSDName) operands() []byte             { return []byte(b.Name) }
func (b DeviceVendorID) operands() []byte         { return b.Vendor.bytes() }
func (b UserControlPressed) operands() []byte     { return append([]byte{byte(b.Code)}, b.Data...) }
func (b MenuRequest) operands() []byte            { return []byte{b.Ask} }
func (b MenuStatus) operands() []byte             { return []byte{b.Is} }
func (b VersionSpoken) operands() []byte          { return []byte{byte(b.Version)} }
func (b VendorCommand) operands() []byte          { return []byte(b.Data) }
func (b VendorRemoteButtonDown) operands() []byte { return []byte(b.Data) }
func (b VendorCommandWithID) operands() []byte    { return append(b.Vendor.bytes(), b.Data...) }
func (b ActiveSource) operands() []byte           { return b.At.bytes() }
func (b InactiveSource) operands() []byte         { return b.At.bytes() }
func (b SetStreamPath) operands() []byte          { return b.At.bytes() }
func (b RoutingInformation) operands() []byte     { return b.At.bytes() }
func (b RoutingChange) operands() []byte          { return append(b.Old.bytes(), b.New.bytes()...) }
func (b ReportPhysicalAddress) operands() []byte  { return append(b.At.bytes(), b.Type) }
func (b GiveDeckStatus) operands() []byte         { return []byte{b.Ask} }
func (b DeckStatus) operands() []byte             { return []byte{byte(b.Deck)} }
func (b Play) operands() []byte                   { return []byte{b.Mode} }
func (b DeckControl) operands() []byte            { return []byte{b.Mode} }
func (b SetSystemAudioMode) operands() []byte     { return []byte{flag(b.On)} }
func (b SystemAudioModeStatus) operands() []byte  { return []byte{flag(b.On)} }
func (b SetAudioVolumeLevel) operands() []byte    { return []byte{b.Volume} }

func (b SystemAudioModeRequest) operands() []byte {
	if !b.On {
		return nil
	}
	return b.At.bytes()
}

func (b ReportAudioStatus) operands() []byte {
	return []byte{b.Volume&0x7f | flag(b.Muted)<<7}
}

func (p Physical) bytes() []byte { return []byte{byte(p >> 8), byte(p)} }

func (v VendorID) bytes() []byte { return []byte{byte(v >> 16), byte(v >> 8), byte(v)} }

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}
