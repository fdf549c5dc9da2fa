package main

import (
	"fmt"
	"io"
	"strings"

	"usher/device/cec"
	"usher/device/cec/cecdev"
)

// clearCEC gives back the HDMI-CEC address that a killed usherd left. No
// adapter, and none of ours, are fine: there is nothing to give back.
func clearCEC(stdout io.Writer, name string) error {
	nodes, err := cecdev.Clear("/dev", cec.Claim{Name: name}.OSDName())
	if len(nodes) > 0 {
		fmt.Fprintf(stdout, "gave back the HDMI-CEC address on %s\n", strings.Join(nodes, ", "))
	}
	return err
}
