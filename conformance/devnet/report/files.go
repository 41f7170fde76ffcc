package report

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ethereum/go-ethereum/common"

	"github.com/ethereum-optimism/optimism/op-service/eth"

	"tribunal/conformance/devnet/network"
)

// BlockInfo is one element of blocks.json.
type BlockInfo struct {
	Number           uint64       `json:"number"`
	Hash             common.Hash  `json:"hash"`
	ParentHash       common.Hash  `json:"parentHash"`
	StateRoot        common.Hash  `json:"stateRoot"`
	TransactionsRoot common.Hash  `json:"transactionsRoot"`
	ReceiptsRoot     common.Hash  `json:"receiptsRoot"`
	WithdrawalsRoot  *common.Hash `json:"withdrawalsRoot"`
	OutputRoot       eth.Bytes32  `json:"outputRoot"`
	GasUsed          uint64       `json:"gasUsed"`
	Timestamp        uint64       `json:"timestamp"`
	L1Origin         eth.BlockID  `json:"l1Origin"`
	SequenceNumber   uint64       `json:"sequenceNumber"`
	Transactions     int          `json:"transactions"`
	Deposits         int          `json:"deposits"`
}

// Write puts the files of a devnet into a folder, named and formed as in the reference's devnets of the fixtures.
func Write(ctx context.Context, dir string, n *network.Network, line *Line) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	blocks, err := blockInfos(ctx, n, line)
	if err != nil {
		return err
	}
	for name, v := range map[string]any{
		"rollup.json":            line.Rollup,
		"rollup-op-node.json":    n.Setup.Rollup,
		"l1-genesis-config.json": line.L1Config,
		"l2-chain-config.json":   line.L2Config,
		"l2-genesis.json":        n.Setup.L2,
		"claims.json":            line.Claims,
		"blocks.json":            blocks,
	} {
		b, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func blockInfos(ctx context.Context, n *network.Network, line *Line) ([]BlockInfo, error) {
	var out []BlockInfo
	for _, l := range line.L2.Blocks {
		b := n.Verifier.Chain().GetBlockByNumber(l.Number)
		ref, err := n.Verifier.Ref(ctx, l.Number)
		if err != nil {
			return nil, err
		}
		deposits := 0
		for _, tx := range b.Transactions() {
			if tx.IsDepositTx() {
				deposits++
			}
		}
		out = append(out, BlockInfo{
			Number: l.Number, Hash: b.Hash(), ParentHash: b.ParentHash(), StateRoot: b.Root(), TransactionsRoot: b.TxHash(),
			ReceiptsRoot: b.ReceiptHash(), WithdrawalsRoot: b.Header().WithdrawalsHash, OutputRoot: l.OutputRoot,
			GasUsed: b.GasUsed(), Timestamp: b.Time(), L1Origin: ref.L1Origin, SequenceNumber: ref.SequenceNumber,
			Transactions: len(b.Transactions()), Deposits: deposits,
		})
	}
	return out, nil
}
