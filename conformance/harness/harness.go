// Package harness has the shared helpers of the comparisons.
package harness

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum-optimism/optimism/cannon/mipsevm/multithreaded"

	"tribunal/conformance/build"
	"tribunal/conformance/contract"
	"tribunal/conformance/fixtures"
	"tribunal/conformance/nodes"
	"tribunal/conformance/reference"
	"tribunal/conformance/subject"
)

// All says whether to compare everything, which takes an hour, instead of a sample.
var All = os.Getenv("CONFORMANCE_ALL") != ""

// Skip skips a test, visibly.
func Skip(t *testing.T, why string) {
	t.Helper()
	os.Stderr.WriteString("SKIPPED: " + t.Name() + ": " + why + "\n")
	t.Skip(why)
}

// Program is the program under test. Without it the test is skipped.
func Program(t *testing.T) subject.Program {
	t.Helper()
	found, err := subject.Find(build.Root())
	if err != nil {
		Skip(t, "no tribunal to compare (make build, or TRIBUNAL_BIN): "+err.Error())
	}
	return found
}

// Built returns the path that a function of package build made, or fails the test.
func Built(t *testing.T) func(path string, err error) string {
	t.Helper()
	return func(path string, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
}

// Guest builds a Go guest and returns its ELF file.
func Guest(t *testing.T, name string) string {
	t.Helper()
	return Built(t)(build.Guest(t.Context(), name))
}

// Cannon builds real Cannon.
func Cannon(t *testing.T) subject.Program {
	t.Helper()
	return subject.Program{Path: Built(t)(build.Cannon(t.Context()))}
}

// Guests are the names of all Go guests.
func Guests(t *testing.T) []string {
	t.Helper()
	guests, err := build.Guests()
	if err != nil {
		t.Fatal(err)
	}
	return guests
}

// served are the guests that need a pre-image server.
var served = []string{"preimages", "hints"}

// Enough is the number of steps of a guest to compare; 0 is all.
func Enough(guest string) uint64 {
	if guest == "random" { // It never ends where getrandom has no effect.
		return 1_500_000
	}
	return 0
}

// Server is the command of the pre-image server that a guest needs; empty if it needs none.
func Server(t *testing.T, guest string) []string {
	t.Helper()
	if !slices.Contains(served, guest) {
		return nil
	}
	return []string{Built(t)(build.Oracle(t.Context()))}
}

// Initial makes the initial state of an ELF file with Cannon.
func Initial(t *testing.T, elf string) string {
	t.Helper()
	state := filepath.Join(t.TempDir(), "state.bin")
	if err := Cannon(t).LoadELF(t.Context(), reference.Version, elf, state, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := reference.Load(state); err != nil {
		t.Fatal(err)
	}
	return state
}

// ELFs are the Rust guests that `make guest` has built.
func ELFs(t *testing.T) []string {
	t.Helper()
	folder := os.Getenv("TRIBUNAL_ELFS")
	if folder == "" {
		folder = filepath.Join(build.Root(), "target", "guest")
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.elf"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(found, func(path string) bool { return strings.HasPrefix(filepath.Base(path), "op-program") })
}

// IsClient says whether an ELF file is the fault-proof program.
func IsClient(path string) bool { return strings.Contains(filepath.Base(path), "client") }

// Client is the fault-proof program.
func Client(t *testing.T) string {
	t.Helper()
	for _, path := range ELFs(t) {
		if IsClient(path) {
			return path
		}
	}
	Skip(t, "no client for the VM (make guest, or TRIBUNAL_ELFS)")
	return ""
}

// Nodes starts a devnet of real nodes, which ends with the test.
func Nodes(t *testing.T, flags ...string) *nodes.Devnet {
	t.Helper()
	program := os.Getenv("TRIBUNAL_DEVNET")
	if program == "" {
		Skip(t, "no devnet with real nodes (scripts/devnet, and TRIBUNAL_DEVNET)")
	}
	devnet, err := nodes.Start(context.WithoutCancel(t.Context()), program, t.TempDir(), flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(devnet.Close)
	return devnet
}

// DevnetClaim is a claim of one block about a devnet of the reference.
func DevnetClaim(t *testing.T) fixtures.Claim {
	t.Helper()
	return claim(t, filepath.Join("devnets", "transactions-1"), 8)
}

// RealClaim is the claim about a block of OP Sepolia.
func RealClaim(t *testing.T) fixtures.Claim {
	t.Helper()
	return claim(t, "op-sepolia-16491249", 0)
}

func claim(t *testing.T, folder string, index int) fixtures.Claim {
	t.Helper()
	claim, err := fixtures.Load(filepath.Join(fixtures.Root(build.Root()), folder), index)
	if err != nil {
		Skip(t, "no claims of the reference: "+err.Error())
	}
	return claim
}

// Judge checks a proof file with the contract. It is nil, visibly, where the contract cannot be compiled.
func Judge(t *testing.T) func(path string) error {
	t.Helper()
	deployed, err := contract.Deploy(t.Context())
	if errors.Is(err, contract.ErrNoCompiler) {
		t.Log(err)
		os.Stderr.WriteString("SKIPPED: the contract in " + t.Name() + ": its compiler needs Node\n")
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return deployed.Check
}

// Steps is the number of steps that Tribunal's client makes for a claim.
func Steps(t *testing.T, program subject.Program, state string, claim fixtures.Claim) uint64 {
	t.Helper()
	server, err := claim.Server(program.Path, fixtures.Tribunal)
	if err != nil {
		t.Fatal(err)
	}
	return Finish(t, program, state, server).Step
}

// Finish runs a program to its end in Tribunal.
func Finish(t *testing.T, program subject.Program, state string, server []string) *multithreaded.State {
	t.Helper()
	final := filepath.Join(t.TempDir(), "final.bin")
	if _, err := program.Run(t.Context(), subject.Run{Input: state, Output: final, Server: server}); err != nil {
		t.Fatal(err)
	}
	end, err := reference.Load(final)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

// Import puts the pre-images of a claim into a folder.
func Import(t *testing.T, tribunal string, claim fixtures.Claim, folder string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), tribunal, "preimages", "import", claim.Folder, "--store", folder)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
}

// Content is the content of a file, decompressed.
func Content(t *testing.T, path string) []byte {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return raw
	}
	reader, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// Compress writes the compressed form of a file beside it and returns its name.
func Compress(t *testing.T, path string) string {
	t.Helper()
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	_, err := writer.Write(Content(t, path))
	if err == nil {
		err = writer.Close()
	}
	if err == nil {
		err = os.WriteFile(path+".gz", out.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path + ".gz"
}

// Same compares the contents of two files.
func Same(t *testing.T, want, got string) {
	t.Helper()
	if !bytes.Equal(Content(t, want), Content(t, got)) {
		t.Errorf("%s and %s differ", filepath.Base(want), filepath.Base(got))
	}
}
