package chain

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/ethereum-optimism/optimism/op-e2e/actions/helpers/engineapi"
	"github.com/ethereum-optimism/optimism/op-node/rollup"
	"github.com/ethereum-optimism/optimism/op-service/client"
	"github.com/ethereum-optimism/optimism/op-service/eth"
	"github.com/ethereum-optimism/optimism/op-service/sources"
)

// L2 is a node of L2, driven through its engine API.
type L2 struct {
	*Node
	Engine *engineapi.L2EngineAPI
	Client *sources.EngineClient
	Config *rollup.Config
}

// NewL2 starts a node of L2 at its genesis.
func NewL2(lgr log.Logger, genesis *core.Genesis, cfg *rollup.Config) (*L2, error) {
	n, err := newNode("l2", genesis)
	if err != nil {
		return nil, err
	}
	l := &L2{Node: n, Engine: engineapi.NewL2EngineAPI(lgr, n.Chain(), n.eth.Downloader()), Config: cfg}
	n.node.RegisterAPIs([]rpc.API{
		{Namespace: "engine", Service: l.Engine},
		{Namespace: "debug", Service: &payloadWitness{n.Chain()}},
	})
	if err := n.start(); err != nil {
		return nil, err
	}
	l.Client, err = sources.NewEngineClient(client.NewBaseRPCClient(n.node.Attach()), lgr, nil, sources.EngineClientDefaultConfig(cfg))
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Import makes a block that another node has the head of this one.
func (l *L2) Import(ctx context.Context, b *types.Block) error {
	env, err := eth.BlockAsPayloadEnv(b, l.Chain().Config())
	if err != nil {
		return err
	}
	return l.Insert(ctx, env)
}

// Insert makes a payload the head.
func (l *L2) Insert(ctx context.Context, env *eth.ExecutionPayloadEnvelope) error {
	st, err := l.Client.NewPayload(ctx, env.ExecutionPayload, env.ParentBeaconBlockRoot)
	if err != nil {
		return fmt.Errorf("new payload: %w", err)
	}
	if st.Status != eth.ExecutionValid {
		return fmt.Errorf("new payload %d: %s", uint64(env.ExecutionPayload.BlockNumber), st.Status)
	}
	return l.setHead(ctx, eth.ForkchoiceState{HeadBlockHash: env.ExecutionPayload.BlockHash})
}

// Finalize makes block n head, safe and finalized.
func (l *L2) Finalize(ctx context.Context, n uint64) error {
	h := l.Chain().GetCanonicalHash(n)
	return l.setHead(ctx, eth.ForkchoiceState{HeadBlockHash: h, SafeBlockHash: h, FinalizedBlockHash: h})
}

func (l *L2) setHead(ctx context.Context, state eth.ForkchoiceState) error {
	res, err := l.Client.ForkchoiceUpdate(ctx, &state, nil)
	if err != nil {
		return fmt.Errorf("forkchoice: %w", err)
	}
	if res.PayloadStatus.Status != eth.ExecutionValid {
		return fmt.Errorf("forkchoice: %s", res.PayloadStatus.Status)
	}
	return nil
}

// Ref describes block n.
func (l *L2) Ref(ctx context.Context, n uint64) (eth.L2BlockRef, error) {
	h := l.Chain().GetCanonicalHash(n)
	if h == (common.Hash{}) {
		return eth.L2BlockRef{}, fmt.Errorf("no l2 block %d", n)
	}
	return l.Client.L2BlockRefByHash(ctx, h)
}

// Output is what the output root of block n is made of.
func (l *L2) Output(ctx context.Context, n uint64) (*eth.OutputV0, error) {
	return l.Client.OutputV0AtBlock(ctx, l.Chain().GetCanonicalHash(n))
}
