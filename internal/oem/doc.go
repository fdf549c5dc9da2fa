// Package oem is what whoever makes a box signs for it, in one file: the overlay.
// It carries a configuration (usher.toml) and the files that it names, such as a
// brand's theme and logo, a keymap, the keys of installers and the root of the
// firmware. It brings no format of its own: each file is what its own package
// reads.
//
// It guarantees that nothing of an overlay is used before the signature and the
// sum of every file in it were verified; that the same folder and key give the
// same bytes; that a private key is never packed; and that [Lint] finds what
// usherd would find, and more, each with the file, the key and the next step.
//
// The form, so that it can be made and read without this package: one line with
// a JWS in compact form (RFC 7515, typ [Type], EdDSA or ES256), whose payload is
// JSON with name, version, and the files with name, size and SHA-256; then the
// files, one right after the other, in that order.
//
// [Open] and [ReadFolder] block for small files. The package starts nothing and
// logs nothing.
package oem
