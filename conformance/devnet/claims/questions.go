package claims

import (
	"math/rand"

	"github.com/ethereum-optimism/optimism/op-service/eth"

	"tribunal/conformance/devnet/network"
)

// start is where a derivation begins and how much of L1 it sees. Each costs a derivation, so questions share them.
type start struct{ l1, agreed uint64 }

// question is a claim before the right answer is known.
type question struct {
	start
	claimed uint64
	note    string
	// root is the claimed root; without one the right root is claimed.
	root *eth.Bytes32
}

// questions come with the most telling ones first, so that a few of them are a good sample.
func questions(n *network.Network, roots []eth.Bytes32, rng *rand.Rand) []question {
	head, last := uint64(len(n.SafeAt)-1), n.Safe()
	// Without an activation inside the chain, any block of the first half takes its place.
	turn, what := n.Activation, "the activation of "+string(n.Plan.Fork)
	if turn == 0 {
		turn, what = 3+uint64(rng.Intn(int(last/2-3))), "a block"
	}
	across := start{head, turn - 1}
	before := start{head, turn - 3}
	late := start{head, last - 2}
	early := start{earlyHead(n), 0}
	early.agreed = n.SafeAt[early.l1] / 2
	earlySafe := n.SafeAt[early.l1]

	var made eth.Bytes32
	rng.Read(made[:])
	qs := []question{
		{start: across, claimed: turn, note: "one block: " + what},
		{start: before, claimed: turn + 2, note: "several blocks across " + what},
		{start: across, claimed: turn, note: "a made-up root", root: &made},
		{start: early, claimed: earlySafe, note: "up to what is safe at this L1 head"},
		{start: early, claimed: earlySafe + 2, note: "past what is safe at this L1 head"},
		{start: early, claimed: earlySafe + 2, note: "past what is safe at this L1 head, with the root that the block gets later", root: later(roots, earlySafe+2)},
		{start: across, claimed: turn + 1, note: "two blocks with the root of the first", root: &roots[turn]},
		{start: late, claimed: last, note: "the newest blocks"},
		{start: late, claimed: last - 2, note: "the claim is the agreed block (trace extension)"},
		{start: late, claimed: last + 5, note: "past the end of all data"},
		{start: start{head, 0}, claimed: last, note: "all blocks"},
		{start: late, claimed: last - 1, note: "the agreed root for the next block", root: &roots[last-2]},
	}
	return qs
}

// earlyHead is an L1 head before the end, at which some L2 blocks are safe and two more are still to come.
func earlyHead(n *network.Network) uint64 {
	best := uint64(len(n.SafeAt) - 1)
	for l1 := range n.SafeAt {
		if safe := n.SafeAt[l1]; safe >= 2 && safe+2 <= n.Safe() {
			best = uint64(l1)
			if safe > n.Safe()/3 {
				break
			}
		}
	}
	return best
}

// later is the root of a block, or of the last one.
func later(roots []eth.Bytes32, number uint64) *eth.Bytes32 {
	return &roots[min(number, uint64(len(roots)-1))]
}
