package serve

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-service/eth"

	"tribunal/conformance/devnet/network"
)

// errNotFound has the words that op-service's client looks for.
var errNotFound = errors.New("not found")

// rollupNode is the namespace optimism of op-node, for chains that do not grow any more. op-node's own server cannot be
// built from its published module.
type rollupNode struct {
	network *network.Network
	status  *eth.SyncStatus
	lie     uint64
}

func newRollup(n *network.Network, lie uint64) (http.Handler, error) {
	ctx := context.Background()
	safe, err := n.Verifier.Ref(ctx, n.Safe())
	if err != nil {
		return nil, err
	}
	l1 := eth.InfoToL1BlockRef(eth.HeaderBlockInfo(n.L1.Head()))
	node := &rollupNode{network: n, lie: lie, status: &eth.SyncStatus{
		CurrentL1: l1, CurrentL1Finalized: l1, HeadL1: l1, SafeL1: l1, FinalizedL1: l1,
		UnsafeL2: safe, SafeL2: safe, FinalizedL2: safe, PendingSafeL2: safe, LocalSafeL2: safe,
	}}
	server := rpc.NewServer()
	if err := server.RegisterName("optimism", node); err != nil {
		return nil, err
	}
	return server, nil
}

// RollupConfig is optimism_rollupConfig.
func (r *rollupNode) RollupConfig() *rollup.Config { return r.network.Setup.Rollup }

// SyncStatus is optimism_syncStatus. Everything is finalized.
func (r *rollupNode) SyncStatus() *eth.SyncStatus { return r.status }

// Version is optimism_version.
func (r *rollupNode) Version() string { return "devnet" }

// OutputAtBlock is optimism_outputAtBlock.
func (r *rollupNode) OutputAtBlock(ctx context.Context, number hexutil.Uint64) (*eth.OutputResponse, error) {
	ref, err := r.network.Verifier.Ref(ctx, uint64(number))
	if err != nil {
		return nil, fmt.Errorf("failed to get L2 block ref with sync status: %w", err)
	}
	output, err := r.network.Verifier.Output(ctx, uint64(number))
	if err != nil {
		return nil, fmt.Errorf("failed to get L2 output at block %s: %w", ref, err)
	}
	root := eth.OutputRoot(output)
	if r.lie != 0 && r.lie == uint64(number) {
		root[31] ^= 1
	}
	return &eth.OutputResponse{
		Version: output.Version(), OutputRoot: root, BlockRef: ref,
		WithdrawalStorageRoot: common.Hash(output.MessagePasserStorageRoot), StateRoot: common.Hash(output.StateRoot), Status: r.status,
	}, nil
}

// SafeHeadAtL1Block is optimism_safeHeadAtL1Block: the last change of the safe head at or before an L1 block.
func (r *rollupNode) SafeHeadAtL1Block(number hexutil.Uint64) (*eth.SafeHeadResponse, error) {
	safe := r.network.SafeAt
	for l1 := min(uint64(number), uint64(len(safe)-1)); l1 > 0; l1-- {
		if safe[l1] == safe[l1-1] {
			continue
		}
		return &eth.SafeHeadResponse{
			L1Block:  eth.BlockID{Number: l1, Hash: r.network.L1.Chain().GetCanonicalHash(l1)},
			SafeHead: eth.BlockID{Number: safe[l1], Hash: r.network.Verifier.Chain().GetCanonicalHash(safe[l1])},
		}, nil
	}
	return nil, errNotFound
}
