package tests

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tribunal/conformance/fixtures"
	"tribunal/conformance/harness"
	"tribunal/conformance/randprog"
	"tribunal/conformance/reference"
	"tribunal/conformance/subject"
)

// outcome is what a command leaves behind: its exit code, its standard output, and its files by name.
type outcome struct {
	code   int
	output string
	files  map[string]string
}

// runIn runs a command in a folder of its own, where it also puts its files.
func runIn(t *testing.T, program subject.Program, arguments ...string) outcome {
	t.Helper()
	program.Folder = t.TempDir()
	output, err := program.Command(t.Context(), arguments...)
	var exit *subject.Exit
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	out := outcome{output: output, files: map[string]string{}}
	if exit != nil {
		out.code = exit.Code
	}
	entries, err := os.ReadDir(program.Folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		out.files[entry.Name()] = string(harness.Content(t, filepath.Join(program.Folder, entry.Name())))
	}
	return out
}

// sameOutcome runs a command in Cannon and in Tribunal, and requires the same exit code and files of the same bytes.
func sameOutcome(t *testing.T, cannon, tribunal subject.Program, arguments ...string) (want, got outcome) {
	t.Helper()
	want, got = runIn(t, cannon, arguments...), runIn(t, tribunal, arguments...)
	if want.code != got.code {
		t.Errorf("%q: exit code %d, Cannon's is %d", arguments, got.code, want.code)
	}
	if names, wantNames := slices.Sorted(maps.Keys(got.files)), slices.Sorted(maps.Keys(want.files)); !slices.Equal(names, wantNames) {
		t.Errorf("%q: wrote %q, Cannon wrote %q", arguments, names, wantNames)
	}
	for name, content := range want.files {
		if got.files[name] != content {
			t.Errorf("%q: %s differs", arguments, name)
		}
	}
	return want, got
}

// run is the start of a command line that runs a state and writes its end.
func run(state string, more ...string) []string {
	return append([]string{"run", "--input", state, "--output", "out.bin", "--info-at", "never", "--meta", ""}, more...)
}

