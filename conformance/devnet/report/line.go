// Package report tells what a devnet is: in one line of JSON, and in files.
package report

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/params"

	"github.com/ethereum-optimism/optimism/op-service/eth"

	"tribunal/conformance/devnet/chain"
	"tribunal/conformance/devnet/claims"
	"tribunal/conformance/devnet/network"
)

// Format is the version of the line.
const Format = 1

// Line is what the program prints. With the same flags, only the endpoints differ from run to run.
type Line struct {
	Format     int               `json:"format"`
	Seed       int64             `json:"seed"`
	Fork       string            `json:"fork"`
	Base       string            `json:"base"`
	Activation uint64            `json:"activation_l2_block"`
	Endpoints  map[string]string `json:"endpoints"`

	Rollup   map[string]any      `json:"rollup_config"`
	L1Config *params.ChainConfig `json:"l1_config"`
	L2Config *params.ChainConfig `json:"l2_config"`
	Out      *string             `json:"out"`

	L1     L1             `json:"l1"`
	L2     L2             `json:"l2"`
	SafeAt []uint64       `json:"safe_l2_block_by_l1_block"`
	Counts network.Counts `json:"counts"`
	Claims []claims.Claim `json:"claims"`
}

// Block names a block.
type Block struct {
	Number uint64      `json:"number"`
	Hash   common.Hash `json:"hash"`
	Time   uint64      `json:"time"`
}

// L1 is what there is to know of L1.
type L1 struct {
	Genesis   Block  `json:"genesis"`
	Head      Block  `json:"head"`
	Finalized Block  `json:"finalized"`
	Slot      uint64 `json:"slot_seconds"`
	Blobs     int    `json:"blobs"`
}

// L2 is what there is to know of L2.
type L2 struct {
	Genesis   Block     `json:"genesis"`
	Safe      Block     `json:"safe"`
	BlockTime uint64    `json:"block_time"`
	Blocks    []L2Block `json:"blocks"`
}

// L2Block is a block, and the first L1 block up to which it can be derived.
type L2Block struct {
	Number     uint64      `json:"number"`
	Hash       common.Hash `json:"hash"`
	OutputRoot eth.Bytes32 `json:"output_root"`
	FirstSafe  eth.BlockID `json:"first_safe_l1"`
}

// New describes a devnet, without its endpoints.
func New(ctx context.Context, n *network.Network, seed int64, asked []claims.Claim) (*Line, error) {
	rollup, err := konaRollup(n.Setup)
	if err != nil {
		return nil, err
	}
	l1, l2 := n.L1.Chain(), n.Verifier.Chain()
	line := &Line{
		Format: Format, Seed: seed, Fork: string(n.Plan.Fork), Base: string(n.Plan.Base), Activation: n.Activation,
		Rollup: rollup, L1Config: n.Setup.L1.Config, L2Config: n.Setup.L2.Config,
		L1: L1{
			Genesis: block(l1.GetHeaderByNumber(0)), Head: block(l1.CurrentBlock()), Finalized: block(l1.CurrentFinalBlock()),
			Slot: n.Plan.Slot, Blobs: len(n.L1.Blobs),
		},
		L2: L2{
			Genesis: block(l2.GetHeaderByNumber(0)), Safe: block(l2.GetHeaderByNumber(n.Safe())), BlockTime: n.Plan.Chains.L2BlockTime,
		},
		SafeAt: n.SafeAt, Counts: n.Counts, Claims: asked,
	}
	for i := uint64(0); i <= n.Safe(); i++ {
		o, err := n.Verifier.Output(ctx, i)
		if err != nil {
			return nil, fmt.Errorf("output of block %d: %w", i, err)
		}
		first := n.FirstSafe(i)
		line.L2.Blocks = append(line.L2.Blocks, L2Block{
			Number: i, Hash: l2.GetCanonicalHash(i), OutputRoot: eth.OutputRoot(o),
			FirstSafe: eth.BlockID{Number: first, Hash: l1.GetCanonicalHash(first)},
		})
	}
	return line, nil
}

func block(h *types.Header) Block {
	return Block{Number: h.Number.Uint64(), Hash: h.Hash(), Time: h.Time}
}

// konaRollup is the rollup config in a form that both op-node and Kona read.
func konaRollup(s *chain.Setup) (map[string]any, error) {
	b, err := json.Marshal(s.Rollup)
	if err != nil {
		return nil, err
	}
	m := map[string]any{}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		return nil, err
	}
	// Kona insists on these two.
	m["protocol_versions_address"] = common.Address{}
	if _, ok := m["max_sequencer_drift"]; !ok {
		m["max_sequencer_drift"] = 0
	}
	return m, nil
}
