package opnode

import (
	"context"

	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-node/rollup/sequencing"
	"github.com/ethereum-optimism/optimism/op-service/eth"

	"tribunal/conformance/devnet/chain"
)

// origins chooses the L1 origins of new blocks as op-node does, except that it stays with the old one when the new L1 block is
// late. A sequencer may do that until its blocks are too far ahead of their origin.
type origins struct {
	*sequencing.L1OriginSelector
	l1     *chain.L1View
	config *rollup.Config
	late   func() bool
}

// FindL1Origin is the origin of the block after a head.
func (o *origins) FindL1Origin(ctx context.Context, head eth.L2BlockRef) (eth.L1BlockRef, error) {
	next, err := o.L1OriginSelector.FindL1Origin(ctx, head)
	if err != nil || next.ID() == head.L1Origin {
		return next, err
	}
	old, err := o.l1.L1BlockRefByHash(ctx, head.L1Origin.Hash)
	if err != nil {
		return eth.L1BlockRef{}, err
	}
	// The block after this one must still have time to take the new origin.
	last := old.Time + rollup.NewChainSpec(o.config).MaxSequencerDrift(old.Time)
	if head.Time+2*o.config.BlockTime <= last && o.late() {
		return old, nil
	}
	return next, nil
}
