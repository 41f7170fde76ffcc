// Package network builds the two chains of a devnet, block by block, as a plan says.
package network

import (
	"context"
	"fmt"
	"math/rand"

	"github.com/ethereum/go-ethereum/log"

	"tribunal/conformance/devnet/batch"
	"tribunal/conformance/devnet/chain"
	"tribunal/conformance/devnet/opnode"
	"tribunal/conformance/devnet/plan"
)

// Network is a finished devnet. Nothing is added to its chains any more.
type Network struct {
	Plan     plan.Plan
	Setup    *chain.Setup
	L1       *chain.L1
	Verifier *opnode.Verifier
	Seq      *opnode.Sequencer
	// SafeAt is the number of the last L2 block that can be derived from L1 up to each block.
	SafeAt []uint64
	// Activation is the L2 block that activates the fork of the plan, 0 if it is active at genesis.
	Activation uint64
	Counts     Counts
	log        log.Logger
}

// flushBlocks is how many L1 blocks may pass after the rounds until all of L2 is safe.
const flushBlocks = 40

// Build makes a devnet.
func Build(ctx context.Context, lgr log.Logger, p plan.Plan, rng *rand.Rand) (*Network, error) {
	n, err := start(ctx, lgr, p, rng)
	if err != nil {
		return nil, err
	}
	r := &rounds{
		Network: n, rng: rng, batcher: n.Setup.Batchers[0],
		txs: chain.NewTxGen(n.Setup, rng, lgr, map[string]int{}),
		enc: batch.NewEncoder(n.Setup.Rollup, n.Setup.L2.Config, rng),
	}
	if err := r.run(ctx); err != nil {
		n.Close()
		return nil, err
	}
	if t := n.Setup.Rollup.ActivationTime(p.Fork); t != nil && *t > n.Setup.L2.Timestamp {
		n.Activation = (*t - n.Setup.L2.Timestamp) / p.Chains.L2BlockTime
	}
	if err := n.settle(ctx); err != nil {
		n.Close()
		return nil, err
	}
	return n, nil
}

// start makes the nodes.
func start(ctx context.Context, lgr log.Logger, p plan.Plan, rng *rand.Rand) (n *Network, err error) {
	n = &Network{Plan: p, SafeAt: []uint64{0}, log: lgr}
	defer func() {
		if err != nil {
			n.Close()
		}
	}()
	if n.Setup, err = chain.NewSetup(p.Chains, rng); err != nil {
		return n, fmt.Errorf("genesis: %w", err)
	}
	if n.L1, err = chain.NewL1(n.Setup.L1, rng); err != nil {
		return n, err
	}
	l2, err := chain.NewL2(lgr, n.Setup.L2, n.Setup.Rollup)
	if err != nil {
		return n, fmt.Errorf("the sequencer's node: %w", err)
	}
	late := func() bool { return rng.Intn(4) == 0 }
	if n.Seq, err = opnode.NewSequencer(ctx, lgr, l2, n.L1, late); err != nil {
		l2.Close()
		return n, fmt.Errorf("sequencer: %w", err)
	}
	if l2, err = chain.NewL2(lgr, n.Setup.L2, n.Setup.Rollup); err != nil {
		return n, fmt.Errorf("the verifier's node: %w", err)
	}
	n.Verifier = opnode.NewVerifier(ctx, lgr, l2, n.L1)
	return n, nil
}

// settle finalizes both chains, and checks that everything is in them that the plan promises.
func (n *Network) settle(ctx context.Context) error {
	if n.Safe() != n.Seq.Head.Number {
		return fmt.Errorf("only block %d of %d became safe", n.Safe(), n.Seq.Head.Number)
	}
	n.L1.FinalizeHead()
	for _, l2 := range []*chain.L2{n.Seq.L2, n.Verifier.L2} {
		if err := l2.Finalize(ctx, n.Safe()); err != nil {
			return err
		}
	}
	n.count()
	return n.Counts.check(n)
}

// Safe is the last L2 block that the newest L1 block gives.
func (n *Network) Safe() uint64 { return n.SafeAt[len(n.SafeAt)-1] }

// FirstSafe is the first L1 block up to which L2 block number can be derived.
func (n *Network) FirstSafe(number uint64) uint64 {
	for l1, safe := range n.SafeAt {
		if safe >= number {
			return uint64(l1)
		}
	}
	panic("an L2 block that is not safe")
}

// Stale makes a node that knows the chain only up to a block, like one that has stopped to follow. It must be closed.
func (n *Network) Stale(ctx context.Context, last uint64) (*chain.L2, error) {
	if last > n.Safe() {
		return nil, fmt.Errorf("there is no L2 block %d for a stale node to end with", last)
	}
	l2, err := chain.NewL2(n.log, n.Setup.L2, n.Setup.Rollup)
	if err != nil {
		return nil, err
	}
	for i := uint64(1); i <= last && err == nil; i++ {
		err = l2.Import(ctx, n.Verifier.Chain().GetBlockByNumber(i))
	}
	if err == nil {
		err = l2.Finalize(ctx, last)
	}
	if err != nil {
		l2.Close()
		return nil, err
	}
	return l2, nil
}

// Derive answers as a fault-proof program does: it starts from the agreed block, not from genesis, and derives all it can
// from L1 up to the given head. The node that comes back holds the result, and must be closed.
func (n *Network) Derive(ctx context.Context, agreed, l1Head uint64) (*chain.L2, uint64, error) {
	l2, err := n.Stale(ctx, agreed)
	if err != nil {
		return nil, 0, err
	}
	safe, err := opnode.NewVerifier(ctx, n.log, l2, n.L1).Advance(ctx, l1Head)
	if err != nil {
		l2.Close()
		return nil, 0, fmt.Errorf("derivation from block %d at L1 block %d: %w", agreed, l1Head, err)
	}
	return l2, safe.Number, nil
}

// Close stops all nodes.
func (n *Network) Close() {
	if n.Verifier != nil {
		n.Verifier.Close()
	}
	if n.Seq != nil {
		n.Seq.Close()
	}
	if n.L1 != nil {
		n.L1.Close()
	}
}
