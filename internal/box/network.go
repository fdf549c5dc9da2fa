package box

// NetLink is what the box is connected by.
type NetLink string

// The links. Before the edge has looked it is "".
const (
	LinkNone  NetLink = "none"
	LinkCable NetLink = "cable"
	LinkWiFi  NetLink = "wifi"
	LinkOther NetLink = "other" // such as a mobile modem
)

// NetReach is how far a connection gets.
type NetReach string

// The reaches. "" is: not known, because nothing was asked for there yet.
const (
	ReachUnknown  NetReach = ""
	ReachInternet NetReach = "internet" // a service of the box answers
	ReachPortal   NetReach = "portal"   // the network wants somebody to sign in on a web page first
	ReachNothing  NetReach = "nothing"  // no service answers
)

// NetworkRadio is how the box's Wi-Fi stands.
type NetworkRadio struct {
	State  string `json:"state"`            // absent off disconnected connecting connected
	Name   string `json:"name,omitempty"`   // of the network that it is on, or getting on
	SSID   string `json:"ssid,omitempty"`   // see ShowName
	Signal int    `json:"signal,omitempty"` // 0 to 100; 0: not known
}

// The states of a radio that the core knows by name; the others are those of
// device/wifi.
const (
	RadioAbsent = "absent" // nothing on this box sees to Wi-Fi, or there is no adapter
	RadioOff    = "off"
)

// NetworkSeen is a Wi-Fi network around the box.
type NetworkSeen struct {
	Name      string `json:"name"`
	SSID      string `json:"ssid,omitempty"` // see ShowName
	Signal    int    `json:"signal"`         // 0 to 100
	Security  string `json:"security"`       // open wep wpa wpa3 enterprise
	Known     bool   `json:"known"`
	Connected bool   `json:"connected"`
}

// NetworkReport is what the edge says of the box's network.
type NetworkReport struct {
	Link      NetLink
	Address   string // of the box on it
	Hardware  string // address of the interface, which a hotel can let in
	Reach     NetReach
	Radio     NetworkRadio
	Paid      bool // by the byte, as far as is known or was chosen
	Simulated bool // an invented radio: nothing of it is true of this machine
}

// NetworkAct is what somebody wants of a network.
type NetworkAct string

// The acts.
const (
	NetworkJoin   NetworkAct = "join"
	NetworkForget NetworkAct = "forget"
)

// NetworkPhase is how far an attempt is.
type NetworkPhase string

// The phases.
const (
	AttemptRuns   NetworkPhase = "running"
	AttemptDone   NetworkPhase = "done"
	AttemptFailed NetworkPhase = "failed"
)

// NetworkAttempt is the last thing that somebody wanted of a network, until it
// was read.
//
//	          asked             the edge answers without a problem
//	nothing ───────▶ running ──────────────────────────────────────▶ done
//	   ▲                │ └────────────── with one ──────────────▶ failed
//	   └── cancelled ───┴──────────────────────────────────────────────┘
type NetworkAttempt struct {
	Session uint64       `json:"session"` // rises with each
	Act     NetworkAct   `json:"act"`
	Name    string       `json:"name"`
	SSID    string       `json:"ssid,omitempty"` // see ShowName
	Phase   NetworkPhase `json:"phase"`
	Problem *Problem     `json:"problem,omitempty"` // of failed
}

// Network is the part of the State that is about the box's network. A
// passphrase is not in it, nor in any event or effect: who asks for a network
// leaves it with the edge before, and the core passes on the ticket that was
// given for it.
type Network struct {
	NetworkReport
	Last    uint64        // number of the last look, attempt or forgetting
	Look    uint64        // the look that runs; 0: none does
	Seen    []NetworkSeen // by the last look
	Problem *Problem      // why that gave nothing
	Attempt NetworkAttempt
	Awaited bool // whoever asked for the attempt is told its end, and nobody else has to read it
}

