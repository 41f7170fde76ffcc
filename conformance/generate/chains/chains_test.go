package chains

import (
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/superchain"
)

func TestRepositoryHasTheGeneratedRows(t *testing.T) {
	files, err := Generate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	differences, err := files.Differences(Pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, difference := range differences {
		t.Error(difference)
	}
	if t.Failed() {
		t.Log("to write the files again: cd conformance/generate && go run .")
	}
}

// op-geth carries its own, older copy of the registry, read by other code.
func TestChainsAgreeWithOpGeth(t *testing.T) {
	networks, err := read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, network := range networks {
		for _, chain := range network.Chains {
			entry, err := superchain.GetChain(chain.ID)
			if err != nil {
				continue
			}
			older, err := entry.Config()
			if err != nil {
				t.Fatal(err)
			}
			compared++
			compare(t, network, chain, entry.Network, older)
		}
	}
	if compared < 45 {
		t.Errorf("only %d chains are in both copies", compared)
	}
}

func compare(t *testing.T, network *network, chain *chain, olderNetwork string, older *superchain.ChainConfig) {
	t.Helper()
	system, genesis := chain.Genesis.SystemConfig, older.Genesis
	for _, field := range []struct {
		name       string
		ours, that any
	}{
		{"superchain", network.Name, olderNetwork},
		{"name", chain.Name, older.Name},
		{"data availability", chain.DataAvailability, older.DataAvailabilityType},
		{"batch inbox", chain.BatchInbox, older.BatchInboxAddr},
		{"block time", chain.BlockTime, older.BlockTime},
		{"sequencing window", chain.SeqWindowSize, older.SeqWindowSize},
		{"sequencer drift", chain.MaxSequencerDrift, older.MaxSequencerDrift},
		{"elasticity", chain.BaseFee.Elasticity, older.Optimism.EIP1559Elasticity},
		{"denominator", chain.BaseFee.Denominator, older.Optimism.EIP1559Denominator},
		{"denominator from Canyon on", chain.BaseFee.DenominatorCanyon, *older.Optimism.EIP1559DenominatorCanyon},
		{"genesis L1 hash", chain.Genesis.L1.Hash, genesis.L1.Hash},
		{"genesis L1 number", chain.Genesis.L1.Number, genesis.L1.Number},
		{"genesis L2 hash", chain.Genesis.L2.Hash, genesis.L2.Hash},
		{"genesis L2 number", chain.Genesis.L2.Number, genesis.L2.Number},
		{"genesis time", chain.Genesis.L2Time, genesis.L2Time},
		{"batcher", system.Batcher, genesis.SystemConfig.BatcherAddr},
		{"overhead", system.Overhead, genesis.SystemConfig.Overhead},
		{"scalar", system.Scalar, genesis.SystemConfig.Scalar},
		{"gas limit", system.GasLimit, genesis.SystemConfig.GasLimit},
		{"portal", chain.Addresses.Portal, *older.Addresses.OptimismPortalProxy},
		{"system config", chain.Addresses.SystemConfig, *older.Addresses.SystemConfigProxy},
	} {
		if field.ours != field.that {
			t.Errorf("chain %d (%s): %s is %v, op-geth has %v", chain.ID, chain.Name, field.name, field.ours, field.that)
		}
	}
	// Forks may have been scheduled since; none may have moved.
	forks, err := chain.Forks.fromCanyon()
	if err != nil {
		t.Fatal(err)
	}
	f := older.Hardforks
	scheduled := forkTimes{
		f.CanyonTime, f.DeltaTime, f.EcotoneTime, f.FjordTime, f.GraniteTime, f.HoloceneTime, f.IsthmusTime, f.JovianTime,
		f.KarstTime, f.LagoonTime, nil, false,
	}
	before, err := scheduled.fromCanyon()
	if err != nil {
		t.Fatal(err)
	}
	if len(before) > len(forks) || !slices.Equal(before, forks[:len(before)]) {
		t.Errorf("chain %d (%s): forks at %v, op-geth has %v", chain.ID, chain.Name, forks, before)
	}
	if ours, that := chain.Forks.PectraBlobSchedule, f.PectraBlobScheduleTime; (ours == nil) != (that == nil) || ours != nil && *ours != *that {
		t.Errorf("chain %d (%s): Pectra's blob schedule differs from op-geth's", chain.ID, chain.Name)
	}
}
