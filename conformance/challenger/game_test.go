package challenger

import (
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/cannon"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/utils"
	"github.com/ethereum-optimism/optimism/op-challenger/game/fault/trace/vm"
	"github.com/ethereum-optimism/optimism/op-challenger/game/types"
	"github.com/ethereum-optimism/optimism/op-challenger/metrics"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/log"

	"tribunal/conformance/fixtures"
	"tribunal/conformance/nodes"
)

// depth is that of the part of a game in which the steps of the VM are disputed.
const depth = 42

// programs are what op-challenger starts.
type programs struct{ vm, host string }

// links are Tribunal's program under the names of those that it replaces.
func links(t *testing.T, program string) programs {
	t.Helper()
	folder := t.TempDir()
	link := func(name string) string {
		path := filepath.Join(folder, name)
		if err := os.Symlink(program, path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	return programs{link("cannon"), link("kona-host")}
}

// game is a claim about a devnet, as op-challenger disputes it.
type game struct {
	devnet   *nodes.Devnet
	claim    fixtures.Claim
	prestate string
}

// config is op-challenger's for the VM. The requests to the nodes are counted under a name.
func (g game) config(p programs, name string) vm.Config {
	config := vmConfig(p, g.claim)
	config.L1 = g.devnet.Address("l1", name)
	config.L1Beacon = g.devnet.Address("beacon", name)
	config.L2s = []string{g.devnet.Address("l2", name)}
	return config
}

// provider makes proofs of steps in a folder.
func (g game) provider(p programs, name, folder string) *cannon.CannonTraceProviderForTest {
	return cannon.NewTraceProviderForTest(quiet(), metrics.NoopMetrics.ToTypedVmMetrics("test"), g.config(p, name),
		vm.NewKonaExecutor(), g.prestate, inputs(g.claim), folder, depth)
}

// vmConfig is op-challenger's for a claim, with frequent snapshots and without nodes.
func vmConfig(p programs, claim fixtures.Claim) vm.Config {
	return vm.Config{
		VmType: types.CannonKonaGameType, VmBin: p.vm, Server: p.host,
		SnapshotFreq: 5_000_000, InfoFreq: 10_000_000, BinarySnapshots: true, DebugInfo: true,
		RollupConfigPaths: []string{claim.File("rollup.json")}, L1GenesisPath: claim.File("l1-genesis-config.json"),
	}
}

func inputs(claim fixtures.Claim) utils.LocalGameInputs {
	return utils.LocalGameInputs{
		L1Head: common.HexToHash(claim.L1Head), L2Head: common.HexToHash(claim.AgreedL2HeadHash),
		L2OutputRoot: common.HexToHash(claim.AgreedL2OutputRoot), L2Claim: common.HexToHash(claim.ClaimedOutputRoot),
		L2SequenceNumber: new(big.Int).SetUint64(claim.ClaimedBlockNumber),
	}
}

func quiet() log.Logger { return log.NewLogger(slog.DiscardHandler) }