// Events of the network. Those that end in Asked are intents.
type (
	// NetworkReported is news of the edge.
	NetworkReported struct{ Report NetworkReport }
	// NetworkLookAsked wants to know which networks are around. While somebody
	// joins one it changes nothing.
	NetworkLookAsked struct{}
	// NetworkLooked answers LookForNetworks.
	NetworkLooked struct {
		Session uint64
		Seen    []NetworkSeen // in the order in which they are shown
		Problem *Problem
	}
	// NetworkJoinAsked wants the box on a network.
	NetworkJoinAsked struct {
		Name    string
		SSID    string // see ShowName
		Hidden  bool   // it does not tell its name
		Ticket  uint64 // for the passphrase, and for who waits; 0: neither
		Awaited bool   // somebody waits for the end with the edge
	}
	// NetworkForgetAsked wants a network forgotten, and with it its passphrase.
	NetworkForgetAsked struct {
		Name    string
		SSID    string // see ShowName
		Ticket  uint64 // for who waits; 0: nobody
		Awaited bool   // somebody waits for the end with the edge
	}
	// NetworkCancelled takes back what runs, and clears what was read. An attempt
	// that is awaited goes on.
	NetworkCancelled struct{}
	// NetworkAnswered answers JoinNetwork and ForgetNetwork.
	NetworkAnswered struct {
		Session uint64
		Problem *Problem // nil: it was done
	}
)

func (NetworkReported) boxEvent()    {}
func (NetworkLookAsked) boxEvent()   {}
func (NetworkLooked) boxEvent()      {}
func (NetworkJoinAsked) boxEvent()   {}
func (NetworkForgetAsked) boxEvent() {}
func (NetworkCancelled) boxEvent()   {}
func (NetworkAnswered) boxEvent()    {}

// networkEvents has one of each.
func networkEvents() []Event {
	return []Event{
		NetworkReported{}, NetworkLookAsked{}, NetworkLooked{}, NetworkJoinAsked{}, NetworkForgetAsked{}, NetworkCancelled{}, NetworkAnswered{},
	}
}

// Effects of the network.
type (
	// LookForNetworks has the radio look around. Answer: NetworkLooked.
	LookForNetworks struct{ Session uint64 }
	// JoinNetwork puts the box on a network. Answer: NetworkAnswered, after a
	// report of how far that gets.
	JoinNetwork struct {
		Session uint64
		Name    string
		SSID    string
		Hidden  bool
		Ticket  uint64
	}
	// ForgetNetwork forgets one. Answer: NetworkAnswered.
	ForgetNetwork struct {
		Session uint64
		Name    string
		SSID    string
		Ticket  uint64
	}
	// CancelNetwork ends what the effect of that number began. No answer.
	CancelNetwork struct{ Session uint64 }
)

func (LookForNetworks) boxEffect() {}
func (JoinNetwork) boxEffect()     {}
func (ForgetNetwork) boxEffect()   {}
func (CancelNetwork) boxEffect()   {}

// network takes the events of the network.
func network(s State, e Event) (State, []Effect) {
	n := &s.Network
	switch e := e.(type) {
	case NetworkReported:
		n.NetworkReport = e.Report
	case NetworkLookAsked:
		if n.Look != 0 || n.Attempt.Phase == AttemptRuns {
			return s, nil
		}
		n.Last++
		n.Look = n.Last
		return s, []Effect{LookForNetworks{Session: n.Look}}
	case NetworkLooked:
		if e.Session == n.Look && n.Look != 0 {
			n.Look, n.Seen, n.Problem = 0, e.Seen, e.Problem
		}
	case NetworkJoinAsked:
		s, fx := attempt(s, NetworkJoin, e.Name, e.SSID, e.Awaited)
		a := s.Network.Attempt
		return s, append(fx, JoinNetwork{Session: a.Session, Name: a.Name, SSID: a.SSID, Hidden: e.Hidden, Ticket: e.Ticket})
	case NetworkForgetAsked:
		s, fx := attempt(s, NetworkForget, e.Name, e.SSID, e.Awaited)
		a := s.Network.Attempt
		return s, append(fx, ForgetNetwork{Session: a.Session, Name: a.Name, SSID: a.SSID, Ticket: e.Ticket})
	case NetworkAnswered:
		return networkAnswered(s, e), nil
	case NetworkCancelled:
		return cancelNetwork(s)
	}
	return s, nil
}

// attempt begins one. A look that runs is of no use beside it, and in its way.
func attempt(s State, act NetworkAct, name, ssid string, awaited bool) (State, []Effect) {
	n := &s.Network
	var fx []Effect
	if n.Look != 0 {
		fx = append(fx, CancelNetwork{Session: n.Look})
	}
	if octets, ok := Octets(name, ssid); ok {
		name, ssid = ShowName(octets)
	}
	n.Last++
	n.Look, n.Awaited = 0, awaited
	n.Attempt = NetworkAttempt{Session: n.Last, Act: act, Name: name, SSID: ssid, Phase: AttemptRuns}
	return s, fx
}

