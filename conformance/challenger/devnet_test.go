package challenger

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/utils"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/vm"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/types"

	"tribunal/conformance/harness"
)

// kinds are the types of keys, as the VM names them, and their first bytes. The rare ones come first.
var kinds = []struct {
	name  string
	first byte
}{{"precompile", 6}, {"blob", 5}, {"sha256", 4}, {"keccak", 2}, {"local", 1}}

// end is the last step of a game, which lies after the end of every run.
const end = 1<<depth - 1

// read is a step that reads a pre-image, whose key has a first byte.
type read struct {
	step  uint64
	first byte
}

// stepData is what op-challenger gives the contract for a step.
type stepData struct {
	state, proof []byte
	preimage     *types.PreimageOracleData
}

// op-challenger disputes steps of a claim about real nodes: with Tribunal in the place of Cannon and of kona-host, and with
// Cannon and Tribunal's host. What it would give the contract is the same, whatever the step reads.
func TestChallengerWithNodes(t *testing.T) {
	if !harness.All {
		harness.Skip(t, "minutes long: CONFORMANCE_ALL=1")
	}
	tribunal := links(t, harness.Program(t).Path)
	devnet := harness.Nodes(t, "--fork", "karst", "--seed", "1")
	elf := harness.Client(t)
	cannon := programs{harness.Cannon(t).Path, tribunal.host}
	g := game{devnet: devnet, prestate: harness.Compress(t, harness.Initial(t, elf))}
	reads := g.choose(t, tribunal)

	ours, theirs := t.TempDir(), t.TempDir()
	got := g.dispute(t, tribunal, "ours", ours, reads)
	if requests := g.requests(t, "ours"); len(requests) == 0 {
		t.Error("no request was counted, although the store was empty")
	}
	want := g.dispute(t, cannon, "theirs", theirs, reads)
	for i, read := range reads {
		name := filepath.Join(utils.ProofsDir, fmt.Sprintf("%d.json.gz", read.step))
		harness.Same(t, filepath.Join(theirs, name), filepath.Join(ours, name))
		if !reflect.DeepEqual(want[i], got[i]) {
			t.Errorf("step %d, which reads a key of type %d: op-challenger makes different data", read.step, read.first)
		}
	}
	harness.Same(t, vm.FinalStatePath(theirs, true), vm.FinalStatePath(ours, true))

	again := t.TempDir()
	if err := os.Rename(vm.PreimageDir(ours), vm.PreimageDir(again)); err != nil {
		t.Fatal(err)
	}
	if kept := g.dispute(t, tribunal, "again", again, reads); !reflect.DeepEqual(kept, got) {
		t.Error("the data differ when the pre-images were kept")
	}
	if requests := g.requests(t, "again"); len(requests) > 0 {
		t.Errorf("a run whose pre-images were all kept sent %v", requests)
	}
}

// choose takes the first claim that reads keys of all types, and finds the first such steps, in the order of the run.
func (g *game) choose(t *testing.T, p programs) []read {
	t.Helper()
	for _, g.claim = range g.devnet.Claims {
		provider := g.provider(p, "search", t.TempDir())
		var reads []read
		for _, kind := range kinds {
			step, err := provider.FindStep(t.Context(), 0, utils.FirstPreimageLoadOfType(kind.name))
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			reads = append(reads, read{step, kind.first})
		}
		if len(reads) == len(kinds) {
			slices.SortFunc(reads, func(a, b read) int { return cmp.Compare(a.step, b.step) })
			t.Logf("%q: steps and types %v", g.claim.Note, reads)
			return reads
		}
	}
	t.Fatal("no claim reads keys of all types")
	return nil
}

// dispute makes op-challenger's data for each of the steps, and for one after the end.
func (g *game) dispute(t *testing.T, p programs, name, folder string, reads []read) []stepData {
	t.Helper()
	provider := g.provider(p, name, folder)
	var out []stepData
	for _, read := range append(slices.Clip(reads), read{end, 0}) {
		state, proof, preimage, err := provider.GetStepData(t.Context(), types.NewPosition(depth, new(big.Int).SetUint64(read.step)))
		if err != nil {
			t.Fatalf("%s, step %d, type %d: %v", name, read.step, read.first, err)
		}
		out = append(out, stepData{state, proof, preimage})
		if read.step == end {
			continue
		}
		if preimage == nil || preimage.OracleKey[0] != read.first {
			t.Errorf("%s: step %d reads no key of type %d", name, read.step, read.first)
		}
	}
	return out
}

// requests are those to the nodes, by endpoint and method.
func (g *game) requests(t *testing.T, name string) map[string]map[string]int {
	t.Helper()
	requests, err := g.devnet.Requests(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return requests
}
