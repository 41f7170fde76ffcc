// Package tests compares Tribunal's VM with Cannon.
package tests

import (
	"testing"

	"tribunal/conformance/differ"
	"tribunal/conformance/harness"
	"tribunal/conformance/oracle"
	"tribunal/conformance/subject"
	"tribunal/conformance/trace"
)

// points compares the first steps one by one and a sample after.
func points() trace.Points {
	if harness.All {
		return trace.Points{First: 200_000, Every: 100_003}
	}
	return trace.Points{First: 20_000, Every: 100_003}
}

// Every Go guest, from its first step to its last.
func TestGoGuests(t *testing.T) {
	program := harness.Program(t)
	guests := harness.Guests(t)
	for _, guest := range guests {
		t.Run(guest, func(t *testing.T) {
			if guest == "long" && !harness.All {
				harness.Skip(t, "a minute long: CONFORMANCE_ALL=1")
			}
			compare(t, program, differ.Case{
				Steps:  harness.Enough(guest),
				State:  harness.Initial(t, harness.Guest(t, guest)),
				Server: harness.Server(t, guest),
				Known:  oracle.Preimages(),
				Points: points(),
				Large:  true,
			})
		})
	}
}

// compare runs a case in Cannon and in all tiers.
func compare(t *testing.T, program subject.Program, c differ.Case) {
	t.Helper()
	want, err := c.Reference()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d states compared up to step %d", len(want.Lines), want.Last())
	compareWith(t, program, c, want)
}

// compareWith compares all tiers with Cannon's run of a case.
func compareWith(t *testing.T, program subject.Program, c differ.Case, want differ.Reference) {
	t.Helper()
	for _, tier := range subject.Tiers {
		if err := c.Compare(t.Context(), program, tier, want); err != nil {
			t.Error(err)
		}
	}
}
