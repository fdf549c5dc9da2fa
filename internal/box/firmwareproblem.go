package box

// The problems of updates that the core reports. Why an update failed is put
// into words by FirmwareProblem.
var (
	firmwareAbsent = Problem{
		Code: "firmware_absent", Text: "This box keeps no firmware of its own.",
		Hint: "Update it by the means of its system, such as apt.",
	}
	firmwareNone = Problem{
		Code: "firmware_none", Text: "There is no new firmware.",
		Hint: "Look for one: usher firmware check",
	}
	firmwareBusy = Problem{
		Code: "firmware_busy", Text: "An update is under way.",
		Hint: "Wait until it has ended: usher firmware status",
	}
	firmwareWatching = Problem{
		Code: "firmware_watching", Text: "Somebody watches: the box does not start anew now.",
		Hint: "Stop the film first.",
	}
	firmwarePutoffLong = Problem{
		Code: "firmware_putoff_long", Text: "An update is put off for a day at a time at most.",
		Hint: "Choose a time from a minute to 24 hours.",
	}
	firmwarePutoffOften = Problem{
		Code: "firmware_putoff_often", Text: "This update was put off three times already.",
		Hint: "It is installed when nobody watches; usher firmware install does it at once.",
	}
)

// firmwareWords are what is told of a reason (firmware.Reason) for which an
// update was not made, or did not stay.
func firmwareWords() map[string]Problem {
	const back = "The box went back to the firmware before; this one is not tried again."
	return map[string]Problem{
		"no_start":     {Text: "The new firmware did not start.", Hint: back},
		"no_player":    {Text: "With the new firmware no film could be shown.", Hint: back},
		"no_bridge":    {Text: "With the new firmware the screen stayed empty.", Hint: back},
		"no_tv":        {Text: "The new firmware did not find the television.", Hint: back},
		"no_film":      {Text: "With the new firmware no film ran.", Hint: back},
		"crashed":      {Text: "The new firmware crashed.", Hint: back},
		"by_hand":      {Text: "Somebody went back to the firmware before.", Hint: "The newer one is not tried again; the one after it will be."},
		"damaged":      {Text: "The memory of the box did not keep the new firmware.", Hint: "The box tries again; if it stays so, its memory is worn out."},
		"no_space":     {Text: "The new firmware is larger than its place on this box.", Hint: "Tell the maker of the box."},
		"read_only":    {Text: "The place of the new firmware cannot be written.", Hint: "Check that usherd may write to the slots: usher doctor"},
		"wrong_board":  {Text: "The new firmware is for another box.", Hint: "Tell the maker of the box."},
		"downgrade":    {Text: "The firmware that is offered is older than what this box may run.", Hint: "Nothing needs to be done."},
		"untrusted":    {Text: "What is offered as new firmware is not signed as it must be.", Hint: "Nothing was installed. Check date and time of the box; else tell its maker."},
		"unreachable":  {Text: "The place of new firmware is not reached.", Hint: "Check the network; the box tries again by itself."},
		"data_budget":  {Text: "The new firmware needs more data than may be used now.", Hint: "usher firmware install fetches it all the same."},
		"tried_before": {Text: "This firmware failed on this box before.", Hint: "Wait for the next one."},
		"unproved":     {Text: "The firmware that runs is still on trial.", Hint: "Try again in a few minutes."},
		"slots_busy":   {Text: "Another program is writing the box's firmware.", Hint: "The box tries again by itself."},
		"no_installer": {Text: "The program that writes firmware does not answer.", Hint: "Check it: systemctl status usher-slots.socket, or rauc"},
		"interrupted":  {Text: "The update was cut off.", Hint: "It goes on by itself where it was."},
	}
}

// FirmwareProblem puts a reason (firmware.Reason) into words; an unknown one is
// told as that.
func FirmwareProblem(reason string) Problem {
	p, known := firmwareWords()[reason]
	if !known {
		return Problem{Code: "firmware_failed", Text: "The update was not made.", Hint: "The log of usherd says more; the box tries again by itself."}
	}
	p.Code = "firmware_" + reason
	return p
}
