// Package archtest is the house rules as a test: who may import whom, where
// third-party libraries, system calls and build tags live, what is pure, how
// long functions and files may grow, that every package says what it is, and
// that links in the documents lead somewhere.
//
// The table in rules.go is the one place to read or change the rules of
// imports. The checks are functions over a list of packages; the tests run
// them on this module and, to see them bite, on packages with planted faults.
// They run `go list` and read source files, and change nothing. No program
// imports this package.
package archtest
