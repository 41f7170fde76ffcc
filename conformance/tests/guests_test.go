package tests

import (
	"slices"
	"testing"

	"tribunal/conformance/build"
	"tribunal/conformance/differ"
	"tribunal/conformance/oracle"
	"tribunal/conformance/subject"
	"tribunal/conformance/trace"
)

// points compares the first steps one by one and a sample after.
func points() trace.Points {
	if all {
		return trace.Points{First: 200_000, Every: 100_003}
	}
	return trace.Points{First: 20_000, Every: 100_003}
}

// served are the guests that need a pre-image server.
var served = []string{"preimages", "hints"}

func server(t *testing.T, guest string) []string {
	if !slices.Contains(served, guest) {
		return nil
	}
	return []string{built(t)(build.Oracle(t.Context()))}
}

// Every Go guest, from its first step to its last.
func TestGoGuests(t *testing.T) {
	program := program(t)
	guests, err := build.Guests()
	if err != nil {
		t.Fatal(err)
	}
	for _, guest := range guests {
		t.Run(guest, func(t *testing.T) {
			compare(t, program, differ.Case{
				State:  initial(t, built(t)(build.Guest(t.Context(), guest))),
				Server: server(t, guest),
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

// compareWith compares all tiers with what Cannon made of a case.
func compareWith(t *testing.T, program subject.Program, c differ.Case, want differ.Reference) {
	t.Helper()
	for _, tier := range subject.Tiers {
		if err := c.Compare(t.Context(), program, tier, want); err != nil {
			t.Error(err)
		}
	}
}
