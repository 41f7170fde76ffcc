package tests

import (
	"fmt"
	"os"
	"testing"

	"tribunal/conformance/build"
	"tribunal/conformance/differ"
	"tribunal/conformance/harness"
	"tribunal/conformance/oracle"
	"tribunal/conformance/randprog"
	"tribunal/conformance/reference"
	"tribunal/conformance/subject"
)

// Proofs of the first step of each kind that any guest makes, and of the steps after it.
func TestProofsOfEveryKind(t *testing.T) {
	program := harness.Program(t)
	guests := []string{"preimages", "atomics", "descriptors", "memory", "sleep"}
	if harness.All {
		guests = harness.Guests(t)
	}
	judge := harness.Judge(t)
	seen := map[differ.Kind]bool{}
	proofs := 0
	for _, guest := range guests {
		t.Run(guest, func(t *testing.T) {
			c := differ.Case{
				State: harness.Initial(t, harness.Guest(t, guest)), Server: harness.Server(t, guest), Known: oracle.Preimages(), Large: true,
				Steps: harness.Enough(guest),
			}
			moments, err := c.Moments(t.TempDir(), seen)
			if err != nil {
				t.Fatal(err)
			}
			for i, moment := range moments {
				here := differ.Case{State: moment.State, Server: c.Server, Known: c.Known, Steps: 5, Judge: judge}
				n, err := here.Proofs(t.Context(), program, subject.Tiers[i%len(subject.Tiers)], 1)
				if err != nil {
					t.Errorf("%v: %v", moment.Kind, err)
				}
				proofs += n
			}
			t.Logf("%d kinds of steps", len(moments))
		})
	}
	t.Logf("%d proofs are the same", proofs)
}

// Proofs spread over a whole run.
func TestProofsOfARun(t *testing.T) {
	program, judge := harness.Program(t), harness.Judge(t)
	for guest, every := range map[string]uint64{"sleep": 1009, "threads": 200_003, "preimages": 1_000_003, "memory": 1013} {
		t.Run(guest, func(t *testing.T) {
			c := differ.Case{
				State: harness.Initial(t, harness.Guest(t, guest)), Server: harness.Server(t, guest), Known: oracle.Preimages(), Large: true,
				Judge: judge,
			}
			for _, tier := range subject.Tiers {
				n, err := c.Proofs(t.Context(), program, tier, every)
				if err != nil {
					t.Error(err)
				}
				t.Logf("%s: %d proofs are the same", tier, n)
			}
		})
	}
}

// Proofs of every step of random programs.
func TestProofsOfRandomPrograms(t *testing.T) {
	program, judge := harness.Program(t), harness.Judge(t)
	server := []string{harness.Built(t)(build.Oracle(t.Context()))}
	first, last := seeds(t)
	folder := t.TempDir()
	proofs := 0
	for name, kind := range kinds() {
		for seed := first; seed <= min(last, first+100); seed++ {
			path := fmt.Sprintf("%s/%s-%d.bin", folder, name, seed)
			if err := reference.Save(randprog.State(seed, kind), path); err != nil {
				t.Fatal(err)
			}
			c := differ.Case{State: path, Known: oracle.Preimages(), Steps: 150, Judge: judge}
			if kind.Keys != nil {
				c.Server = server
			}
			n, err := c.Proofs(t.Context(), program, subject.Tiers[seed%2], 1)
			if err != nil {
				t.Errorf("%s, seed %d: %v", name, seed, err)
			}
			proofs += n
			_ = os.Remove(path)
		}
	}
	t.Logf("%d proofs are the same", proofs)
}
