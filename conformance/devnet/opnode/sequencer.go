package opnode

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	"github.com/ethereum-optimism/optimism/op-service/eth"

	"tribunal/conformance/devnet/chain"
)

// Sequencer extends the chain of a node of its own, with op-node's attributes. It picks the L1 origins itself, without
// op-node's clock, so that the same seed gives the same blocks.
type Sequencer struct {
	*chain.L2
	Head  eth.L2BlockRef
	l1    *chain.L1View
	attrs *derive.FetchingAttributesBuilder
}

// NewSequencer makes a sequencer that starts at the genesis of its node.
func NewSequencer(ctx context.Context, l2 *chain.L2, l1 *chain.L1) (*Sequencer, error) {
	view := &chain.L1View{L1: l1}
	s := &Sequencer{
		L2: l2, l1: view,
		attrs: derive.NewFetchingAttributesBuilder(l2.Config, l1.Config, alone(l2.Config), view, l2.Client),
	}
	var err error
	s.Head, err = l2.Ref(ctx, 0)
	return s, err
}

// See shows the sequencer L1 up to block n.
func (s *Sequencer) See(n uint64) { s.l1.Limit = n }

// Build seals one block on the head with the given L1 origin. fill, if any, adds transactions.
func (s *Sequencer) Build(ctx context.Context, origin eth.BlockID, fill func(chain.Include)) (*types.Block, error) {
	attrs, err := s.attrs.PreparePayloadAttributes(ctx, s.Head, origin)
	if err != nil {
		return nil, fmt.Errorf("attributes: %w", err)
	}
	attrs.NoTxPool = fill == nil
	res, err := s.Client.ForkchoiceUpdate(ctx, &eth.ForkchoiceState{HeadBlockHash: s.Head.Hash}, attrs)
	if err != nil {
		return nil, fmt.Errorf("start block: %w", err)
	}
	if res.PayloadID == nil {
		return nil, fmt.Errorf("start block: no payload id (%s)", res.PayloadStatus.Status)
	}
	if fill != nil {
		fill(s.Engine.IncludeTx)
	}
	env, err := s.Client.GetPayload(ctx, eth.PayloadInfo{ID: *res.PayloadID, Timestamp: uint64(attrs.Timestamp)})
	if err != nil {
		return nil, fmt.Errorf("seal block: %w", err)
	}
	// The attributes carry the beacon root, the envelope of old payload versions does not.
	env.ParentBeaconBlockRoot = attrs.ParentBeaconBlockRoot
	if err := s.Insert(ctx, env); err != nil {
		return nil, err
	}
	b := s.Chain().GetBlockByHash(env.ExecutionPayload.BlockHash)
	s.Head, err = s.Client.L2BlockRefByHash(ctx, b.Hash())
	return b, err
}

// Nonce is the next nonce of an account at the head.
func (s *Sequencer) Nonce(a common.Address) uint64 {
	st, err := s.Chain().StateAt(s.Chain().GetHeaderByHash(s.Head.Hash).Root)
	if err != nil {
		panic(err) // an archive node has the state of its head
	}
	return st.GetNonce(a)
}
