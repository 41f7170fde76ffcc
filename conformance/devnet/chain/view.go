package chain

import (
	"context"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	optypes "github.com/ethereum-optimism/optimism/op-core/types"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"
	"github.com/ethereum-optimism/optimism/op-service/eth"
)

// L1View is what a rollup node sees of the L1 chain: everything up to and including block Limit.
type L1View struct {
	L1    *L1
	Limit uint64
}

var (
	_ derive.L1Fetcher      = (*L1View)(nil)
	_ derive.L1BlobsFetcher = (*L1View)(nil)
)

func (v *L1View) block(h *types.Header) (eth.L1BlockRef, error) {
	if h == nil || h.Number.Uint64() > v.Limit {
		return eth.L1BlockRef{}, ethereum.NotFound
	}
	return eth.InfoToL1BlockRef(eth.HeaderBlockInfo(h)), nil
}

func (v *L1View) L1BlockRefByLabel(_ context.Context, label eth.BlockLabel) (eth.L1BlockRef, error) {
	if label == eth.Finalized || label == eth.Safe {
		return v.block(v.L1.Chain().GetHeaderByNumber(0))
	}
	return v.block(v.L1.Chain().GetHeaderByNumber(v.Limit))
}

func (v *L1View) L1BlockRefByNumber(_ context.Context, n uint64) (eth.L1BlockRef, error) {
	return v.block(v.L1.Chain().GetHeaderByNumber(n))
}

func (v *L1View) L1BlockRefByHash(_ context.Context, h common.Hash) (eth.L1BlockRef, error) {
	return v.block(v.L1.Chain().GetHeaderByHash(h))
}

func (v *L1View) InfoByHash(_ context.Context, h common.Hash) (eth.BlockInfo, error) {
	hdr := v.L1.Chain().GetHeaderByHash(h)
	if hdr == nil || hdr.Number.Uint64() > v.Limit {
		return nil, ethereum.NotFound
	}
	return eth.HeaderBlockInfo(hdr), nil
}

func (v *L1View) FetchReceipts(ctx context.Context, h common.Hash) (eth.BlockInfo, optypes.Receipts, error) {
	info, err := v.InfoByHash(ctx, h)
	if err != nil {
		return nil, nil, err
	}
	return info, optypes.FromGethReceipts(v.L1.Chain().GetReceiptsByHash(h)), nil
}

func (v *L1View) InfoAndTxsByHash(ctx context.Context, h common.Hash) (eth.BlockInfo, types.Transactions, error) {
	info, err := v.InfoByHash(ctx, h)
	if err != nil {
		return nil, nil, err
	}
	return info, v.L1.Chain().GetBlockByHash(h).Transactions(), nil
}

// GetBlobsByHash answers in the order of the question, which is the order of the blobs in the block.
func (v *L1View) GetBlobsByHash(_ context.Context, _ uint64, hashes []common.Hash) ([]*eth.Blob, error) {
	out := make([]*eth.Blob, len(hashes))
	for i, h := range hashes {
		b, ok := v.L1.Blobs[h]
		if !ok {
			return nil, ethereum.NotFound
		}
		out[i] = b
	}
	return out, nil
}
