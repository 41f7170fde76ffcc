package chain

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/ethereum-optimism/optimism/op-e2e/actions/helpers/engineapi"
	"github.com/ethereum-optimism/optimism/op-service/eth"
)

// payloadWitness is op-reth's debug_executePayload for a node of op-geth, which does not have it.
type payloadWitness struct{ chain *core.BlockChain }

// Witness is an execution witness as op-reth writes it: headers are RLP, and everything is a list.
type Witness struct {
	State   []hexutil.Bytes `json:"state"`
	Codes   []hexutil.Bytes `json:"codes"`
	Keys    []hexutil.Bytes `json:"keys"`
	Headers []hexutil.Bytes `json:"headers"`
}

// ExecutePayload builds the block of the attributes on the given parent, without keeping it, and tells what that reads.
func (p *payloadWitness) ExecutePayload(ctx context.Context, parent common.Hash, attrs eth.PayloadAttributes) (*Witness, error) {
	header := p.chain.GetHeaderByHash(parent)
	if header == nil {
		return nil, fmt.Errorf("parent block %s not found", parent)
	}
	if attrs.GasLimit == nil {
		return nil, fmt.Errorf("the attributes have no gas limit")
	}
	build, err := engineapi.NewBlockProcessorFromPayloadAttributes(p.chain, parent, &attrs)
	if err != nil {
		return nil, err
	}
	for i, raw := range attrs.Transactions {
		var tx types.Transaction
		if err := tx.UnmarshalBinary(raw); err != nil {
			return nil, fmt.Errorf("transaction %d: %w", i, err)
		}
		if _, err := build.AddTx(&tx); err != nil {
			return nil, err
		}
	}
	block, _, err := build.Assemble()
	if err != nil {
		return nil, err
	}
	result, err := p.chain.ProcessBlock(ctx, header.Root, block, core.ExecuteConfig{MakeWitness: true})
	if err != nil {
		return nil, err
	}
	ext := result.Witness().ToExtWitness()
	w := &Witness{State: ext.State, Codes: ext.Codes, Keys: []hexutil.Bytes{}, Headers: []hexutil.Bytes{}}
	for _, h := range ext.Headers {
		b, err := rlp.EncodeToBytes(h)
		if err != nil {
			return nil, err
		}
		w.Headers = append(w.Headers, b)
	}
	return w, nil
}
