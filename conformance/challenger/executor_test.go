package challenger

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/cannon"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/utils"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/vm"
	"github.com/ethereum-optimism/optimism/op-challenger/metrics"

	"tribunal/conformance/harness"
)

// op-challenger's own executor makes proofs with Tribunal in the place of Cannon and of kona-host, and with Cannon.
func TestChallengerExecutor(t *testing.T) {
	program := harness.Program(t)
	elf, claim := harness.Client(t), harness.DevnetClaim(t)
	linked := links(t, program.Path)
	prestate := harness.Compress(t, harness.Initial(t, elf))

	last := harness.Steps(t, program, strings.TrimSuffix(prestate, ".gz"), claim) - 1
	steps := []uint64{1_000_000, last}
	if harness.All {
		steps = []uint64{0, 1_000_000, 1_000_001, last / 2, last}
	}
	// Where op-challenger keeps the pre-images of a game.
	preimages := filepath.Join(t.TempDir(), "store")
	harness.Import(t, program.Path, claim, preimages)
	folders := map[string]string{}
	for name, binary := range map[string]string{"tribunal": linked.vm, "cannon": harness.Cannon(t).Path} {
		config := vmConfig(programs{binary, linked.host}, claim)
		config.L1, config.L1Beacon, config.L2s = "http://localhost:1", "http://localhost:2", []string{"http://localhost:3"}
		folder := t.TempDir()
		folders[name] = folder
		if err := os.Symlink(preimages, vm.PreimageDir(folder)); err != nil {
			t.Fatal(err)
		}
		executor := vm.NewExecutor(quiet(), metrics.NoopMetrics.ToTypedVmMetrics("test"), config,
			vm.NewKonaExecutor(), prestate, inputs(claim))
		for _, step := range steps {
			if err := executor.GenerateProof(t.Context(), folder, step); err != nil {
				t.Fatalf("%s, step %d: %v", name, step, err)
			}
		}
		// What the challenger makes of a state file.
		proof, step, exited, err := cannon.NewStateConverter(config).ConvertStateToProof(t.Context(), vm.FinalStatePath(folder, true))
		if err != nil || !exited || step != last+1 || len(proof.StateData) == 0 {
			t.Errorf("%s: final state of step %d, exited %t: %v", name, step, exited, err)
		}
	}
	for _, step := range steps {
		name := filepath.Join(utils.ProofsDir, fmt.Sprintf("%d.json.gz", step))
		harness.Same(t, filepath.Join(folders["cannon"], name), filepath.Join(folders["tribunal"], name))
	}
	harness.Same(t, vm.FinalStatePath(folders["cannon"], true), vm.FinalStatePath(folders["tribunal"], true))
}
