// Package options is empty: go-tuf's own tests import it, and go mod tidy
// wants every package that the tests of a dependency import.
package options
