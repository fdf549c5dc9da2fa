// Package wifi sees the Wi-Fi networks around the box and joins one, by
// NetworkManager or iwd, whichever runs.
//
// It guarantees that a passphrase is handed to that daemon and to nobody else,
// and that one which was wrong is not kept. It starts nothing on the bus, and
// changes nothing but what was asked for. A new passphrase for a network that is
// known takes the place of the old one: with NetworkManager when it was right,
// with iwd at once, because it would not ask for it otherwise.
//
// Every call connects to the bus, blocks until its context ends at the latest
// (List for a scan of some seconds, Join until the network is up or refused),
// and leaves nothing behind; a Join whose context ends is taken back, for which
// it has three seconds more: NetworkManager does not keep or finish it, and iwd
// goes back to the network of before, where there was one. Nothing is logged, no
// name of a network either.
//
// Sources: NetworkManager's D-Bus reference (NMDeviceState, NMDeviceStateReason,
// NM80211ApSecurityFlags); iwd's doc/station-api.txt, network-api.txt and
// agent-api.txt.
package wifi
