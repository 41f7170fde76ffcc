package chain

import (
	"fmt"
	"net/http"

	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/rawdb"
	geth "github.com/ethereum/go-ethereum/eth"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/p2p"
)

// Node is an archive node of op-geth in memory, without networking. Only this program gives it blocks.
type Node struct {
	node *node.Node
	eth  *geth.Ethereum
}

// newNode makes a node that is not started yet, so that more APIs can be registered.
func newNode(name string, genesis *core.Genesis) (*Node, error) {
	n, err := node.New(&node.Config{Name: name, P2P: p2p.Config{NoDiscovery: true, NoDial: true}})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	backend, err := geth.New(n, &ethconfig.Config{
		NetworkId:                 genesis.Config.ChainID.Uint64(),
		Genesis:                   genesis,
		StateScheme:               rawdb.HashScheme, // debug_dbGet finds the nodes of all tries under their hashes
		NoPruning:                 true,
		LogNoHistory:              true, // the index of logs takes longer than the blocks, and no request needs it
		RollupDisableTxPoolGossip: true,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &Node{node: n, eth: backend}, nil
}

func (n *Node) start() error { return n.node.Start() }

// Close stops the node.
func (n *Node) Close() { _ = n.node.Close() }

// Chain is the node's chain.
func (n *Node) Chain() *core.BlockChain { return n.eth.BlockChain() }

// RPC is the node's JSON-RPC over HTTP, with every namespace: put a filter in front.
func (n *Node) RPC() (http.Handler, error) { return n.node.RPCHandler() }

// FinalizeHead labels the newest block as safe and as finalized.
func (n *Node) FinalizeHead() {
	head := n.Chain().CurrentBlock()
	n.Chain().SetSafe(head)
	n.Chain().SetFinalized(head)
}
