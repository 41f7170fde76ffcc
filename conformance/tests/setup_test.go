// Package tests compares Tribunal's VM with Cannon.
package tests

import (
	"os"
	"path/filepath"
	"testing"

	"tribunal/conformance/build"
	"tribunal/conformance/reference"
	"tribunal/conformance/subject"
)

// all says whether everything is compared, which takes an hour, or a sample.
var all = os.Getenv("CONFORMANCE_ALL") != ""

// program is the program under test; without it the test is skipped.
func program(t *testing.T) subject.Program {
	t.Helper()
	found, err := subject.Find(build.Root())
	if err != nil {
		skip(t, "no tribunal to compare (cargo build --release -p tribunal, or TRIBUNAL_BIN): "+err.Error())
	}
	return found
}

// skip skips a test so that nobody overlooks it.
func skip(t *testing.T, why string) {
	t.Helper()
	os.Stderr.WriteString("SKIPPED: " + t.Name() + ": " + why + "\n")
	t.Skip(why)
}

// built takes what a function of package build returns.
func built(t *testing.T) func(path string, err error) string {
	t.Helper()
	return func(path string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
}

// initial makes the initial state of an ELF file, by Cannon.
func initial(t *testing.T, elf string) string {
	t.Helper()
	cannon := built(t)(build.Cannon(t.Context()))
	state := filepath.Join(t.TempDir(), "state.bin")
	if err := (subject.Program{Path: cannon}).LoadELF(t.Context(), elf, state, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := reference.Load(state); err != nil {
		t.Fatal(err)
	}
	return state
}
