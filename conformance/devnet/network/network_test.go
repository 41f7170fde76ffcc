package network_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/log"

	"github.com/ethereum-optimism/optimism/op-core/forks"

	"tribunal/conformance/devnet/network"
	"tribunal/conformance/devnet/plan"
)

// build makes a devnet, which checks its own counts.
func build(t *testing.T, fork forks.Name, active bool, seed int64) *network.Network {
	t.Helper()
	lgr := log.NewLogger(log.NewTerminalHandlerWithLevel(os.Stderr, log.LevelError, false))
	log.SetDefault(lgr)
	rng := plan.Rng(fork, active, seed)
	p, err := plan.New(fork, active, plan.MinRounds, rng)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	n, err := network.Build(context.Background(), lgr, p, rng)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	t.Logf("%s, active %v, seed %d: %d L1 blocks, %d L2 blocks, %+v, %v", fork, active, seed, len(n.SafeAt)-1, n.Safe(), n.Counts, time.Since(start))
	return n
}

func TestEveryForkActivates(t *testing.T) {
	for _, fork := range plan.Names {
		for seed := int64(1); seed <= 2; seed++ {
			n := build(t, fork, false, seed)
			header := n.Verifier.Chain().GetHeaderByNumber(n.Activation)
			if n.Activation == 0 || header.Time != *n.Setup.Rollup.ActivationTime(fork) {
				t.Errorf("%s activates at L2 block %d", fork, n.Activation)
			}
		}
	}
}

func TestEveryForkAtGenesis(t *testing.T) {
	for _, fork := range plan.Names {
		if n := build(t, fork, true, 1); n.Activation != 0 {
			t.Errorf("%s activates at L2 block %d, not at genesis", fork, n.Activation)
		}
	}
}
