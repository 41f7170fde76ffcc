package main

import (
	"context"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/ethereum-optimism/optimism/op-service/client"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	"github.com/ethereum-optimism/optimism/op-service/sources"
)

// The clients of op-node check what they get: hashes, roots and commitments.

func TestOpNodeReadsL1(t *testing.T) {
	d, ctx := shared(t), context.Background()
	cfg := d.network.Setup.Rollup
	for _, kind := range []sources.RPCProviderKind{sources.RPCKindStandard, sources.RPCKindDebugGeth, sources.RPCKindBasic} {
		l1, err := sources.NewL1Client(client.NewBaseRPCClient(dial(t, d, "l1", "")), logger, nil, sources.L1ClientDefaultConfig(cfg, false, kind))
		if err != nil {
			t.Fatal(err)
		}
		beacon := sources.NewL1BeaconClient(sources.NewBeaconHTTPClient(client.NewBasicHTTPClient(d.line.Endpoints["beacon"], logger)), sources.L1BeaconClientConfig{})
		blobs := 0
		for i := uint64(0); i <= d.line.L1.Head.Number; i++ {
			ref, err := l1.L1BlockRefByNumber(ctx, i)
			if err != nil {
				t.Fatal(err)
			}
			_, txs, err := l1.InfoAndTxsByHash(ctx, ref.Hash)
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := l1.FetchReceipts(ctx, ref.Hash); err != nil {
				t.Fatal(err)
			}
			var hashes []common.Hash
			for _, tx := range txs {
				hashes = append(hashes, tx.BlobHashes()...)
			}
			got, err := beacon.GetBlobsByHash(ctx, ref.Time, hashes)
			if err != nil {
				t.Fatal(err)
			}
			blobs += len(got)
		}
		if blobs != d.line.L1.Blobs {
			t.Errorf("%s: read %d blobs, not %d", kind, blobs, d.line.L1.Blobs)
		}
		for _, label := range []eth.BlockLabel{eth.Unsafe, eth.Safe, eth.Finalized} {
			if ref, err := l1.L1BlockRefByLabel(ctx, label); err != nil || ref.Hash != d.line.L1.Head.Hash {
				t.Errorf("%s is %v, %v", label, ref, err)
			}
		}
	}
}

func TestOpNodeReadsL2(t *testing.T) {
	d, ctx := shared(t), context.Background()
	cfg := d.network.Setup.Rollup
	for _, endpoint := range []string{"l2", "l2_second"} {
		l2, err := sources.NewL2Client(client.NewBaseRPCClient(dial(t, d, endpoint, "")), logger, nil, sources.L2ClientDefaultConfig(cfg, false))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range d.line.L2.Blocks {
			ref, err := l2.L2BlockRefByNumber(ctx, b.Number)
			if err != nil {
				t.Fatal(err)
			}
			out, err := l2.OutputV0AtBlock(ctx, ref.Hash)
			if err != nil {
				t.Fatal(err)
			}
			if ref.Hash != b.Hash || eth.OutputRoot(out) != b.OutputRoot {
				t.Errorf("%s has another block %d", endpoint, b.Number)
			}
			if _, _, err := l2.FetchReceipts(ctx, ref.Hash); err != nil {
				t.Fatal(err)
			}
			if _, err := l2.SystemConfigByL2Hash(ctx, ref.Hash); err != nil {
				t.Fatal(err)
			}
		}
		for _, label := range []eth.BlockLabel{eth.Unsafe, eth.Safe, eth.Finalized} {
			if ref, err := l2.L2BlockRefByLabel(ctx, label); err != nil || ref.Hash != d.line.L2.Safe.Hash {
				t.Errorf("%s of %s is %v, %v", label, endpoint, ref, err)
			}
		}
	}
}

func TestOpServiceReadsTheRollupNode(t *testing.T) {
	d, ctx := shared(t), context.Background()
	rollup := sources.NewRollupClient(client.NewBaseRPCClient(dial(t, d, "rollup", "")))
	cfg, err := rollup.RollupConfig(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.L2ChainID.Cmp(d.network.Setup.Rollup.L2ChainID) != 0 || cfg.Genesis.L2.Hash != d.line.L2.Genesis.Hash {
		t.Error("the rollup config is of another chain")
	}
	status, err := rollup.SyncStatus(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if status.FinalizedL1.Hash != d.line.L1.Head.Hash || status.CurrentL1.Number < status.FinalizedL1.Number || status.SafeL2.Hash != d.line.L2.Safe.Hash {
		t.Errorf("the status is %+v", status)
	}
	for _, b := range d.line.L2.Blocks {
		out, err := rollup.OutputAtBlock(ctx, b.Number)
		if err != nil || out.OutputRoot != b.OutputRoot {
			t.Errorf("output of block %d: %v, %v", b.Number, out, err)
		}
	}
	for l1, safe := range d.line.SafeAt {
		got, err := rollup.SafeHeadAtL1Block(ctx, uint64(l1))
		switch {
		case safe == 0 && (err == nil || !strings.Contains(err.Error(), "not found")):
			t.Errorf("nothing is safe at L1 block %d, but: %v, %v", l1, got, err)
		case safe > 0 && (err != nil || got.SafeHead.Number != safe || got.SafeHead.Hash != d.line.L2.Blocks[safe].Hash):
			t.Errorf("safe head at L1 block %d: %v, %v", l1, got, err)
		}
	}
}

func TestANodeCanBeStaleAndARollupNodeCanLie(t *testing.T) {
	d := started(t, options{fork: "fjord", stale: 6, serve: serveOptions(5)})
	defer d.close()
	var head hexutil.Uint64
	if err := dial(t, d, "l2_stale", "").CallContext(context.Background(), &head, "eth_blockNumber"); err != nil || head != 6 {
		t.Errorf("the stale node ends with block %d: %v", head, err)
	}
	rollup := sources.NewRollupClient(client.NewBaseRPCClient(dial(t, d, "rollup", "")))
	for _, b := range d.line.L2.Blocks {
		out, err := rollup.OutputAtBlock(context.Background(), b.Number)
		if err != nil {
			t.Fatal(err)
		}
		if (out.OutputRoot == b.OutputRoot) == (b.Number == 5) {
			t.Errorf("the root of block %d is %s", b.Number, out.OutputRoot)
		}
	}
}