// Symbols of equal address come in the same order, in every guest and in tables of many shapes.
func TestSymbols(t *testing.T) {
	tribunal, cannon := harness.Program(t), harness.Cannon(t)
	elfs := map[string]string{}
	for _, guest := range harness.Guests(t) {
		elfs[guest] = harness.Guest(t, guest)
	}
	folder := t.TempDir()
	for name, addresses := range randprog.Addresses(1) {
		elfs[name] = filepath.Join(folder, name+".elf")
		if err := os.WriteFile(elfs[name], randprog.SymbolELF(addresses), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name, elf := range elfs {
		t.Run(name, func(t *testing.T) {
			want, _ := sameOutcome(t, cannon, tribunal, "load-elf", "--type", reference.Version, "--path", elf, "--out", "", "--meta", "meta.json")
			if want.code != 0 || len(want.files) != 1 {
				t.Errorf("Cannon's exit code is %d, it wrote %d files", want.code, len(want.files))
			}
		})
	}
}

// Proofs and snapshots have the same names, in Go's notation, and formats that name no step are refused alike.
func TestNamesOfFiles(t *testing.T) {
	tribunal, cannon := harness.Program(t), harness.Cannon(t)
	state := harness.Initial(t, harness.Guest(t, "hello"))
	for _, format := range []string{
		"%d.json", "p-%08d.json.gz", "%x", "%X", "%#x", "%#08X", "%o", "%#o", "%O", "%b", "%#b", "%v", "%#v", "%+v", "%+d", "% d",
		"%-8d|", "%8d", "%.5d", "%8.5d", "%08.5d", "%-08d|", "%[1]d-%[1]x", "%08[1]d", "100%%-%d",
	} {
		sameOutcome(t, cannon, tribunal, run(state, "--proof-at", "=42", "--stop-at", "=43", "--proof-fmt", format)...)
	}
	for _, format := range []string{"%d.bin", "%08d.bin.gz", "%x.bin", "state.bin", "%%d.bin", "%5.bin", "%d", "%d.json"} {
		sameOutcome(t, cannon, tribunal, run(state, "--snapshot-at", "%20", "--stop-at", "=43", "--snapshot-fmt", format)...)
	}
}

// Metadata files are accepted and refused alike.
func TestMetadataFiles(t *testing.T) {
	tribunal, cannon := harness.Program(t), harness.Cannon(t)
	state := harness.Initial(t, harness.Guest(t, "hello"))
	path := filepath.Join(t.TempDir(), "meta.json")
	for _, text := range []string{
		`{}`, `null`, `{"symbols":null}`, `{"symbols":[]}`, `{"symbols":[{}]}`, `{"symbols":[{"name":"a","start":1,"size":2,"x":3}],"y":1}`,
		``, `3`, `{} {}`, `{"symbols":{}}`, `{"symbols":[{"name":1}]}`, `{"symbols":[{"start":-1}]}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		sameOutcome(t, cannon, tribunal, run(state, "--stop-at", "=10", "--meta", path)...)
	}
}

// The exit codes are the same, whether flags are wrong, the server is gone or the guest fails.
func TestExitCodes(t *testing.T) {
	tribunal, cannon := harness.Program(t), harness.Cannon(t)
	hello := harness.Initial(t, harness.Guest(t, "hello"))
	preimages := harness.Initial(t, harness.Guest(t, "preimages"))
	server := func(script string) []string { return []string{"--", "/bin/sh", "-c", script} }
	for name, arguments := range map[string][]string{
		"help":                 {"run", "--help"},
		"no flags":             {"run"},
		"unknown flag":         run(hello, "--no-such-flag"),
		"bad pattern":          run(hello, "--stop-at", "5"),
		"no value":             {"run", "--input"},
		"bad switch":           run(hello, "--debug=maybe"),
		"no state":             run("nowhere.bin"),
		"bad type":             run(hello, "--stop-at-preimage-type", "bytes"),
		"exits":                run(hello),
		"no such server":       run(hello, "--", "/no/such/server"),
		"no server":            run(preimages),
		"server is not needed": run(hello, "--", "/bin/false"),
		// Cannon starts the server before it loads the state, and finds it gone after that.
		"server is gone":       run(preimages, server("exit 3")...),
		"server succeeded":     run(preimages, server("exit 0")...),
		"server dies later":    run(preimages, server("head -c 1 <&5 >/dev/null; exit 3")...),
		"server ignores hints": run(harness.Initial(t, harness.Guest(t, "hints")), server("head -c 1 <&3 >/dev/null")...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sameOutcome(t, cannon, tribunal, arguments...)
		})
	}
}

// Runs stop after the same read of a pre-image.
func TestStopsAtReads(t *testing.T) {
	tribunal, cannon := harness.Program(t), harness.Cannon(t)
	state := harness.Initial(t, harness.Guest(t, "preimages"))
	server := harness.Server(t, "preimages")
	for _, flags := range [][]string{
		{"--stop-at-preimage-larger-than", "-1"}, {"--stop-at-preimage-larger-than", "0x40"}, {"--stop-at-preimage-larger-than=1_000"},
		{"--stop-at-preimage-larger-than", "-1", "--stop-at-preimage-type", "sha256"},
		{"--stop-at-preimage-larger-than", "9223372036854775808"}, {"--stop-at-preimage-type", "any"}, {"--stop-at-preimage-type", "blob"},
		{"--stop-at-preimage", "2@8"}, {"--stop-at-preimage", "0x02@8@100000"},
	} {
		sameOutcome(t, cannon, tribunal, append(append(run(state, flags...), "--"), server...)...)
	}
}

// The calls that `--debug` prints are the same: on the first thread and on others, in the middle of a run and at the end.
func TestTraceback(t *testing.T) {
	tribunal, cannon := harness.Program(t), harness.Cannon(t)
	for _, guest := range []string{"threads", "gc", "panics"} {
		t.Run(guest, func(t *testing.T) {
			elf := harness.Guest(t, guest)
			state, meta := harness.Initial(t, elf), filepath.Join(t.TempDir(), "meta.json")
			if err := cannon.LoadELF(t.Context(), reference.Version, elf, "", meta); err != nil {
				t.Fatal(err)
			}
			stops := []uint64{100, 300_007, 1_000_000, 2_000_001, 3_000_000, 5_000_000, 1 << 40}
			if !harness.All {
				stops = []uint64{300_007, 3_000_000}
			}
			for _, stop := range stops {
				want, got := sameOutcome(t, cannon, tribunal, run(state, "--meta", meta, "--debug", "--stop-at", fmt.Sprintf("=%d", stop))...)
				if !strings.Contains(want.output, "traceback at") {
					t.Errorf("Cannon prints no traceback: %s", want.output)
				}
				if want.output != got.output {
					t.Errorf("before step %d: printed\n%s\nCannon printed\n%s", stop, got.output, want.output)
				}
			}
		})
	}
}

// Tracebacks of a Rust program, whose functions end in jumps to others.
func TestTracebackOfTheClient(t *testing.T) {
	tribunal, cannon := harness.Program(t), harness.Cannon(t)
	elf, claim := harness.Client(t), harness.DevnetClaim(t)
	server, err := claim.Server(tribunal.Path, fixtures.Tribunal)
	if err != nil {
		t.Fatal(err)
	}
	state, meta := harness.Initial(t, elf), filepath.Join(t.TempDir(), "meta.json")
	if err := cannon.LoadELF(t.Context(), reference.Version, elf, "", meta); err != nil {
		t.Fatal(err)
	}
	for _, stop := range []string{"=1000", "=3000000", "never"} {
		arguments := run(state, "--meta", meta, "--debug", "--stop-at", stop, "--")
		want, got := sameOutcome(t, cannon, tribunal, append(arguments, server...)...)
		if want.output != got.output {
			t.Errorf("stop %s: printed\n%s\nCannon printed\n%s", stop, got.output, want.output)
		}
	}
}
