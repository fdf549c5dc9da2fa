// Package tpm is a keys.Vault in a TPM 2.0, through the kernel's resource
// manager (/dev/tpmrm0) or the socket of a software TPM.
//
// Each name has two objects under the storage root key of the owner hierarchy
// (TCG "ECC P-256 SRK" template, which every TPM makes again from its own
// seed): a signing key that was born in the TPM and cannot leave it (fixedTPM,
// fixedParent, sensitiveDataOrigin), and a random secret of 32 bytes, sealed,
// that encrypts what is stored beside (AES-256-GCM). The folder holds them as
// blobs that only this TPM can load; removing the file is enough to make both
// worthless. The secret crosses the bus to the TPM in a salted, encrypted
// session only.
//
// No PCR policy: a firmware update must not lock a household out. Who can run
// code as the daemon on this very box can use the keys, not take them away.
//
// Calls block for as long as the TPM takes (fractions of a second), one at a
// time, and are tried once more with a new connection, because a TPM forgets
// what was loaded when it is reset. At most two objects and one session are in
// the TPM at a time, of the three it has room for. Nothing is logged.
package tpm
