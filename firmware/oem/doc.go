// Package oem is what image builders take from this tree: the list of what a box
// has, and recipes for Buildroot and Yocto that install it. It has no code but
// tests, which hold the recipes against the tree. README.md tells more.
package oem
