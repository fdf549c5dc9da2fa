// Package kernel is a keys.Vault in the memory of the Linux kernel
// (keyrings(7)): for boxes whose accounts must not outlive the power, such as
// those of hotels, and that have no TPM.
//
// Each name is one key of type "user" in the keyring of the daemon's user: a
// P-256 key and a random secret that seals what is stored beside it. They
// outlive the daemon, and go when the machine is switched off or starts anew:
// then what is on the disk is worth nothing, and the box has to be paired again.
// Nothing of them is ever written to the disk, swap excepted. Whoever runs code
// as the daemon's user, or as root, can read them while the box is on, and
// [Vault.Protection] says what that means.
//
// Calls are system calls and do not block; all methods may be called from any
// goroutine. Nothing is logged.
package kernel
