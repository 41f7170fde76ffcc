package main

import (
	"context"
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/consensus/misc/eip1559"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/stateless"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/ethereum-optimism/optimism/op-service/eth"

	"tribunal/conformance/devnet/chain"
	"tribunal/conformance/devnet/plan"
)

// A witness is enough if the block can be executed with nothing else.
func TestWitnessesAreEnoughToExecuteTheirBlocks(t *testing.T) {
	for _, fork := range plan.Names {
		t.Run(string(fork), func(t *testing.T) {
			d := started(t, options{fork: string(fork)})
			defer d.close()
			ctx, c := context.Background(), dial(t, d, "l2", "")
			for n := uint64(1); n <= d.network.Safe(); n++ {
				b := d.network.Verifier.Chain().GetBlockByNumber(n)
				var ext stateless.ExtWitness
				if err := c.CallContext(ctx, &ext, "debug_executionWitness", hexutil.EncodeUint64(n)); err != nil {
					t.Fatalf("block %d: %v", n, err)
				}
				if err := executes(ctx, d.network.Setup.L2.Config, b, &ext); err != nil {
					t.Errorf("debug_executionWitness of block %d: %v", n, err)
				}
				var w chain.Witness
				if err := c.CallContext(ctx, &w, "debug_executePayload", b.ParentHash(), attributes(t, d.network.Setup.L2.Config, b)); err != nil {
					t.Fatalf("block %d: %v", n, err)
				}
				ext = stateless.ExtWitness{State: w.State, Codes: w.Codes}
				for _, raw := range w.Headers {
					var h types.Header
					if err := rlp.DecodeBytes(raw, &h); err != nil {
						t.Fatal(err)
					}
					ext.Headers = append(ext.Headers, &h)
				}
				if err := executes(ctx, d.network.Setup.L2.Config, b, &ext); err != nil {
					t.Errorf("debug_executePayload of block %d: %v", n, err)
				}
			}
		})
	}
}

// The test above must see what is missing.
func TestAWitnessWithAGapIsNotEnough(t *testing.T) {
	d, ctx := shared(t), context.Background()
	b := d.network.Verifier.Chain().GetBlockByNumber(d.line.Activation)
	var ext stateless.ExtWitness
	if err := dial(t, d, "l2", "").CallContext(ctx, &ext, "debug_executionWitness", b.Hash()); err != nil {
		t.Fatal(err)
	}
	for _, gap := range []stateless.ExtWitness{
		{Headers: ext.Headers, Codes: ext.Codes, State: ext.State[1:]},
		{Headers: ext.Headers, Codes: ext.Codes[:0], State: ext.State},
	} {
		if executes(ctx, d.network.Setup.L2.Config, b, &gap) == nil {
			t.Error("the block executes without all of its witness")
		}
	}
}

// executes runs a block on a witness, and compares the roots.
func executes(ctx context.Context, cfg *params.ChainConfig, b *types.Block, ext *stateless.ExtWitness) error {
	header := b.Header()
	header.Root, header.ReceiptHash = common.Hash{}, common.Hash{}
	blank := types.NewBlockWithHeader(header).WithBody(*b.Body())
	w, err := stateless.NewWitness(header, nil, false)
	if err != nil {
		return err
	}
	if err := w.FromExtWitness(ext); err != nil {
		return err
	}
	if len(w.Headers) == 0 || w.Headers[0].Hash() != b.ParentHash() {
		return fmt.Errorf("the first header is not the parent's")
	}
	state, receipts, err := core.ExecuteStateless(ctx, cfg, vm.Config{}, blank, w)
	if err != nil {
		return err
	}
	if state != b.Root() || receipts != b.ReceiptHash() {
		return fmt.Errorf("state root %s, receipts root %s, but the header has %s, %s", state, receipts, b.Root(), b.ReceiptHash())
	}
	return nil
}

// attributes are what a rollup node would build this block from.
func attributes(t *testing.T, cfg *params.ChainConfig, b *types.Block) *eth.PayloadAttributes {
	t.Helper()
	attrs := &eth.PayloadAttributes{
		Timestamp: hexutil.Uint64(b.Time()), PrevRandao: eth.Bytes32(b.MixDigest()), SuggestedFeeRecipient: b.Coinbase(),
		ParentBeaconBlockRoot: b.BeaconRoot(), NoTxPool: true, GasLimit: new(eth.Uint64Quantity(b.GasLimit())),
		Withdrawals: &types.Withdrawals{},
	}
	for _, tx := range b.Transactions() {
		raw, err := tx.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		attrs.Transactions = append(attrs.Transactions, raw)
	}
	if cfg.IsHolocene(b.Time()) {
		denominator, elasticity, minBaseFee := eip1559.DecodeOptimismExtraData(cfg, b.Time(), b.Extra())
		attrs.EIP1559Params = new(chain.HoloceneParams(uint32(denominator), uint32(elasticity)))
		attrs.MinBaseFee = minBaseFee
	}
	return attrs
}
