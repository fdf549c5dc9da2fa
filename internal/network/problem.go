package network

import (
	"context"
	"errors"

	"usher/internal/box"
)

// Problem is what a person is told, by its code; one that is not known is
// "wifi_failed".
func Problem(code string) *box.Problem {
	for _, p := range problems() {
		if p.Code == code {
			return &p
		}
	}
	return Problem("wifi_failed")
}

// problems are read on the screen and on a terminal, so their next steps are
// true on both.
func problems() []box.Problem {
	const router = "It is on the router, mostly on a label below; upper and lower case matter."
	return []box.Problem{
		{Code: "wifi_failed", Text: "The network did not let the box in.", Hint: "Move the box nearer to the router, or try again; switching the router off and on often helps."},
		{Code: "wifi_none", Text: "Nothing on this box lets Usher see to Wi-Fi.", Hint: "Connect it with a cable; whoever set it up can install NetworkManager or iwd."},
		{Code: "wifi_adapter", Text: "The box has no Wi-Fi adapter that can be used.", Hint: "Connect it with a cable, or plug in an adapter that Linux knows."},
		{Code: "wifi_off", Text: "Wi-Fi is switched off.", Hint: "Switch it on at the box (rfkill unblock wifi on a terminal), or connect it with a cable."},
		{Code: "wifi_unseen", Text: "The network is out of reach.", Hint: "Move the box nearer to the router. One that does not tell its name has to be joined as a hidden one."},
		{Code: "wifi_needed", Text: "The network wants a password.", Hint: router},
		{Code: "wifi_passphrase", Text: "The network refused the password.", Hint: router},
		{Code: "wifi_improper", Text: "A password of a network has 8 to 63 letters, digits and signs.", Hint: router},
		{Code: "wifi_enterprise", Text: "The network wants a user name or certificates, which Usher does not ask for.", Hint: "Choose another network, or have it set up with nmcli or iwctl."},
		{Code: "wifi_weak", Text: "The network's protection (WEP) can be broken by anybody, and is not used.", Hint: "Set the router to WPA2 or WPA3."},
		{Code: "wifi_address", Text: "The box is on the network, but got no address there.", Hint: "Switch the router off and on, and try again; it may also have as many devices as it takes."},
		{Code: "wifi_unknown", Text: "The box does not know this network.", Hint: "There is nothing to forget."},
		{Code: "wifi_busy", Text: "The box is joining a network already.", Hint: "Wait until that is over, or take it back first."},
		{Code: "wifi_cancelled", Text: "It was taken back before it was done.", Hint: "See how the network stands now, and try again where that is still wanted."},
	}
}

// problemOf puts an error of the radio into words.
func problemOf(err error) *box.Problem {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*box.Problem](err); ok {
		return p
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &box.Problem{Code: "wifi_failed", Text: "The Wi-Fi did not get there in time.", Hint: "Move the box nearer to the router, or try again."}
	}
	return Problem("wifi_failed")
}