func networkAnswered(s State, e NetworkAnswered) State {
	a := &s.Network.Attempt
	if e.Session != a.Session || a.Phase != AttemptRuns {
		return s
	}
	if s.Network.Awaited {
		s.Network.Attempt, s.Network.Awaited = NetworkAttempt{}, false
		return s
	}
	a.Phase, a.Problem = AttemptDone, e.Problem
	if e.Problem != nil {
		a.Phase = AttemptFailed
	}
	return s
}

// cancelNetwork also forgets what was around: it says where the box is. What
// somebody waits for elsewhere is not the screen's to take back: he does, by
// going.
func cancelNetwork(s State) (State, []Effect) {
	n := &s.Network
	var fx []Effect
	if n.Attempt.Phase == AttemptRuns && !n.Awaited {
		fx = append(fx, CancelNetwork{Session: n.Attempt.Session})
	}
	if n.Look != 0 {
		fx = append(fx, CancelNetwork{Session: n.Look})
	}
	n.Look, n.Seen, n.Problem = 0, nil, nil
	if !n.Awaited {
		n.Attempt = NetworkAttempt{}
	}
	return s, fx
}

// refuseNetwork says why nothing can be wanted of Wi-Fi now.
func refuseNetwork(s State, e Event) *Problem {
	n := s.Network
	looks, called := false, true // there may be a network that is called so
	switch e := e.(type) {
	case NetworkLookAsked:
		looks = true
	case NetworkJoinAsked:
		_, called = Octets(e.Name, e.SSID)
	case NetworkForgetAsked:
		_, called = Octets(e.Name, e.SSID)
	default:
		return nil
	}
	switch {
	case n.Radio.State == "" || n.Radio.State == RadioAbsent:
		return new(radioAbsent)
	case n.Radio.State == RadioOff:
		return new(radioOff)
	case !called:
		return new(networkUnseen)
	case n.Attempt.Phase == AttemptRuns && !looks:
		return new(networkBusy)
	}
	return nil
}

// What the core itself refuses, with the codes that the driver's errors have.
var (
	radioAbsent   = Problem{Code: "wifi_adapter", Text: "The box has no Wi-Fi that can be used.", Hint: "Connect it with a cable."}
	radioOff      = Problem{Code: "wifi_off", Text: "Wi-Fi is switched off.", Hint: "Switch it on at the box, or connect it with a cable."}
	networkUnseen = Problem{Code: "wifi_unseen", Text: "No network has such a name.", Hint: "Choose one of those that are around; a name has 1 to 32 bytes."}
	networkBusy   = Problem{Code: "wifi_busy", Text: "The box is joining a network already.", Hint: "Wait until that is over, or take it back first."}
)

// NetworkView is topic "network".
type NetworkView struct {
	Link      NetLink         `json:"link,omitempty"` // missing: not known yet
	Address   string          `json:"address,omitempty"`
	Hardware  string          `json:"hardware,omitempty"`
	Reach     NetReach        `json:"reach,omitempty"` // missing: not known
	WiFi      NetworkRadio    `json:"wifi"`
	Paid      bool            `json:"paid"`
	Looking   bool            `json:"looking"`
	Networks  []NetworkSeen   `json:"networks"`
	Problem   *Problem        `json:"problem,omitempty"`
	Attempt   *NetworkAttempt `json:"attempt,omitempty"`
	Simulated bool            `json:"simulated,omitempty"`
}

func lookNetwork(s State) NetworkView {
	n := s.Network
	v := NetworkView{
		Link: n.Link, Address: n.Address, Hardware: n.Hardware, Reach: n.Reach, WiFi: n.Radio, Paid: n.Paid,
		Looking: n.Look != 0, Networks: n.Seen, Problem: n.Problem, Simulated: n.Simulated,
	}
	if v.WiFi.State == "" {
		v.WiFi.State = RadioAbsent
	}
	if n.Attempt.Session != 0 {
		v.Attempt = new(n.Attempt)
	}
	return v
}
