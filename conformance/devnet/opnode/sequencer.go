package opnode

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/log"

	opnodemetrics "github.com/ethereum-optimism/optimism/op-node/metrics"
	"github.com/ethereum-optimism/optimism/op-node/rollup/async"
	"github.com/ethereum-optimism/optimism/op-node/rollup/conductor"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	"github.com/ethereum-optimism/optimism/op-node/rollup/sequencing"
	"github.com/ethereum-optimism/optimism/op-service/eth"

	"tribunal/conformance/devnet/chain"
)

// Sequencer is op-node's sequencer, beside its derivation, on a node of its own. Its actions are called one by one, and not
// by its clock, so that the same seed gives the same blocks.
type Sequencer struct {
	*Verifier
	Head    eth.L2BlockRef
	actions *sequencing.Sequencer
}

// NewSequencer makes a sequencer that starts at the genesis of its node. late says when it does not see a new L1 block in
// time for the next L2 block.
func NewSequencer(ctx context.Context, lgr log.Logger, l2 *chain.L2, l1 *chain.L1, late func() bool) (*Sequencer, error) {
	v := NewVerifier(ctx, lgr, l2, l1)
	// Derivation begins with a reset, which the sequencer would report as an error.
	if _, err := v.Advance(ctx, 0); err != nil {
		return nil, err
	}
	selector := sequencing.NewL1OriginSelector(ctx, lgr, l2.Config, v.l1)
	attrs := derive.NewFetchingAttributesBuilder(l2.Config, l1.Config, alone(l2.Config), v.l1, l2.Client)
	s := &Sequencer{Verifier: v, actions: sequencing.NewSequencer(ctx, lgr, l2.Config, 0, attrs,
		&origins{L1OriginSelector: selector, l1: v.l1, config: l2.Config, late: late},
		listener{}, &conductor.NoOpConductor{}, async.NoOpGossiper{}, opnodemetrics.NoopMetrics, v.engine)}
	v.register("origin-selector", selector)
	v.register("sequencer", s.actions)
	if err := s.actions.Init(ctx, true); err != nil {
		return nil, err
	}
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// See shows the sequencer L1 up to block n.
func (s *Sequencer) See(ctx context.Context, n uint64) error {
	if _, err := s.Advance(ctx, n); err != nil {
		return err
	}
	return s.settle(ctx)
}

// Start begins a block on the head.
func (s *Sequencer) Start() error {
	s.actions.RunAction()
	if err := s.drain(); err != nil {
		return err
	}
	if s.actions.Building().Info == (eth.PayloadInfo{}) {
		return fmt.Errorf("the sequencer started no block on %s", s.Head)
	}
	return nil
}

// Include returns what adds transactions to the block that was begun, or nothing if it must not have any.
func (s *Sequencer) Include() chain.Include {
	if s.Engine.ForcedEmpty() {
		return nil
	}
	return s.Engine.IncludeTx
}

// Seal ends the block that was begun, and makes it the head.
func (s *Sequencer) Seal(ctx context.Context) (*types.Block, error) {
	parent := s.Head
	s.actions.RunAction()
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	if s.Head.ParentHash != parent.Hash {
		return nil, fmt.Errorf("the head is %s after a block on %s", s.Head, parent)
	}
	return s.Chain().GetBlockByHash(s.Head.Hash), nil
}

// settle tells all parts of the node what the head is.
func (s *Sequencer) settle(ctx context.Context) error {
	if err := s.drain(); err != nil {
		return err
	}
	s.engine.TryUpdateEngine(ctx)
	s.engine.RequestForkchoiceUpdate(ctx)
	err := s.drain()
	s.Head = s.engine.UnsafeL2Head()
	return err
}

// Nonce is the next nonce of an account at the head.
func (s *Sequencer) Nonce(a common.Address) uint64 {
	st, err := s.Chain().StateAt(s.Chain().GetHeaderByHash(s.Head.Hash).Root)
	if err != nil {
		panic(err) // an archive node has the state of its head
	}
	return st.GetNonce(a)
}

// listener keeps nothing of the sequencer's state.
type listener struct{}

func (listener) SequencerStarted() error { return nil }
func (listener) SequencerStopped() error { return nil }
