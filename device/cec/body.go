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
	// CECVersion is the version that the sender speaks.
	CECVersion struct{ Version Version }
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

// Opcode is the message itself.
func (b Bare) Opcode() Opcode { return Opcode(b) }

// Opcode is Op.
func (b Raw) Opcode() Opcode { return b.Op }

// Opcode of the message; the same for all below.
func (FeatureAbort) Opcode() Opcode           { return OpFeatureAbort }
func (ReportPowerStatus) Opcode() Opcode      { return OpReportPowerStatus }
func (SetMenuLanguage) Opcode() Opcode        { return OpSetMenuLanguage }
func (SetOSDName) Opcode() Opcode             { return OpSetOSDName }
func (DeviceVendorID) Opcode() Opcode         { return OpDeviceVendorID }
func (UserControlPressed) Opcode() Opcode     { return OpUserControlPressed }
func (MenuRequest) Opcode() Opcode            { return OpMenuRequest }
func (MenuStatus) Opcode() Opcode             { return OpMenuStatus }
func (CECVersion) Opcode() Opcode             { return OpCECVersion }
func (VendorCommand) Opcode() Opcode          { return OpVendorCommand }
func (VendorRemoteButtonDown) Opcode() Opcode { return OpVendorRemoteButtonDown }
func (VendorCommandWithID) Opcode() Opcode    { return OpVendorCommandWithID }
func (ActiveSource) Opcode() Opcode           { return OpActiveSource }
func (InactiveSource) Opcode() Opcode         { return OpInactiveSource }
func (SetStreamPath) Opcode() Opcode          { return OpSetStreamPath }
func (RoutingInformation) Opcode() Opcode     { return OpRoutingInformation }
func (RoutingChange) Opcode() Opcode          { return OpRoutingChange }
func (ReportPhysicalAddress) Opcode() Opcode  { return OpReportPhysicalAddress }
func (GiveDeckStatus) Opcode() Opcode         { return OpGiveDeckStatus }
func (DeckStatus) Opcode() Opcode             { return OpDeckStatus }
func (Play) Opcode() Opcode                   { return OpPlay }
func (DeckControl) Opcode() Opcode            { return OpDeckControl }
func (SystemAudioModeRequest) Opcode() Opcode { return OpSystemAudioModeRequest }
func (SetSystemAudioMode) Opcode() Opcode     { return OpSetSystemAudioMode }
func (SystemAudioModeStatus) Opcode() Opcode  { return OpSystemAudioModeStatus }
func (ReportAudioStatus) Opcode() Opcode      { return OpReportAudioStatus }
func (SetAudioVolumeLevel) Opcode() Opcode    { return OpSetAudioVolumeLevel }

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
func (b CECVersion) operands() []byte             { return []byte{byte(b.Version)} }
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
