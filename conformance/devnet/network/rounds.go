package network

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"math/rand"

	"github.com/ethereum/go-ethereum/core/types"

	"tribunal/conformance/devnet/batch"
	"tribunal/conformance/devnet/chain"
)

// rounds is the making of a network. A round is one L1 block, and the L2 blocks before it.
type rounds struct {
	*Network
	rng *rand.Rand
	txs *chain.TxGen
	enc *batch.Encoder

	batcher *ecdsa.PrivateKey
	pending []*types.Block     // L2 blocks that are in no channel yet
	queue   []batch.Submission // batcher transactions that are in no L1 block yet

	channels, blobChannels, blobTxs int

	submitted uint64 // the last L2 block in the queue, or in L1
	stalled   int    // L1 blocks since anything new became safe
}

func (r *rounds) run(ctx context.Context) error {
	for i := 1; i <= r.Plan.Rounds; i++ {
		if err := r.sequence(ctx); err != nil {
			return fmt.Errorf("round %d: %w", i, err)
		}
		if err := r.l1Block(ctx, i); err != nil {
			return fmt.Errorf("round %d: %w", i, err)
		}
	}
	for i := 0; i < flushBlocks && r.Safe() < r.Seq.Head.Number; i++ {
		if err := r.l1Block(ctx, 0); err != nil {
			return fmt.Errorf("after the rounds: %w", err)
		}
	}
	return nil
}

// sequence makes L2 blocks until L2 has caught up with L1.
func (r *rounds) sequence(ctx context.Context) error {
	head := r.L1.Head()
	if err := r.Seq.See(ctx, head.Number.Uint64()); err != nil {
		return err
	}
	for r.Seq.Head.Time+r.Plan.Chains.L2BlockTime <= head.Time {
		b, err := r.l2Block(ctx)
		if err != nil {
			return fmt.Errorf("l2 block %d: %w", r.Seq.Head.Number+1, err)
		}
		r.pending = append(r.pending, b)
	}
	return nil
}

func (r *rounds) l2Block(ctx context.Context) (*types.Block, error) {
	number, time := r.Seq.Head.Number+1, r.Seq.Head.Time+r.Plan.Chains.L2BlockTime
	if err := r.Seq.Start(); err != nil {
		return nil, err
	}
	count := r.rng.Intn(r.Plan.MaxTxs + 1)
	if include := r.Seq.Include(); include != nil {
		r.txs.Fill(r.Seq.Nonce, number, time, count, r.Plan.MaxData, include)
	}
	return r.Seq.Seal(ctx)
}

// l1Block makes an L1 block, and lets the verifier look at it. Blocks after the rounds have the number 0, and only
// batcher transactions.
func (r *rounds) l1Block(ctx context.Context, round int) error {
	var txs []*types.Transaction
	if round > 0 {
		var err error
		if txs, err = r.userTxs(round); err != nil {
			return err
		}
	}
	batches, err := r.batcherTxs(round > 0)
	if err != nil {
		return err
	}
	b, err := r.L1.Mine(append(txs, batches...), r.wait(round))
	if err != nil {
		return err
	}
	safe, err := r.Verifier.Advance(ctx, b.NumberU64())
	if err != nil {
		return fmt.Errorf("verifier at L1 block %d: %w", b.NumberU64(), err)
	}
	r.SafeAt = append(r.SafeAt, safe.Number)
	if safe.Number > 0 && r.Seq.Chain().GetCanonicalHash(safe.Number) != safe.Hash {
		return fmt.Errorf("derivation of L2 block %d went another way than the sequencer", safe.Number)
	}
	r.resubmit(safe.Number)
	return nil
}

// wait is the time to the next L1 block.
func (r *rounds) wait(round int) uint64 {
	if r.rng.Intn(8) == 0 || round == r.Plan.Missed {
		return 2 * r.Plan.Slot
	}
	return r.Plan.Slot
}

// userTxs are what others than the batcher do on L1: updates of the SystemConfig, and deposits.
func (r *rounds) userTxs(round int) ([]*types.Transaction, error) {
	user := func() *ecdsa.PrivateKey { return r.Setup.Users[r.rng.Intn(len(r.Setup.Users))] }
	updates := r.Plan.Config[round]
	if r.Plan.Rotate == round {
		r.batcher = r.Setup.Batchers[1] // it counts from the very block that sets it
		updates = append(updates[:len(updates):len(updates)], chain.SetBatcher(chain.AddrOf(r.batcher)))
	}
	var txs []*types.Transaction
	for _, u := range updates {
		tx, err := r.L1.Call(user(), chain.SystemConfig, u.Calldata())
		if err != nil {
			return nil, err
		}
		txs = append(txs, tx)
	}
	for n := round%2 + r.rng.Intn(2); n > 0; n-- {
		_, deposit := chain.RandomDeposit(r.Setup, r.rng)
		tx, err := r.L1.Call(user(), chain.Portal, deposit.Calldata())
		if err != nil {
			return nil, err
		}
		txs = append(txs, tx)
	}
	return txs, nil
}
