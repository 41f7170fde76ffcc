// Package plan says what happens on the chains of a devnet.
package plan

import (
	"fmt"
	"hash/fnv"
	"math/rand"

	"github.com/ethereum-optimism/optimism/op-core/forks"
	"github.com/ethereum-optimism/optimism/op-service/eth"

	"tribunal/conformance/devnet/chain"
)

// Plan is all that is decided before the first block.
type Plan struct {
	Chains chain.Params
	// Fork is the newest fork of the chain, Base the newest one at genesis. They are the same if nothing activates.
	Fork, Base forks.Name
	// Slot is the time between two L1 blocks, in seconds. After round Missed one slot is missed for sure.
	Slot   uint64
	Missed int
	// Rounds are L1 blocks with activity.
	Rounds int
	// MaxTxs per L2 block, with calldata of MaxData bytes at most.
	MaxTxs, MaxData int
	MaxFrame        int
	// MaxBlobTxs is the number of blob transactions after which only calldata is used.
	MaxBlobTxs int
	// Config are the updates of the SystemConfig by round, and Rotate is the round in which the batcher changes.
	Config map[int][]chain.ConfigUpdate
	Rotate int
}

// Names are the forks that a devnet can have as its newest.
var Names = []forks.Name{forks.Ecotone, forks.Fjord, forks.Granite, forks.Holocene, forks.Isthmus, forks.Jovian, forks.Karst}

// refused are the newer forks that op-node knows, and why there is no devnet of them.
var refused = map[forks.Name]string{
	forks.Lagoon: "it is for chains that depend on each other, and a devnet has one chain",
}

// MinRounds is the least number of rounds in which everything fits that a plan promises.
const MinRounds = 8

// Rng is the only source of randomness of a devnet.
func Rng(fork forks.Name, active bool, seed int64) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%v/%d", fork, active, seed)
	return rand.New(rand.NewSource(int64(h.Sum64())))
}

// New makes the plan of a fork that activates inside the chain, or at genesis if active.
func New(fork forks.Name, active bool, rounds int, rng *rand.Rand) (Plan, error) {
	at := -1
	for i, name := range Names {
		if name == fork {
			at = i
		}
	}
	if why, ok := refused[fork]; ok {
		return Plan{}, fmt.Errorf("no devnet for the fork %q: %s; there are %v", fork, why, Names)
	}
	if at < 0 {
		return Plan{}, fmt.Errorf("no devnet for the fork %q: there are %v", fork, Names)
	}
	if rounds < MinRounds {
		return Plan{}, fmt.Errorf("%d rounds are too few: at least %d", rounds, MinRounds)
	}
	base := fork
	if !active {
		base = forks.Delta
		if at > 0 {
			base = Names[at-1]
		}
	}
	p := ordinary(rng, fork, base)
	p.Rounds = rounds
	if Has(base, forks.Holocene) {
		p.Chains.EIP1559Params = chain.HoloceneParams(300, 5)
	}
	if !active {
		p.Chains.Later = map[forks.Name]uint64{fork: uint64(7 + rng.Intn(4))}
	}
	p.Missed = 3 + rng.Intn(3)
	p.Rotate = 4 + rng.Intn(2)
	p.Config = updates(rng, fork)
	// The forks of L1 that belong to the time of the fork activate on the way, too.
	switch fork {
	case forks.Isthmus:
		p.Chains.PragueAt = p.Slot * uint64(2+rng.Intn(3))
	case forks.Jovian, forks.Karst:
		p.Chains.OsakaAt = new(p.Slot * uint64(2+rng.Intn(2))) // and the larger blob schedule at twice that
	}
	return p, nil
}

// ordinary is a chain with some variety.
func ordinary(rng *rand.Rand, fork, base forks.Name) Plan {
	slot := []uint64{6, 8, 12}[rng.Intn(3)]
	blockTime := []uint64{1, 2, 2}[rng.Intn(3)]
	if slot == 12 {
		blockTime = 2
	}
	return Plan{
		Fork: fork, Base: base, Slot: slot,
		Chains: chain.Params{
			L1ChainID: 3_190_000 + uint64(rng.Intn(1000)), L2ChainID: 42_900_000 + uint64(rng.Intn(100_000)),
			L2BlockTime: blockTime, SeqWindow: 20, ChannelTimeout: 15, MaxDrift: 100,
			Base: base, GasLimit: uint64(30_000_000 + rng.Intn(3)*5_000_000),
			L1GenesisTime: 1_760_000_000 + uint64(rng.Intn(1_000_000)),
			OperatorFee:   eth.OperatorFeeParams{Scalar: 2_000_000, Constant: 12_345},
		},
		MaxTxs: 5, MaxData: 3_000, MaxFrame: 20_000, MaxBlobTxs: 5,
	}
}

// Has tells if a chain with the given newest fork knows the other one.
func Has(newest, other forks.Name) bool {
	for _, name := range Names {
		if name == other {
			return true
		}
		if name == newest {
			return false
		}
	}
	return false
}

// updates are changes of the SystemConfig of every kind that the fork knows. They come after the fork is active, so that
// the fork's own kinds count.
func updates(rng *rand.Rand, fork forks.Name) map[int][]chain.ConfigUpdate {
	out := map[int][]chain.ConfigUpdate{
		2: {chain.SetGasLimit(uint64(20_000_000 + rng.Intn(20_000_000)))},
		6: {chain.SetFees(uint32(1000+rng.Intn(10_000)), uint32(rng.Intn(1_000_000)))},
	}
	if Has(fork, forks.Holocene) {
		out[6] = append(out[6], chain.SetEIP1559(uint32(50+rng.Intn(200)), uint32(2+rng.Intn(8))))
	}
	if Has(fork, forks.Isthmus) {
		out[6] = append(out[6], chain.SetOperatorFee(uint32(rng.Intn(2_000_000)), uint64(rng.Intn(100_000))))
	}
	if Has(fork, forks.Jovian) {
		out[5] = append(out[5], chain.SetMinBaseFee(uint64(rng.Intn(1_500_000_000))))
		out[7] = append(out[7], chain.SetDAFootprint(uint16(200+rng.Intn(800))))
	}
	return out
}
