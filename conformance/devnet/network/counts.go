package network

import (
	"fmt"

	"github.com/ethereum/go-ethereum/core/types"

	"github.com/ethereum-optimism/optimism/op-core/forks"
	"github.com/ethereum-optimism/optimism/op-node/rollup/derive"

	"tribunal/conformance/devnet/chain"
	"tribunal/conformance/devnet/plan"
)

// Counts say what is in a devnet. All but the channels are counted in the chains.
type Counts struct {
	SpanChannels     int `json:"span_channels"`
	SingularChannels int `json:"singular_channels"`
	LongChannels     int `json:"channels_over_several_frames"`

	BlobTxs     int `json:"blob_transactions"`
	CalldataTxs int `json:"calldata_transactions"`
	Blobs       int `json:"blobs"`
	Deposits    int `json:"deposits"`
	MissedSlots int `json:"missed_slots"`
	// ConfigUpdates are the updates of the SystemConfig by kind, 0 to 7.
	ConfigUpdates [8]int `json:"config_updates"`
	L2Txs         int    `json:"l2_transactions"`
}

func (c *Counts) channel(span bool, frames int) {
	if span {
		c.SpanChannels++
	} else {
		c.SingularChannels++
	}
	if frames > 1 {
		c.LongChannels++
	}
}

// count goes through both chains.
func (n *Network) count() {
	bc := n.L1.Chain()
	for i := uint64(1); i < uint64(len(n.SafeAt)); i++ {
		b := bc.GetBlockByNumber(i)
		n.Counts.l1Block(b, bc.GetReceiptsByHash(b.Hash()))
		n.Counts.MissedSlots += int((b.Time()-bc.GetHeaderByNumber(i-1).Time)/n.Plan.Slot) - 1
	}
	for i := uint64(1); i <= n.Safe(); i++ {
		for _, tx := range n.Verifier.Chain().GetBlockByNumber(i).Transactions() {
			if !tx.IsDepositTx() {
				n.Counts.L2Txs++
			}
		}
	}
}

func (c *Counts) l1Block(b *types.Block, receipts types.Receipts) {
	for i, tx := range b.Transactions() {
		for _, l := range receipts[i].Logs {
			switch {
			case l.Address == chain.Portal && l.Topics[0] == derive.DepositEventABIHash:
				c.Deposits++
			case l.Address == chain.SystemConfig && l.Topics[0] == derive.ConfigUpdateEventABIHash:
				c.ConfigUpdates[l.Topics[2].Big().Uint64()]++
			}
		}
		switch to := tx.To(); {
		case to == nil || *to != chain.Inbox:
		case tx.Type() == types.BlobTxType:
			c.BlobTxs++
			c.Blobs += len(tx.BlobHashes())
		default:
			c.CalldataTxs++
		}
	}
}

// check refuses a devnet that lacks something that every one must have.
func (c *Counts) check(n *Network) error {
	need := []struct {
		what      string
		have, min int
	}{
		{"span channels", c.SpanChannels, 1},
		{"singular channels", c.SingularChannels, 1},
		{"channels over several frames", c.LongChannels, 1},
		{"blob transactions", c.BlobTxs, 1},
		{"calldata transactions", c.CalldataTxs, 1},
		{"deposits", c.Deposits, 3},
		{"missed slots", c.MissedSlots, 1},
		{"L2 transactions", c.L2Txs, 10},
		{"L2 blocks after the activation", int(n.Safe()) - int(n.Activation), 3},
	}
	kinds := []uint64{0, 1, 2}
	for fork, more := range map[forks.Name][]uint64{forks.Holocene: {4}, forks.Isthmus: {5}, forks.Jovian: {6, 7}} {
		if plan.Has(n.Plan.Fork, fork) {
			kinds = append(kinds, more...)
		}
	}
	for _, kind := range kinds {
		need = append(need, struct {
			what      string
			have, min int
		}{fmt.Sprintf("config updates of kind %d", kind), c.ConfigUpdates[kind], 1})
	}
	for _, x := range need {
		if x.have < x.min {
			return fmt.Errorf("the devnet has %d %s, but should have at least %d", x.have, x.what, x.min)
		}
	}
	return n.checkL1Forks()
}

// checkL1Forks refuses a devnet whose L1 ends before its last fork.
func (n *Network) checkL1Forks() error {
	head := n.L1.Head().Time
	for name, at := range map[string]*uint64{"Prague": n.L1.Config.PragueTime, "Osaka": n.L1.Config.OsakaTime, "BPO1": n.L1.Config.BPO1Time} {
		if at != nil && *at > head {
			return fmt.Errorf("L1 ends at %d, before %s at %d", head, name, *at)
		}
	}
	return nil
}
