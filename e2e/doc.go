// Package e2e tests the whole binary: it starts `sellthrough` as a process on the embedded engines, sends it files as a
// partner does, kills it, and reads the numbers. Tests that need the data sets beside the project stand behind the build
// tag data; `make test-data` runs them.
package e2e
