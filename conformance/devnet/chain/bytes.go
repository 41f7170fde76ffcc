package chain

import (
	"encoding/binary"
	"math/big"
	"math/rand"

	"github.com/ethereum/go-ethereum/common"
)

func gwei(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(1_000_000_000)) }

func ether(n int64) *big.Int { return new(big.Int).Mul(gwei(n), big.NewInt(1_000_000_000)) }

func randBytes(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	rng.Read(b)
	return b
}

func randHash(rng *rand.Rand) common.Hash { return common.BytesToHash(randBytes(rng, 32)) }

func randAddr(rng *rand.Rand) common.Address { return common.BytesToAddress(randBytes(rng, 20)) }

func be64(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }

// word left-pads to 32 bytes.
func word(b []byte) []byte { return common.LeftPadBytes(b, 32) }

func wordU(v uint64) []byte { return word(be64(v)) }

func cat(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(out, p...)
	}
	return out
}
