// Package keys is where a box keeps the keys that its accounts hang on: the
// contract [Vault], and the tier of it that every box has, a file.
//
// A vault holds one P-256 key for each name. It signs with it (ES256), and
// seals what is stored beside it. It guarantees:
//   - a name has a key of its own, so that two services cannot tell by the key
//     that they serve the same box;
//   - Delete makes everything that was sealed under a name worthless, where
//     [Protection] says that it is sealed at all;
//   - what a vault protects against is said by [Protection], in words for
//     `usher status`; a file is never called secure.
//
// The tiers, best first: a TPM 2.0 (device/keys/tpm), a vendor's keystore
// behind the same contract, files that systemd encrypts (device/keys/creds), a
// file ([OpenFile]). The kernel's memory (device/keys/kernel) is none of these: it
// is for boxes whose accounts shall not outlive the power. Sign, Seal and Unseal may
// block, with a TPM for up to a second; all methods may be called from any
// goroutine. Nothing is logged.
package keys
