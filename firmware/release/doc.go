// Package release makes repositories of firmware: keys, descriptions of images,
// signatures, and a folder that any web server can serve.
//
// A repository has two folders. What is in staged is still to be signed, on
// other machines if need be: the files are small, and carry their signatures
// with them. What is in public was checked as a box would check it, and is
// complete at any moment: timestamp.json, which leads to everything else, is
// replaced last.
//
//	staged/root.json  staged/targets.json
//	public/metadata/  N.root.json N.targets.json N.snapshot.json timestamp.json
//	public/targets/   descriptions
//	public/files/     indexes and images, named by their SHA-256
//
// It guarantees that nothing is published without the signatures that the root
// asks for, that a private key is written with mode 0600 and never over
// another one, and that the same image gives the same files.
//
// It is for the machines of whoever makes boxes; no box needs it. Calls block
// for the disk.
package release
