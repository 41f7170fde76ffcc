package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tribunal/conformance/harness"
	"tribunal/conformance/reference"
	"tribunal/conformance/subject"
)

// A program that begins in one VM and ends in the other has the same final state, in a file of the same bytes.
func TestSnapshots(t *testing.T) {
	program := harness.Program(t)
	cannon := harness.Cannon(t)
	for _, guest := range []string{"threads", "hints", "gc", "exitcode"} {
		t.Run(guest, func(t *testing.T) {
			start := harness.Initial(t, harness.Guest(t, guest))
			folder := t.TempDir()
			server := harness.Server(t, guest)
			begin := func(name string, program subject.Program) (final string, snapshots []string) {
				t.Helper()
				final = filepath.Join(folder, name+"-final.bin.gz")
				run := subject.Run{
					Input: start, Output: final, Server: server,
					SnapshotAt: "%300007", SnapshotFmt: filepath.Join(folder, name+"-%d.bin.gz"),
				}
				if _, err := program.Run(t.Context(), run); err != nil {
					t.Fatal(err)
				}
				snapshots, err := filepath.Glob(filepath.Join(folder, name+"-[0-9]*.bin.gz"))
				if err != nil || len(snapshots) < 2 {
					t.Fatalf("%d snapshots of %s: %v", len(snapshots), name, err)
				}
				return final, snapshots
			}
			want, theirs := begin("theirs", cannon)
			got, ours := begin("ours", program)
			harness.Same(t, want, got)
			if len(theirs) != len(ours) {
				t.Fatalf("%d snapshots, Cannon made %d", len(ours), len(theirs))
			}
			for i := range theirs {
				harness.Same(t, theirs[i], ours[i])
			}
			// From a snapshot in the middle to the end in the other VM.
			middle := len(theirs) / 2
			for name, resumed := range map[string]struct {
				program subject.Program
				from    string
			}{"Cannon": {cannon, ours[middle]}, "Tribunal": {program, theirs[middle]}} {
				end := filepath.Join(folder, "end-"+name+".bin")
				if _, err := resumed.program.Run(t.Context(), subject.Run{Input: resumed.from, Output: end, Server: server}); err != nil {
					t.Fatal(err)
				}
				harness.Same(t, want, end)
			}
		})
	}
}

// Initial states, metadata and witnesses have the same bytes.
func TestLoadELF(t *testing.T) {
	tribunal := harness.Program(t)
	cannon := harness.Cannon(t)
	guests := harness.Guests(t)
	for _, guest := range guests {
		elf := harness.Guest(t, guest)
		folder := t.TempDir()
		made := map[string][]string{}
		for name, program := range map[string]subject.Program{"cannon": cannon, "tribunal": tribunal} {
			state, meta, witness := filepath.Join(folder, name+".bin.gz"), filepath.Join(folder, name+".json"), filepath.Join(folder, name+".witness")
			if err := program.LoadELF(t.Context(), reference.Version, elf, state, meta); err != nil {
				t.Fatal(err)
			}
			printed, err := program.Command(t.Context(), "witness", "--input", state, "--output", witness)
			if err != nil {
				t.Fatal(err)
			}
			made[name] = []string{string(harness.Content(t, state)), string(harness.Content(t, meta)), string(harness.Content(t, witness)), printed}
		}
		for i, what := range []string{"state", "metadata", "witness", "printed witness"} {
			if i == 3 && reference.Version != "multithreaded64-5" {
				continue // An older Cannon prints less.
			}
			if made["cannon"][i] != made["tribunal"][i] {
				t.Errorf("%s: the %s differs", guest, what)
			}
		}
	}
}

// States of unknown versions are refused.
func TestUnknownVersion(t *testing.T) {
	program := harness.Program(t)
	path := filepath.Join(t.TempDir(), "state.bin")
	state := harness.Content(t, harness.Initial(t, harness.Guest(t, "hello")))
	for version := range byte(12) {
		if version == 7 || version == 8 {
			continue
		}
		state[0] = version
		if err := os.WriteFile(path, state, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := reference.Load(path); err == nil {
			t.Fatalf("Cannon knows version %d", version)
		}
		output, err := program.Command(t.Context(), "witness", "--input", path)
		if err == nil {
			t.Errorf("version %d is not refused: %s", version, output)
		} else if !strings.Contains(fmt.Sprint(err), "version") {
			t.Errorf("version %d is refused without saying so: %v", version, err)
		}
	}
}
