// Package claims asks questions about a devnet, and answers them with the derivation of op-node.
package claims

import (
	"context"
	"fmt"
	"math/rand"

	"github.com/ethereum/go-ethereum/common"

	"github.com/ethereum-optimism/optimism/op-service/eth"

	"tribunal/conformance/devnet/network"
)

// Claim is one question to a fault-proof program, and the right answer.
type Claim struct {
	L1Head        common.Hash `json:"l1_head"`
	AgreedHash    common.Hash `json:"agreed_l2_head_hash"`
	AgreedRoot    eth.Bytes32 `json:"agreed_l2_output_root"`
	ClaimedRoot   eth.Bytes32 `json:"claimed_l2_output_root"`
	ClaimedNumber uint64      `json:"claimed_l2_block_number"`
	L2ChainID     uint64      `json:"l2_chain_id"`
	L1ChainID     uint64      `json:"l1_chain_id"`
	Valid         bool        `json:"valid"`
	Note          string      `json:"note"`
	// The rest is for people.
	L1HeadNumber uint64 `json:"l1_head_number"`
	AgreedNumber uint64 `json:"agreed_l2_block_number"`
	// DerivableNumber is the last L2 block that can be derived from the agreed block and L1 up to the head.
	DerivableNumber uint64 `json:"derivable_l2_block_number"`
}

// answer is what derivation from an agreed block gives.
type answer struct {
	last  uint64
	roots map[uint64]eth.Bytes32
}

// Make asks at most count questions, and answers them.
func Make(ctx context.Context, n *network.Network, count int, rng *rand.Rand) ([]Claim, error) {
	roots, err := outputs(ctx, n)
	if err != nil {
		return nil, err
	}
	qs := questions(n, roots, rng)
	answers := map[start]*answer{}
	out := []Claim{}
	for _, q := range qs[:min(count, len(qs))] {
		a := answers[q.start]
		if a == nil {
			if a, err = derive(ctx, n, q.start); err != nil {
				return nil, fmt.Errorf("%s: %w", q.note, err)
			}
			answers[q.start] = a
		}
		out = append(out, q.claim(n, roots, a))
	}
	return out, nil
}

// outputs are the output roots of all blocks.
func outputs(ctx context.Context, n *network.Network) ([]eth.Bytes32, error) {
	var roots []eth.Bytes32
	for i := uint64(0); i <= n.Safe(); i++ {
		o, err := n.Verifier.Output(ctx, i)
		if err != nil {
			return nil, fmt.Errorf("output of block %d: %w", i, err)
		}
		roots = append(roots, eth.OutputRoot(o))
	}
	return roots, nil
}

func derive(ctx context.Context, n *network.Network, s start) (*answer, error) {
	l2, last, err := n.Derive(ctx, s.agreed, s.l1)
	if err != nil {
		return nil, err
	}
	defer l2.Close()
	a := &answer{last: last, roots: map[uint64]eth.Bytes32{}}
	for i := s.agreed; i <= last; i++ {
		o, err := l2.Output(ctx, i)
		if err != nil {
			return nil, err
		}
		a.roots[i] = eth.OutputRoot(o)
	}
	return a, nil
}

func (q question) claim(n *network.Network, roots []eth.Bytes32, a *answer) Claim {
	right := a.roots[max(min(q.claimed, a.last), q.agreed)]
	c := Claim{
		L1Head: n.L1.Chain().GetCanonicalHash(q.l1), L1HeadNumber: q.l1,
		AgreedHash: n.Verifier.Chain().GetCanonicalHash(q.agreed), AgreedNumber: q.agreed, AgreedRoot: roots[q.agreed],
		ClaimedRoot: right, ClaimedNumber: q.claimed, DerivableNumber: a.last,
		L2ChainID: n.Setup.Rollup.L2ChainID.Uint64(), L1ChainID: n.Setup.Rollup.L1ChainID.Uint64(),
		Note: q.note,
	}
	if q.root != nil {
		c.ClaimedRoot = *q.root
	}
	c.Valid = c.ClaimedRoot == right
	if q.root == nil && q.claimed > a.last {
		c.Note += ": the L1 data ends before the claimed block, so the output root of the last derivable block stands"
	}
	return c
}
