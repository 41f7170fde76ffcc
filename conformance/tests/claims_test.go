package tests

import (
	"path/filepath"
	"testing"

	"tribunal/conformance/build"
	"tribunal/conformance/differ"
	"tribunal/conformance/fixtures"
	"tribunal/conformance/harness"
	"tribunal/conformance/oracle"
	"tribunal/conformance/subject"
	"tribunal/conformance/trace"
)

// Every Rust guest but the client, from its first step to its last.
func TestRustGuests(t *testing.T) {
	program := harness.Program(t)
	server := harness.Built(t)(build.Oracle(t.Context()))
	paths := harness.ELFs(t)
	if len(paths) == 0 {
		harness.Skip(t, "no Rust guests (make guest, or TRIBUNAL_ELFS)")
	}
	for _, path := range paths {
		if harness.IsClient(path) {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			c := differ.Case{State: harness.Initial(t, path), Points: points(), Large: true, Server: []string{server, "sum"}, Known: oracle.Sum()}
			compare(t, program, c)
			finish(t, program, c.State, c.Server, 0)
		})
	}
}

// client is the fault-proof program with a claim. Tribunal's host serves both VMs.
func client(t *testing.T, claim fixtures.Claim) (subject.Program, differ.Case) {
	t.Helper()
	program := harness.Program(t)
	server, err := claim.Server(program.Path, fixtures.Tribunal)
	if err != nil {
		t.Fatal(err)
	}
	return program, differ.Case{State: harness.Initial(t, harness.Client(t)), Server: server, Large: true}
}

// The client decides a claim about a devnet.
func TestClient(t *testing.T) {
	program, c := client(t, harness.DevnetClaim(t))
	c.Points = points()
	compare(t, program, c)
	finish(t, program, c.State, c.Server, 0)
}

// Proofs of steps spread over the trace of the client.
func TestProofsOfTheClient(t *testing.T) {
	program, c := client(t, harness.DevnetClaim(t))
	c.Judge = harness.Judge(t)
	every := uint64(100_003)
	if harness.All {
		every = 5_003
	}
	n, err := c.Proofs(t.Context(), program, subject.Fast, every)
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d proofs are the same", n)
}

// The client decides the real claim.
func TestRealClaim(t *testing.T) {
	if !harness.All {
		harness.Skip(t, "minutes long: CONFORMANCE_ALL=1")
	}
	program, c := client(t, harness.RealClaim(t))
	c.Points = trace.Points{First: 200_000, Every: 1_000_003}
	compare(t, program, c)
	finish(t, program, c.State, c.Server, 0)
}

// op-program's client, unchanged, decides a claim. Tribunal's host serves both VMs.
func TestOpProgram(t *testing.T) {
	if !harness.All {
		harness.Skip(t, "minutes long: CONFORMANCE_ALL=1")
	}
	program := harness.Program(t)
	claim := harness.DevnetClaim(t)
	server, err := claim.Server(program.Path, fixtures.OpProgram)
	if err != nil {
		t.Fatal(err)
	}
	state := harness.Initial(t, harness.Built(t)(build.OpProgram(t.Context())))
	c := differ.Case{State: state, Server: server, Points: trace.Points{First: 200_000, Every: 10_000_003}, Large: true}
	want, err := c.Reference()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d states compared up to step %d", len(want.Lines), want.Last())
	if err := c.Compare(t.Context(), program, subject.Fast, want); err != nil {
		t.Error(err)
	}
	finish(t, program, state, server, 0)
}

// finish runs a program to its end in Tribunal and checks its exit code.
func finish(t *testing.T, program subject.Program, state string, server []string, code uint8) {
	t.Helper()
	if end := harness.Finish(t, program, state, server); !end.Exited || end.ExitCode != code {
		t.Errorf("exited %t with code %d, not %d", end.Exited, end.ExitCode, code)
	}
}
