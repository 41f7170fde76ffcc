// Command bench runs Cannon and Tribunal in turn with the same programs, with the arguments that op-challenger passes,
// and prints how they compare: steps per second, peak memory, and the time to the proof of the step in the middle.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/vm"

	"tribunal/conformance/build"
	"tribunal/conformance/challenger"
	"tribunal/conformance/fixtures"
	"tribunal/conformance/reference"
	"tribunal/conformance/subject"
)

// workload is a program and the command of its pre-image server.
type workload struct {
	name, elf string
	server    []string
}

// measurement is the cost of one run.
type measurement struct {
	seconds  float64
	megabyte float64
}

func main() {
	runs := flag.Int("runs", 3, "runs of each program; the best time counts")
	whole := flag.Bool("all", false, "measure the real claim too, which takes Cannon minutes")
	client := flag.String("client", filepath.Join(build.Root(), "target", "guest", "tribunal-client.elf"), "the fault-proof program")
	only := flag.String("only", "", "names of workloads, separated by commas")
	flag.Parse()
	if err := run(context.Background(), *runs, *whole, *client, *only); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, runs int, whole bool, client, only string) error {
	tribunal, err := subject.Find(build.Root())
	if err != nil {
		return err
	}
	path, err := build.Cannon(ctx)
	if err != nil {
		return err
	}
	cannon := subject.Program{Path: path}
	work, err := workloads(ctx, tribunal.Path, client, whole, func(name string) bool {
		return only == "" || slices.Contains(strings.Split(only, ","), name)
	})
	if err != nil {
		return err
	}
	fmt.Printf("The client of devnet-claim and real-claim is %s, the one of op-program is op-program's.\n", client)
	fmt.Printf("%-22s %13s | %9s %9s %6s | %7s %7s %6s | %9s %9s %6s\n", "", "", "Msteps/s", "", "", "MB", "", "", "mid proof", "", "")
	fmt.Printf("%-22s %13s | %9s %9s %6s | %7s %7s %6s | %9s %9s %6s\n", "program", "steps",
		"Cannon", "Tribunal", "ratio", "Cannon", "Trib.", "ratio", "Cannon", "Tribunal", "ratio")
	for _, w := range work {
		if err := compare(ctx, cannon, tribunal, w, runs); err != nil {
			return fmt.Errorf("%s: %w", w.name, err)
		}
	}
	return nil
}

// workloads are the selected programs. Those that lack a file are skipped by name.
func workloads(ctx context.Context, tribunal, client string, whole bool, selected func(name string) bool) ([]workload, error) {
	var out []workload
	for _, guest := range []string{"long", "compute", "regions", "threads", "atomics", "futex", "gc"} {
		if !selected(guest) {
			continue
		}
		elf, err := build.Guest(ctx, guest)
		if err != nil {
			return nil, err
		}
		out = append(out, workload{name: guest, elf: elf})
	}
	devnet := filepath.Join(fixtures.Root(build.Root()), "devnets", "transactions-1")
	claims := []struct {
		name, elf, folder string
		flavour           fixtures.Flavour
	}{{"devnet-claim", client, devnet, fixtures.Tribunal}, {"op-program", "", devnet, fixtures.OpProgram}}
	if whole {
		real := filepath.Join(fixtures.Root(build.Root()), "op-sepolia-16491249")
		claims = append(claims, struct {
			name, elf, folder string
			flavour           fixtures.Flavour
		}{"real-claim", client, real, fixtures.Tribunal})
	}
	for _, c := range claims {
		if !selected(c.name) {
			continue
		}
		claim, err := fixtures.Load(c.folder, 8)
		if err == nil && c.elf == "" {
			c.elf, err = build.OpProgram(ctx)
		}
		if err == nil {
			_, err = os.Stat(c.elf)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "SKIPPED: %s: %v\n", c.name, err)
			continue
		}
		server, err := claim.Server(tribunal, c.flavour)
		if err != nil {
			return nil, err
		}
		out = append(out, workload{c.name, c.elf, server})
	}
	return out, nil
}

func compare(ctx context.Context, cannon, tribunal subject.Program, w workload, runs int) error {
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	prestate := filepath.Join(folder, "prestate.bin.gz")
	if err := cannon.LoadELF(ctx, reference.Version, w.elf, prestate, ""); err != nil {
		return err
	}
	whole, err := challenger.Arguments(ctx, folder, prestate, math.MaxUint64, w.server)
	if err != nil {
		return err
	}
	theirs, ours, err := alternate(ctx, cannon, tribunal, whole, runs)
	if err != nil {
		return err
	}
	made, err := steps(ctx, cannon, vm.FinalStatePath(folder, true))
	if err != nil {
		return err
	}
	toProof, err := challenger.Arguments(ctx, folder, prestate, made/2, w.server)
	if err != nil {
		return err
	}
	proofTheirs, proofOurs, err := alternate(ctx, cannon, tribunal, toProof, runs)
	if err != nil {
		return err
	}
	rate := func(m measurement) float64 { return float64(made) / m.seconds / 1e6 }
	fmt.Printf("%-22s %13d | %9.1f %9.1f %5.1fx | %7.0f %7.0f %5.2fx | %8.2fs %8.2fs %5.1fx\n", w.name, made,
		rate(theirs), rate(ours), theirs.seconds/ours.seconds, theirs.megabyte, ours.megabyte, ours.megabyte/theirs.megabyte,
		proofTheirs.seconds, proofOurs.seconds, proofTheirs.seconds/proofOurs.seconds)
	return nil
}

// steps asks Cannon how many steps a state has made. The state is not read in this process, because the system counts
// the memory of a parent when it starts a child as the child's.
func steps(ctx context.Context, cannon subject.Program, state string) (uint64, error) {
	output, err := cannon.Command(ctx, "witness", "--input", state)
	if err != nil {
		return 0, err
	}
	var witness struct {
		Step uint64 `json:"step"`
	}
	if err := json.Unmarshal([]byte(output), &witness); err != nil {
		return 0, fmt.Errorf("the witness of %s: %w", state, err)
	}
	return witness.Step, nil
}

// alternate runs the two in turn, so that other load on the machine affects both, and returns the best run of each.
func alternate(ctx context.Context, cannon, tribunal subject.Program, arguments []string, runs int) (theirs, ours measurement, err error) {
	for i := range runs {
		for _, side := range []struct {
			program subject.Program
			best    *measurement
		}{{cannon, &theirs}, {tribunal, &ours}} {
			m, err := measure(ctx, side.program, arguments)
			if err != nil {
				return theirs, ours, err
			}
			if i == 0 || m.seconds < side.best.seconds {
				*side.best = m
			}
		}
	}
	return theirs, ours, nil
}

// measure runs a command from start to end, loading the state and writing the results included.
func measure(ctx context.Context, program subject.Program, arguments []string) (measurement, error) {
	command := exec.CommandContext(ctx, program.Path, append(slices.Clone(program.Prefix), arguments...)...)
	var messages strings.Builder
	command.Stderr = &messages
	start := time.Now()
	err := command.Run()
	elapsed := time.Since(start).Seconds()
	if err != nil {
		return measurement{}, fmt.Errorf("%s: %w\n%s", command, err, messages.String())
	}
	usage, ok := command.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return measurement{}, fmt.Errorf("no resource usage on this system")
	}
	return measurement{elapsed, float64(usage.Maxrss) / 1024}, nil
}
