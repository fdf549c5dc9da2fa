// What go-tuf imports of sigstore, and nothing else: see pkg/signature.
module github.com/sigstore/sigstore

go 1.26.0
