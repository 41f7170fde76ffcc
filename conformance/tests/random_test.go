package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"tribunal/conformance/build"
	"tribunal/conformance/differ"
	"tribunal/conformance/harness"
	"tribunal/conformance/oracle"
	"tribunal/conformance/randprog"
	"tribunal/conformance/reference"
	"tribunal/conformance/trace"
)

// kinds of random states.
func kinds() map[string]randprog.Kind {
	var keys []randprog.Key
	for key, value := range oracle.Preimages() {
		keys = append(keys, randprog.Key{Key: key, Length: len(value)})
	}
	randprog.SortKeys(keys)
	return map[string]randprog.Kind{
		"tame":    {Threads: 1, Size: 80},
		"wild":    {Threads: 1, Size: 60, Wild: true},
		"calls":   {Threads: 5, Size: 120, Calls: true, Keys: keys},
		"anarchy": {Threads: 6, Size: 120, Calls: true, Wild: true, Keys: keys},
	}
}

// seeds are those of CONFORMANCE_SEED, FIRST or FIRST-LAST, or the first few.
func seeds(t *testing.T) (first, last uint64) {
	first, last = 1, 40
	if harness.All {
		last = 1500
	}
	if text := os.Getenv("CONFORMANCE_SEED"); text != "" {
		if n, err := fmt.Sscanf(text, "%d-%d", &first, &last); n == 1 {
			last = first
		} else if n != 2 {
			t.Fatalf("CONFORMANCE_SEED: %v", err)
		}
	}
	return first, last
}

// Random states and code, each step at first, then a sample, with loops that run long enough to be compiled.
func TestRandomPrograms(t *testing.T) {
	program := harness.Program(t)
	server := []string{harness.Built(t)(build.Oracle(t.Context()))}
	first, last := seeds(t)
	for name, kind := range kinds() {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			steps, panics := uint64(0), 0
			for seed := first; seed <= last; seed++ {
				path := filepath.Join(folder, strconv.FormatUint(seed, 10)+".bin")
				if err := reference.Save(randprog.State(seed, kind), path); err != nil {
					t.Fatal(err)
				}
				c := differ.Case{State: path, Known: oracle.Preimages(), Points: trace.Points{First: 400, Every: 4999}, Steps: 30_000}
				if seed%8 == 0 { // Long enough for code to be compiled.
					c.Points.Every, c.Steps = 499_979, 3_000_000
				}
				if kind.Keys != nil {
					c.Server = server
				}
				want, err := c.Reference()
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				steps += want.Last() - want.Start
				if want.Panic != nil {
					panics++
				}
				t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) { compareWith(t, program, c, want) })
				_ = os.Remove(path)
			}
			t.Logf("%d states, %d steps, %d ended in a panic", last-first+1, steps, panics)
		})
	}
}
